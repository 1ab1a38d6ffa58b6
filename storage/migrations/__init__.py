"""Brings a database to the schema this version needs, from code or by `switchboard migrate`."""

import functools
from collections.abc import Sequence
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, make_url, text

from storage import roles
from storage.database import Database
from storage.errors import NotMigrated
from storage.tenancy import EVERYONE, SETTING

NOTES = "notes"
"""Where in Alembic's attributes migrations write down what an operator must know of the data they moved."""
_LOCK = 0x53574244  # one migration at a time on PostgreSQL; any number will do


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration, working on `connection`."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent))
    made.attributes["connection"] = connection
    made.attributes[NOTES] = []
    return made


async def upgrade(url: str, revision: str = "head", *, app_url: str = "") -> Sequence[str]:
    """Creates or upgrades the schema; does nothing when it is current. Two at once take turns. On PostgreSQL `url` is the
    owner's; the app's role gets its rights, and the login of `app_url` is made if there is none. Returns what an operator
    must know of the data that was moved. Raises NoAppRole.
    """
    database = Database(url, pool_size=1, owner=True)
    try:
        async with database.engine.connect() as connection:
            if database.is_postgresql:
                notes = await connection.run_sync(_upgrade_postgresql, revision, make_url(app_url or url))
            else:
                notes = await connection.run_sync(_upgrade_sqlite, revision)
            await connection.commit()
            return notes
    finally:
        await database.dispose()


async def check(database: Database) -> None:
    """Raises NotMigrated unless the database is at this version's schema."""
    async with database.engine.connect() as connection:
        found = await connection.run_sync(_current)
    needed = head()
    if found != needed:
        raise NotMigrated(found, needed)


@functools.cache
def head() -> str:
    """The newest revision. Read once a process: it means loading every migration."""
    return str(ScriptDirectory.from_config(config()).get_current_head())


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _upgrade_postgresql(connection: Connection, revision: str, app: URL) -> Sequence[str]:
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    connection.execute(text(f"SELECT set_config('{SETTING}', '{EVERYONE}', true)"))
    roles.create_app_role(connection)
    roles.admit(connection, app)
    notes = _upgrade(connection, revision)
    roles.grant_rights(connection)
    return notes


def _upgrade_sqlite(connection: Connection, revision: str) -> Sequence[str]:
    allow_copied_tables(connection)
    return _upgrade(connection, revision)


def _upgrade(connection: Connection, revision: str) -> Sequence[str]:
    if revision == "head" and _current(connection) == head():
        return ()
    made = config(connection)
    command.upgrade(made, revision)
    notes: list[str] = made.attributes[NOTES]
    return notes


def allow_copied_tables(connection: Connection) -> None:
    """SQLite changes a constraint by copying its table; rows that refer to it must not mind while the old one is gone.
    Only outside of a transaction, and for this connection.
    """
    connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
