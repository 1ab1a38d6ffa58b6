"""How long agents had a client's conversations, from the events that say who had what when."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import partial
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Select, func, literal_column, select, union
from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.events import EventKind
from conversation.ids import ClientId
from sla.day import Piece
from sla.usage import Holding, Usage, holdings, minutes, spent, split
from storage.schema import LONG, SHORT, clients, conversations, events
from storage.statements import among, names
from storage.values import Brief, brief

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
Clients = Callable[[ColumnElement[Any]], ColumnElement[bool]]
_BATCH = 1_000  # of more, PostgreSQL would rather read all events there are
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
    held, ours = await _held(connection, client, start, end, now)
    past = [part for part in run if part.start < end]
    bounds = [*(part.start for part in past), end]
    return {part.day: Fraction(0) for part in run} | {
        part.day: quantity for part, quantity in zip(past, spent(held, ours, bounds), strict=True)
    }


async def minutes_of_conversations(
    connection: AsyncConnection, client: ClientId, start: datetime, end: datetime, now: datetime
) -> list[Usage]:
    """The client's agent minutes in a period by conversation, exact; see `minutes_of_days`."""
    held, ours = await _held(connection, client, start, min(end, now), now)
    return [usage for usage in minutes(split(held), start, min(end, now)) if usage.conversation in ours]


async def _held(
    connection: AsyncConnection, client: ClientId, start: datetime, end: datetime, now: datetime
) -> tuple[list[Holding], set[str]]:
    """Who had what at any time of a stretch, of all clients, and which of these conversations are the client's."""
    # Named, because the indexes begin with the client.
    everybody = [id_ for (id_,) in await connection.execute(select(clients.c.id))] or [client]
    known = names({*everybody, client})
    anyones = partial(among, connection, values=known)
    long: ColumnElement[bool] = literal_column(LONG[connection.dialect.name], Boolean)
    touched = _held_lately(anyones, start) if end >= now - _LATE_COMMIT else _held_during(anyones, long, start, end)
    ids = [id_ for (id_,) in await connection.execute(touched)]
    histories = await holding_histories(connection, ids)
    held = [holding for history in histories.values() for holding in holdings(history, end)]
    return held, {id_ for id_, history in histories.items() if history[0].client == client}


async def holding_histories(connection: AsyncConnection, ids: Sequence[str]) -> dict[str, list[Brief]]:
    """Who had these conversations when; with the customers' messages where one may have ended a snooze. Of each event
    only what `sla.usage.holdings` reads.
    """
    found: dict[str, list[Brief]] = {}
    agent = func.coalesce(func.nullif(_e.data["agent"].as_string(), ""), _e.actor_id)
    facts = select(_e.conversation, _e.client, _e.kind, _e.at, _e.seq, agent.label("agent"))
    for first in range(0, len(ids), _BATCH):
        mine = facts.where(among(connection, _e.conversation, ids[first : first + _BATCH]), _e.kind.in_(_HOLDING))
        for id_, its_client, kind, at, seq, by in await connection.execute(mine):
            found.setdefault(id_, []).append(brief(id_, its_client, kind, at, seq, {"agent": by}))
    snoozed = [id_ for id_, history in found.items() if any(e.kind is EventKind.SNOOZED for e in history)]
    if snoozed:
        wrote = (among(connection, _e.conversation, snoozed), _e.kind == EventKind.CUSTOMER_MESSAGE.value)
        for id_, its_client, kind, at, seq, _ in await connection.execute(facts.where(*wrote)):
            found[id_].append(brief(id_, its_client, kind, at, seq, {}))
    return {id_: sorted(found[id_], key=lambda event: event.seq) for id_ in sorted(found)}


def _held_lately(anyones: Clients, start: datetime) -> Select[Any]:
    """Who was held at any time since `start`: something ended or began since, or is held now."""
    since = select(_e.conversation).where(anyones(_e.client), _e.kind.in_(_HOLDING), _e.at >= start)
    now_held = select(_c.id).where(_c.assignee.is_not(None))
    both = union(since, now_held).subquery()
    return select(both.c[0])


def _held_during(anyones: Clients, long: ColumnElement[bool], start: datetime, end: datetime) -> Select[Any]:
    """Who may have been held at any time of a past stretch: something began or ended in it, the conversation was alive
    when it began, or somebody has it since before it ended, whether or not anything happened to it since.
    """
    inside = select(_e.conversation).where(anyones(_e.client), _e.kind.in_(_HOLDING), _e.at >= start, _e.at < end)
    alive = select(_c.id).where(anyones(_c.client), _c.opened_at < start, _c.updated_at >= start)
    lately = alive.where(_c.opened_at >= start - SHORT)
    still = select(_c.id).where(_c.assignee.is_not(None), _c.assigned_at < end)
    every = union(inside, lately, alive.where(long), still).subquery()
    return select(every.c[0])
