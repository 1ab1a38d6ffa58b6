"""The append-only event log: numbering when events are written, order when they are read."""

from collections.abc import Collection, Container, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import and_, bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.events import Event, EventKind
from conversation.ids import ClientId, ConversationId, EventId
from conversation.ports import Changed
from storage.database import Database
from storage.schema import conversations, events
from storage.statements import add, among, names
from storage.values import event_of, event_row

_COUNT = update(conversations).where(conversations.c.id == bindparam("b_id")).values(seq=bindparam("b_seq"))


class Numbering:
    """Gives events their conversation's next numbers. Start it with the `seq` of locked conversation rows."""

    def __init__(self, seqs: dict[str, int]) -> None:
        self._seqs = seqs
        self.events: list[Event] = []

    def add(self, made: Iterable[Event]) -> None:
        for event in made:
            self._seqs[event.conversation] += 1
            self.events.append(replace(event, seq=self._seqs[event.conversation]))

    def start(self, conversation: str) -> None:
        """A new conversation begins at 1."""
        self._seqs[conversation] = 0

    @property
    def changed(self) -> list[Changed]:
        """Each conversation touched, with its newest number."""
        latest = {event.conversation: event for event in self.events}
        return [Changed(e.client, e.thread, e.conversation, e.seq) for e in latest.values()]

    def seq(self, conversation: str) -> int:
        """The last number given."""
        return self._seqs[conversation]

    async def write(self, connection: AsyncConnection, counted: Container[str] = ()) -> None:
        """Inserts the events and keeps the counters; those of `counted` conversations were written already."""
        moved = [id_ for id_ in names(event.conversation for event in self.events) if id_ not in counted]
        if moved:
            await connection.execute(_COUNT, [{"b_id": id_, "b_seq": self._seqs[id_]} for id_ in moved])
        await add(connection, events, [event_row(event) for event in self.events])


class EventLog:
    """Reads events back in the order they were committed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_conversation(
        self, conversation: ConversationId, clients: Collection[ClientId], *, after: int = 0
    ) -> list[Event]:
        """The conversation's events with a number above `after`; none if it belongs to another client."""
        async with self._database.reading(clients) as connection:
            rows = await connection.execute(
                select(events)
                .where(
                    events.c.conversation == conversation,
                    events.c.seq > after,
                    among(connection, events.c.client, clients),
                )
                .order_by(events.c.seq)
            )
            return [event_of(row) for row in rows.mappings()]

    async def of_client(
        self,
        client: ClientId,
        *,
        start: datetime,
        end: datetime,
        kinds: Sequence[EventKind] = (),
        after: tuple[datetime, EventId] | None = None,
        limit: int = 1000,
    ) -> list[Event]:
        """The client's events with start <= at < end by (at, id), which for one conversation is commit order unless
        clocks of several machines differ. `after` is the (at, id) of the last one seen: a cursor.
        """
        async with self._database.reading({client}) as connection:
            query = (
                select(events)
                .where(events.c.client == client, events.c.at >= start, events.c.at < end)
                .order_by(events.c.at, events.c.id)
                .limit(limit)
            )
            if kinds:
                query = query.where(among(connection, events.c.kind, [kind.value for kind in kinds]))
            if after is not None:
                at, id_ = after
                query = query.where(or_(events.c.at > at, and_(events.c.at == at, events.c.id > id_)))
            return [event_of(row) for row in (await connection.execute(query)).mappings()]
