"""Attempts to sign in are reserved before they are judged; who has shown the password and not yet the code is stored;
an epoch voids what a person was given. Failures counted so far keep counting, sessions stay.
"""

import sqlalchemy as sa
from alembic import op

from storage.tenancy import APP_ROLE_STATEMENTS
from storage.types import Position, UtcDateTime, Words

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_KNOWN_DEVICE = sa.text("device <> ''")


def upgrade() -> None:
    _create_attempts()
    op.execute(
        sa.text(
            "INSERT INTO sign_in_attempts (id, proof, account, address, device, at) "
            "SELECT 'failure-' || position, 'password', email, substr(address, 1, 64), '', at FROM login_failures"
        )
    )
    op.drop_table("login_failures")
    _create_half_sign_ins()
    op.add_column("users", sa.Column("sign_in_epoch", sa.BigInteger(), server_default="0", nullable=False))
    _grant()


def downgrade() -> None:
    _create_failures()
    op.execute(
        sa.text(
            "INSERT INTO login_failures (email, address, at) "
            "SELECT account, address, at FROM sign_in_attempts WHERE proof <> 'code' ORDER BY at"
        )
    )
    op.drop_table("sign_in_attempts")
    op.drop_table("half_sign_ins")
    op.drop_column("users", "sign_in_epoch")  # not by copying the table: dropping the old one would end sessions
    _grant()


def _create_attempts() -> None:
    op.create_table(
        "sign_in_attempts",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("proof", sa.String(255), nullable=False),
        sa.Column("account", Words(), server_default="", nullable=False),
        sa.Column("address", Words(), server_default="", nullable=False),
        sa.Column("device", sa.String(255), server_default="", nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempts")),
    )
    op.create_index(op.f("ix_sign_in_attempts_at"), "sign_in_attempts", ["at"])
    op.create_index("ix_sign_in_attempts_account", "sign_in_attempts", ["account", "at"])
    op.create_index("ix_sign_in_attempts_address", "sign_in_attempts", ["address", "at"])
    op.create_index(
        "ix_sign_in_attempts_device",
        "sign_in_attempts",
        ["device", "at"],
        postgresql_where=_KNOWN_DEVICE,
        sqlite_where=_KNOWN_DEVICE,
    )


def _create_half_sign_ins() -> None:
    op.create_table(
        "half_sign_ins",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("user", sa.String(64), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("browser", sa.String(255), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["user"], ["users.id"], name=op.f("fk_half_sign_ins_user"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_half_sign_ins")),
    )
    op.create_index(op.f("ix_half_sign_ins_user"), "half_sign_ins", ["user"])
    op.create_index(op.f("ix_half_sign_ins_expires_at"), "half_sign_ins", ["expires_at"])


def _create_failures() -> None:
    op.create_table(
        "login_failures",
        sa.Column("position", Position, autoincrement=True, nullable=False),
        sa.Column("email", sa.String(320), nullable=False),
        sa.Column("address", Words(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_login_failures")),
    )
    op.create_index("ix_login_failures_address", "login_failures", ["address", "at"])
    op.create_index(op.f("ix_login_failures_at"), "login_failures", ["at"])
    op.create_index("ix_login_failures_email", "login_failures", ["email", "at"])


def _grant() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for statement in APP_ROLE_STATEMENTS:
            op.execute(statement)
