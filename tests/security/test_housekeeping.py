"""Sessions that ended, refused sign-ins and old wake-ups do not stay: workers sweep them."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import func, select

from accounts.service import Visit
from accounts.session import ABSOLUTE
from app import housekeeping
from app.housekeeping import Housekeeping
from app.processes import Part, run_parts
from app.settings import Settings
from app.wiring import Platform, platform
from conversation.clock import ManualClock
from storage.redis_client import redis_client
from storage.schema import sessions, sign_in_attempts
from storage.tenancy import ALL_CLIENTS
from storage.wakeups import RedisWakeups
from tests.builders import NOON
from tests.journeys.house import KEY

WORDS = "correct horse battery staple 4711"


async def rows(built: Platform, table: Any) -> int:
    async with built.database.reading(ALL_CLIENTS) as connection:
        return int(await connection.scalar(select(func.count()).select_from(table)) or 0)


def settings(url: str, tmp_path: Path) -> Settings:
    return Settings(database_url=url, secret_keys=KEY, redis_url="memory://", model_cache=str(tmp_path / "models"))


async def sign_in(built: Platform, clock: ManualClock) -> None:
    """One who is let in, and one who is not."""
    await built.accounts.add_user("mira@example.org", "Mira", WORDS, clock.now(), roles=[])
    await built.accounts.sign_in("mira@example.org", WORDS, Visit("192.0.2.1"), clock.now())
    await built.accounts.sign_in("nobody@example.org", "guessed", Visit("192.0.2.2"), clock.now())


async def test_what_is_over_goes_and_what_lives_stays(database_url: str, tmp_path: Path) -> None:
    clock = ManualClock(NOON)
    async with platform(settings(database_url, tmp_path), clock=clock) as built:
        await sign_in(built, clock)
        keeping = Housekeeping(built.accounts, built.wakeups, clock)
        assert await keeping.sweep() == 0
        assert (await rows(built, sessions), await rows(built, sign_in_attempts)) == (1, 1)
        clock.set(NOON + ABSOLUTE + timedelta(days=1))
        await built.accounts.sign_in("mira@example.org", WORDS, Visit("192.0.2.1"), clock.now())
        assert await keeping.sweep() == 2
        assert (await rows(built, sessions), await rows(built, sign_in_attempts)) == (1, 0)


async def test_a_worker_sweeps_as_soon_as_it_runs(database_url: str, tmp_path: Path) -> None:
    clock = ManualClock(NOON)
    async with platform(settings(database_url, tmp_path), clock=clock) as built:
        await sign_in(built, clock)
        clock.set(NOON + ABSOLUTE + timedelta(days=1))
        stop = asyncio.Event()
        worker = asyncio.create_task(run_parts(built, frozenset({Part.WORKER}), stop))
        async with asyncio.timeout(20):
            while await rows(built, sessions) + await rows(built, sign_in_attempts):  # noqa: ASYNC110
                await asyncio.sleep(0.02)  # the database tells nobody
        stop.set()
        await worker


async def test_it_sweeps_again_and_ends_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(housekeeping, "EVERY_SECONDS", 0.01)
    stop, done = asyncio.Event(), []

    class Counted:
        async def sweep(self, _: object) -> int:
            done.append(1)
            if len(done) == 6:  # of both, three times
                stop.set()
            return 0

    async with asyncio.timeout(5):
        await Housekeeping(Counted(), Counted(), ManualClock(NOON)).run(stop)
    assert len(done) == 6


async def test_old_wakeups_go_and_new_ones_still_wake(redis_server: str) -> None:
    client = redis_client(redis_server)
    wakeups = RedisWakeups(client, prefix="swept")
    waiter = RedisWakeups(client, prefix="swept")
    assert await waiter.wait("inbox", 0.02) is False
    await wakeups.announce("inbox", "outbox")
    assert await wakeups.sweep(timedelta(hours=1)) == 0
    assert await wakeups.sweep(timedelta(seconds=-60)) == 2
    with Redis.from_url(redis_server) as redis:
        assert redis.xlen("swept:wake:inbox") == redis.xlen("swept:wake:outbox") == 0
    assert await waiter.wait("inbox", 0.02) is False
    await wakeups.announce("inbox")
    assert await waiter.wait("inbox", 5.0) is True
    await client.aclose()
