"""A client's days counted from the rows themselves: roll-ups are made of this, and where there are none it answers."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.events import EventKind
from conversation.ids import ClientId
from handoff.dashboard_view import Period
from sla.clock import ClockState
from sla.day import DayFacts, Piece, local_day, runs
from sla.instants import zone_info
from sla.policy import ClockKind
from storage.chargeable import count_usage
from storage.endings import ending, opened_in
from storage.schema import conversations, events, sla_clocks
from storage.statements import among

_c, _k, _e = conversations.c, sla_clocks.c, events.c
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
        await _count_opened(connection, client, period, starts, facts)
        await _count_messages(connection, client, period, starts, facts)
        await _count_clocks(connection, client, period, starts, facts)
        if usage:
            await count_usage(connection, client, starts, period.end, facts)
        found |= {part.day: fact for part, fact in zip(run, facts, strict=True)}
    return found


async def touched_days(connection: AsyncConnection, ids: Sequence[str], zone: str) -> set[date]:
    """The local days in which these conversations count for anything."""
    instants = (
        select(_c.opened_at).where(among(connection, _c.id, ids)),
        select(_k.started_at).where(among(connection, _k.conversation, ids)),
        select(_e.at).where(among(connection, _e.conversation, ids), _e.kind.in_(_DATED)),
    )
    return {local_day(at, zone) for query in instants for (at,) in await connection.execute(query)}


async def _count_opened(
    connection: AsyncConnection, client: ClientId, period: Period, starts: Sequence[datetime], facts: list[DayFacts]
) -> None:
    query = select(_c.opened_at, _c.channel_kind, _c.handoff_reason, _c.topic, ending().label("ending"))
    for opened_at, channel, reason, topic, how in await connection.execute(query.where(*opened_in(client, period))):
        day = facts[bisect_right(starts, opened_at) - 1]
        day.endings[how] += 1
        day.channels[channel] += 1
        if reason:
            day.reasons[reason] += 1
        if topic:
            day.topics[topic] += 1


async def _count_messages(
    connection: AsyncConnection, client: ClientId, period: Period, starts: Sequence[datetime], facts: list[DayFacts]
) -> None:
    zone = zone_info(period.timezone)
    rows = await connection.execute(
        select(_e.at).where(
            _e.client == client,
            _e.kind == EventKind.CUSTOMER_MESSAGE.value,
            _e.at >= period.start,
            _e.at < period.end,
        )
    )
    for (at,) in rows:
        facts[bisect_right(starts, at) - 1].messages[at.astimezone(zone).hour] += 1


async def _count_clocks(
    connection: AsyncConnection, client: ClientId, period: Period, starts: Sequence[datetime], facts: list[DayFacts]
) -> None:
    rows = await connection.execute(
        select(_k.started_at, _k.kind, _k.channel_kind, _k.state, _k.outcome, _k.elapsed_s).where(
            _k.client == client,
            _k.kind.in_([kind.value for kind in ClockKind]),
            _k.started_at >= period.start,
            _k.started_at < period.end,
        )
    )
    for started_at, kind, channel, state, outcome, elapsed in rows:
        day = facts[bisect_right(starts, started_at) - 1]
        counts = day.clocks.setdefault(kind, Counter())
        if state != ClockState.CANCELLED:
            counts[outcome or "open"] += 1
        if kind == ClockKind.FIRST_RESPONSE:
            times = day.elapsed.setdefault(channel, [])
            if state == ClockState.STOPPED and elapsed is not None:
                times.append(elapsed)
