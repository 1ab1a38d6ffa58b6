"""The live audit of automatic answers."""

import sqlalchemy as sa
from alembic import op

from storage.tenancy import APP_ROLE_STATEMENTS, wall
from storage.types import Json, UtcDateTime, Words

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

WALLED = ("live_audit_alarms", "live_audit_items", "live_audits", "training_labels")


def upgrade() -> None:
    op.create_table(
        "live_audits",
        sa.Column("client", sa.String(length=255), nullable=False),
        sa.Column("week", sa.String(length=8), nullable=False),
        sa.Column("seed", sa.Text(), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("versions", Json, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("drawn_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("client", "week", name=op.f("pk_live_audits")),
    )
    op.create_table(
        "live_audit_items",
        sa.Column("client", sa.String(length=255), nullable=False),
        sa.Column("week", sa.String(length=8), nullable=False),
        sa.Column("message", sa.String(length=64), nullable=False),
        sa.Column("conversation", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("language", sa.String(length=255), server_default="", nullable=False),
        sa.Column("version", sa.String(length=255), server_default="", nullable=False),
        sa.Column("claimed_by", sa.String(length=64), nullable=True),
        sa.Column("claimed_until", UtcDateTime(), nullable=True),
        sa.Column("passed_by", Json, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("verdict", sa.String(length=255), nullable=True),
        sa.Column("judge", sa.String(length=64), nullable=True),
        sa.Column("judge_name", Words(), server_default="", nullable=False),
        sa.Column("judged_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["client", "week"],
            ["live_audits.client", "live_audits.week"],
            name=op.f("fk_live_audit_items_client_week"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("client", "week", "message", name=op.f("pk_live_audit_items")),
    )
    op.create_index("ix_live_audit_items_at", "live_audit_items", ["client", "at"])
    op.create_index("ix_live_audit_items_judge", "live_audit_items", ["judge", "judged_at"])
    op.create_table(
        "live_audit_alarms",
        sa.Column("client", sa.String(length=255), nullable=False),
        sa.Column("week", sa.String(length=8), nullable=False),
        sa.Column("version", sa.String(length=255), nullable=False),
        sa.Column("promised", sa.Float(), nullable=False),
        sa.Column("found", sa.Float(), nullable=False),
        sa.Column("low", sa.Float(), nullable=False),
        sa.Column("high", sa.Float(), nullable=False),
        sa.Column("raised_at", UtcDateTime(), nullable=False),
        sa.Column("target", sa.Float(), nullable=True),
        sa.Column("tightened", sa.Float(), nullable=True),
        sa.Column("outcome", Words(), server_default="", nullable=False),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["client", "week"],
            ["live_audits.client", "live_audits.week"],
            name=op.f("fk_live_audit_alarms_client_week"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("client", "week", "version", name=op.f("pk_live_audit_alarms")),
    )
    op.create_table(
        "training_labels",
        sa.Column("client", sa.String(length=255), nullable=False),
        sa.Column("message", sa.String(length=64), nullable=False),
        sa.Column("intent", sa.String(length=255), nullable=True),
        sa.Column("labelled_by", sa.String(length=64), nullable=False),
        sa.Column("labelled_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("client", "message", name=op.f("pk_training_labels")),
    )
    op.create_index("ix_training_labels_at", "training_labels", ["client", "labelled_at"])
    if op.get_bind().dialect.name == "postgresql":
        for statement in (*wall(WALLED), *APP_ROLE_STATEMENTS):
            op.execute(statement)


def downgrade() -> None:
    op.drop_table("training_labels")
    op.drop_table("live_audit_alarms")
    op.drop_table("live_audit_items")
    op.drop_table("live_audits")
