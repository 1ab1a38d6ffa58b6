"""What all tests share: real database and Redis servers, one per test process, and fresh databases out of templates."""

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import storage.schema_alarms
import storage.schema_bots
import storage.schema_engines
import storage.schema_live_audit  # noqa: F401  its tables join the metadata
from storage import migrations
from storage.database import Database
from storage.schema import metadata
from tests import servers
from tests.postgres import TestDatabase, administer, create, drop

# How long one example takes says more about a busy machine than about us.
settings.register_profile("switchboard", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("switchboard")

_CUT_OFF_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_EMPTY = [f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables)]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL whose user may create databases."""
    with servers.postgres_url() as url:
        yield url


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """A Redis or Valkey that is ours."""
    with servers.redis_url() as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    asyncio.run(migrations.upgrade(f"sqlite:///{path}"))
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path


@pytest.fixture(scope="session")
def postgres_shared(postgres_server: str) -> Iterator[TestDatabase]:
    """One migrated PostgreSQL database for this test process."""
    made = asyncio.run(create(postgres_server))
    yield made
    asyncio.run(drop(made))


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh, migrated SQLite database."""
    path = tmp_path / "switchboard.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
async def postgres_database(postgres_shared: TestDatabase) -> AsyncIterator[TestDatabase]:
    """An empty, migrated PostgreSQL database. It is emptied afterwards, which is much faster than making a new one."""
    yield postgres_shared
    await empty(postgres_shared)


@pytest.fixture
def postgres_url(postgres_database: TestDatabase) -> str:
    """The same as the platform's processes sign in: a login that owns nothing and that policies bind."""
    return postgres_database.app


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh, migrated database: each test that asks for it runs on both."""
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url"))


@pytest.fixture
def owner_url(request: pytest.FixtureRequest, database_url: str) -> str:
    """`database_url` as whoever migrates signs in."""
    if database_url.startswith("sqlite"):
        return database_url
    made = request.getfixturevalue("postgres_database")
    assert isinstance(made, TestDatabase)
    return made.owner


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A fresh, migrated database: each test that asks for it runs on SQLite and on PostgreSQL."""
    opened = Database(database_url)
    yield opened
    await opened.dispose()


@pytest.fixture
async def sqlite_database(sqlite_url: str) -> AsyncIterator[Database]:
    """A fresh, migrated SQLite database, for tests that need any database and not both."""
    opened = Database(sqlite_url)
    yield opened
    await opened.dispose()


@pytest.fixture(params=["memory", "redis"])
def redis_url(request: pytest.FixtureRequest) -> str:
    """`memory://` and a real Redis: each test that asks for it runs on both."""
    return "memory://" if request.param == "memory" else str(request.getfixturevalue("redis_server"))


async def empty(made: TestDatabase) -> None:
    """Leaves nothing in a PostgreSQL database but its tables."""
    await administer(made.admin, _CUT_OFF_OTHERS, *_EMPTY)
