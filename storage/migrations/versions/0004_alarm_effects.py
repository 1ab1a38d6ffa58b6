"""Who is told of alarms, presence over time, satisfaction."""

import sqlalchemy as sa
from alembic import op

from storage.tenancy import APP_ROLE_STATEMENTS, wall
from storage.types import Json, Position, UtcDateTime, Words

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

WALLED = ("alarm_effects", "alarm_recipients", "presence_log")
SATISFACTION = ("csat", "csat_score", "csat_at")


def upgrade() -> None:
    op.create_table(
        "alarm_effects",
        sa.Column("position", Position, autoincrement=True, nullable=False),
        sa.Column("client", sa.String(length=255), nullable=False),
        sa.Column("clock", sa.String(length=64), nullable=False),
        sa.Column("point", sa.Integer(), nullable=False),
        sa.Column("conversation", sa.String(length=64), nullable=False),
        sa.Column("tell", sa.String(length=255), nullable=False),
        sa.Column("recipient", sa.String(length=400), nullable=False),
        sa.Column("data", Json, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("state", sa.String(length=255), server_default="pending", nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("notice", sa.String(length=64), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("maybe_sent", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("error", Words(), server_default="", nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation"],
            ["conversations.id"],
            name=op.f("fk_alarm_effects_conversation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_alarm_effects")),
        sa.UniqueConstraint("clock", "point", "recipient", name=op.f("uq_alarm_effects_clock_point_recipient")),
    )
    op.create_index(op.f("ix_alarm_effects_conversation"), "alarm_effects", ["conversation"], unique=False)
    op.create_index(op.f("ix_alarm_effects_notice"), "alarm_effects", ["notice"], unique=False)
    op.create_index("ix_alarm_effects_client", "alarm_effects", ["client", "created_at"], unique=False)
    op.create_index(
        "ix_alarm_effects_due",
        "alarm_effects",
        ["recipient", "due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
        sqlite_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_table(
        "alarm_recipients",
        sa.Column("recipient", sa.String(length=400), nullable=False),
        sa.Column("client", sa.String(length=255), nullable=True),
        sa.Column("lately", Json, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("digest_at", UtcDateTime(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failing_since", UtcDateTime(), nullable=True),
        sa.Column("rests_until", UtcDateTime(), nullable=True),
        sa.Column("disabled_at", UtcDateTime(), nullable=True),
        sa.Column("address", sa.String(length=64), server_default="", nullable=False),
        sa.Column("error", Words(), server_default="", nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("recipient", name=op.f("pk_alarm_recipients")),
    )
    op.create_table(
        "presence_log",
        sa.Column("client", sa.String(length=255), nullable=False),
        sa.Column("agent", sa.String(length=64), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("skills", Json, server_default=sa.text("'[]'"), nullable=False),
        sa.PrimaryKeyConstraint("client", "agent", "started_at", name=op.f("pk_presence_log")),
    )
    op.create_index("ix_presence_log_agent", "presence_log", ["agent", "seen_at"], unique=False)
    op.create_index("ix_presence_log_seen", "presence_log", ["client", "seen_at"], unique=False)
    op.add_column("conversations", sa.Column("csat", sa.String(length=255), server_default="", nullable=False))
    op.add_column("conversations", sa.Column("csat_score", sa.Integer(), nullable=True))
    op.add_column("conversations", sa.Column("csat_at", UtcDateTime(), nullable=True))
    if op.get_bind().dialect.name == "postgresql":
        for statement in (*wall(WALLED), *APP_ROLE_STATEMENTS):
            op.execute(statement)


def downgrade() -> None:
    for column in reversed(SATISFACTION):
        op.drop_column("conversations", column)
    for table in reversed(WALLED):
        op.drop_table(table)
