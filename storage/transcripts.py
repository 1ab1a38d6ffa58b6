"""Reading messages back: a visitor's feed, a thread's transcript, and the buttons a customer was offered."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Integer, bindparam, func, or_, select

from conversation.conversation import Conversation
from conversation.ids import ChannelId, ClientId, MessageId, ThreadId
from conversation.message import AuthorKind, Button, Message
from conversation.plain_text import clean
from storage.database import Database
from storage.schema import channels, conversations, messages, threads
from storage.statements import among
from storage.tenancy import ALL_CLIENTS
from storage.values import conversation_of, message_of

_BUTTON_MESSAGES = 200

_OWNERS = threads.outerjoin(channels, channels.c.id == threads.c.channel)
_OWNED = or_(channels.c.client.is_(None), channels.c.client == threads.c.client)
"""A thread of the channel's owner. Before ids belonged to one client another one may have had threads under it too."""

_LATEST = (
    select(conversations)
    .select_from(_OWNERS.join(conversations, threads.c.id == conversations.c.thread))
    .where(threads.c.channel == bindparam("channel"), threads.c.ref == bindparam("ref"), _OWNED)
    .order_by(conversations.c.opened_at.desc(), conversations.c.id.desc())
    .limit(1)
)
_FEED = (
    select(messages)
    .where(messages.c.thread == bindparam("thread"), messages.c.feed > bindparam("after"))
    .order_by(messages.c.feed)
    .limit(bindparam("most", type_=Integer))
)

_IN_FEED = select(messages).where(
    messages.c.client == bindparam("client"),
    messages.c.channel == bindparam("channel"),
    messages.c.thread == bindparam("thread"),
    messages.c.id == bindparam("id"),
    messages.c.feed.is_not(None),
)


@dataclass(frozen=True, slots=True)
class FeedItem:
    """A message in a visitor's feed. `position` counts up from 1 within the thread, in the order of becoming visible,
    without gaps: the cursor to continue from.
    """

    position: int
    message: Message


class Transcripts:
    """Messages by thread. A channel's threads are its owner's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def thread_of(self, channel: ChannelId, ref: str) -> ThreadId | None:
        """The thread behind a platform's address, None before its first message."""
        async with self._database.reading(ALL_CLIENTS) as connection:
            found = await connection.scalar(
                select(threads.c.id)
                .select_from(_OWNERS)
                .where(threads.c.channel == channel, threads.c.ref == ref, _OWNED)
            )
            return ThreadId(found) if found else None

    async def recent(self, channel: ChannelId, since: datetime, limit: int) -> Sequence[str]:
        """Addresses of the channel's threads in which something happened after `since`, the latest first."""
        happened = func.max(func.coalesce(conversations.c.updated_at, threads.c.created_at))
        query = (
            select(threads.c.ref)
            .select_from(_OWNERS.outerjoin(conversations, conversations.c.thread == threads.c.id))
            .where(threads.c.channel == channel, _OWNED)
            .group_by(threads.c.id, threads.c.ref)
            .having(happened >= since)
            .order_by(happened.desc(), threads.c.id.desc())
            .limit(limit)
        )
        async with self._database.reading(ALL_CLIENTS) as connection:
            return list((await connection.execute(query)).scalars())

    async def latest(self, channel: ChannelId, ref: str) -> Conversation | None:
        """The newest conversation of the thread behind a platform's address."""
        async with self._database.reading(ALL_CLIENTS) as connection:
            row = (await connection.execute(_LATEST, {"channel": channel, "ref": ref})).mappings().first()
        return conversation_of(row) if row is not None else None

    async def feed(self, thread: ThreadId, after: int = 0, limit: int = 100) -> list[FeedItem]:
        """What a web-chat visitor may see with a position above `after`: their own messages from their commit on, ours
        from their delivery on. Notes and undelivered messages are not in it.
        """
        async with self._database.reading(ALL_CLIENTS) as connection:
            rows = await connection.execute(_FEED, {"thread": thread, "after": after, "most": limit})
            return [FeedItem(row["feed"], message_of(row)) for row in rows.mappings()]

    async def message(
        self, client: ClientId, channel: ChannelId, thread: ThreadId, message: MessageId
    ) -> Message | None:
        """A message that the thread's visitor may see; None for any other of this client, and for all of others."""
        asked = {"client": client, "channel": channel, "thread": thread, "id": clean(message)}
        async with self._database.reading([client]) as connection:
            row = (await connection.execute(_IN_FEED, asked)).mappings().first()
        return message_of(row) if row is not None else None

    async def of_thread(self, thread: ThreadId, clients: Collection[ClientId], *, limit: int = 200) -> list[Message]:
        """The thread's newest messages, notes included, oldest first."""
        async with self._database.reading(clients) as connection:
            rows = await connection.execute(
                select(messages)
                .where(messages.c.thread == thread, among(connection, messages.c.client, clients))
                .order_by(messages.c.position.desc())
                .limit(limit)
            )
            return [message_of(row) for row in reversed(rows.mappings().all())]

    async def offered(self, channel: ChannelId, thread_ref: str) -> Sequence[Button]:
        """Buttons of the messages written to this thread, newest first (bots.ports.Offered)."""
        async with self._database.reading(ALL_CLIENTS) as connection:
            rows = await connection.execute(
                select(messages)
                .select_from(_OWNERS.join(messages, threads.c.id == messages.c.thread))
                .where(
                    threads.c.channel == channel,
                    threads.c.ref == thread_ref,
                    _OWNED,
                    messages.c.author_kind != AuthorKind.CUSTOMER.value,
                )
                .order_by(messages.c.position.desc())
                .limit(_BUTTON_MESSAGES)
            )
            return [button for row in rows.mappings() for button in message_of(row).buttons]
