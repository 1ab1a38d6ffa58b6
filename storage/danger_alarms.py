"""Tells outside that a customer reported danger: written in the commit that hands the conversation over."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.change import Change, Ignored
from conversation.conversation import Conversation, HandoffReason
from conversation.events import Event, EventKind
from conversation.ids import ClientId
from sla.notice import DANGER, DANGER_POINT, Alarm
from storage.alarm_effects import effect_rows, keep_effects
from storage.database import Database
from storage.schema import conversations
from storage.sla_alarms import Recipients
from storage.statements import among_named, names
from storage.values import conversation_of

MOST_SHOWN = 50
_c = conversations.c


class DangerAlarms:
    """A conversation.ports.Projection. Everybody with an address is told, whatever the hours and the contract say; one
    handoff makes one alarm, since its rows share the handoff's transaction and are unique.
    """

    def __init__(self, outside: Recipients) -> None:
        self._outside = outside

    async def apply(
        self, transaction: AsyncConnection, changes: Sequence[Change | Ignored], events: Sequence[Event]
    ) -> None:
        """Adds a row for each urgent handoff and recipient."""
        urgent = [one for one in events if _is_urgent(one)]
        if not urgent:
            return
        changed = {one.conversation.id: one.conversation for one in changes if isinstance(one, Change)}
        rows: list[dict[str, Any]] = []
        for event in urgent:
            alarm = _alarm(event, changed.get(event.conversation))
            rows += effect_rows(alarm, self._outside.of(event.client))
        await keep_effects(transaction, rows)


@dataclass(frozen=True, slots=True)
class SqlDangers:
    """The conversations of danger, for who supervises."""

    database: Database

    async def since(self, at: datetime, clients: Collection[ClientId]) -> list[Conversation]:
        """Those opened since then that people were given because of danger, the newest first, at most fifty."""
        query = (
            select(conversations)
            .where(
                among_named(_c.client, "clients"),
                _c.opened_at >= at,
                _c.handoff_reason == HandoffReason.URGENT.value,
            )
            .order_by(_c.opened_at.desc(), _c.id)
            .limit(MOST_SHOWN)
        )
        async with self.database.reading(sorted(clients)) as connection:
            found = await connection.execute(query, {"clients": names(sorted(clients))})
            return [conversation_of(row) for row in found.mappings()]


def _is_urgent(event: Event) -> bool:
    return event.kind is EventKind.HANDOFF_REQUESTED and event.data.get("reason") == HandoffReason.URGENT


def _alarm(event: Event, conversation: Conversation | None) -> Alarm:
    return Alarm(
        client=event.client,
        conversation=event.conversation,
        clock=f"{event.id}:{DANGER}",
        clock_kind=DANGER,
        percent=DANGER_POINT,
        due_at=None,
        fired_at=event.at,
        priority=str(event.data.get("priority") or ""),
        queue=str(event.data.get("queue") or ""),
        topic=str(event.data.get("topic") or ""),
        channel_kind=conversation.channel_kind.value if conversation is not None else "",
        language=conversation.language if conversation is not None else "",
    )
