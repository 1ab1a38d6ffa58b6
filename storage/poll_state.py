"""Which process polls a channel's token, and how far it has come (bots.ports.PollState)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from sqlalchemy import or_, select, update

from storage.database import Database
from storage.schema import pollers
from storage.statements import insert_new
from storage.tenancy import ALL_CLIENTS

Position = TypeVar("Position")


class SqlPollState(Generic[Position]):
    """One row per poller; whoever holds its lease may move its position. `made` turns (offset, saved_at) into the
    caller's own value, since rooms beside this one are not imported here.
    """

    def __init__(self, database: Database, made: Callable[[int, datetime], Position]) -> None:
        self._database = database
        self._made = made

    async def acquire(self, poller: str, holder: str, now: datetime, hold: timedelta) -> bool:
        """Takes or renews the lease until now + hold; False while another holder's lease runs."""
        async with self._database.transaction(ALL_CLIENTS) as connection:
            await connection.execute(insert_new(connection.dialect.name, pollers, pollers.c.poller), {"poller": poller})
            free = or_(pollers.c.holder.is_(None), pollers.c.holder == holder, pollers.c.held_until <= now)
            taken = await connection.execute(
                update(pollers).where(pollers.c.poller == poller, free).values(holder=holder, held_until=now + hold)
            )
            return taken.rowcount == 1

    async def release(self, poller: str, holder: str) -> None:
        """Gives the lease back, if `holder` has it."""
        async with self._database.transaction(ALL_CLIENTS) as connection:
            await connection.execute(
                update(pollers)
                .where(pollers.c.poller == poller, pollers.c.holder == holder)
                .values(holder=None, held_until=None)
            )

    async def position(self, poller: str) -> Position | None:
        """The position saved last, None at the very first start."""
        async with self._database.reading(ALL_CLIENTS) as connection:
            row = (await connection.execute(select(pollers).where(pollers.c.poller == poller))).first()
        return self._made(row.position, row.saved_at) if row is not None and row.position is not None else None

    async def advance(self, poller: str, holder: str, offset: int, now: datetime) -> bool:
        """Saves the position if `holder` still has the lease at `now`; False otherwise."""
        async with self._database.transaction(ALL_CLIENTS) as connection:
            moved = await connection.execute(
                update(pollers)
                .where(pollers.c.poller == poller, pollers.c.holder == holder, pollers.c.held_until > now)
                .values(position=offset, saved_at=now)
            )
            return moved.rowcount == 1

    async def beat(self, poller: str, now: datetime, within: timedelta) -> datetime | None:
        """Marks `poller` as alive at `now`, unless its last mark is older than `within`: then that mark stays, and is
        returned. The mark is the row's `saved_at`; a poller that beats has no position.
        """
        async with self._database.transaction(ALL_CLIENTS) as connection:
            await connection.execute(insert_new(connection.dialect.name, pollers, pollers.c.poller), {"poller": poller})
            fresh = or_(pollers.c.saved_at.is_(None), pollers.c.saved_at >= now - within)
            moved = await connection.execute(
                update(pollers).where(pollers.c.poller == poller, fresh).values(saved_at=now)
            )
            if moved.rowcount == 1:
                return None
            mark: datetime | None = await connection.scalar(
                select(pollers.c.saved_at).where(pollers.c.poller == poller)
            )
            return mark

    async def caught_up(self, poller: str, since: datetime, until: datetime) -> bool:
        """Moves the mark from exactly `since` to `until`; False if it stands elsewhere by now."""
        async with self._database.transaction(ALL_CLIENTS) as connection:
            moved = await connection.execute(
                update(pollers).where(pollers.c.poller == poller, pollers.c.saved_at == since).values(saved_at=until)
            )
            return moved.rowcount == 1
