"""How long agents had a client's conversations, from the events that say who had what when."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.events import Event, EventKind
from conversation.ids import ClientId
from sla.usage import Holding, holdings, minutes, split
from storage.schema import clients, conversations, events
from storage.statements import among
from storage.values import event_of

_HOLDING = [
    kind.value
    for kind in (
        EventKind.ASSIGNED,
        EventKind.RELEASED,
        EventKind.TRANSFERRED,
        EventKind.RETURNED_TO_BOT,
        EventKind.RESOLVED,
        EventKind.SNOOZED,
        EventKind.UNSNOOZED,
    )
]
_c = conversations.c


async def agent_minutes(connection: AsyncConnection, client: ClientId, start: datetime, end: datetime) -> Decimal:
    """Minutes spent on the client's conversations in the period, an agent's time split over all they had at once, of
    whatever client: `connection` must see every client, and only this sum leaves here.
    """
    everybody = [id_ for (id_,) in await connection.execute(select(clients.c.id))] or [client]
    touched = select(_c.id).where(
        among(connection, _c.client, {*everybody, client}),
        _c.assigned_at.is_not(None),
        _c.opened_at < end,
        _c.updated_at >= start,
    )
    snoozed = events.alias("snoozed")
    woken = and_(
        events.c.kind == EventKind.CUSTOMER_MESSAGE.value,
        events.c.conversation.in_(
            select(snoozed.c.conversation).where(
                snoozed.c.kind == EventKind.SNOOZED.value, snoozed.c.conversation.in_(touched)
            )
        ),
    )
    rows = await connection.execute(
        select(events)
        .where(events.c.conversation.in_(touched), or_(events.c.kind.in_(_HOLDING), woken))
        .order_by(events.c.conversation, events.c.seq)
    )
    by_conversation: dict[str, list[Event]] = {}
    for row in rows.mappings():
        by_conversation.setdefault(row["conversation"], []).append(event_of(row))
    return _sum(by_conversation, client, start, end)


def _sum(histories: dict[str, list[Event]], client: ClientId, start: datetime, end: datetime) -> Decimal:
    held: list[Holding] = [holding for history in histories.values() for holding in holdings(history, end)]
    ours = {conversation for conversation, history in histories.items() if history[0].client == client}
    used = minutes(split(held), start, end)
    return _decimal([usage.quantity for usage in used if usage.conversation in ours])


def _decimal(parts: Sequence[Fraction]) -> Decimal:
    total = sum(parts, Fraction(0))
    return (Decimal(total.numerator) / Decimal(total.denominator)).quantize(Decimal("0.01"))
