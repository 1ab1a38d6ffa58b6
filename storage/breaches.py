"""Missed clocks as the client reads them: what happened, how late, and the most telling cause the events show."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.events import EventKind
from conversation.ids import ClientId, ConversationId
from conversation.message import AuthorKind, ChannelKind
from handoff.dashboard_view import Breach, BreachCause
from sla.attainment import BreachRow
from sla.exclusion import Decision
from storage.schema import conversations, events, sla_clocks, sla_exclusions, users
from storage.statements import among, names

_ACTS = (EventKind.ASSIGNED.value, EventKind.AGENT_REPLIED.value, EventKind.RESOLVED.value)
_TELLING = (
    EventKind.ASSIGNED.value,
    EventKind.REOPENED.value,
    EventKind.DELIVERY_FAILED.value,
    EventKind.SLA_BREACH.value,
)


async def told(connection: AsyncConnection, client: ClientId, rows: Sequence[BreachRow]) -> list[Breach]:
    """The breaches with names and causes, in their order."""
    if not rows:
        return []
    ids = names(row.clock.conversation for row in rows)
    found = await connection.execute(
        select(
            conversations.c.id, conversations.c.customer_name, conversations.c.topic, conversations.c.last_agent
        ).where(among(connection, conversations.c.id, ids))
    )
    known = {row.id: row for row in found}
    people = await _names(connection, [row.clock.agent or known[row.clock.conversation].last_agent for row in rows])
    histories = await _histories(connection, ids)
    ledger = await _in_ledger(connection, client, ids)
    unknown = [r.clock.id for r in rows if _desks(r, histories.get(r.clock.conversation, ())) is None]
    acted = await _acted(connection, client, unknown) if unknown else set()
    return [
        Breach(
            conversation=ConversationId(row.clock.conversation),
            customer_name=known[row.clock.conversation].customer_name,
            channel_kind=ChannelKind(row.clock.channel_kind),
            clock=row.clock.kind.value,
            started_at=row.clock.started_at,
            due_at=row.due_at,
            stopped_at=row.clock.stopped_at,
            late_s=row.late.total_seconds() if row.late is not None else None,
            cause=_cause(row, histories.get(row.clock.conversation, ()), acted=row.clock.id in acted),
            agent_name=people.get(row.clock.agent or known[row.clock.conversation].last_agent or "", ""),
            topic=known[row.clock.conversation].topic,
            clock_id=row.clock.id,
            excluded=ledger.get(row.clock.id, ""),
        )
        for row in rows
    ]


def _cause(row: BreachRow, history: Sequence[Any], *, acted: bool) -> BreachCause:
    """An answer that could not be delivered; a reopened conversation; an agent had it and did not answer. Else who was
    at the desk when it broke, as the breach itself has kept; for a breach not recorded yet: whether anybody has
    `acted` for the client while the clock ran.
    """
    started, due = row.clock.started_at, row.due_at
    during = [event for event in history if started <= event.at <= due]
    if any(event.kind == EventKind.DELIVERY_FAILED and event.author == AuthorKind.AGENT for event in during):
        return BreachCause.DELIVERY_FAILED
    if any(event.kind == EventKind.REOPENED for event in history if event.at <= due and event.at >= started):
        return BreachCause.REOPENED
    if any(event.kind == EventKind.ASSIGNED for event in history if event.at <= due):
        return BreachCause.AGENT_IDLE
    desks = _desks(row, history)
    if desks is None:
        return BreachCause.QUEUE_FULL if acted else BreachCause.NOBODY_ONLINE
    online, free = desks
    if not online:
        return BreachCause.NOBODY_ONLINE
    return BreachCause.AGENT_IDLE if free else BreachCause.QUEUE_FULL


def _desks(row: BreachRow, history: Sequence[Any]) -> tuple[int, int] | None:
    """How many agents were online when it broke, and their free places; None if the breach has not kept it."""
    broke = (event for event in history if event.kind == EventKind.SLA_BREACH and event.clock == row.clock.id)
    return next(((event.online, event.free or 0) for event in broke if event.online is not None), None)


async def _histories(connection: AsyncConnection, ids: Sequence[str]) -> Mapping[str, list[Any]]:
    e = events.c
    rows = await connection.execute(
        select(
            e.conversation,
            e.kind,
            e.at,
            e.data["author"].as_string().label("author"),
            e.data["clock"].as_string().label("clock"),
            e.data["agents_online"].as_integer().label("online"),
            e.data["free_places"].as_integer().label("free"),
        )
        .where(among(connection, e.conversation, ids), e.kind.in_(_TELLING))
        .order_by(e.conversation, e.seq)
    )
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row.conversation, []).append(row)
    return found


async def _in_ledger(connection: AsyncConnection, client: ClientId, ids: Sequence[str]) -> Mapping[str, str]:
    """Where clocks of these conversations stand in the ledger; one that was rejected may be proposed again."""
    x = sla_exclusions.c
    standing = x.state.in_([Decision.PROPOSED.value, Decision.APPROVED.value])
    rows = await connection.execute(
        select(x.clock, x.state).where(x.client == client, among(connection, x.conversation, ids), standing)
    )
    return {row.clock: row.state for row in rows}


async def _acted(connection: AsyncConnection, client: ClientId, clocks: Sequence[str]) -> set[str]:
    """Those of the clocks during which people did something for the client: a look into the index for each."""
    e, k = events.c, sla_clocks.c
    act = (
        select(e.seq)
        .where(
            e.client == client,
            e.kind.in_(_ACTS),
            e.at > k.started_at,
            e.at <= k.due_at,
            e.actor_kind == AuthorKind.AGENT.value,
        )
        .correlate(sla_clocks)
    )
    rows = await connection.execute(select(k.id).where(among(connection, k.id, clocks), act.exists()))
    return {id_ for (id_,) in rows}


async def _names(connection: AsyncConnection, ids: Sequence[str | None]) -> Mapping[str, str]:
    wanted = names(id_ for id_ in ids if id_)
    rows = await connection.execute(select(users.c.id, users.c.name).where(among(connection, users.c.id, wanted)))
    return {id_: name for id_, name in rows}  # noqa: C416  rows are no pairs to dict()
