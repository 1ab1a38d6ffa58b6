"""Who is signed in, and which API tokens live."""

from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, and_, delete, or_, select, update

from accounts.session import Session
from accounts.token import ApiToken, Scope
from accounts.user import User
from conversation.ids import ClientId, UserId
from storage.database import Database
from storage.schema import api_tokens, sessions, users
from storage.tenancy import ALL_CLIENTS
from storage.users import users_of
from storage.vault import Vault


class SqlSessions:
    """An accounts.ports.SessionStore."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def add(self, session: Session, *, epoch: int) -> bool:
        """See accounts.ports.SessionStore. The person's row is locked: no end of all sign-ins falls in between."""
        allowed = (users.c.id == session.user, users.c.active, users.c.sign_in_epoch == epoch)
        async with self._database.transaction(ALL_CLIENTS) as connection:
            if await connection.scalar(select(users.c.id).where(*allowed).with_for_update(key_share=True)) is None:
                return False
            await connection.execute(sessions.insert().values(_session_row(session)))
            return True

    async def by_id(self, session: str) -> tuple[Session, User] | None:
        """See accounts.ports.SessionStore."""
        async with self._database.reading(ALL_CLIENTS) as connection:
            row = (await connection.execute(select(sessions).where(sessions.c.id == session))).mappings().first()
            if row is None:
                return None
            found = (await connection.execute(select(users).where(users.c.id == row["user"]))).mappings().all()
            [user] = await users_of(connection, found, self._vault)
            return session_of(row), user

    async def touch(self, session: str, now: datetime) -> None:
        """See accounts.ports.SessionStore."""
        async with self._database.transaction(ALL_CLIENTS) as connection:
            older = (sessions.c.id == session, sessions.c.last_seen < now)
            await connection.execute(update(sessions).where(*older).values(last_seen=now))

    async def end(self, session: str) -> None:
        """See accounts.ports.SessionStore."""
        await self._drop(sessions.c.id == session)

    async def end_all(self, user: UserId, *, but: str = "") -> int:
        """See accounts.ports.SessionStore."""
        next_epoch = update(users).where(users.c.id == user).values(sign_in_epoch=users.c.sign_in_epoch + 1)
        async with self._database.transaction(ALL_CLIENTS) as connection:
            await connection.execute(next_epoch)
            others = and_(sessions.c.user == user, sessions.c.id != but)
            return (await connection.execute(delete(sessions).where(others))).rowcount

    async def of_user(self, user: UserId) -> list[Session]:
        """See accounts.ports.SessionStore."""
        query = select(sessions).where(sessions.c.user == user).order_by(sessions.c.last_seen.desc(), sessions.c.id)
        async with self._database.reading(ALL_CLIENTS) as connection:
            return [session_of(row) for row in (await connection.execute(query)).mappings()]

    async def sweep(self, *, expired: datetime, unseen_since: datetime) -> int:
        """See accounts.ports.SessionStore."""
        return await self._drop(or_(sessions.c.expires_at < expired, sessions.c.last_seen < unseen_since))

    async def _drop(self, condition: Any) -> int:
        async with self._database.transaction(ALL_CLIENTS) as connection:
            return (await connection.execute(delete(sessions).where(condition))).rowcount


class SqlTokens:
    """An accounts.ports.TokenStore."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def add(self, token: ApiToken) -> None:
        """See accounts.ports.TokenStore."""
        async with self._database.transaction(ALL_CLIENTS) as connection:
            await connection.execute(api_tokens.insert().values(_token_row(token)))

    async def by_digest(self, digest: str) -> tuple[ApiToken, User] | None:
        """See accounts.ports.TokenStore."""
        async with self._database.reading(ALL_CLIENTS) as connection:
            query = select(api_tokens).where(api_tokens.c.token_hash == digest)
            row = (await connection.execute(query)).mappings().first()
            if row is None:
                return None
            found = (await connection.execute(select(users).where(users.c.id == row["user"]))).mappings().all()
            [owner] = await users_of(connection, found, self._vault)
            return _token_of(row), owner

    async def of_owner(self, owner: UserId) -> list[ApiToken]:
        """See accounts.ports.TokenStore."""
        query = select(api_tokens).where(api_tokens.c.user == owner).order_by(api_tokens.c.created_at.desc())
        async with self._database.reading(ALL_CLIENTS) as connection:
            return [_token_of(row) for row in (await connection.execute(query)).mappings()]

    async def revoke(self, token: str, owner: UserId, now: datetime) -> bool:
        """See accounts.ports.TokenStore."""
        t = api_tokens.c
        living = (t.id == token, t.user == owner, t.revoked_at.is_(None))
        async with self._database.transaction(ALL_CLIENTS) as connection:
            return (await connection.execute(update(api_tokens).where(*living).values(revoked_at=now))).rowcount == 1

    async def used(self, token: str, now: datetime) -> None:
        """See accounts.ports.TokenStore."""
        async with self._database.transaction(ALL_CLIENTS) as connection:
            await connection.execute(update(api_tokens).where(api_tokens.c.id == token).values(last_used_at=now))


def _session_row(session: Session) -> dict[str, Any]:
    return {
        "id": session.id,
        "user": session.user,
        "created_at": session.created_at,
        "last_seen": session.last_seen_at,
        "expires_at": session.expires_at,
        "address": session.address,
        "browser": session.browser,
    }


def session_of(row: RowMapping) -> Session:
    return Session(
        id=row["id"],
        user=UserId(row["user"]),
        created_at=row["created_at"],
        last_seen_at=row["last_seen"],
        expires_at=row["expires_at"],
        address=row["address"],
        browser=row["browser"],
    )


def _token_row(token: ApiToken) -> dict[str, Any]:
    return {
        "id": token.id,
        "client": token.client,
        "user": token.owner,
        "name": token.name,
        "hint": token.hint,
        "token_hash": token.digest,
        "scopes": sorted(token.scopes),
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "revoked_at": token.revoked_at,
        "last_used_at": token.last_used_at,
    }


def _token_of(row: RowMapping) -> ApiToken:
    return ApiToken(
        id=row["id"],
        owner=UserId(row["user"]),
        name=row["name"],
        hint=row["hint"],
        digest=row["token_hash"],
        scopes=frozenset(Scope(scope) for scope in row["scopes"]),
        created_at=row["created_at"],
        client=ClientId(row["client"]) if row["client"] else None,
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
        last_used_at=row["last_used_at"],
    )
