"""Walking the heads of the outbox's lines: obsolete bot messages leave, the rest is marked as being sent."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, Row, bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.conversation import State
from conversation.events import EventKind
from conversation.message import AuthorKind, ChannelKind, DeliveryState, OutboxItem
from storage.facts import Fact
from storage.schema import conversations, messages, outbox, threads
from storage.statements import among, among_named
from storage.values import message_of

_PEOPLE_HAVE_IT = (State.QUEUED.value, State.ASSIGNED.value)
_REASON = "a person has the conversation now"


def is_head() -> tuple[Any, ...]:
    """Conditions: the row is in its thread's line and nothing stands before it."""
    before = outbox.alias("before")
    earlier = select(before.c.position).where(
        before.c.thread == outbox.c.thread, before.c.due_at.is_not(None), before.c.position < outbox.c.position
    )
    return (outbox.c.due_at.is_not(None), ~earlier.exists())


_DUE_HEADS = (
    select(
        outbox,
        messages.c.epoch,
        messages.c.author_kind,
        conversations.c.epoch.label("current_epoch"),
        conversations.c.state.label("conversation_state"),
    )
    .join(messages, messages.c.id == outbox.c.message)
    .join(conversations, conversations.c.id == outbox.c.conversation)
    .where(outbox.c.due_at <= bindparam("now"), *is_head(), ~among_named(outbox.c.message, "chosen"))
    .order_by(outbox.c.due_at, outbox.c.position)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(of=outbox, skip_locked=True)
)
_SEND = (
    update(outbox)
    .where(among_named(outbox.c.message, "ids"))
    .values(
        state=DeliveryState.SENDING.value,
        due_at=bindparam("until"),
        lease=bindparam("lease_"),
        attempts=outbox.c.attempts + 1,
        maybe_sent=or_(outbox.c.maybe_sent, outbox.c.state == DeliveryState.SENDING.value),
    )
)
_SHOW_SENDING = update(messages).where(among_named(messages.c.id, "ids")).values(state=DeliveryState.SENDING.value)


class Taking:
    """One `take` of up to `limit` messages; `facts` are the events it causes."""

    def __init__(self, connection: AsyncConnection, now: datetime) -> None:
        self._connection = connection
        self._now = now
        self._chosen: list[Row[Any]] = []
        self.facts: list[Fact] = []

    async def choose(self, limit: int) -> None:
        """Locks due heads of lines. A dropped head uncovers the next message of its thread, so look again then."""
        while len(self._chosen) < limit:
            found = await self._due_heads(limit - len(self._chosen))
            obsolete = [row for row in found if _is_obsolete(row)]
            self._chosen += [row for row in found if not _is_obsolete(row)]
            if not obsolete:
                return
            await self._drop(obsolete)

    async def mark_sending(self, lease: str, until: datetime) -> list[OutboxItem]:
        """Marks what was chosen; a message found `sending` was cut off in the middle and may have arrived."""
        if not self._chosen:
            return []
        cut_off = [row for row in self._chosen if row.state == DeliveryState.SENDING and not row.maybe_sent]
        self.facts += [Fact(row, EventKind.MAYBE_DOUBLED, self._now) for row in cut_off]
        ids = [row.message for row in self._chosen]
        await self._connection.execute(_SEND, {"ids": ids, "until": until, "lease_": lease})
        await self._connection.execute(_SHOW_SENDING, {"ids": ids})
        return await self._items(ids)

    async def _due_heads(self, limit: int) -> Sequence[Row[Any]]:
        chosen = [row.message for row in self._chosen]
        rows = await self._connection.execute(_DUE_HEADS, {"now": self._now, "chosen": chosen, "most": limit})
        return rows.all()

    async def _drop(self, rows: Sequence[Row[Any]]) -> None:
        gone = [row.message for row in rows]
        await self._connection.execute(
            update(outbox)
            .where(among(self._connection, outbox.c.message, gone))
            .values(state=DeliveryState.DROPPED.value, due_at=None, lease=None, error=_REASON)
        )
        await self._connection.execute(
            update(messages)
            .where(among(self._connection, messages.c.id, gone))
            .values(state=DeliveryState.DROPPED.value, error=_REASON)
        )
        self.facts += [Fact(row, EventKind.DELIVERY_DROPPED, self._now, {"reason": _REASON}) for row in rows]

    async def _items(self, ids: Sequence[str]) -> list[OutboxItem]:
        rows = await self._connection.execute(
            select(messages, threads.c.ref.label("thread_ref"), threads.c.channel_kind)
            .join(threads, threads.c.id == messages.c.thread)
            .where(among(self._connection, messages.c.id, ids))
        )
        found = {row["id"]: row for row in rows.mappings()}
        return [
            OutboxItem(
                message=message_of(found[row.message]),
                channel_kind=ChannelKind(found[row.message]["channel_kind"]),
                thread_ref=found[row.message]["thread_ref"],
                attempts=row.attempts,
                maybe_sent=row.maybe_sent or row.state == DeliveryState.SENDING,
            )
            for row in self._chosen
        ]


def _is_obsolete(row: Row[Any]) -> bool:
    """The bot wrote it before the conversation passed to people."""
    return bool(
        row.author_kind == AuthorKind.BOT
        and row.epoch < row.current_epoch
        and row.conversation_state in _PEOPLE_HAVE_IT
    )
