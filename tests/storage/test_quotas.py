"""Quotas: one contract for a process alone and for several over a real Redis; and what happens while it is away."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from conversation.ids import new_id
from conversation.quota import Charge, LocalQuotas, Place, Quotas
from storage.quotas import RedisQuotas
from storage.redis_client import redis_client
from tests.builders import NOON
from tests.servers import Server, start_redis

HOUR = 3600.0
Make = Callable[[], Quotas]

FLOOD = """
import asyncio, json, sys
from conversation.quota import Charge, Place
from storage.quotas import RedisQuotas
from storage.redis_client import redis_client

async def main():
    url, prefix, name = sys.argv[1:]
    client = redis_client(url)
    quotas = RedisQuotas(client, prefix=prefix)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    spent = await asyncio.gather(*(quotas.spend([Charge("m", 50, 3600.0)]) for _ in range(100)))
    held = await asyncio.gather(*(quotas.occupy(f"{name}-{n}", [Place("s", 7)], 60.0) for n in range(20)))
    print(json.dumps([spent.count(None), held.count(None)]), flush=True)
    await client.aclose()

asyncio.run(main())
"""


@pytest.fixture(params=["local", "redis"])
async def make(request: pytest.FixtureRequest) -> AsyncIterator[Make]:
    """Makes counters that count together."""
    if request.param == "local":
        alone = LocalQuotas()
        yield lambda: alone
        return
    client = redis_client(request.getfixturevalue("redis_server"))
    prefix = new_id(NOON)
    yield lambda: RedisQuotas(client, prefix=prefix)
    await client.aclose()


@pytest.fixture
def mortal_redis() -> Iterator[Server]:
    server = start_redis()
    yield server
    server.stop()


async def test_what_is_spent_at_the_same_moment_is_never_more_than_the_limit(make: Make) -> None:
    one, other = make(), make()
    answers = await asyncio.gather(*((one, other)[n % 2].spend([Charge("k", 5, HOUR)]) for n in range(60)))
    assert answers.count(None) == 5
    refused = next(answer for answer in answers if answer)
    assert refused.key == "k"
    assert 600 < refused.seconds <= HOUR / 5
    assert await one.spend([Charge("another", 5, HOUR)]) is None


async def test_it_comes_back_bit_by_bit_and_in_the_time_that_was_told(make: Make) -> None:
    quotas = make()
    assert [await quotas.spend([Charge("k", 2, 0.4)]) for _ in range(2)] == [None, None]
    refused = await quotas.spend([Charge("k", 2, 0.4)])
    assert refused is not None
    assert refused.retry_after == 1
    await asyncio.sleep(refused.seconds + 0.01)
    assert await quotas.spend([Charge("k", 2, 0.4)]) is None
    assert await quotas.spend([Charge("k", 2, 0.4)]) is not None


async def test_a_refused_act_takes_nothing_from_anybody(make: Make) -> None:
    quotas = make()
    mine, everybodys = Charge("visitor", 2, HOUR), Charge("client", 10, HOUR)
    answers = [await quotas.spend([mine, everybodys]) for _ in range(50)]
    assert answers.count(None) == 2
    others = [await quotas.spend([Charge(f"visitor {n}", 2, HOUR), everybodys]) for n in range(20)]
    assert others.count(None) == 8
    assert {o.key for o in others if o} == {"client"}


async def test_the_longest_wait_is_the_one_that_is_told(make: Make) -> None:
    quotas = make()
    short, long = Charge("short", 1, 10.0), Charge("long", 1, HOUR)
    assert await quotas.spend([short, long]) is None
    refused = await quotas.spend([short, long])
    assert refused is not None
    assert (refused.key, refused.seconds > 3000) == ("long", True)


async def test_a_cost_beyond_the_limit_takes_all_of_it(make: Make) -> None:
    quotas = make()
    assert await quotas.spend([Charge("k", 10, HOUR, 10_000)]) is None
    refused = await quotas.spend([Charge("k", 10, HOUR)])
    assert refused is not None
    assert refused.seconds < HOUR
    assert await quotas.spend([Charge("b", 10, HOUR, 4)]) is None
    assert await quotas.spend([Charge("b", 10, HOUR, 7)]) is not None
    assert await quotas.spend([Charge("b", 10, HOUR, 6)]) is None


async def test_places_are_held_given_back_and_come_free_when_their_holder_died(make: Make) -> None:
    one, other = make(), make()
    places = [Place("visitor", 2), Place("client", 3)]
    answers = await asyncio.gather(*((one, other)[n % 2].occupy(f"h{n}", places, 0.5) for n in range(20)))
    assert answers.count(None) == 2
    held = [f"h{n}" for n, answer in enumerate(answers) if answer is None]
    assert await one.occupy(held[0], places, 0.5) is None, "who holds a place may take it again"
    await other.leave(held[0], ["visitor", "client"])
    await other.leave(held[0], ["visitor", "client"])
    assert await one.occupy("new", places, 0.5) is None
    refused = await one.occupy("one too many", places, 0.5)
    assert refused is not None
    assert 0 < refused.seconds <= 0.5
    await one.prolong({"new": ["visitor", "client"]}, 30.0)
    await asyncio.sleep(0.6)
    assert await other.occupy("after the other died", places, 30.0) is None
    assert await other.occupy("and no more", places, 30.0) is not None


async def test_a_beat_brings_back_what_was_forgotten(make: Make) -> None:
    quotas = make()
    await quotas.prolong({"a": ["k"], "b": ["k"]}, 30.0)
    assert await quotas.occupy("c", [Place("k", 2)], 30.0) is not None


async def test_two_processes_count_together(redis_server: str) -> None:
    prefix = new_id(NOON)
    processes = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", FLOOD, redis_server, prefix, str(n)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        for n in range(2)
    ]
    for process in processes:
        assert process.stdout
        assert await process.stdout.readline() == b"ready\n"
    answers = await asyncio.gather(*(process.communicate(b"go\n") for process in processes))
    spent, held = zip(*(json.loads(out.splitlines()[-1]) for out, _ in answers), strict=True)
    assert sum(spent) == 50, answers
    assert sum(held) == 7


async def test_without_redis_each_counts_for_itself_and_never_lets_all_through(mortal_redis: Server) -> None:
    client = redis_client(mortal_redis.url)
    one, other = (RedisQuotas(client, prefix="p") for _ in range(2))
    assert await one.spend([Charge("k", 3, HOUR)]) is None
    mortal_redis.stop()
    began = time.monotonic()
    for quotas in (one, other):
        answers = await asyncio.gather(*(quotas.spend([Charge("k", 3, HOUR)]) for _ in range(20)))
        assert answers.count(None) == 3
        places = await asyncio.gather(*(quotas.occupy(f"h{n}", [Place("k", 3)], 30.0) for n in range(20)))
        assert places.count(None) == 3
        await quotas.leave("h0", ["k"])
        assert await quotas.occupy("next", [Place("k", 3)], 30.0) is None
    assert time.monotonic() - began < 5
    await client.aclose()


async def test_a_redis_that_hangs_holds_nobody_up(mortal_redis: Server) -> None:
    client = redis_client(mortal_redis.url)
    quotas = RedisQuotas(client, prefix="p")
    assert await quotas.spend([Charge("k", 3, HOUR)]) is None
    mortal_redis.process.send_signal(19)  # SIGSTOP
    try:
        began = time.monotonic()
        answers = [await quotas.spend([Charge("k", 3, HOUR)]) for _ in range(10)]
        assert answers.count(None) == 3
        assert time.monotonic() - began < 5
    finally:
        mortal_redis.process.send_signal(18)  # SIGCONT
    await client.aclose()


async def test_after_redis_is_back_they_count_together_again(
    mortal_redis: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.quotas.APART_SECONDS", 0.1)
    client = redis_client(mortal_redis.url)
    one, other = (RedisQuotas(client, prefix="p") for _ in range(2))
    mortal_redis.process.send_signal(19)
    assert await one.occupy("during", [Place("k", 2)], 30.0) is None
    mortal_redis.process.send_signal(18)
    await asyncio.sleep(0.2)
    await one.prolong({"during": ["k"]}, 30.0)
    assert await other.occupy("after", [Place("k", 2)], 30.0) is None
    assert await other.occupy("too many", [Place("k", 2)], 30.0) is not None
    await client.aclose()


async def test_a_process_forgets_the_oldest_of_too_many_keys_and_no_more() -> None:
    quotas = LocalQuotas(most=100)
    for n in range(300):
        assert await quotas.spend([Charge(f"k{n}", 1, HOUR)]) is None
    assert await quotas.spend([Charge("k299", 1, HOUR)]) is not None
    assert await quotas.spend([Charge("k0", 1, HOUR)]) is None
