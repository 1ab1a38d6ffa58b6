"""What a customer sent, within what the platform can hold: long texts are cut with a mark, never lost."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bots.errors import Unreadable
from conversation import limits
from conversation.limits import cut
from conversation.message import Attachment, Inbound, Sender
from conversation.plain_text import clean, clean_tree

OLDEST = timedelta(days=3650)
AHEAD = timedelta(days=1)
_ORDERS = range(-(2**63), 2**63)


def bounded(inbound: Inbound) -> Inbound:
    """The inbound with every text storable and no longer than conversation.limits says. Raises Unreadable for ids and
    numbers that no platform gives: cut ones would mean somebody else.
    """
    if inbound.order not in _ORDERS:
        raise Unreadable(f"the place {inbound.order} in its thread needs more than 64 bits")
    return replace(
        inbound,
        key=_reference("key", inbound.key, 4 * limits.REFERENCE),
        thread_ref=_reference("thread", inbound.thread_ref, 2 * limits.REFERENCE),
        sender=_sender(inbound.sender),
        text=_text(inbound.text, limits.CUSTOMER_TEXT),
        payload=_text(inbound.payload, limits.PAYLOAD),
        attachments=tuple(_file(file) for file in inbound.attachments[: limits.FILES]),
        platform_message_id=_reference("message", inbound.platform_message_id),
        edits=None if inbound.edits is None else _reference("edited message", inbound.edits),
        sent_at=_sent_at(inbound),
        raw=clean_tree(dict(inbound.raw)),
    )


def _sent_at(inbound: Inbound) -> datetime:
    """The platform's time if it can be true; clocks start there, and are counted on from there."""
    earliest, latest = inbound.received_at - OLDEST, inbound.received_at + AHEAD
    return inbound.sent_at if earliest <= inbound.sent_at <= latest else inbound.received_at


def _sender(sender: Sender) -> Sender:
    return Sender(
        _reference("sender", sender.reference),
        _text(sender.name, limits.NAME),
        clean(sender.language)[:20] if sender.language else None,
        _attributes(sender.attributes),
    )


def _file(file: Attachment) -> Attachment:
    return replace(
        file,
        name=_text(file.name, limits.FILE_NAME),
        media_type=clean(file.media_type)[: limits.MEDIA_TYPE],
        reference=_reference("file", file.reference, 4 * limits.REFERENCE),
    )


def _attributes(attributes: Mapping[str, Any]) -> Mapping[str, Any]:
    kept = list(attributes.items())[: limits.ATTRIBUTES]
    return {
        _text(name, limits.NAME): _text(value, limits.NAME) if isinstance(value, str) else value for name, value in kept
    }


def _text(text: str, longest: int) -> str:
    return cut(clean(text), longest)


def _reference(what: str, value: object, longest: int = limits.REFERENCE) -> str:
    if not isinstance(value, str):
        raise Unreadable(f"the id of the {what} is a {type(value).__name__}, not a text")
    if len(value) > longest:
        raise Unreadable(f"the id of the {what} has {len(value)} characters; at most {longest} are read")
    return clean(value)
