"""The deliverer's side of the database: what is due, one message per thread at a time, and what became of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select

from conversation.clock import Clock
from conversation.ids import new_id
from conversation.message import OutboxItem
from conversation.ports import Projection, Settlement, Wakeups
from storage.database import Database
from storage.facts import record
from storage.publishing import Publisher
from storage.schema import outbox
from storage.settling import Settling
from storage.taking import Taking, is_head
from storage.tenancy import ALL_CLIENTS

_NEXT_DUE = select(func.min(outbox.c.due_at)).where(*is_head())
_DUE = select(outbox.c.position).where(outbox.c.due_at <= bindparam("now")).limit(1)


class SqlOutbox:
    """The core's Outbox. A finished message leaves the line (`due_at` is NULL) and its row stays as evidence."""

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

    async def take(self, worker: str, now: datetime, *, limit: int, hold: timedelta) -> list[OutboxItem]:
        """See conversation.ports.Outbox."""
        if not await self._anything_due(now):
            return []
        async with self._database.transaction(ALL_CLIENTS) as connection:
            taking = Taking(connection, now)
            await taking.choose(limit)
            items = await taking.mark_sending(f"{worker}:{new_id(now)}", now + hold)
            changed = await record(connection, taking.facts, self._projections)
        await self._publisher.publish(changed)
        return items

    async def settle(self, settlements: Sequence[Settlement]) -> None:
        """See conversation.ports.Outbox. A settlement of a message that is finished already, or that somebody else has
        taken since, changes nothing; except that a late Delivered is the truth and counts.
        """
        if not settlements:
            return
        clients = {settlement.item.message.client for settlement in settlements}
        async with self._database.transaction(clients) as connection:
            settling = Settling(connection, settlements, self._clock.now())
            await settling.run()
            changed = await record(connection, settling.facts, self._projections)
        await self._publisher.publish(changed)
        await self._wakeups.announce("outbox")

    async def next_due(self, now: datetime) -> datetime | None:
        """See conversation.ports.Outbox. Only heads of lines count: what waits behind another message is not due."""
        del now
        async with self._database.reading(ALL_CLIENTS) as connection:
            due: datetime | None = await connection.scalar(_NEXT_DUE)
            return due

    async def _anything_due(self, now: datetime) -> bool:
        """A look that locks nothing, so that idle sweeps on SQLite do not queue for the writer."""
        async with self._database.reading(ALL_CLIENTS) as connection:
            return (await connection.execute(_DUE, {"now": now})).first() is not None
