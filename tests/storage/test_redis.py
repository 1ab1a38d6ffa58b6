"""Wake-ups and live notices, on a real Redis and in process; and what happens when Redis dies."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator

import pytest

from conversation.ids import ClientId, ConversationId, ThreadId, new_id
from conversation.message import AuthorKind
from conversation.ports import Changed
from storage.live import Live, Typing
from storage.redis_client import Client, redis_client
from storage.wakeups import RedisWakeups
from tests.builders import NOON
from tests.servers import Server, start_redis

LONG = 20.0
SHORT = 0.02
A, B = ClientId("alpenrad"), ClientId("kontor")


def change(client: ClientId, seq: int, thread: str = "t1") -> Changed:
    return Changed(client, ThreadId(thread), ConversationId(f"c-{thread}"), seq)


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[Client]:
    opened = redis_client(redis_url)
    yield opened
    await opened.aclose()


@pytest.fixture
def prefix() -> str:
    return new_id(NOON)


@pytest.fixture
def mortal_redis() -> Iterator[Server]:
    server = start_redis()
    yield server
    server.stop()


async def test_an_announcement_wakes_everybody_who_waits_on_its_topic(client: Client, prefix: str) -> None:
    wakeups = RedisWakeups(client, prefix=prefix)
    waiting = [asyncio.create_task(wakeups.wait("inbox", LONG)) for _ in range(3)]
    other = asyncio.create_task(wakeups.wait("outbox", SHORT))
    assert await other is False
    await RedisWakeups(client, prefix=prefix).announce("inbox")
    assert await asyncio.gather(*waiting) == [True, True, True]


async def test_what_is_announced_while_a_worker_works_wakes_it_at_its_next_wait(client: Client, prefix: str) -> None:
    wakeups = RedisWakeups(client, prefix=prefix)
    assert await wakeups.wait("inbox", SHORT) is False
    await wakeups.announce("inbox", "outbox")
    await wakeups.announce("inbox")
    assert await wakeups.wait("inbox", LONG) is True
    assert await wakeups.wait("inbox", SHORT) is False


async def test_what_was_announced_before_the_first_wait_is_not_missed(client: Client, prefix: str) -> None:
    await RedisWakeups(client, prefix=prefix).announce("inbox")
    assert await RedisWakeups(client, prefix=prefix).wait("inbox", LONG) is True


async def test_a_flushed_redis_loses_no_later_wakeup(client: Client, prefix: str) -> None:
    wakeups = RedisWakeups(client, prefix=prefix)
    await client.xadd(f"{prefix}:wake:inbox", {"w": "1"}, id="1-1")
    assert await wakeups.wait("inbox", LONG) is True
    await client.delete(f"{prefix}:wake:inbox")
    await wakeups.announce("inbox")
    assert await wakeups.wait("inbox", LONG) is True


async def test_without_redis_announcing_is_silent_and_waiting_is_sleeping(
    mortal_redis: Server, prefix: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    client = redis_client(mortal_redis.url)
    wakeups = RedisWakeups(client, prefix=prefix)
    await wakeups.announce("inbox")
    waiting = asyncio.create_task(wakeups.wait("outbox", 0.2))
    await asyncio.sleep(0)
    mortal_redis.stop()
    await wakeups.announce("inbox")
    assert await waiting is False
    assert await wakeups.wait("inbox", SHORT) is False
    assert "workers find their work by sweeping" in caplog.text
    await client.aclose()


async def test_pages_hear_of_their_clients_only(client: Client, prefix: str) -> None:
    here, there = Live(client, prefix=prefix), Live(client, prefix=prefix)
    await here.start()
    page = here.subscribe({A})
    await there.publish([change(B, 1), change(A, 2)])
    await there.publish([])
    await there.publish([change(A, 3)])
    assert [await anext(page), await anext(page)] == [change(A, 2), change(A, 3)]
    await here.stop()
    assert [notice async for notice in page] == []


async def test_a_visitor_hears_of_their_thread_and_who_is_typing(client: Client, prefix: str) -> None:
    live = Live(client, prefix=prefix)
    await live.start()
    feed, desk = live.thread(ThreadId("t1")), live.notices({A})
    typing = Typing(A, ThreadId("t1"), AuthorKind.AGENT, "Anna")
    await live.publish([change(A, 1, "t2"), change(A, 2, "t1")])
    await live.typing(typing)
    assert [await anext(feed), await anext(feed)] == [change(A, 2, "t1"), typing]
    assert [await anext(desk) for _ in range(3)] == [change(A, 1, "t2"), change(A, 2, "t1"), typing]
    await live.stop()


async def test_a_page_that_falls_far_behind_is_ended_instead_of_filling_memory(client: Client, prefix: str) -> None:
    live = Live(client, prefix=prefix)
    await live.start()
    slow, guard = live.subscribe({A}), live.subscribe({B})
    await live.publish([change(A, n) for n in range(3000)])
    await live.publish([change(B, 1)])
    assert await anext(guard) == change(B, 1)
    assert len([notice async for notice in slow]) < 1100
    await live.stop()


async def test_pages_end_when_redis_dies_and_publishing_stays_silent(mortal_redis: Server, prefix: str) -> None:
    client = redis_client(mortal_redis.url)
    live = Live(client, prefix=prefix)
    await live.start()
    page = live.subscribe({A})
    mortal_redis.stop()
    assert [notice async for notice in page] == []
    await live.publish([change(A, 1)])
    await live.typing(Typing(A, ThreadId("t1"), AuthorKind.CUSTOMER))
    await live.stop()
    await client.aclose()
