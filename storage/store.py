"""The pipeline's side of the database: leasing messages and committing what they caused."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Integer, bindparam, select, update

from conversation.change import Change, Ignored, Work
from conversation.clock import Clock
from conversation.conversation import Conversation, State
from conversation.ids import ClientId, ConversationId
from conversation.ports import Outcome, Projection, Wakeups
from storage.commit import Commit, free_threads
from storage.database import Database
from storage.lease import take_threads, works_of
from storage.publishing import Publisher
from storage.schema import conversations, inbox, threads
from storage.statements import among, names
from storage.tenancy import ALL_CLIENTS
from storage.values import conversation_of

_WAITING = select(threads.c.id).where(threads.c.waiting_since.is_not(None)).limit(1)
_IDLE = (
    select(conversations)
    .where(conversations.c.state == State.BOT.value, conversations.c.updated_at < bindparam("before"))
    .order_by(conversations.c.updated_at, conversations.c.id)
    .limit(bindparam("most", type_=Integer))
)


class SqlStore:
    """The core's Store. `projections` run inside each commit; `publisher` and `wakeups` hear of it afterwards."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        wakeups: Wakeups,
        publisher: Publisher,
        projections: Sequence[Projection] = (),
    ) -> None:
        self._database = database
        self._clock = clock
        self._wakeups = wakeups
        self._publisher = publisher
        self._projections = tuple(projections)

    async def lease(self, worker: str, now: datetime, *, limit: int, hold: timedelta) -> list[Work]:
        """See conversation.ports.Store."""
        if not await self._anything_waits():
            return []
        async with self._database.transaction(ALL_CLIENTS) as connection:
            lease, taken = await take_threads(connection, worker, now, limit, hold)
            works = await works_of(connection, lease, taken)
            empty = set(taken) - {work.thread.id for work in works}
            await free_threads(connection, names(empty))
        return works

    async def commit(self, changes: Sequence[Change | Ignored]) -> list[Outcome]:
        """See conversation.ports.Store."""
        if not changes:
            return []
        clients = {c.conversation.client if isinstance(c, Change) else c.work.thread.client for c in changes}
        async with self._database.transaction(clients) as connection:
            commit = Commit(connection, changes, self._clock.now())
            outcomes = await commit.run(self._projections)
        await self._publisher.publish(commit.changed)
        if commit.topics:
            await self._wakeups.announce(*commit.topics)
        return outcomes

    async def give_back(self, works: Sequence[Work], *, retry_at: datetime, error: str) -> None:
        """See conversation.ports.Store. Works whose lease is lost meanwhile are left alone."""
        async with self._database.transaction({work.thread.client for work in works}) as connection:
            rows = await connection.execute(
                select(threads.c.id, threads.c.lease)
                .where(among(connection, threads.c.id, names(work.thread.id for work in works)))
                .order_by(threads.c.id)
                .with_for_update(key_share=True)
            )
            leases = {row.id: row.lease for row in rows}
            ours = [work for work in works if leases.get(work.thread.id) == work.lease]
            if not ours:
                return
            await connection.execute(
                update(inbox)
                .where(inbox.c.id == bindparam("b_id"))
                .values(attempts=inbox.c.attempts + 1, error=bindparam("b_error")),
                [{"b_id": work.item.id, "b_error": error} for work in ours],
            )
            await connection.execute(
                update(threads)
                .where(among(connection, threads.c.id, names(work.thread.id for work in ours)))
                .values(lease=None, held_until=retry_at)
            )

    async def load(self, conversation: ConversationId, clients: Collection[ClientId]) -> Conversation | None:
        """See conversation.ports.Store."""
        async with self._database.reading(clients) as connection:
            rows = await connection.execute(
                select(conversations).where(
                    conversations.c.id == conversation, among(connection, conversations.c.client, clients)
                )
            )
            row = rows.mappings().first()
            return conversation_of(row) if row is not None else None

    async def idle(self, before: datetime, limit: int) -> list[Conversation]:
        """See conversation.ports.Store."""
        async with self._database.reading(ALL_CLIENTS) as connection:
            rows = await connection.execute(_IDLE, {"before": before, "most": limit})
            return [conversation_of(row) for row in rows.mappings()]

    async def _anything_waits(self) -> bool:
        """A look that locks nothing, so that idle sweeps on SQLite do not queue for the writer."""
        async with self._database.reading(ALL_CLIENTS) as connection:
            return (await connection.execute(_WAITING)).first() is not None
