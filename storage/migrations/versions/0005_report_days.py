"""Days of reports: counts and times by channel, queue, language and agent, kept beside the dashboard's roll-ups."""

import sqlalchemy as sa
from alembic import op

from storage.tenancy import APP_ROLE_STATEMENTS, wall
from storage.types import Json, UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_FINISHED = "handed_off_at IS NOT NULL AND resolved_at IS NOT NULL"


def upgrade() -> None:
    op.create_table(
        "report_days",
        sa.Column("client", sa.String(length=255), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("by", sa.String(length=16), nullable=False),
        sa.Column("group", sa.String(length=255), nullable=False),
        sa.Column("data", Json, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("counted_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("client", "zone", "by", "day", "group", name=op.f("pk_report_days")),
    )
    for name, column, condition in (
        ("ix_conversations_client_handed", "handed_off_at", "handed_off_at IS NOT NULL"),
        ("ix_conversations_client_finished", "resolved_at", _FINISHED),
    ):
        where = sa.text(condition)
        op.create_index(name, "conversations", ["client", column], postgresql_where=where, sqlite_where=where)
    # Roll-ups are counted again, and the days of reports with them.
    op.execute("DELETE FROM daily_rollups")
    if op.get_bind().dialect.name == "postgresql":
        for statement in (*wall(("report_days",)), *APP_ROLE_STATEMENTS):
            op.execute(statement)


def downgrade() -> None:
    op.drop_index("ix_conversations_client_finished", table_name="conversations")
    op.drop_index("ix_conversations_client_handed", table_name="conversations")
    op.drop_table("report_days")
