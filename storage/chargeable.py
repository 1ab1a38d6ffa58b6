"""The events that can make conversations chargeable, and what they come to day by day."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.conversation import ResolvedBy
from conversation.events import EventKind
from conversation.ids import ClientId
from conversation.message import AuthorKind
from sla.day import DayFacts
from sla.prices import Item
from sla.usage import counted
from storage.schema import events
from storage.statements import among
from storage.values import Brief, brief

_e = events.c
TAKING = [
    EventKind.RESOLVED.value,
    EventKind.REOPENED.value,
    EventKind.CONTAINMENT_REVOKED.value,
    EventKind.MERGED.value,
    EventKind.TOOK_OVER.value,
]
BATCH = 2_000
_by = _e.data["by"].as_string()
_person = and_(_e.kind == EventKind.DELIVERED.value, _e.data["author"].as_string() == AuthorKind.AGENT.value)

_CHARGES = or_(_e.kind.in_(TAKING), _person)
_COUNTING = {
    Item.AUTOMATED_RESOLUTION: or_(
        and_(_e.kind == EventKind.RESOLVED.value, _by == ResolvedBy.BOT.value),
        _e.kind.in_([EventKind.REOPENED.value, EventKind.CONTAINMENT_REVOKED.value]),
    ),
    Item.HANDLED_CONVERSATION: or_(
        and_(_e.kind == EventKind.RESOLVED.value, _by == ResolvedBy.AGENT.value),
        _e.kind.in_([EventKind.MERGED.value, EventKind.TOOK_OVER.value]),
        _person,
    ),
}
"""The events at which sla.usage.counted dates its facts, by item."""


async def charged_in(
    connection: AsyncConnection, client: ClientId, start: datetime, end: datetime, item: Item | None = None
) -> list[str]:
    """The conversations with something in a period that can be chargeable, by one item or by any."""
    counting = _CHARGES if item is None else _COUNTING[item]
    rows = await connection.execute(
        select(_e.conversation)
        .where(_e.client == client, _e.at >= start, _e.at < end, counting)
        .distinct()
        .order_by(_e.conversation)
    )
    return [id_ for (id_,) in rows]


async def chargeable_histories(connection: AsyncConnection, ids: Sequence[str]) -> list[list[Brief]]:
    """Of each of these conversations that has any, the events that can make it chargeable, in their order; of each only
    what `sla.usage.counted` reads.
    """
    by, author = (_e.data[name].as_string().label(name) for name in ("by", "author"))
    handled = _e.data["handled"].as_boolean().label("handled")
    rows = await connection.execute(
        select(_e.conversation, _e.client, _e.kind, _e.at, _e.seq, by, author, handled)
        .where(among(connection, _e.conversation, ids), _CHARGES)
        .order_by(_e.conversation, _e.seq)
    )
    found: dict[str, list[Brief]] = {}
    for id_, client, kind, at, seq, resolved_by, wrote, took in rows:
        data = {"by": resolved_by, "author": wrote, "handled": took}
        found.setdefault(id_, []).append(brief(id_, client, kind, at, seq, data))
    return list(found.values())


async def count_usage(
    connection: AsyncConnection, client: ClientId, starts: Sequence[datetime], end: datetime, facts: Sequence[DayFacts]
) -> None:
    """Adds to each day, given by its start, what was chargeable in it, less what was taken back."""
    ids = await charged_in(connection, client, starts[0], end)
    for first in range(0, len(ids), BATCH):
        for history in await chargeable_histories(connection, ids[first : first + BATCH]):
            for fact in counted(history):
                if starts[0] <= fact.at < end:
                    facts[bisect_right(starts, fact.at) - 1].usage[fact.item] += int(fact.quantity)
