"""The people and what each is granted."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from accounts.audit import AuditEntry
from accounts.errors import EmailTaken, LastAdmin
from accounts.user import Role, User, is_admin
from conversation.ids import ClientId, UserId
from conversation.plain_text import clean
from storage.audit import note as add_entries
from storage.database import Database
from storage.schema import clients as clients_table
from storage.schema import user_clients, users
from storage.statements import add, among, dialect_of
from storage.tenancy import ALL_CLIENTS
from storage.vault import Vault

_NEVER_REPLACED = frozenset({"id", "created_at", "totp_step", "sign_in_epoch"})
_ONE_AT_A_TIME = 0x5357_5052  # the advisory lock of changes to people; any number will do
_MANAGED = ("name", "roles", "capacity", "skills", "languages", "locale", "password_hash", "active")


class SqlUsers:
    """An accounts.ports.UserStore and Roster. Authenticator secrets are sealed by `vault`."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def by_email(self, email: str) -> User | None:
        """See accounts.ports.UserStore."""
        async with self._database.reading(ALL_CLIENTS) as connection:
            return await self._one(connection, users.c.email == clean(email.casefold()))

    async def by_id(self, user: UserId) -> User | None:
        """See accounts.ports.UserStore."""
        async with self._database.reading(ALL_CLIENTS) as connection:
            return await self._one(connection, users.c.id == user)

    async def list(self) -> list[User]:
        """See accounts.ports.UserStore."""
        async with self._database.reading(ALL_CLIENTS) as connection:
            rows = (await connection.execute(select(users).order_by(users.c.name, users.c.id))).mappings().all()
            return await users_of(connection, rows, self._vault)

    async def save(self, user: User) -> None:
        """See accounts.ports.UserStore."""
        row = self._row(user)
        kept = {name: value for name, value in row.items() if name not in _NEVER_REPLACED}
        try:
            async with self._database.transaction(ALL_CLIENTS) as connection:
                insert = dialect_of(connection).insert(users).values(row)
                await connection.execute(insert.on_conflict_do_update(index_elements=["id"], set_=kept))
                await connection.execute(delete(user_clients).where(user_clients.c.user == user.id))
                await add(connection, user_clients, _grants(user))
        except IntegrityError as error:
            raise EmailTaken(user.email) from error

    async def change(
        self, user: UserId, edit: Callable[[User], User], note: Callable[[User, User], Sequence[AuditEntry]]
    ) -> tuple[User, User]:
        """See accounts.ports.Roster."""
        async with self._database.transaction(ALL_CLIENTS) as connection:
            if self._database.is_postgresql:  # SQLite has one writer anyway
                await connection.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))
            before = await self._stored(connection, user)
            after = edit(before)
            if is_admin(before) and not is_admin(after) and not await _other_admin(connection, user):
                raise LastAdmin(before.email)
            row = self._row(after)
            await connection.execute(update(users).where(users.c.id == user).values({k: row[k] for k in _MANAGED}))
            if after.clients != before.clients:
                await connection.execute(delete(user_clients).where(user_clients.c.user == user))
                await add(connection, user_clients, _grants(after))
            await add_entries(connection, note(before, after))
        return before, after

    async def use_code(self, user: UserId, step: int) -> bool:
        """See accounts.ports.UserStore."""
        async with self._database.transaction(ALL_CLIENTS) as connection:
            done = await connection.execute(
                update(users).where(users.c.id == user, users.c.totp_step < step).values(totp_step=step)
            )
            return done.rowcount == 1

    async def set_password(self, user: UserId, hashed: str, *, instead_of: str) -> bool:
        """See accounts.ports.UserStore."""
        known = (users.c.id == user, users.c.password_hash == instead_of)
        async with self._database.transaction(ALL_CLIENTS) as connection:
            done = await connection.execute(update(users).where(*known).values(password_hash=hashed))
            return done.rowcount == 1

    async def client_words(self) -> Sequence[str]:
        """See accounts.ports.UserStore."""
        query = select(clients_table.c.id, clients_table.c.name).order_by(clients_table.c.id)
        async with self._database.reading(ALL_CLIENTS) as connection:
            return [word for row in await connection.execute(query) for word in row]

    async def _one(self, connection: AsyncConnection, condition: Any) -> User | None:
        rows = (await connection.execute(select(users).where(condition))).mappings().all()
        found = await users_of(connection, rows, self._vault)
        return found[0] if found else None

    async def _stored(self, connection: AsyncConnection, user: UserId) -> User:
        """The person with the grants in the database: a provider admin's are not widened to every client."""
        rows = (await connection.execute(select(users).where(users.c.id == user))).mappings().all()
        grants = await connection.execute(select(user_clients.c.granted).where(user_clients.c.user == user))
        granted = {ClientId(client) for (client,) in grants}
        return _user_of(rows[0], granted, frozenset(granted), self._vault)

    def _row(self, user: User) -> dict[str, Any]:
        if user.created_at is None:
            raise ValueError(f"{user.email} has no created_at: say when the person was added")
        return {
            "id": user.id,
            "email": user.email.casefold(),
            "name": user.name,
            "roles": sorted(user.roles),
            "capacity": user.capacity,
            "skills": sorted(user.skills),
            "languages": sorted(user.languages),
            "locale": user.locale,
            "password_hash": user.password_hash,
            "totp_secret": self._vault.seal(user.totp_secret) if user.totp_secret else "",
            "totp_step": user.totp_step,
            "sign_in_epoch": user.sign_in_epoch,
            "active": user.active,
            "created_at": user.created_at,
        }


def _grants(user: User) -> list[dict[str, str]]:
    return [{"user": user.id, "granted": client} for client in sorted(user.clients)]


async def _other_admin(connection: AsyncConnection, user: UserId) -> bool:
    rows = await connection.execute(select(users.c.roles).where(users.c.active.is_(True), users.c.id != user))
    return any(Role.PROVIDER_ADMIN in roles for (roles,) in rows)


async def users_of(
    connection: AsyncConnection, rows: Iterable[RowMapping | Mapping[str, Any]], vault: Vault
) -> list[User]:
    """The users in rows of `users`, with what they are granted."""
    rows = list(rows)
    if not rows:
        return []
    found = await connection.execute(
        select(user_clients.c.user, user_clients.c.granted).where(
            among(connection, user_clients.c.user, [row["id"] for row in rows])
        )
    )
    granted: dict[str, set[ClientId]] = {}
    for user, client in found:
        granted.setdefault(user, set()).add(ClientId(client))
    everything: frozenset[ClientId] = frozenset()
    if any(Role.PROVIDER_ADMIN in row["roles"] for row in rows):
        everything = frozenset(ClientId(id_) for (id_,) in await connection.execute(select(clients_table.c.id)))
    return [_user_of(row, granted.get(row["id"], set()), everything, vault) for row in rows]


def _user_of(
    row: RowMapping | Mapping[str, Any], granted: set[ClientId], everything: frozenset[ClientId], vault: Vault
) -> User:
    roles = frozenset(Role(role) for role in row["roles"])
    return User(
        id=UserId(row["id"]),
        email=row["email"],
        name=row["name"],
        roles=roles,
        clients=everything if Role.PROVIDER_ADMIN in roles else frozenset(granted),
        capacity=row["capacity"],
        skills=frozenset(row["skills"]),
        languages=frozenset(row["languages"]),
        locale=row["locale"],
        password_hash=row["password_hash"],
        totp_secret=vault.open(row["totp_secret"]) if row["totp_secret"] else "",
        totp_step=row["totp_step"],
        sign_in_epoch=row["sign_in_epoch"],
        active=bool(row["active"]),
        created_at=row["created_at"],
    )
