"""What became of sent messages, written together."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.events import EventKind
from conversation.message import AuthorKind, ChannelKind, DeliveryState
from conversation.ports import Delivered, Failed, Retry, Settlement
from storage.commit import MOVE_FEED
from storage.facts import Fact
from storage.schema import messages, outbox, threads
from storage.statements import among_named, names

_OUTBOX = ("state", "due_at", "lease", "error", "maybe_sent", "delivered_at", "platform_message_id")
_MESSAGE = ("state", "error", "delivered_at", "platform_message_id", "feed")

_FEEDS = (
    select(threads.c.id, threads.c.feed)
    .where(among_named(threads.c.id, "ids"))
    .order_by(threads.c.id)
    .with_for_update(key_share=True)
)
_SENT = (
    select(outbox, messages.c.author_kind, messages.c.author_id)
    .join(messages, messages.c.id == outbox.c.message)
    .where(among_named(outbox.c.message, "messages"))
    .order_by(outbox.c.position)
    .with_for_update(of=outbox)
)
_SETTLE_OUTBOX = (
    update(outbox)
    .where(outbox.c.message == bindparam("b_id"))
    .values({name: bindparam(f"b_{name}") for name in _OUTBOX})
)
_SETTLE_MESSAGES = (
    update(messages)
    .where(messages.c.id == bindparam("b_id"))
    .values({name: bindparam(f"b_{name}") for name in _MESSAGE})
)


class Settling:
    """One `settle`. Locks threads (whose feed grows), then outbox rows; `facts` are the events it causes."""

    def __init__(self, connection: AsyncConnection, settlements: Sequence[Settlement], now: datetime) -> None:
        self._connection = connection
        self._settlements = settlements
        self._now = now
        self._rows: dict[str, Row[Any]] = {}
        self._feeds: dict[str, int] = {}
        self._outbox: dict[str, dict[str, Any]] = {}
        self._messages: dict[str, dict[str, Any]] = {}
        self.facts: list[Fact] = []

    async def run(self) -> None:
        """Applies what still holds."""
        await self._lock()
        for settlement in self._settlements:
            row = self._rows.get(settlement.item.message.id)
            if row is None or row.message in self._outbox:
                continue
            match settlement:
                case Delivered():
                    self._delivered(row, settlement)
                case Retry() if _still_ours(row, settlement):
                    self._retry(row, settlement)
                case Failed() if _still_ours(row, settlement):
                    self._failed(row, settlement)
        await self._write()

    async def _lock(self) -> None:
        visited = names(s.item.message.thread for s in self._settlements if s.item.channel_kind is ChannelKind.WEBCHAT)
        if visited:
            feeds = await self._connection.execute(_FEEDS, {"ids": visited})
            self._feeds = {row.id: row.feed for row in feeds}
        rows = await self._connection.execute(_SENT, {"messages": names(s.item.message.id for s in self._settlements)})
        self._rows = {row.message: row for row in rows}

    def _delivered(self, row: Row[Any], settlement: Delivered) -> None:
        """Counts even when somebody else has the message meanwhile: the platform has it, that is the truth."""
        if row.state == DeliveryState.DELIVERED:
            return
        feed = None
        if row.thread in self._feeds:
            feed = self._feeds[row.thread] = self._feeds[row.thread] + 1
        now_true = {
            "state": DeliveryState.DELIVERED.value,
            "error": "",
            "delivered_at": settlement.accepted_at,
            "platform_message_id": settlement.platform_message_id,
        }
        self._outbox[row.message] = {**now_true, "due_at": None, "lease": None, "maybe_sent": row.maybe_sent}
        self._messages[row.message] = {**now_true, "feed": feed}
        agent = {"agent": row.author_id} if row.author_kind == AuthorKind.AGENT else {}
        self._fact(
            row,
            EventKind.DELIVERED,
            settlement.accepted_at,
            **agent,
            accepted_at=settlement.accepted_at.isoformat(),
            platform_message_id=settlement.platform_message_id,
            **row.facts,
        )

    def _retry(self, row: Row[Any], settlement: Retry) -> None:
        self._undelivered(
            row, DeliveryState.PENDING, settlement.error, due_at=settlement.at, doubt=settlement.maybe_sent
        )
        if settlement.maybe_sent and not row.maybe_sent:
            self.facts.append(Fact(row, EventKind.MAYBE_DOUBLED, self._now))
        self._fact(row, EventKind.DELIVERY_FAILED, self._now, reason=settlement.error, permanent=False)

    def _failed(self, row: Row[Any], settlement: Failed) -> None:
        self._undelivered(row, DeliveryState.FAILED, settlement.error, due_at=None, doubt=False)
        self._fact(row, EventKind.DELIVERY_FAILED, self._now, reason=settlement.error, permanent=True)

    def _undelivered(
        self, row: Row[Any], state: DeliveryState, error: str, *, due_at: datetime | None, doubt: bool
    ) -> None:
        now_true = {"state": state.value, "error": error, "delivered_at": None, "platform_message_id": ""}
        maybe_sent = row.maybe_sent or doubt
        self._outbox[row.message] = {**now_true, "due_at": due_at, "lease": None, "maybe_sent": maybe_sent}
        self._messages[row.message] = {**now_true, "feed": None}

    def _fact(self, row: Row[Any], kind: EventKind, at: datetime, **data: Any) -> None:
        self.facts.append(Fact(row, kind, at, {"author": row.author_kind, **data}))

    async def _write(self) -> None:
        if not self._outbox:
            return
        await self._connection.execute(
            _SETTLE_OUTBOX,
            [
                {"b_id": id_, **{f"b_{name}": row[name] for name in _OUTBOX}}
                for id_, row in sorted(self._outbox.items())
            ],
        )
        await self._connection.execute(
            _SETTLE_MESSAGES,
            [
                {"b_id": id_, **{f"b_{name}": row[name] for name in _MESSAGE}}
                for id_, row in sorted(self._messages.items())
            ],
        )
        if self._feeds:
            await self._connection.execute(
                MOVE_FEED, [{"b_id": id_, "b_feed": self._feeds[id_]} for id_ in names(self._feeds)]
            )


def _still_ours(row: Row[Any], settlement: Settlement) -> bool:
    """Nobody has taken the message since: each taking counts one attempt."""
    return bool(row.state == DeliveryState.SENDING and row.attempts == settlement.item.attempts + 1)
