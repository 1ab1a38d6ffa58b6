"""Runs migrations on the connection that storage.migrations hands over."""

from alembic import context

import storage.schema_alarms
import storage.schema_bots
import storage.schema_engines
import storage.schema_live_audit  # noqa: F401  its tables join the metadata
from storage.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a table by copying it
    compare_server_default=False,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
