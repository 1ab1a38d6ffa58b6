"""Who has shown the password and not yet the code."""

from datetime import datetime

from sqlalchemy import delete, select, update

from accounts.half_sign_in import TRIES, HalfSignIn
from conversation.ids import UserId
from storage.database import Database
from storage.schema import half_sign_ins
from storage.tenancy import ALL_CLIENTS

_h = half_sign_ins.c


class SqlHalfSignIns:
    """An accounts.ports.HalfSignIns."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, half: HalfSignIn) -> None:
        """See accounts.ports.HalfSignIns."""
        row = {
            "id": half.id,
            "user": half.user,
            "epoch": half.epoch,
            "browser": half.browser,
            "expires_at": half.expires_at,
            "tries": half.tries,
        }
        async with self._database.transaction(ALL_CLIENTS) as connection:
            await connection.execute(half_sign_ins.insert().values(row))

    async def by_id(self, half: str) -> HalfSignIn | None:
        """See accounts.ports.HalfSignIns."""
        async with self._database.reading(ALL_CLIENTS) as connection:
            row = (await connection.execute(select(half_sign_ins).where(_h.id == half))).mappings().first()
        if row is None:
            return None
        return HalfSignIn(
            id=row["id"],
            user=UserId(row["user"]),
            epoch=row["epoch"],
            browser=row["browser"],
            expires_at=row["expires_at"],
            tries=row["tries"],
        )

    async def count_try(self, half: str, now: datetime) -> bool:
        """See accounts.ports.HalfSignIns."""
        alive = (_h.id == half, _h.tries < TRIES, _h.expires_at > now)
        async with self._database.transaction(ALL_CLIENTS) as connection:
            done = await connection.execute(update(half_sign_ins).where(*alive).values(tries=_h.tries + 1))
            return done.rowcount == 1

    async def consume(self, half: str) -> bool:
        """See accounts.ports.HalfSignIns."""
        async with self._database.transaction(ALL_CLIENTS) as connection:
            return (await connection.execute(delete(half_sign_ins).where(_h.id == half))).rowcount == 1

    async def sweep(self, expired: datetime) -> int:
        """See accounts.ports.HalfSignIns."""
        async with self._database.transaction(ALL_CLIENTS) as connection:
            return (await connection.execute(delete(half_sign_ins).where(_h.expires_at < expired))).rowcount
