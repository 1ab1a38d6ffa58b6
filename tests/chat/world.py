"""A web chat in memory behind the real routes: what visitors post lands in an inbox and in their feed."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import uvicorn
from fastapi import FastAPI

from bots.channels import WebChannel
from bots.memory import MemoryBlobs, MemoryInbox
from bots.webchat import VisitorTokens, WebChatIntake
from conversation.clock import ManualClock
from conversation.ids import ChannelId, ClientId, ConversationId, MessageId, ThreadId
from conversation.message import Author, AuthorKind, Button, Inbound, Message
from conversation.ports import Changed
from tests.builders import NOON
from web.chat.links import FileLinks
from web.chat.ports import ChatChannel
from web.chat.routes import chat_router
from web.quotas import Gate
from web.security import SecurityHeaders

CHANNEL = ChannelId("alpenrad-web")
CLIENT = ClientId("alpenrad")
SHOP = "https://shop.example"


@dataclass(frozen=True)
class Entry:
    position: int
    message: Message


@dataclass(frozen=True)
class Typing:
    author: AuthorKind
    name: str


class World:
    """`says` puts a message of ours into a visitor's feed; `hold` keeps the server from accepting anything."""

    def __init__(self) -> None:
        self.clock = ManualClock(NOON)
        self.inbox = MemoryInbox()
        self.blobs = MemoryBlobs()
        self.entries: list[Entry] = []
        self.listeners: set[asyncio.Queue[object]] = set()
        self.broken = False
        self.channel = ChatChannel(
            CHANNEL,
            CLIENT,
            "Alpenrad",
            "Alpi",
            "#0b6e4f",
            ("de", "en"),
            (SHOP,),
            {"de": "Hallo! Wie kann ich helfen?", "en": "Hi! How can I help?"},
        )
        self._numbers = itertools.count(1)
        self.visitors = VisitorTokens(["key"], self.clock)
        self.links = FileLinks(["key"], self.clock)
        web = WebChannel(CHANNEL, CLIENT, (SHOP,))
        self.intake = WebChatIntake({CHANNEL: web}, self, self.blobs, self.clock)  # type: ignore[arg-type]

    # -- ports

    def chat(self, channel: ChannelId) -> ChatChannel | None:
        return self.channel if channel == CHANNEL else None

    async def accept(self, inbounds: Sequence[Inbound]) -> int:
        if self.broken:
            raise OSError("the database is away")
        fresh = await self.inbox.accept(inbounds)
        for inbound in inbounds[:fresh]:
            author = Author(AuthorKind.CUSTOMER, inbound.sender.reference)
            self._add(
                author,
                inbound.text,
                platform_message_id=inbound.platform_message_id,
                attachments=inbound.attachments,
                kind=inbound.kind,
            )
        return fresh

    async def thread_of(self, channel: ChannelId, ref: str) -> ThreadId | None:
        return ThreadId("t") if any(i.thread_ref == ref for i in self.inbox.accepted) else None

    async def feed(self, thread: ThreadId, after: int = 0, limit: int = 100) -> Sequence[Entry]:
        return [entry for entry in self.entries if entry.position > after][:limit]

    async def message(
        self, client: ClientId, channel: ChannelId, thread: ThreadId, message: MessageId
    ) -> Message | None:
        asked = (client, channel, thread, message)
        found = (entry.message for entry in self.entries)
        return next((m for m in found if (m.client, m.channel, m.thread, m.id) == asked), None)

    def thread(self, thread: ThreadId) -> AsyncIterator[object]:
        queue: asyncio.Queue[object] = asyncio.Queue()
        self.listeners.add(queue)
        return _Notices(queue, self.listeners)

    # -- what tests do

    def says(
        self, text: str, *, agent: str = "", quietly: bool = False, buttons: Sequence[Button] = (), **more: Any
    ) -> Message:
        author = Author(AuthorKind.AGENT, "u1", agent) if agent else Author(AuthorKind.BOT, "", "")
        return self._add(author, text, quietly=quietly, buttons=tuple(buttons), **more)

    def types(self, name: str) -> None:
        self._tell(Typing(AuthorKind.AGENT, name))

    def lose_redis(self) -> None:
        self._tell(None)

    def _add(self, author: Author, text: str, *, quietly: bool = False, **more: Any) -> Message:
        number = next(self._numbers)
        message = Message(
            MessageId(f"m{number}"), CLIENT, CHANNEL, ThreadId("t"), ConversationId("c"), author, self.clock.now(), text
        )
        message = replace(message, **more)
        self.entries.append(Entry(number, message))
        if not quietly:
            self._tell(Changed(CLIENT, ThreadId("t"), ConversationId("c"), number))
        return message

    def _tell(self, notice: object) -> None:
        for queue in tuple(self.listeners):
            queue.put_nowait(notice)

    def app(self, *, sweep: float = 30.0, gate: Gate | None = None) -> FastAPI:
        app = FastAPI()
        app.include_router(
            chat_router(self, self.visitors, self.intake, self, self, self.blobs, self.links, sweep=sweep, gate=gate)
        )
        app.add_middleware(SecurityHeaders, secure=False)
        return app

    def later(self, **by: float) -> None:
        self.clock.advance(timedelta(**by))


class _Notices(AsyncIterator[object]):
    def __init__(self, queue: asyncio.Queue[object], listeners: set[asyncio.Queue[object]]) -> None:
        self._queue, self._listeners = queue, listeners

    async def __anext__(self) -> object:
        notice = await self._queue.get()
        if notice is None:
            self._listeners.discard(self._queue)
            raise StopAsyncIteration
        return notice


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """The app under a real server on a loopback port."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off", timeout_graceful_shutdown=1))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  uvicorn tells it no other way
        await asyncio.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
