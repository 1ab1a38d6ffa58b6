"""What all tests share: real database and Redis servers, one per test process, and fresh databases out of templates."""

import asyncio
import secrets
import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

import storage.schema_alarms
import storage.schema_bots
import storage.schema_engines
import storage.schema_live_audit  # noqa: F401  its tables join the metadata
from storage import migrations
from storage.database import Database
from storage.schema import metadata
from storage.tenancy import EVERYONE, SETTING
from tests import servers

# How long one example takes says more about a busy machine than about us.
settings.register_profile("switchboard", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("switchboard")

_CUT_OFF_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_SEE_EVERYTHING = f"SELECT set_config('{SETTING}', '{EVERYONE}', false)"
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
def postgres_shared(postgres_server: str) -> Iterator[str]:
    """One migrated PostgreSQL database for this test process."""
    name = f"switchboard_test_{secrets.token_hex(8)}"
    url = make_url(postgres_server).set(database=name).render_as_string(hide_password=False)
    asyncio.run(_administer(postgres_server, [f"CREATE DATABASE {name}"]))
    asyncio.run(migrations.upgrade(url))
    yield url
    asyncio.run(_administer(postgres_server, [f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"]))


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh, migrated SQLite database."""
    path = tmp_path / "switchboard.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
async def postgres_url(postgres_shared: str) -> AsyncIterator[str]:
    """An empty, migrated PostgreSQL database. It is emptied afterwards, which is much faster than making a new one."""
    yield postgres_shared
    await _administer(postgres_shared, [_CUT_OFF_OTHERS, _SEE_EVERYTHING, *_EMPTY])


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh, migrated database: each test that asks for it runs on both."""
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url"))


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


async def _administer(url: str, statements: Sequence[str]) -> None:
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        for statement in statements:
            await connection.execute(text(statement))
    await engine.dispose()
