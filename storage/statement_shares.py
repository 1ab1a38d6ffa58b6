"""The conversations behind the lines of closed months, in rows of their own: a page reads those it shows."""

from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.ids import ClientId
from sla.statement import Statement
from storage.schema import statement_shares
from storage.statements import add

Pair = tuple[str, Fraction | None]
"""A conversation and its exact share of a line's quantity; None in months closed before shares were kept."""

_BATCH = 5_000
_s = statement_shares.c


async def write_shares(connection: AsyncConnection, client: ClientId, month: str, drawn: Statement) -> None:
    """Keeps what stands behind each line of a month that is just being closed."""
    for number, line in enumerate(drawn.lines):
        shares = line.shares
        for first in range(0, len(shares), _BATCH):
            rows = [
                {
                    "client": client,
                    "month": month,
                    "line": number,
                    "place": place,
                    "conversation": conversation,
                    "quantity": None if quantity is None else str(quantity),
                }
                for place, (conversation, quantity) in enumerate(shares[first : first + _BATCH], first)
            ]
            await add(connection, statement_shares, rows)


async def shares_of(
    connection: AsyncConnection, client: ClientId, month: str, line: int, first: int = 0, limit: int | None = None
) -> list[Pair]:
    """The shares of one line of a closed month, given by its place from 0, in their order and from the `first` on."""
    query = select(_s.conversation, _s.quantity).where(
        _s.client == client, _s.month == month, _s.line == line, _s.place >= first
    )
    if limit is not None:
        query = query.where(_s.place < first + limit)
    rows = await connection.execute(query.order_by(_s.place))
    return [(conversation, None if quantity is None else Fraction(quantity)) for conversation, quantity in rows]
