"""Real processes: a worker killed with work in its hands, and a server that is asked to stop."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from app.processes import Part
from app.wiring import platform
from conversation.clock import ManualClock
from conversation.message import AuthorKind
from storage.schema import threads
from storage.tenancy import ALL_CLIENTS
from tests.builders import inbound
from tests.journeys.house import House, Place, listens, open_house, reserved_port, working
from tests.journeys.packs import open_hours, pack_copy
from tests.journeys.people import visiting
from tests.journeys.test_many_workers import spoken
from tests.journeys.waiting import eventually

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def process(place: Place, *words: str, folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """A real `switchboard` of the same installation; killed at the end if it still runs."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **place.environment()}
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from app.cli import main; main()",
        *words,
        cwd=folder,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.communicate()


async def held(house: House) -> int:
    """How many threads a worker keeps from the others."""
    query = select(func.count()).where(threads.c.held_until > house.built.clock.now())
    async with house.built.database.reading(ALL_CLIENTS) as connection:
        return int(await connection.scalar(query) or 0)


@asynccontextmanager
async def silent_backend() -> AsyncIterator[tuple[str, asyncio.Event]]:
    """A backend that takes calls and never answers; yields host:port and the news of the first call."""
    called = asyncio.Event()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        called.set()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}", called
    finally:
        server.close()
        await server.wait_closed()


async def test_what_a_killed_worker_held_is_finished_by_another_once(scaled: Place, tmp_path: Path) -> None:
    """Rule 4, with the real command: killed while it waits for the shop, with ten messages in its hands."""
    asked = [
        inbound(f"Wo ist meine Bestellung 1002{n}4?", thread=f"visitor-{n}", order=turn, key=f"{n}-{turn}")
        for turn in (1, 2)
        for n in range(5)
    ]
    async with open_house(scaled, pack_copy(tmp_path, open_hours())) as house, silent_backend() as (silent, called):
        stuck = Place(scaled.database_url, scaled.redis_url, silent)
        async with process(stuck, "worker", folder=tmp_path) as worker:
            await house.built.inbox.accept(asked)
            async with asyncio.timeout(40):
                await called.wait()
            assert await held(house) > 0
            worker.send_signal(signal.SIGKILL)
            assert await worker.wait() == -signal.SIGKILL
        assert await spoken(house) == {}, "nothing of the half-done work may be seen"
        later = ManualClock(datetime.now(UTC) + timedelta(seconds=61))  # the dead worker's hold has run out
        async with platform(scaled.settings(), clock=later) as rescuer, working(rescuer, Part.WORKER):
            await eventually(house.quiet, "another worker finishes all of it")
        said = await spoken(house)
        for n in range(5):
            lines = said[f"visitor-{n}"]
            mine = [text for author, text in lines if author == AuthorKind.CUSTOMER]
            assert mine == [f"Wo ist meine Bestellung 1002{n}4?"] * 2
            assert len([text for author, text in lines if f"1002{n}4" in text and author == AuthorKind.BOT]) == 2


async def test_a_server_asked_to_stop_finishes_and_leaves_nothing_held(scaled: Place, tmp_path: Path) -> None:
    async with open_house(scaled, pack_copy(tmp_path, open_hours())) as house:
        with reserved_port() as port:
            async with process(scaled, "serve", "--port", str(port), folder=tmp_path) as serving:
                await eventually(lambda: listens(port), "the server listens", within=40)
                async with visiting(f"http://127.0.0.1:{port}") as lena:
                    await lena.asks("Wo ist meine Bestellung 100234?", "Deine Bestellung 100234")
                    serving.send_signal(signal.SIGTERM)
                    async with asyncio.timeout(15):
                        assert await serving.wait() == 0
                    assert not await listens(port)
        assert await house.quiet()
        assert await held(house) == 0
