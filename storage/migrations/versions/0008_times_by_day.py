"""Days keep their times apart from their counts, know what was cancelled, and are summed up by month: they are counted
anew, in the background. Conversations alive at a past moment are found in an index.
"""

import sqlalchemy as sa
from alembic import op

from storage.tenancy import EVERYONE, SETTING

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _forget_days()
    op.add_column("daily_rollups", sa.Column("times", sa.LargeBinary(), server_default=sa.text("''"), nullable=False))
    _index_opened("client", "opened_at", "updated_at")
    op.create_index(
        "ix_conversations_long",
        "conversations",
        ["client", "updated_at", "opened_at"],
        postgresql_where=sa.text("updated_at - opened_at > interval '2 days'"),
        sqlite_where=sa.text("julianday(updated_at) - julianday(opened_at) > 2"),
    )


def downgrade() -> None:
    _forget_days()
    op.drop_index("ix_conversations_long", "conversations")
    _index_opened("client", "opened_at")
    with op.batch_alter_table("daily_rollups") as table:
        table.drop_column("times")


def _index_opened(*columns: str) -> None:
    op.drop_index("ix_conversations_client_opened", "conversations")
    op.create_index("ix_conversations_client_opened", "conversations", list(columns))


def _forget_days() -> None:
    if op.get_bind().dialect.name == "postgresql":  # else the wall between clients hides every row
        op.execute(sa.text(f"SELECT set_config('{SETTING}', '{EVERYONE}', true)"))
    op.execute(sa.text("DELETE FROM daily_rollups"))
    op.execute(sa.text("DELETE FROM report_days"))
