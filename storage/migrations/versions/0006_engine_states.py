"""What each worker sees of the engines that run on servers, so that every page can tell it."""

import sqlalchemy as sa
from alembic import op

from storage.tenancy import APP_ROLE_STATEMENTS, wall
from storage.types import UtcDateTime, Words

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "engine_states",
        sa.Column("client", sa.String(length=255), nullable=False),
        sa.Column("process", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=255), nullable=False),
        sa.Column("model", Words(), server_default="", nullable=False),
        sa.Column("fallback", sa.String(length=255), nullable=False),
        sa.Column("up", sa.Boolean(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("error", Words(), server_default="", nullable=False),
        sa.Column("error_at", UtcDateTime(), nullable=True),
        sa.Column("answered", sa.Integer(), server_default="0", nullable=False),
        sa.Column("missed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("client", "process", name=op.f("pk_engine_states")),
    )
    if op.get_bind().dialect.name == "postgresql":
        for statement in (*wall(("engine_states",)), *APP_ROLE_STATEMENTS):
            op.execute(statement)


def downgrade() -> None:
    op.drop_table("engine_states")
