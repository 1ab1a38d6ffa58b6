"""How long agents had a client's conversations, from the events that say who had what when."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, union
from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.events import Event, EventKind
from conversation.ids import ClientId
from sla.day import Piece
from sla.usage import Holding, Usage, holdings, minutes, split
from storage.schema import clients, conversations, events
from storage.statements import among, names
from storage.values import event_of

_HOLDING = [
    kind.value
    for kind in (
        EventKind.ASSIGNED,
        EventKind.RELEASED,
        EventKind.TRANSFERRED,
        EventKind.RETURNED_TO_BOT,
        EventKind.RESOLVED,
        EventKind.SNOOZED,
        EventKind.UNSNOOZED,
    )
]
_LATE_COMMIT = timedelta(hours=1)  # longer than any transaction may take to commit events of its moment
_c, _e = conversations.c, events.c


async def settled_until(connection: AsyncConnection, now: datetime) -> datetime:
    """Minutes before this moment can change no more: nobody holds a conversation since earlier. `connection` must see
    every client.
    """
    oldest: datetime | None = await connection.scalar(select(func.min(_c.assigned_at)).where(_c.assignee.is_not(None)))
    return min(oldest or now, now - _LATE_COMMIT)


async def minutes_of_days(
    connection: AsyncConnection, client: ClientId, run: Sequence[Piece], now: datetime
) -> dict[date, Fraction]:
    """Minutes spent on the client's conversations in each piece of a stretch of days, up to `now`; an agent's time is
    split over all conversations they had at once, of whatever client: `connection` must see every client, and only
    these sums leave here.
    """
    start, end = run[0].start, min(run[-1].end, now)
    if start >= end:
        return {part.day: Fraction(0) for part in run}
    shares, ours = await _shares(connection, client, start, end, now)
    return {
        part.day: sum(
            (u.quantity for u in minutes(shares, part.start, min(part.end, end)) if u.conversation in ours), Fraction(0)
        )
        if part.start < end
        else Fraction(0)
        for part in run
    }


async def minutes_of_conversations(
    connection: AsyncConnection, client: ClientId, start: datetime, end: datetime, now: datetime
) -> list[Usage]:
    """The client's agent minutes in a period by conversation, exact; see `minutes_of_days`."""
    shares, ours = await _shares(connection, client, start, min(end, now), now)
    return [usage for usage in minutes(shares, start, min(end, now)) if usage.conversation in ours]


async def _shares(
    connection: AsyncConnection, client: ClientId, start: datetime, end: datetime, now: datetime
) -> tuple[Mapping[tuple[str, str], Any], set[str]]:
    # Named, because the index on events begins with the client.
    everybody = [id_ for (id_,) in await connection.execute(select(clients.c.id))] or [client]
    anyones = among(connection, _e.client, names({*everybody, client}))
    touched = _held_lately(anyones, start) if end >= now - _LATE_COMMIT else _held_during(anyones, start, end)
    ids = [id_ for (id_,) in await connection.execute(touched)]
    histories = await holding_histories(connection, ids)
    held: list[Holding] = [holding for history in histories.values() for holding in holdings(history, end)]
    return split(held), {id_ for id_, history in histories.items() if history[0].client == client}


async def holding_histories(connection: AsyncConnection, ids: Sequence[str]) -> dict[str, list[Event]]:
    """Who had these conversations when; with the customers' messages where one may have ended a snooze."""
    found: dict[str, list[Event]] = {}
    mine = select(events).where(among(connection, _e.conversation, ids), _e.kind.in_(_HOLDING))
    for row in (await connection.execute(mine)).mappings():
        found.setdefault(row["conversation"], []).append(event_of(row))
    snoozed = [id_ for id_, history in found.items() if any(e.kind is EventKind.SNOOZED for e in history)]
    if snoozed:
        wrote = (among(connection, _e.conversation, snoozed), _e.kind == EventKind.CUSTOMER_MESSAGE.value)
        for row in (await connection.execute(select(events).where(*wrote))).mappings():
            found[row["conversation"]].append(event_of(row))
    return {id_: sorted(found[id_], key=lambda event: event.seq) for id_ in sorted(found)}


def _held_lately(anyones: ColumnElement[bool], start: datetime) -> Select[Any]:
    """Who was held at any time since `start`: something ended or began since, or is held now."""
    since = select(_e.conversation).where(anyones, _e.kind.in_(_HOLDING), _e.at >= start)
    now_held = select(_c.id).where(_c.assignee.is_not(None))
    both = union(since, now_held).subquery()
    return select(both.c[0])


def _held_during(anyones: ColumnElement[bool], start: datetime, end: datetime) -> Select[Any]:
    """Who was held at any time of a past stretch: something began or ended in it, or the last before was a claim."""
    later = events.alias("later")
    ended = (
        select(later.c.seq)
        .where(
            later.c.conversation == _e.conversation,
            later.c.seq > _e.seq,
            later.c.kind.in_(_HOLDING),
            later.c.at < start,
        )
        .correlate(events)
    )
    inside = select(_e.conversation).where(anyones, _e.kind.in_(_HOLDING), _e.at >= start, _e.at < end)
    across = select(_e.conversation).where(anyones, _e.kind == EventKind.ASSIGNED.value, _e.at < start, ~ended.exists())
    both = union(inside, across).subquery()
    return select(both.c[0])
