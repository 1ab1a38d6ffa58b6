"""Events that deliveries cause: written in the deliverer's transaction, numbered like all others."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.events import Event, EventKind
from conversation.ids import EventId, new_id
from conversation.ports import Changed, Projection
from storage.event_log import Numbering
from storage.schema import conversations
from storage.statements import among_named, names

_COUNTERS = (
    select(conversations.c.id, conversations.c.seq)
    .where(among_named(conversations.c.id, "ids"))
    .order_by(conversations.c.id)
    .with_for_update(key_share=True)
)


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened to the message of an outbox `row`."""

    row: Row[Any]
    kind: EventKind
    at: datetime
    data: dict[str, Any] = field(default_factory=dict)

    def event(self) -> Event:
        row = self.row
        return Event(
            id=EventId(new_id(self.at)),
            client=row.client,
            channel=row.channel,
            thread=row.thread,
            conversation=row.conversation,
            kind=self.kind,
            at=self.at,
            data={"message_id": row.message, **self.data},
        )


async def record(
    connection: AsyncConnection, facts: Sequence[Fact], projections: Sequence[Projection]
) -> list[Changed]:
    """Numbers and writes the events of `facts` and lets the projections see them; what to publish after the commit."""
    if not facts:
        return []
    rows = await connection.execute(_COUNTERS, {"ids": names(fact.row.conversation for fact in facts)})
    numbering = Numbering({row.id: row.seq for row in rows})
    numbering.add(fact.event() for fact in facts)
    await numbering.write(connection)
    for projection in projections:
        await projection.apply(connection, (), numbering.events)
    return numbering.changed
