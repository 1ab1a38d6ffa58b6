"""Accounts' and the desk's ports on every database, and in memory where that is another implementation."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from cryptography.fernet import Fernet

from accounts.memory import MemoryAttempts, MemoryAudit, MemoryHalfSignIns, MemorySessions, MemoryTokens, MemoryUsers
from accounts.ports import Attempts, AuditLog, HalfSignIns, SessionStore, TokenStore, UserStore
from conversation.ids import ClientId
from storage.audit import SqlAudit
from storage.database import Database
from storage.half_sign_ins import SqlHalfSignIns
from storage.schema import clients
from storage.sessions import SqlSessions, SqlTokens
from storage.sign_in_attempts import SqlAttempts
from storage.tenancy import ALL_CLIENTS
from storage.users import SqlUsers
from storage.vault import Vault
from tests.builders import NOON

ALPENRAD, KONTOR = ClientId("alpenrad"), ClientId("kontor")
VAULT = Vault([Fernet.generate_key().decode()])


@dataclass
class People:
    users: UserStore
    sessions: SessionStore
    halves: HalfSignIns
    attempts: Attempts
    tokens: TokenStore
    audit: AuditLog


async def add_clients(database: Database) -> None:
    async with database.transaction(ALL_CLIENTS) as connection:
        rows = [{"id": c, "name": c.title(), "created_at": NOON} for c in (ALPENRAD, KONTOR)]
        await connection.execute(clients.insert(), rows)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def people_url(request: pytest.FixtureRequest) -> str:
    """A fresh database, or none."""
    fixture = {"sqlite": "sqlite_url", "postgresql": "postgres_url"}.get(request.param)
    return str(request.getfixturevalue(fixture)) if fixture else ""


@pytest.fixture
async def people(people_url: str) -> AsyncIterator[People]:
    """Accounts' stores."""
    if not people_url:
        users = MemoryUsers(lambda: [ALPENRAD, KONTOR], {c: c.title() for c in (ALPENRAD, KONTOR)})
        yield People(
            users, MemorySessions(users), MemoryHalfSignIns(), MemoryAttempts(), MemoryTokens(users), MemoryAudit()
        )
        return
    database = Database(people_url)
    await add_clients(database)
    yield People(
        SqlUsers(database, VAULT),
        SqlSessions(database, VAULT),
        SqlHalfSignIns(database),
        SqlAttempts(database),
        SqlTokens(database, VAULT),
        SqlAudit(database),
    )
    await database.dispose()
