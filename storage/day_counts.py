"""A client's days counted from the rows themselves: roll-ups are made of this, and where there are none it answers."""

from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime

from sqlalchemy import CTE, ColumnElement, Integer, column, func, select, values
from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.events import EventKind
from conversation.ids import ClientId
from handoff.dashboard_view import Period
from sla.clock import ClockState
from sla.day import DayFacts, Piece, local_day, runs
from sla.instants import zone_info
from sla.policy import ClockKind
from storage.chargeable import count_usage
from storage.endings import ending, overran
from storage.schema import conversations, events, sla_clocks
from storage.statements import QUARTER_S, among, quarter_of
from storage.types import UtcDateTime

_c, _k, _e = conversations.c, sla_clocks.c, events.c
Overdue = Mapping[tuple[date, str], int]
_DATED = [
    kind.value
    for kind in (
        EventKind.CUSTOMER_MESSAGE,
        EventKind.HANDOFF_REQUESTED,
        EventKind.ASSIGNED,
        EventKind.DELIVERED,
        EventKind.RESOLVED,
        EventKind.REOPENED,
        EventKind.CONTAINMENT_REVOKED,
        EventKind.MERGED,
        EventKind.TOOK_OVER,
        EventKind.CSAT,
    )
]
_STARTS = ("platform_at", "received_at", "triggered_at")
"""Where events name moments other than their own at which a clock may start; besides what a duplicate hands over."""


async def count_days(
    connection: AsyncConnection, client: ClientId, parts: Iterable[Piece], zone: str, *, usage: bool = True
) -> dict[date, DayFacts]:
    """The facts of each piece, without minutes and, for who does not need it, without usage: a few queries for each
    stretch of days that follow one another.
    """
    found: dict[date, DayFacts] = {}
    for run in runs(parts):
        facts = [DayFacts() for _ in run]
        starts = [part.start for part in run]
        period = Period(run[0].start, run[-1].end, zone)
        await _count_opened(connection, client, run, facts)
        await _count_messages(connection, client, period, starts, facts)
        await _count_clocks(connection, client, run, facts)
        if usage:
            await count_usage(connection, client, starts, period.end, facts)
        found |= {part.day: fact for part, fact in zip(run, facts, strict=True)}
    return found


async def touched_days(connection: AsyncConnection, ids: Sequence[str], zone: str) -> set[date]:
    """The local days in which these conversations count for anything, or counted before a clock's start moved: a clock
    starts only at a moment that one of its conversation's events names.
    """
    told = [_e.data[name].as_string() for name in _STARTS]
    mine = among(connection, _e.conversation, ids)
    dated = await connection.execute(select(_e.at, *told).where(mine, _e.kind.in_(_DATED)))
    instants = [at if isinstance(at, datetime) else datetime.fromisoformat(at) for row in dated for at in row if at]
    for (data,) in await connection.execute(select(_e.data).where(mine, _e.kind == EventKind.TOOK_OVER.value)):
        handed = [*(clock["started_at"] for clock in data["clocks"]), data.get("waiting_since")]
        instants += [datetime.fromisoformat(at) for at in handed if at]
    for query in (
        select(_c.opened_at).where(among(connection, _c.id, ids)),
        select(_k.started_at).where(among(connection, _k.conversation, ids)),
    ):
        instants += [at for (at,) in await connection.execute(query)]
    quarters = {int(at.timestamp()) // QUARTER_S for at in instants}  # days of every zone in use begin with one
    return {local_day(datetime.fromtimestamp(quarter * QUARTER_S, UTC), zone) for quarter in quarters}


def _table_of(run: Sequence[Piece]) -> CTE:
    """The pieces as rows of their place in the run, their start and their end."""
    at = UtcDateTime()
    named = values(column("n", Integer), column("start", at), column("end", at), name="pieces")
    return named.data([(n, part.start, part.end) for n, part in enumerate(run)]).cte("pieces")


def _in(run: Sequence[Piece], part: CTE, at: ColumnElement[datetime]) -> tuple[ColumnElement[bool], ...]:
    """In a piece; and in the run, which is all that an index can tell."""
    return at >= run[0].start, at < run[-1].end, at >= part.c.start, at < part.c.end


async def _count_opened(
    connection: AsyncConnection, client: ClientId, run: Sequence[Piece], facts: Sequence[DayFacts]
) -> None:
    part = _table_of(run)
    inside = (_c.client == client, *_in(run, part, _c.opened_at))
    each = select(part.c.n, _c.channel_kind, _c.handoff_reason, _c.topic, ending().label("ending")).where(*inside)
    opened = each.subquery()
    rows = await connection.execute(select(*opened.c, func.count().label("number")).group_by(*opened.c))
    for row in rows:
        day, number = facts[row.n], row.number
        day.endings[row.ending] += number
        day.channels[row.channel_kind] += number
        if row.handoff_reason:
            day.reasons[row.handoff_reason] += number
        if row.topic:
            day.topics[row.topic] += number


async def _count_messages(
    connection: AsyncConnection, client: ClientId, period: Period, starts: Sequence[datetime], facts: Sequence[DayFacts]
) -> None:
    """By quarters of an hour, since hours and days of every zone in use begin with one."""
    zone = zone_info(period.timezone)
    wrote = (_e.client == client, _e.kind == EventKind.CUSTOMER_MESSAGE.value)
    quarter = quarter_of(_e.at).label("quarter")
    each = select(quarter).where(*wrote, _e.at >= period.start, _e.at < period.end).subquery()
    rows = await connection.execute(select(each.c.quarter, func.count()).group_by(each.c.quarter))
    for quarter_number, number in rows:
        at = datetime.fromtimestamp(quarter_number * QUARTER_S, UTC)
        place = max(bisect_right(starts, at) - 1, 0)  # the period may begin in the middle of a quarter
        facts[place].messages[at.astimezone(zone).hour] += number


async def _count_clocks(
    connection: AsyncConnection, client: ClientId, run: Sequence[Piece], facts: Sequence[DayFacts]
) -> None:
    part = _table_of(run)
    kinds = _k.kind.in_([kind.value for kind in ClockKind])
    inside = (_k.client == client, kinds, *_in(run, part, _k.started_at))
    cancelled = _k.state == ClockState.CANCELLED.value
    counted = await connection.execute(
        select(part.c.n, _k.kind, cancelled, _k.outcome, func.count())
        .where(*inside)
        .group_by(part.c.n, _k.kind, _k.state, _k.outcome)
    )
    for n, kind, is_cancelled, outcome, number in counted:
        facts[n].clocks.setdefault(kind, Counter())["cancelled" if is_cancelled else outcome or "open"] += number
    stopped = (_k.kind == ClockKind.FIRST_RESPONSE.value, _k.state == ClockState.STOPPED.value)
    times = await connection.execute(
        select(part.c.n, _k.channel_kind, _k.elapsed_s)
        .where(*inside, *stopped, _k.elapsed_s.is_not(None))
        .order_by(_k.elapsed_s)
    )
    for n, channel, elapsed in times:
        facts[n].elapsed.setdefault(channel, array("d")).append(elapsed)


async def overdue(connection: AsyncConnection, client: ClientId, period: Period, now: datetime) -> Overdue:
    """Clocks of the period that became late without an event yet, by local day of their start and kind: the alarm rings
    within a second of it, figures do not wait.
    """
    rows = await connection.execute(
        select(_k.started_at, _k.kind).where(
            _k.client == client,
            _k.state.in_((ClockState.RUNNING.value, ClockState.PAUSED.value)),
            overran(now),
            _k.outcome.is_(None),
            _k.started_at >= period.start,
            _k.started_at < period.end,
        )
    )
    return Counter((local_day(started_at, period.timezone), kind) for started_at, kind in rows)
