"""The storage of one process with everything around it recorded, and a bot simple enough to foresee."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from alembic import command
from sqlalchemy import Connection, select

from conversation.change import Work
from conversation.clock import ManualClock
from conversation.conversation import Conversation
from conversation.events import Event
from conversation.ids import ClientId
from conversation.message import Inbound, Message, OutboxItem
from conversation.pipeline import Pipeline, handle_inbound
from conversation.ports import Changed, Delivered, Outcome, Projection
from storage import migrations
from storage.database import Database
from storage.inbox import SqlInbox
from storage.outbox import SqlOutbox
from storage.schema import conversations, events, messages
from storage.store import SqlStore
from storage.tenancy import ALL_CLIENTS
from storage.values import conversation_of, event_of, message_of
from tests.builders import NOON, OneQueue, ScriptedBots

HOLD = timedelta(seconds=30)
CLIENT = ClientId("alpenrad")


@dataclass
class Told:
    """Hears what is announced and published."""

    topics: list[str] = field(default_factory=list)
    changed: list[Changed] = field(default_factory=list)

    async def announce(self, *topics: str) -> None:
        self.topics += topics

    async def wait(self, topic: str, timeout: float) -> bool:
        raise AssertionError("nobody waits here")

    async def publish(self, changes: Sequence[Changed]) -> None:
        self.changed += changes


class Process:
    """One worker process's view of the database."""

    def __init__(self, database: Database, clock: ManualClock | None = None, *projections: Projection) -> None:
        self.database = database
        self.clock = clock or ManualClock(NOON)
        self.told = Told()
        self.inbox = SqlInbox(database, self.told)
        self.store = SqlStore(database, self.clock, self.told, self.told, projections)
        self.outbox = SqlOutbox(database, self.clock, self.told, self.told, projections)
        self.bots = ScriptedBots()
        self.pipeline = Pipeline(self.store, self.bots, OneQueue(), self.clock)

    async def receive(self, *inbounds: Inbound) -> int:
        return await self.inbox.accept(inbounds)

    async def lease(self, worker: str = "w1", limit: int = 10) -> list[Work]:
        return await self.store.lease(worker, self.clock.now(), limit=limit, hold=HOLD)

    async def lease_one(self, worker: str = "w1") -> Work:
        [work] = await self.lease(worker)
        return work

    async def handle_all(self, worker: str = "w1") -> list[Outcome]:
        outcomes: list[Outcome] = []
        while works := await self.lease(worker):
            outcomes += await handle_inbound(works, self.pipeline)
        return outcomes

    async def take(self, worker: str = "d1", limit: int = 10) -> list[OutboxItem]:
        return await self.outbox.take(worker, self.clock.now(), limit=limit, hold=HOLD)

    async def deliver_all(self) -> list[str]:
        """Delivers whatever is due; the texts in the order they were sent."""
        sent: list[str] = []
        while items := await self.take():
            sent += [item.message.text for item in items]
            await self.outbox.settle([Delivered(item, f"p-{item.message.id}", self.clock.now()) for item in items])
        return sent

    async def conversations(self) -> list[Conversation]:
        return [conversation_of(row) for row in await self._all(select(conversations).order_by(conversations.c.id))]

    async def conversation(self) -> Conversation:
        [only] = await self.conversations()
        return only

    async def messages(self) -> list[Message]:
        return [message_of(row) for row in await self._all(select(messages).order_by(messages.c.position))]

    async def events(self) -> list[Event]:
        query = select(events).order_by(events.c.conversation, events.c.seq)
        return [event_of(row) for row in await self._all(query)]

    async def kinds(self) -> list[str]:
        return [event.kind.value for event in await self.events()]

    async def _all(self, query: Any) -> list[Any]:
        async with self.database.reading(ALL_CLIENTS) as connection:
            return list((await connection.execute(query)).mappings())


async def downgrade(owner_url: str, revision: str) -> None:
    """Takes a database back to how it was at `revision`."""
    database = Database(owner_url, owner=True)

    def back(connection: Connection) -> None:
        if not database.is_postgresql:
            migrations.allow_copied_tables(connection)
        command.downgrade(migrations.config(connection), revision)

    async with database.engine.connect() as connection:
        await connection.run_sync(back)
        await connection.commit()
    await database.dispose()
