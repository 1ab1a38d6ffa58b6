"""Which of many sessions and people are still there, asked for all open live pages of a process at once."""

from collections.abc import Collection, Mapping

from sqlalchemy import select

from accounts.session import Session
from accounts.user import User
from conversation.ids import UserId
from storage import schema
from storage.database import Database
from storage.sessions import session_of
from storage.statements import among
from storage.tenancy import ALL_CLIENTS
from storage.users import users_of
from storage.vault import Vault


class SqlLiveSessions:
    """An accounts.ports.LiveSessions."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def find(
        self, sessions: Collection[str], users: Collection[UserId]
    ) -> tuple[Mapping[str, Session], Mapping[UserId, User]]:
        """See accounts.ports.LiveSessions."""
        async with self._database.reading(ALL_CLIENTS) as connection:
            s, u = schema.sessions, schema.users
            rows = await connection.execute(select(s).where(among(connection, s.c.id, sessions)))
            living = {row["id"]: session_of(row) for row in rows.mappings()}
            rows = await connection.execute(select(u).where(among(connection, u.c.id, users)))
            found = await users_of(connection, rows.mappings().all(), self._vault)
        return living, {user.id: user for user in found}
