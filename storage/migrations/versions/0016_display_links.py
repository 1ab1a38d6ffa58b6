"""Display links: what a screen on the wall opens the wallboard with."""

import sqlalchemy as sa
from alembic import op

from storage.types import Json, UtcDateTime, Words

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "display_links",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("user", sa.String(length=64), nullable=False),
        sa.Column("name", Words(), server_default="", nullable=False),
        sa.Column("clients", Json, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("token_hash", sa.String(length=255), nullable=False),
        sa.Column("locale", sa.String(length=255), server_default="en", nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("last_used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user"], ["users.id"], name=op.f("fk_display_links_user"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_display_links")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_display_links_token_hash")),
    )
    op.create_index(op.f("ix_display_links_user"), "display_links", ["user"])


def downgrade() -> None:
    op.drop_table("display_links")
