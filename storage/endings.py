"""How conversations ended, defined once for counting them and for listing them."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, and_, case, not_, or_, select, union_all

from conversation.conversation import ResolvedBy, State
from conversation.message import AuthorKind, Visibility
from handoff.dashboard_view import Period
from sla.clock import ClockState, Outcome
from storage.schema import conversations, messages, sla_clocks

_c = conversations.c


class Ending(StrEnum):
    """What became of a conversation (handoff.dashboard_view.Volume says what each means)."""

    CONTAINED = "contained"
    HANDLED = "handled"
    ABANDONED = "abandoned"
    REVOKED = "revoked"
    MERGED = "merged"
    OPEN = "open"


def ending() -> ColumnElement[Any]:
    """The Ending of a row of `conversations`. Handled: a person's message arrived, or a person resolved it."""
    answered = (
        select(messages.c.position)
        .where(
            messages.c.conversation == _c.id,
            messages.c.author_kind == AuthorKind.AGENT.value,
            messages.c.visibility == Visibility.PUBLIC.value,
            messages.c.delivered_at.is_not(None),
        )
        .correlate(conversations)
    )
    handled = or_(_c.resolved_by == ResolvedBy.AGENT.value, and_(_c.assigned_at.is_not(None), answered.exists()))
    return case(
        (_c.resolved_by == ResolvedBy.MERGED.value, Ending.MERGED.value),
        (handled, Ending.HANDLED.value),
        (_c.state != State.RESOLVED.value, Ending.OPEN.value),
        (_c.resolved_by == ResolvedBy.ABANDONED.value, Ending.ABANDONED.value),
        (_c.containment_revoked.is_(True), Ending.REVOKED.value),
        else_=Ending.CONTAINED.value,
    )


def opened_in(client: str, period: Period) -> tuple[ColumnElement[bool], ...]:
    """Conditions: the client's conversations opened in the period."""
    return (_c.client == client, _c.opened_at >= period.start, _c.opened_at < period.end)


def judged(outcome: Outcome | None, now: Any) -> ColumnElement[bool]:
    """Clocks that are met, missed, or neither yet (None) as of `now`, like sla.attainment.verdict."""
    k = sla_clocks.c
    undecided = and_(k.outcome.is_(None), k.state != ClockState.CANCELLED.value)
    late = and_(undecided, overran(now))
    match outcome:
        case Outcome.MET:
            return and_(k.outcome == Outcome.MET.value, k.state != ClockState.CANCELLED.value)
        case Outcome.MISSED:
            return or_(and_(k.outcome == Outcome.MISSED.value, k.state != ClockState.CANCELLED.value), late)
        case None:
            return and_(undecided, or_(k.due_at.is_(None), not_(overran(now))))


def overran(now: Any) -> ColumnElement[bool]:
    """Of the clocks that have not ended, those that ran out before `now`. One whose alarm is yet to ring then, because
    an answer is on its way to the platform, has not.
    """
    k = sla_clocks.c
    return and_(k.due_at < now, or_(k.next_wakeup_at.is_(None), k.next_wakeup_at < now))


def missed_parts(now: Any) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """What `judged` calls missed, in two parts that each have an index: few clocks are missed, and few run."""
    k = sla_clocks.c
    live = k.state.in_((ClockState.RUNNING.value, ClockState.PAUSED.value))
    return (
        and_(k.outcome == Outcome.MISSED.value, k.state != ClockState.CANCELLED.value),
        and_(live, k.outcome.is_(None), overran(now)),
    )


def missed(mine: Iterable[ColumnElement[bool]], now: Any, *columns: ColumnElement[Any]) -> CompoundSelect[Any]:
    """Of the clocks that are `mine`, by client, kind and start, those that are missed."""
    where = tuple(mine)
    return union_all(*(select(*columns).where(*where, part) for part in missed_parts(now)))
