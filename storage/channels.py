"""What channel adapters keep: who polls which token and how far, and the buttons a customer was offered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from conversation.ids import ChannelId
from conversation.message import Button
from storage.database import Database
from storage.schema import messages, pollers, threads
from storage.tenancy import ALL_CLIENTS

RECENT_MESSAGES = 200


@dataclass(frozen=True, slots=True)
class Position:
    """Where a poller stands: the next update it wants, and when that was last moved."""

    offset: int
    saved_at: datetime


class Pollers:
    """One poller per token at a time, by a lease; its offset survives it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def acquire(self, poller: str, holder: str, now: datetime, hold: timedelta) -> bool:
        """Takes or renews the lease until now + hold; False while another holder's lease runs."""
        make = postgresql_insert if self._database.is_postgresql else sqlite_insert
        free = or_(pollers.c.holder == holder, pollers.c.holder.is_(None), pollers.c.held_until <= now)
        async with self._database.transaction(ALL_CLIENTS) as connection:
            await connection.execute(make(pollers).values(poller=poller).on_conflict_do_nothing())
            taken = await connection.execute(
                update(pollers).where(pollers.c.poller == poller, free).values(holder=holder, held_until=now + hold)
            )
        return taken.rowcount == 1

    async def release(self, poller: str, holder: str) -> None:
        """Gives the lease back, if `holder` has it."""
        mine = (pollers.c.poller == poller, pollers.c.holder == holder)
        async with self._database.transaction(ALL_CLIENTS) as connection:
            await connection.execute(update(pollers).where(*mine).values(holder=None, held_until=None))

    async def position(self, poller: str) -> Position | None:
        """The position saved last, None at the very first start."""
        query = select(pollers.c.position, pollers.c.saved_at).where(pollers.c.poller == poller)
        async with self._database.reading(ALL_CLIENTS) as connection:
            row = (await connection.execute(query)).first()
        return None if row is None or row.position is None else Position(row.position, row.saved_at)

    async def advance(self, poller: str, holder: str, offset: int, now: datetime) -> bool:
        """Saves the position if `holder` still has the lease at `now`; False otherwise."""
        mine = (pollers.c.poller == poller, pollers.c.holder == holder, pollers.c.held_until > now)
        async with self._database.transaction(ALL_CLIENTS) as connection:
            saved = await connection.execute(update(pollers).where(*mine).values(position=offset, saved_at=now))
        return saved.rowcount == 1


class OfferedButtons:
    """The buttons a thread was offered lately, newest first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def offered(self, channel: ChannelId, thread_ref: str) -> Sequence[Button]:
        """Buttons of the last messages written to this thread, newest first."""
        query = (
            select(messages.c.buttons)
            .join(threads, threads.c.id == messages.c.thread)
            .where(threads.c.channel == channel, threads.c.ref == thread_ref, messages.c.author_kind != "customer")
            .order_by(messages.c.position.desc())
            .limit(RECENT_MESSAGES)
        )
        async with self._database.reading(ALL_CLIENTS) as connection:
            rows = (await connection.execute(query)).scalars().all()
        return [Button(b["title"], b["payload"], b.get("url")) for buttons in rows for b in buttons]
