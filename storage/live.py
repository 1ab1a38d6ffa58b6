"""Live pages: what was committed, and who is typing, passed between processes over Redis pub/sub."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from weakref import WeakSet

from conversation.ids import ClientId, ConversationId, ThreadId
from conversation.message import AuthorKind
from conversation.ports import Changed
from storage.redis_client import BROKEN, Client

log = logging.getLogger(__name__)

_PAUSE_SECONDS = 1.0
_LISTEN_SECONDS = 10.0
_BACKLOG = 1000

Notice_co = TypeVar("Notice_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Typing:
    """Somebody is typing in a thread. Not kept anywhere."""

    client: ClientId
    thread: ThreadId
    author: AuthorKind
    name: str = ""


Notice = Changed | Typing


class Subscription(AsyncIterator[Notice_co], Generic[Notice_co]):
    """Notices from the moment it was made. It ends when Redis is lost or its reader falls far behind: take a snapshot
    and subscribe again.
    """

    def __init__(self, wanted: Callable[[Notice], bool]) -> None:
        self._wanted = wanted
        self._notices: asyncio.Queue[Any] = asyncio.Queue()
        self._ended = False

    def hand_out(self, notice: Notice) -> None:
        """Queues the notice if it is wanted."""
        if self._ended or not self._wanted(notice):
            return
        self._notices.put_nowait(notice)
        if self._notices.qsize() > _BACKLOG:
            self.end()

    def end(self) -> None:
        """No more notices come after those that wait."""
        if not self._ended:
            self._ended = True
            self._notices.put_nowait(None)

    async def __anext__(self) -> Notice_co:
        if self._ended and self._notices.empty():
            raise StopAsyncIteration
        notice: Notice_co | None = await self._notices.get()
        if notice is None:
            raise StopAsyncIteration
        return notice


class Live:
    """One Redis subscription for the whole process, handed out to any number of pages. It is a Publisher, too."""

    def __init__(self, client: Client, *, prefix: str = "switchboard") -> None:
        self._client = client
        self._channel = f"{prefix}:live"
        self._subscriptions: WeakSet[Subscription[Any]] = WeakSet()
        self._reader: asyncio.Task[None] | None = None
        self._connected = asyncio.Event()

    async def start(self) -> None:
        """Begins to listen; returns once it does, or after a second if Redis is away (it goes on trying)."""
        self._listen()
        with suppress(TimeoutError):
            async with asyncio.timeout(_PAUSE_SECONDS):
                await self._connected.wait()

    async def stop(self) -> None:
        """Ends every subscription and stops listening."""
        if self._reader is not None:
            self._reader.cancel()
            with suppress(asyncio.CancelledError):
                await self._reader
            self._reader = None
        self._end_all()

    async def publish(self, changes: Sequence[Changed]) -> None:
        """See storage.publishing.Publisher: one Redis message, however many changes."""
        if changes:
            await self._send({"changed": [[c.client, c.thread, c.conversation, c.seq] for c in changes]})

    async def typing(self, notice: Typing) -> None:
        """Tells pages of the thread. Never raises when Redis is down."""
        await self._send({"typing": [notice.client, notice.thread, notice.author, notice.name]})

    def subscribe(self, clients: Collection[ClientId]) -> Subscription[Changed]:
        """Changes of `clients` from now on (web.ports.Live)."""
        wanted = frozenset(clients)
        return self._subscribe(lambda notice: isinstance(notice, Changed) and notice.client in wanted)

    def notices(self, clients: Collection[ClientId]) -> Subscription[Notice]:
        """Changes of `clients` and who is typing to them, for the desk."""
        wanted = frozenset(clients)
        return self._subscribe(lambda notice: notice.client in wanted)

    def thread(self, thread: ThreadId) -> Subscription[Notice]:
        """Changes and typing in one thread, for a visitor's feed."""
        return self._subscribe(lambda notice: notice.thread == thread)

    def _subscribe(self, wanted: Callable[[Notice], bool]) -> Subscription[Any]:
        self._listen()
        subscription: Subscription[Any] = Subscription(wanted)
        self._subscriptions.add(subscription)
        return subscription

    def _listen(self) -> None:
        if self._reader is None or self._reader.done():
            self._reader = asyncio.create_task(self._read_on(), name="live notices")

    async def _send(self, data: dict[str, Any]) -> None:
        try:
            await self._client.publish(self._channel, json.dumps(data))
        except BROKEN as error:
            log.debug("a live notice was lost (%r); pages catch up with their next snapshot", error)

    async def _read_on(self) -> None:
        while True:
            try:
                await self._read()
            except BROKEN as error:
                log.warning("live pages lost Redis (%r); trying again in %.0f s", error, _PAUSE_SECONDS)
            self._connected.clear()
            self._end_all()
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _read(self) -> None:
        async with self._client.pubsub(ignore_subscribe_messages=False) as channel:
            await channel.subscribe(self._channel)
            while True:
                message = await channel.get_message(timeout=_LISTEN_SECONDS)
                if message is None:
                    continue
                if message["type"] == "subscribe":
                    self._connected.set()
                elif message["type"] == "message":
                    for notice in _notices(message["data"]):
                        for subscription in tuple(self._subscriptions):
                            subscription.hand_out(notice)

    def _end_all(self) -> None:
        for subscription in tuple(self._subscriptions):
            subscription.end()
        self._subscriptions.clear()


def _notices(data: bytes) -> list[Notice]:
    content = json.loads(data)
    if "typing" in content:
        client, thread, author, name = content["typing"]
        return [Typing(ClientId(client), ThreadId(thread), AuthorKind(author), name)]
    return [
        Changed(ClientId(client), ThreadId(thread), ConversationId(conversation), seq)
        for client, thread, conversation, seq in content["changed"]
    ]
