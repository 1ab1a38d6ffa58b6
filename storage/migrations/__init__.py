"""Brings a database to the schema this version needs, from code or by `switchboard migrate`."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from storage.database import Database
from storage.errors import NotMigrated

_LOCK = 0x53574244  # one migration at a time on PostgreSQL; any number will do


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration, working on `connection`."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent))
    made.attributes["connection"] = connection
    return made


async def upgrade(url: str, revision: str = "head") -> None:
    """Creates or upgrades the schema; does nothing when it is current. Two at once take turns."""
    database = Database(url, pool_size=1)
    try:
        async with database.engine.connect() as connection:
            await connection.run_sync(_upgrade, revision, postgresql=database.is_postgresql)
    finally:
        await database.dispose()


async def check(database: Database) -> None:
    """Raises NotMigrated unless the database is at this version's schema."""
    async with database.engine.connect() as connection:
        found = await connection.run_sync(lambda c: MigrationContext.configure(c).get_current_revision())
    needed = head()
    if found != needed:
        raise NotMigrated(found, needed)


def head() -> str:
    """The newest revision."""
    return str(ScriptDirectory.from_config(config()).get_current_head())


def _upgrade(connection: Connection, revision: str, *, postgresql: bool) -> None:
    if postgresql:
        connection.execute(text("RESET ROLE"))  # tables are made by who logged in, not by the application's role
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        connection.execute(text("SELECT set_config('switchboard.clients', '*', true)"))
    command.upgrade(config(connection), revision)
    connection.commit()
