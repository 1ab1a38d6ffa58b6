"""Display links of the wallboard: the hash of each token, whose it is and what it may show."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from accounts.audit import AuditEntry
from accounts.display_link import DisplayLink
from accounts.displays import Owned
from conversation.ids import ClientId, UserId
from storage.audit import note
from storage.database import Database
from storage.schema import display_links, users
from storage.statements import among, names
from storage.tenancy import ALL_CLIENTS
from storage.users import users_of
from storage.vault import Vault

_l = display_links.c


class SqlDisplayLinks:
    """An accounts.displays.DisplayLinkStore."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def add(self, link: DisplayLink, entries: Sequence[AuditEntry], *, at_most: int) -> bool:
        """See accounts.displays.DisplayLinkStore. The creator's row is locked: one at a time counts and adds."""
        one_at_a_time = select(users.c.id).where(users.c.id == link.creator).with_for_update(key_share=True)
        ends_later = or_(_l.expires_at.is_(None), _l.expires_at > link.created_at)
        living = select(func.count()).where(_l.user == link.creator, _l.revoked_at.is_(None), ends_later)
        async with self._database.transaction(ALL_CLIENTS) as connection:
            await connection.execute(one_at_a_time)
            if (await connection.scalar(living) or 0) >= at_most:
                return False
            await connection.execute(display_links.insert().values(_row(link)))
            await note(connection, entries)
            return True

    async def by_digest(self, digest: str) -> Owned | None:
        """See accounts.displays.DisplayLinkStore."""
        async with self._database.reading(ALL_CLIENTS) as connection:
            found = await self._owned(connection, select(display_links).where(_l.token_hash == digest))
        return found[0] if found else None

    async def all(self) -> list[Owned]:
        """See accounts.displays.DisplayLinkStore."""
        async with self._database.reading(ALL_CLIENTS) as connection:
            return await self._owned(connection, select(display_links).order_by(_l.id.desc()))

    async def revoke(self, link: str, now: datetime, entries: Sequence[AuditEntry]) -> bool:
        """See accounts.displays.DisplayLinkStore."""
        living = (_l.id == link, _l.revoked_at.is_(None))
        async with self._database.transaction(ALL_CLIENTS) as connection:
            done = await connection.execute(update(display_links).where(*living).values(revoked_at=now))
            if done.rowcount:
                await note(connection, entries)
            return done.rowcount == 1

    async def used(self, link: str, now: datetime) -> None:
        """See accounts.displays.DisplayLinkStore."""
        async with self._database.transaction(ALL_CLIENTS) as connection:
            await connection.execute(update(display_links).where(_l.id == link).values(last_used_at=now))

    async def _owned(self, connection: AsyncConnection, query: Select[Any]) -> list[Owned]:
        rows = (await connection.execute(query)).mappings().all()
        wanted = names(row["user"] for row in rows)
        found = await connection.execute(select(users).where(among(connection, users.c.id, wanted)))
        people = {user.id: user for user in await users_of(connection, found.mappings().all(), self._vault)}
        return [(_link_of(row), people[UserId(row["user"])]) for row in rows]


def _row(link: DisplayLink) -> dict[str, Any]:
    return {
        "id": link.id,
        "user": link.creator,
        "name": link.name,
        "clients": sorted(link.clients),
        "token_hash": link.digest,
        "locale": link.locale,
        "created_at": link.created_at,
        "expires_at": link.expires_at,
        "revoked_at": link.revoked_at,
        "last_used_at": link.last_used_at,
    }


def _link_of(row: RowMapping) -> DisplayLink:
    return DisplayLink(
        id=row["id"],
        creator=UserId(row["user"]),
        name=row["name"],
        clients=frozenset(ClientId(client) for client in row["clients"]),
        digest=row["token_hash"],
        created_at=row["created_at"],
        locale=row["locale"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
        last_used_at=row["last_used_at"],
    )
