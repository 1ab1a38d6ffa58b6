"""The migrations and the tables in code are the same schema."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

import storage.schema_alarms
import storage.schema_bots
import storage.schema_engines
import storage.schema_live_audit  # noqa: F401  its tables join the metadata
from storage import migrations
from storage.database import Database
from storage.schema import metadata


async def test_the_migrated_schema_equals_the_tables_in_code(database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))

    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_upgrading_an_upgraded_database_changes_nothing(database_url: str) -> None:
    await migrations.upgrade(database_url)
    database = Database(database_url)
    await migrations.check(database)
    await database.dispose()
