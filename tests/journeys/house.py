"""A whole Switchboard in the test's own loop: the platform as it is wired, its parts running, the shop's backend beside."""

import asyncio
import contextlib
import secrets
import socket
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from pydantic import SecretStr
from sqlalchemy import func, select

from accounts.user import Role
from app.processes import Part, run_parts
from app.settings import Settings, new_secret_key
from app.wiring import Platform, platform
from clients.backend.service import create_app
from conversation.conversation import Conversation
from conversation.events import Event, EventKind
from conversation.ids import ChannelId, ClientId, UserId
from conversation.message import AuthorKind, DeliveryState, Message
from handoff.agent import Agent
from handoff.views import ConversationView
from storage.schema import messages, threads
from storage.tenancy import ALL_CLIENTS
from tests.journeys.waiting import eventually

CLIENT = ClientId("alpenrad")
WEB = ChannelId("alpenrad-web")
PASSWORD = "correct horse battery"
SKILLS = frozenset({"orders", "workshop", "complaints"})
KEY = new_secret_key(b"k" * 32)


@dataclass(frozen=True)
class Place:
    """Where a house is built: a database, a Redis, the shop's backend."""

    database_url: str
    redis_url: str
    backend: str

    def settings(self, **more: Any) -> Settings:
        given: dict[str, Any] = {
            "database_url": self.database_url,
            "redis_url": self.redis_url,
            "secret_keys": [SecretStr(KEY)],
            "allowed_action_hosts": [self.backend],
            "worker_lanes": 2,
            "log_level": "WARNING",
        }
        return Settings(_env_file=None, **(given | more))  # type: ignore[call-arg]  # pydantic-settings takes it

    def environment(self, **more: str) -> dict[str, str]:
        """The same settings for a process of its own."""
        return {
            "SWITCHBOARD_DATABASE_URL": self.database_url,
            "SWITCHBOARD_REDIS_URL": self.redis_url,
            "SWITCHBOARD_SECRET_KEYS": KEY,
            "SWITCHBOARD_ALLOWED_ACTION_HOSTS": self.backend,
            "SWITCHBOARD_CLIENT__ALPENRAD__BACKEND_URL": f"http://{self.backend}",
            "SWITCHBOARD_WORKER_LANES": "2",
            **more,
        }


@dataclass(frozen=True)
class House:
    """A platform at work. `url` is where its pages are, if it has the web part."""

    built: Platform
    url: str
    running: asyncio.Task[None]

    async def employ(self, name: str, *roles: Role, locale: str = "en", capacity: int = 6) -> str:
        """A person with a login; returns the e-mail address."""
        email = f"{name.split(maxsplit=1)[0].lower()}@example.org"
        now = self.built.clock.now()
        await self.built.accounts.add_user(
            email,
            name,
            PASSWORD,
            now,
            roles=roles,
            clients=[CLIENT],
            capacity=capacity,
            locale=locale,
            skills=SKILLS,
        )
        return email

    async def agent(self, name: str) -> Agent:
        """A new colleague, for acts at the desk without its pages."""
        await self.employ(name, Role.AGENT)
        (user,) = [u for u in await self.built.users.list() if u.name == name]
        return Agent(user.id, user.name, user.clients, user.capacity, user.skills, user.languages)

    async def conversation(self, ref: str, channel: ChannelId = WEB) -> Conversation | None:
        return await self.built.transcripts.latest(channel, ref)

    async def found(self, ref: str, channel: ChannelId = WEB) -> Conversation:
        found = await self.conversation(ref, channel)
        assert found is not None
        return found

    async def messages(self, ref: str, channel: ChannelId = WEB) -> Sequence[Message]:
        """Everything said in a thread, oldest first."""
        thread = await self.built.transcripts.thread_of(channel, ref)
        return await self.built.transcripts.of_thread(thread, [CLIENT], limit=2000) if thread else []

    async def said(self, ref: str, author: AuthorKind, channel: ChannelId = WEB) -> list[str]:
        return [m.text for m in await self.messages(ref, channel) if m.author.kind is author]

    async def view(self, ref: str, channel: ChannelId = WEB) -> ConversationView:
        """The thread's newest conversation as the desk sees it."""
        found = await self.found(ref, channel)
        view = await self.built.reads.view(found.id, [CLIENT], UserId("nobody"))
        assert view is not None
        return view

    async def events(self, ref: str, kind: EventKind, channel: ChannelId = WEB) -> list[Event]:
        return [e for e in (await self.view(ref, channel)).events if e.kind is kind]

    async def first_response(self, ref: str, channel: ChannelId = WEB) -> str:
        """The state of the conversation's first response clock."""
        clocks = (await self.view(ref, channel)).clocks
        return next((clock.state for clock in clocks if clock.kind == "first_response"), "none")

    async def kept(self, ref: str, channel: ChannelId = WEB) -> bool:
        """Whether a person's first answer arrived in time."""
        return await self.first_response(ref, channel) == "met"

    async def quiet(self) -> bool:
        """Whether no customer message waits and every message of ours is delivered."""
        waiting = select(func.count()).where(threads.c.waiting_since.is_not(None))
        undelivered = select(func.count()).where(messages.c.state.in_([DeliveryState.PENDING, DeliveryState.SENDING]))
        async with self.built.database.reading(ALL_CLIENTS) as connection:
            return not await connection.scalar(waiting) and not await connection.scalar(undelivered)


@asynccontextmanager
async def open_house(place: Place, pack: Path | None, *parts: Part, **settings: Any) -> AsyncIterator[House]:
    """Builds a platform, applies the pack and runs the parts; stops them gracefully at the end."""
    with reserved_port() as port:
        async with platform(place.settings(port=port, **settings)) as built:
            if pack is not None:
                await built.clients.apply(pack, by="test")
            async with working(built, *parts) as task:
                house = House(built, f"http://127.0.0.1:{port}", task)
                if Part.WEB in parts:
                    await eventually(lambda: listens(port), "the web listens")
                yield house


@asynccontextmanager
async def working(built: Platform, *parts: Part) -> AsyncIterator[asyncio.Task[None]]:
    """Runs parts of a platform; whatever ended them early is raised."""
    stop = asyncio.Event()
    task = asyncio.create_task(run_parts(built, frozenset(parts), stop))
    try:
        yield task
    finally:
        stop.set()
        async with asyncio.timeout(15):
            await task


@contextlib.contextmanager
def reserved_port() -> Iterator[int]:
    """A port nobody else is given while this lasts; a server that reuses addresses may listen on it."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield int(held.getsockname()[1])


async def listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


@contextlib.contextmanager
def shop_backend() -> Iterator[str]:
    """The sample shop's order system in a thread of its own; yields host:port."""

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()  # whoever asks before the server is up waits instead of being refused
        server = uvicorn.Server(uvicorn.Config(create_app(), log_config=None, access_log=False, lifespan="off"))
        thread = threading.Thread(target=lambda: server.run(sockets=[listening]), daemon=True)
        thread.start()
        try:
            yield f"127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)


def number() -> str:
    """A browser's own number of a message."""
    return secrets.token_hex(8)
