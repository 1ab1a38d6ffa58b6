"""The list behind the satisfaction of a period finds its conversations in an index."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_RATED = sa.text("csat_at IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_conversations_client_rated",
        "conversations",
        ["client", "csat_at"],
        postgresql_where=_RATED,
        sqlite_where=_RATED,
    )


def downgrade() -> None:
    op.drop_index("ix_conversations_client_rated", table_name="conversations")
