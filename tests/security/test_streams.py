"""No live stream outlives the right to see it: a real server, a busy stream, both wirings."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
from redis import Redis
from sqlalchemy import update

from accounts.actor import operator
from accounts.edit import SetEdit, UserEdit, Vocabulary
from accounts.user import Role
from app.processes import Part
from conversation.ids import ClientId, ConversationId, ThreadId
from conversation.ports import Changed
from storage.schema import clients, sessions
from storage.tenancy import ALL_CLIENTS
from tests.journeys.house import House, Place, open_house
from tests.journeys.people import Events, listening, signed_in
from web.live import CHECK_EVERY_S

ALPENRAD, KONTOR = ClientId("alpenrad"), ClientId("kontor")
KNOWN = Vocabulary({ALPENRAD, KONTOR}, (), {"de", "en"}, ("de", "en"))
BY = operator("ops")
BOTH = frozenset({ALPENRAD, KONTOR})
PATHS = ("/desk/events", "/wallboard/events")
JSON = {"accept": "application/json"}
LIMIT_S = 10.0
EVERY_S = 0.05


@pytest.fixture(params=["embedded", "scaled"])
def place(request: pytest.FixtureRequest) -> Place:
    """SQLite with everything in one process, and PostgreSQL with a real Redis."""
    if request.param == "embedded":
        return Place(request.getfixturevalue("sqlite_url"), "memory://", "127.0.0.1:9")
    redis = request.getfixturevalue("redis_server")
    with Redis.from_url(redis) as connection:
        connection.flushall()
    return Place(request.getfixturevalue("postgres_url"), redis, "127.0.0.1:9")


@asynccontextmanager
async def news(house: House) -> AsyncIterator[None]:
    """Something happens to each client every 50 ms."""

    stop = asyncio.Event()

    async def publish() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            await house.built.live.publish(
                [Changed(c, ThreadId("t"), ConversationId(f"{c}-1"), number) for c in (ALPENRAD, KONTOR)]
            )
            await asyncio.sleep(EVERY_S)

    publishing = asyncio.create_task(publish())
    try:
        yield
    finally:
        stop.set()
        await publishing


async def change(house: House, email: str, **edit: Any) -> None:
    await house.built.people.change(email, UserEdit(**edit), KNOWN, BY, house.built.clock.now())


async def sign_out(house: House, email: str) -> None:
    await house.built.people.sign_out(email, BY, house.built.clock.now())


async def disable(house: House, email: str) -> None:
    await house.built.people.disable(email, BY, house.built.clock.now())


async def new_password(house: House, email: str) -> None:
    await house.built.people.set_password(email, "eight green otters swim", BY, house.built.clock.now())


async def make_trainer(house: House, email: str) -> None:
    await change(house, email, roles=SetEdit(frozenset({Role.TRAINER})))


async def withdraw_client(house: House, email: str) -> None:
    await change(house, email, clients=SetEdit(remove=frozenset({KONTOR})))


async def expire(house: House, email: str) -> None:
    await session_row(house, email, expires_at=house.built.clock.now())


async def leave_idle(house: House, email: str) -> None:
    long_ago = house.built.clock.now() - timedelta(days=3)
    await session_row(house, email, created_at=long_ago, last_seen=long_ago)


async def session_row(house: House, email: str, **values: Any) -> None:
    user = await house.built.people.get(email)
    async with house.built.database.transaction(ALL_CLIENTS) as connection:
        await connection.execute(update(sessions).where(sessions.c.user == user.id).values(**values))


ENDINGS = {
    sign_out: "signed_out",
    new_password: "signed_out",
    disable: "disabled",
    make_trainer: "rights_changed",
    withdraw_client: "rights_changed",
    expire: "expired",
    leave_idle: "expired",
}


@dataclass(frozen=True)
class Watcher:
    """A supervisor of both clients with both live pages open."""

    email: str
    client: httpx.AsyncClient
    pages: dict[str, Events]

    async def ended(self, path: str) -> str:
        """The reason the stream gives within ten seconds."""
        async with asyncio.timeout(LIMIT_S):
            return str((await self.pages[path].until("ended"))["reason"])


async def watching(house: House, stack: AsyncExitStack, name: str, granted: frozenset[ClientId] = BOTH) -> Watcher:
    email = await house.employ(name, Role.SUPERVISOR)
    await change(house, email, clients=SetEdit(granted))
    person = await stack.enter_async_context(signed_in(house.url, email))
    pages = {path: await stack.enter_async_context(listening(person.client, path)) for path in PATHS}
    for events in pages.values():
        await events.until("snapshot")
    return Watcher(email, person.client, pages)


@asynccontextmanager
async def opened(place: Place) -> AsyncIterator[tuple[House, AsyncExitStack]]:
    async with open_house(place, None, Part.WEB) as house, AsyncExitStack() as stack:
        now = house.built.clock.now()
        async with house.built.database.transaction(ALL_CLIENTS) as connection:
            await connection.execute(clients.insert(), [{"id": c, "name": c, "created_at": now} for c in BOTH])
        yield house, stack


@pytest.mark.parametrize("busy", [True, False], ids=["busy", "silent"])
async def test_every_stream_ends_in_ten_seconds_and_says_why(place: Place, busy: bool) -> None:
    async with opened(place) as (house, stack):
        watchers = {end: await watching(house, stack, end.__name__) for end in ENDINGS}
        staying = await watching(house, stack, "staying")
        async with news(house) if busy else nullcontext():
            await asyncio.gather(*(end(house, watcher.email) for end, watcher in watchers.items()))
            for end, watcher in watchers.items():
                for path in PATHS:
                    assert await watcher.ended(path) == ENDINGS[end], (end, path)
            counts = {id(events): len(events.seen) for w in watchers.values() for events in w.pages.values()}
            await asyncio.sleep(0.3)
        for end, watcher in watchers.items():
            for path, events in watcher.pages.items():
                assert len(events.seen) == counts[id(events)], "nothing comes after the end"
                again = await watcher.client.get(path, headers=JSON) if ENDINGS[end] != "rights_changed" else None
                assert again is None or again.status_code == 401
        assert not any(events.of("ended") for events in staying.pages.values())
        assert not busy or staying.pages["/desk/events"].of("changed")


async def test_a_client_more_is_heard_of_without_loading_the_page_again(place: Place) -> None:
    async with opened(place) as (house, stack):
        watcher = await watching(house, stack, "sofie", frozenset({ALPENRAD}))
        events = watcher.pages["/desk/events"]
        async with news(house):
            await events.until("changed")
            await change(house, watcher.email, clients=SetEdit(add=frozenset({KONTOR})))
            async with asyncio.timeout(LIMIT_S):
                await events.until("changed", lambda fact: fact["client"] == KONTOR)
        assert len(events.of("snapshot")) == 2
        assert not events.of("ended")


async def test_no_stream_prolongs_a_session(place: Place) -> None:
    async with opened(place) as (house, stack):
        watcher = await watching(house, stack, "sofie")
        seen = house.built.clock.now() - timedelta(minutes=30)
        await session_row(house, watcher.email, last_seen=seen)
        async with news(house):
            await asyncio.sleep(3 * CHECK_EVERY_S)
        user = await house.built.people.get(watcher.email)
        assert [one.last_seen_at for one in await house.built.people.sessions(user.id)] == [seen]


async def test_a_database_that_does_not_answer_shows_nobody_anything_for_long(place: Place, monkeypatch) -> None:
    async with opened(place) as (house, stack):
        watcher = await watching(house, stack, "sofie")

        async def lost(*more: object) -> None:
            raise OSError("the database is away")

        monkeypatch.setattr(house.built.watch, "check", lost)
        events = watcher.pages["/desk/events"]
        async with news(house):
            await asyncio.sleep(LIMIT_S + CHECK_EVERY_S)
            count = len(events.seen)
            await asyncio.sleep(0.5)
        assert len(events.seen) == count
        assert not events.of("ended"), "the page connects again"
