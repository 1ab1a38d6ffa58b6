"""Bots as versions."""

import sqlalchemy as sa
from alembic import op

from storage.tenancy import APP_ROLE_STATEMENTS, wall
from storage.types import Json, UtcDateTime, Words

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

WALLED = ("bot_activations", "bot_readings", "bot_shadows", "bot_targets", "bot_test_runs", "bot_versions")


def upgrade() -> None:
    op.add_column("pack_versions", sa.Column("bot", sa.Integer(), nullable=True))
    op.create_table(
        "bot_versions",
        sa.Column("client", sa.String(length=255), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=255), nullable=False),
        sa.Column("data", sa.String(length=255), nullable=False),
        sa.Column("engine", sa.String(length=255), nullable=False),
        sa.Column("files", sa.LargeBinary(), nullable=False),
        sa.Column("model", sa.String(length=255), nullable=False),
        sa.Column("facts", Json, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("evaluation", Json, nullable=True),
        sa.Column("held_out", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", Words(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("client", "number", name=op.f("pk_bot_versions")),
        sa.UniqueConstraint("client", "digest", name=op.f("uq_bot_versions_client_digest")),
    )
    op.create_table(
        "bot_test_runs",
        sa.Column("client", sa.String(length=255), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("passed", sa.Integer(), nullable=False),
        sa.Column("failed", Json, server_default=sa.text("'[]'"), nullable=False),
        sa.PrimaryKeyConstraint("client", "number", name=op.f("pk_bot_test_runs")),
    )
    op.create_table(
        "bot_activations",
        sa.Column("client", sa.String(length=255), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("rollback", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("forced", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by_name", Words(), server_default="", nullable=False),
        sa.Column("reason", Words(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("client", "position", name=op.f("pk_bot_activations")),
    )
    op.create_table(
        "bot_targets",
        sa.Column("client", sa.String(length=255), nullable=False),
        sa.Column("target", sa.Float(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by_name", Words(), server_default="", nullable=False),
        sa.Column("reason", Words(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("client", name=op.f("pk_bot_targets")),
    )
    op.create_table(
        "bot_shadows",
        sa.Column("client", sa.String(length=255), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.Column("mark", UtcDateTime(), nullable=False),
        sa.Column("lease", sa.String(length=255), nullable=True),
        sa.Column("held_until", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("client", "number", name=op.f("pk_bot_shadows")),
    )
    op.create_index(
        "uq_bot_shadows_running",
        "bot_shadows",
        ["client"],
        unique=True,
        postgresql_where=sa.text("until IS NULL"),
        sqlite_where=sa.text("until IS NULL"),
    )
    op.create_table(
        "bot_readings",
        sa.Column("client", sa.String(length=255), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("conversation", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("message", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("language", sa.String(length=255), server_default="", nullable=False),
        sa.Column("active", sa.Integer(), nullable=True),
        sa.Column("active_intent", sa.String(length=255), nullable=False),
        sa.Column("active_confidence", sa.Float(), nullable=False),
        sa.Column("active_answers", sa.Boolean(), nullable=False),
        sa.Column("intent", sa.String(length=255), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("answers", sa.Boolean(), nullable=False),
        sa.Column("differs", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("client", "number", "conversation", "seq", name=op.f("pk_bot_readings")),
    )
    op.create_index("ix_bot_readings_at", "bot_readings", ["client", "number", "differs", "at"])
    if op.get_bind().dialect.name == "postgresql":
        for statement in (*wall(WALLED), *APP_ROLE_STATEMENTS):
            op.execute(statement)


def downgrade() -> None:
    for table in reversed(WALLED):
        op.drop_table(table)
    with op.batch_alter_table("pack_versions") as changing:
        changing.drop_column("bot")
