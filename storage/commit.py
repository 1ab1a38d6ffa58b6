"""One transaction's worth of changes: what still fits is written together, the rest conflicts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.change import Change, Ignored, Work
from conversation.conversation import Conversation, State
from conversation.events import Event, EventKind
from conversation.ids import EventId, new_id
from conversation.message import AuthorKind, ChannelKind, Message, Visibility
from conversation.ports import Changed, Outcome, Projection
from storage.event_log import Numbering
from storage.schema import conversations, inbox, messages, outbox, threads
from storage.statements import WAITING, add, among, among_named, names
from storage.values import conversation_row, message_row

_UPDATABLE = [c.name for c in conversations.c if c.name not in ("id", "client", "thread", "customer")]
_UPDATE_CONVERSATION = (
    update(conversations)
    .where(conversations.c.id == bindparam("b_id"))
    .values({name: bindparam(f"b_{name}") for name in _UPDATABLE})
)
_LOCK_THREADS = (
    select(threads.c.id, threads.c.lease, threads.c.language, threads.c.feed, threads.c.channel_kind)
    .where(among_named(threads.c.id, "ids"))
    .order_by(threads.c.id)
    .with_for_update(key_share=True)
)
_LOCKED = ("id", "client", "channel", "thread", "version", "state", "seq", "containment_revoked")
_LOCK_CONVERSATIONS = (
    select(*(conversations.c[name] for name in _LOCKED))
    .where(
        or_(
            among_named(conversations.c.id, "ids"),
            and_(among_named(conversations.c.thread, "opening"), conversations.c.state != State.RESOLVED.value),
        )
    )
    .order_by(conversations.c.id)
    .with_for_update(key_share=True)
)
_SETTLE_INBOX = (
    update(inbox)
    .where(inbox.c.id == bindparam("b_id"))
    .values(state=bindparam("b_state"), error=bindparam("b_error"), handled_at=bindparam("b_at"))
)
_FREE_THREADS = (
    update(threads)
    .where(among_named(threads.c.id, "ids"))
    .values(
        lease=None,
        held_until=None,
        waiting_since=select(inbox.c.received_at)
        .where(inbox.c.thread == threads.c.id, inbox.c.state == WAITING)
        .order_by(inbox.c.order, inbox.c.id)
        .limit(1)
        .scalar_subquery(),
    )
)
MOVE_FEED = update(threads).where(threads.c.id == bindparam("b_id")).values(feed=bindparam("b_feed"))


class Commit:
    """Decides and writes a batch. Threads are locked first, then conversations, each in the order of their ids; every
    path that opens a conversation locks its thread, so "one open conversation per thread" is decided here and the
    unique index only stands guard.
    """

    def __init__(self, connection: AsyncConnection, changes: Sequence[Change | Ignored], now: datetime) -> None:
        self._connection = connection
        self._changes = changes
        self._now = now
        self._threads: dict[str, Any] = {}
        self._known: dict[str, Any] = {}
        self._versions: dict[str, int] = {}
        self._open: dict[str, str] = {}
        self._opened: dict[str, Conversation] = {}
        self._updated: dict[str, Conversation] = {}
        self._revoked: list[Change] = []
        self._fitting: list[Change] = []
        self._numbering = Numbering({})
        self._feeds: dict[str, int] = {}
        self._queued = 0
        self._alone: frozenset[str] = frozenset()

    async def run(self, projections: Sequence[Projection]) -> list[Outcome]:
        """Writes what fits; the outcomes in the order of the changes."""
        await self._lock_threads()
        await self._lock_conversations()
        self._alone = self._conflicting()
        outcomes = [self._judge(change) for change in self._changes]
        edited = await self._edit_messages()
        for change in self._fitting:
            self._numbering.add(_with_old_text(event, edited) for event in change.events)
        self._numbering.add(
            _revocation(change, self._known[change.revokes or ""], self._now) for change in self._revoked
        )
        await self._write_conversations()
        await self._numbering.write(self._connection, {*self._opened, *self._updated})
        await self._write_messages()
        await self._settle_inbox(outcomes)
        for projection in projections:
            await projection.apply(self._connection, self._fitting, self._numbering.events)
        return outcomes

    @property
    def changed(self) -> list[Changed]:
        """What to publish after the commit."""
        return self._numbering.changed

    @property
    def topics(self) -> list[str]:
        """Who has work now."""
        return ["outbox"] if self._queued else []

    async def _lock_threads(self) -> None:
        wanted = names(_thread(change) for change in self._changes)
        rows = await self._connection.execute(_LOCK_THREADS, {"ids": wanted})
        self._threads = {row.id: row for row in rows}

    async def _lock_conversations(self) -> None:
        changes = [change for change in self._changes if isinstance(change, Change)]
        ids = {c.conversation.id for c in changes} | {c.revokes for c in changes if c.revokes}
        opening = names(c.conversation.thread for c in changes)
        rows = await self._connection.execute(_LOCK_CONVERSATIONS, {"ids": names(ids), "opening": opening})
        self._known = {row.id: row for row in rows}
        self._versions = {id_: row.version for id_, row in self._known.items()}
        self._open = {row.thread: id_ for id_, row in self._known.items() if row.state != State.RESOLVED}
        self._numbering = Numbering({id_: row.seq for id_, row in self._known.items()})

    def _conflicting(self) -> frozenset[str]:
        """The conversations whose change comes too late: whatever stands or falls with one of them falls."""
        found = (c.conversation for c in self._changes if isinstance(c, Change) and c.together)
        expected = {c.conversation.id: c.expected_version for c in self._changes if isinstance(c, Change)}
        return frozenset(c.id for c in found if self._versions.get(c.id, 0) != expected[c.id])

    def _judge(self, change: Change | Ignored) -> Outcome:
        """Whether the change still fits; if so, later ones of the batch build on it."""
        if change.work is not None and not self._holds(change.work):
            return Outcome.CONFLICT
        if isinstance(change, Ignored):
            return Outcome.COMMITTED
        conversation = change.conversation
        if change.together in self._alone or self._versions.get(conversation.id, 0) != change.expected_version:
            return Outcome.CONFLICT
        open_one = self._open.get(conversation.thread)
        if conversation.is_open and open_one not in (None, conversation.id):
            return Outcome.CONFLICT
        self._accept(change)
        return Outcome.COMMITTED

    def _accept(self, change: Change) -> None:
        conversation = change.conversation
        known = conversation.id in self._known
        (self._updated if known else self._opened)[conversation.id] = conversation
        if not known and change.expected_version == 0:
            self._numbering.start(conversation.id)
        self._versions[conversation.id] = conversation.version
        if conversation.is_open:
            self._open[conversation.thread] = conversation.id
        elif self._open.get(conversation.thread) == conversation.id:
            del self._open[conversation.thread]
        earlier = self._known.get(change.revokes or "")
        if earlier is not None and not earlier.containment_revoked:
            self._revoked.append(change)
        self._fitting.append(change)

    def _holds(self, work: Work) -> bool:
        thread = self._threads.get(work.thread.id)
        return thread is not None and thread.lease == work.lease

    async def _write_conversations(self) -> None:
        await add(self._connection, conversations, [self._conversation_row(c) for c in self._opened.values()])
        if self._updated:
            rows = [self._conversation_row(self._updated[id_]) for id_ in names(self._updated)]
            await self._connection.execute(
                _UPDATE_CONVERSATION, [{f"b_{name}": row[name] for name in ("id", *_UPDATABLE)} for row in rows]
            )
        if self._revoked:
            await self._connection.execute(
                update(conversations)
                .where(among(self._connection, conversations.c.id, names(c.revokes for c in self._revoked)))
                .values(containment_revoked=True, version=conversations.c.version + 1)
            )

    def _conversation_row(self, conversation: Conversation) -> dict[str, Any]:
        return {**conversation_row(conversation), "seq": self._numbering.seq(conversation.id)}

    async def _edit_messages(self) -> dict[tuple[str, str], str]:
        """Gives edited messages their new text; the old ones by thread and platform id."""
        edits = {
            (change.conversation.thread, edit.platform_message_id): edit
            for change in self._fitting
            for edit in change.edits
        }
        if not edits:
            return {}
        m = messages.c
        rows = await self._connection.execute(
            select(m.id, m.thread, m.platform_message_id, m.text).where(
                among(self._connection, m.thread, names(thread for thread, _ in edits)),
                among(self._connection, m.platform_message_id, names(id_ for _, id_ in edits)),
                m.author_kind == AuthorKind.CUSTOMER.value,
                m.platform_message_id != "",
            )
        )
        found = {(row.thread, row.platform_message_id): row for row in rows}
        values = [
            {"b_id": found[key].id, "b_text": edit.text, "b_at": edit.at} for key, edit in edits.items() if key in found
        ]
        if values:
            await self._connection.execute(
                update(messages)
                .where(m.id == bindparam("b_id"))
                .values(text=bindparam("b_text"), edited_at=bindparam("b_at")),
                values,
            )
        return {key: row.text for key, row in found.items()}

    async def _write_messages(self) -> None:
        written = [message for change in self._fitting for message in change.messages]
        await add(self._connection, messages, [self._message_row(message) for message in written])
        due = [message for message in written if _goes_out(message)]
        facts = _facts(self._numbering.events)
        await add(self._connection, outbox, [_outbox_row(message, facts) for message in due])
        self._queued = len(due)
        if self._feeds:
            await self._connection.execute(
                MOVE_FEED, [{"b_id": id_, "b_feed": self._feeds[id_]} for id_ in names(self._feeds)]
            )

    def _message_row(self, message: Message) -> dict[str, Any]:
        """A web-chat visitor's own message is in the feed at once; ours enter it when they are delivered."""
        thread = self._threads[message.thread]
        feed = None
        if message.author.kind is AuthorKind.CUSTOMER and thread.channel_kind == ChannelKind.WEBCHAT:
            feed = self._feeds[message.thread] = self._feeds.get(message.thread, thread.feed) + 1
        return {**message_row(message), "feed": feed}

    async def _settle_inbox(self, outcomes: Sequence[Outcome]) -> None:
        """Marks handled items and frees the threads we hold, conflicting ones too."""
        held = [
            (change, outcome)
            for change, outcome in zip(self._changes, outcomes, strict=True)
            if change.work is not None and self._holds(change.work)
        ]
        done = [change for change, outcome in held if outcome is Outcome.COMMITTED and change.work is not None]
        if done:
            await self._connection.execute(_SETTLE_INBOX, [_settled(change, self._now) for change in done])
        await free_threads(self._connection, names(_thread(change) for change, _ in held))
        languages: dict[str, str] = {
            c.conversation.thread: c.conversation.language for c in self._fitting if c.conversation.language
        }
        moved = {id_: language for id_, language in languages.items() if self._threads[id_].language != language}
        if moved:
            await self._connection.execute(
                update(threads).where(threads.c.id == bindparam("b_id")).values(language=bindparam("b_language")),
                [{"b_id": id_, "b_language": moved[id_]} for id_ in names(moved)],
            )


async def free_threads(connection: AsyncConnection, ids: Sequence[str]) -> None:
    """Ends the leases of locked threads and notes since when their next message waits."""
    if ids:
        await connection.execute(_FREE_THREADS, {"ids": ids})


def _thread(change: Change | Ignored) -> str:
    return change.conversation.thread if isinstance(change, Change) else change.work.thread.id


def _settled(change: Change | Ignored, now: datetime) -> dict[str, Any]:
    assert change.work is not None
    state, reason = ("ignored", change.reason) if isinstance(change, Ignored) else ("done", "")
    return {"b_id": change.work.item.id, "b_state": state, "b_error": reason, "b_at": now}


def _goes_out(message: Message) -> bool:
    return message.visibility is Visibility.PUBLIC and message.author.kind is not AuthorKind.CUSTOMER


def _facts(events: Sequence[Event]) -> Mapping[str, Mapping[str, Any]]:
    """What the delivery of an agent's message will have to say about it, by message."""
    return {
        str(event.data["message_id"]): {key: event.data.get(key) for key in ("question", "macro", "holding")}
        for event in events
        if event.kind is EventKind.AGENT_REPLIED
    }


def _outbox_row(message: Message, facts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "message": message.id,
        "client": message.client,
        "channel": message.channel,
        "thread": message.thread,
        "conversation": message.conversation,
        "due_at": message.created_at,
        "created_at": message.created_at,
        "facts": facts.get(message.id, {}),
    }


def _with_old_text(event: Event, edited: Mapping[tuple[str, str], str]) -> Event:
    if event.kind is not EventKind.CUSTOMER_EDITED:
        return event
    old = edited.get((event.thread, str(event.data["platform_message_id"])), "")
    return replace(event, data={**event.data, "old_text": old})


def _revocation(change: Change, earlier: Any, now: datetime) -> Event:
    return Event(
        id=EventId(new_id(now)),
        client=earlier.client,
        channel=earlier.channel,
        thread=earlier.thread,
        conversation=earlier.id,
        kind=EventKind.CONTAINMENT_REVOKED,
        at=now,
        data={"by_conversation": change.conversation.id},
    )
