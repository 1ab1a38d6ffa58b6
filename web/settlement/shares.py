"""Conversations behind a figure of a statement as rows: of words for a page, plain for a table to take along."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from sla.settling import Share
from web.settlement.amounts import Amounts
from web.settlement.frame import Frame

SHARE_COLUMNS = (
    "conversation",
    "customer",
    "channel",
    "topic",
    "opened_at",
    "quantity",
    "counted_at",
    "because",
    "at_desk_s",
)


def share_row(share: Share, frame: Frame, amounts: Amounts) -> dict[str, Any]:
    f, t = frame.f, frame.t
    told = [t(f"settle.because.{fact.because}", at=f.moment(fact.at)) for fact in share.facts]
    if share.at_desk_s:
        split = share.quantity is not None and share.quantity * 60 < Fraction(share.at_desk_s)
        told = [t("settle.because.split" if split else "settle.because.at_desk", span=f.span(share.at_desk_s))]
    return {
        "share": share,
        "quantity": amounts.quantity(share.quantity) if share.quantity is not None else "–",
        "topic": frame.topic(share.about.topic) if share.about else "–",
        "told": told,
    }


def share_plain(share: Share) -> Mapping[str, Any]:
    about = share.about
    return {
        "conversation": share.conversation,
        "customer": about.customer_name if about else None,
        "channel": about.channel_kind if about else None,
        "topic": about.topic if about else None,
        "opened_at": about.opened_at if about else None,
        "quantity": share.quantity,
        "counted_at": " ".join(fact.at.isoformat().replace("+00:00", "Z") for fact in share.facts),
        "because": " ".join(fact.because for fact in share.facts),
        "at_desk_s": round(share.at_desk_s, 1) if share.at_desk_s else None,
    }
