"""The conversations behind the lines of closed months get rows of their own, so that a page reads those it shows."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.tenancy import APP_ROLE_STATEMENTS, EVERYONE, SETTING, wall
from storage.types import Json

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_statements = sa.table("statements", sa.column("client"), sa.column("month"), sa.column("data", Json))
_shares = sa.table(
    "statement_shares", *map(sa.column, ("client", "month", "line", "place", "conversation", "quantity"))
)
_BATCH = 5_000


def upgrade() -> None:
    op.create_table(
        "statement_shares",
        sa.Column("client", sa.String(length=255), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("line", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("conversation", sa.String(length=64), nullable=False),
        sa.Column("quantity", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("client", "month", "line", "place", name=op.f("pk_statement_shares")),
        sa.ForeignKeyConstraint(
            ["client", "month"],
            ["statements.client", "statements.month"],
            name=op.f("fk_statement_shares_client"),
            ondelete="CASCADE",
        ),
    )
    for client, month, data in _months():
        rows: list[dict[str, Any]] = []
        for number, line in enumerate(data["lines"]):
            rows += _rows(client, month, number, line)
            line |= {"behind": len(line["conversations"]), "conversations": [], "quantities": []}
        for first in range(0, len(rows), _BATCH):
            op.get_bind().execute(_shares.insert(), rows[first : first + _BATCH])
        _keep(client, month, data)
    if op.get_bind().dialect.name == "postgresql":
        for statement in (*wall(("statement_shares",)), *APP_ROLE_STATEMENTS):
            op.execute(statement)


def downgrade() -> None:
    for client, month, data in _months():
        for number, line in enumerate(data["lines"]):
            found = _found(client, month, number)
            line["conversations"] = [conversation for conversation, _ in found]
            line["quantities"] = [quantity for _, quantity in found if quantity is not None]
            line.pop("behind", None)
        _keep(client, month, data)
    op.drop_table("statement_shares")


def _months() -> Iterator[tuple[str, str, Any]]:
    """One at a time: each may be megabytes."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":  # else the wall between clients hides every row
        connection.execute(sa.text(f"SELECT set_config('{SETTING}', '{EVERYONE}', true)"))
    c = _statements.c
    for client, month in connection.execute(sa.select(c.client, c.month).order_by(c.client, c.month)).all():
        yield client, month, connection.scalar(sa.select(c.data).where(c.client == client, c.month == month))


def _rows(client: str, month: str, number: int, line: Any) -> list[dict[str, Any]]:
    conversations = line["conversations"]
    quantities = line.get("quantities") or [None] * len(conversations)
    return [
        {
            "client": client,
            "month": month,
            "line": number,
            "place": place,
            "conversation": conversation,
            "quantity": quantity,
        }
        for place, (conversation, quantity) in enumerate(zip(conversations, quantities, strict=True))
    ]


def _found(client: str, month: str, number: int) -> list[Any]:
    c = _shares.c
    query = sa.select(c.conversation, c.quantity).where(c.client == client, c.month == month, c.line == number)
    return list(op.get_bind().execute(query.order_by(c.place)))


def _keep(client: str, month: str, data: Any) -> None:
    c = _statements.c
    op.get_bind().execute(sa.update(_statements).where(c.client == client, c.month == month).values(data=data))
