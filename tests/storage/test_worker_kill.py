"""Rule 4: a worker killed at any instant loses nothing; another finishes the work, once."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from conversation.message import AuthorKind
from storage.database import Database
from tests.builders import inbound
from tests.storage.harness import HOLD, Process

ROOT = Path(__file__).parents[2]
THREADS = ("t1", "t2", "t3")


async def kill_a_worker_at(stage: str, url: str) -> None:
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.storage.mortal_worker", url, stage, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert worker.stdout is not None
    try:
        async with asyncio.timeout(60):
            assert await worker.stdout.readline() == b"reached\n"
    finally:
        worker.send_signal(signal.SIGKILL)
        assert await worker.wait() == -signal.SIGKILL


async def given_waiting_messages(process: Process) -> None:
    for thread in THREADS:
        await process.receive(*(inbound(f"{thread} {n}", key=f"{thread}{n}", thread=thread, order=n) for n in (1, 2)))


async def said(process: Process, author: AuthorKind) -> list[str]:
    return sorted(m.text for m in await process.messages() if m.author.kind is author)


@pytest.mark.parametrize("stage", ["thinking", "committing"])
async def test_a_worker_killed_while_handling_loses_and_doubles_nothing(
    stage: str, database: Database, database_url: str
) -> None:
    process = Process(database)
    await given_waiting_messages(process)
    await kill_a_worker_at(stage, database_url)
    assert await process.messages() == [], "nothing of the half-done work may be seen"
    assert await process.lease() == [], "the dead worker's hold still runs"
    process.clock.advance(HOLD)
    await process.handle_all()
    asked = sorted(f"{thread} {n}" for thread in THREADS for n in (1, 2))
    assert await said(process, AuthorKind.CUSTOMER) == asked
    assert await said(process, AuthorKind.BOT) == [f"You said: {text}" for text in asked]
    assert sorted(await process.deliver_all()) == [f"You said: {text}" for text in asked]
    for thread in THREADS:
        texts = [m.text for m in await process.messages() if m.text.startswith(thread)]
        assert texts == [f"{thread} 1", f"{thread} 2"]
    assert "maybe_doubled" not in await process.kinds()


async def test_a_deliverer_killed_before_its_record_may_double_one_message_per_thread_and_says_so(
    database: Database, database_url: str
) -> None:
    process = Process(database)
    await given_waiting_messages(process)
    await kill_a_worker_at("sending", database_url)
    assert await process.take() == [], "the dead deliverer's hold still runs"
    process.clock.advance(HOLD)
    again = await process.take()
    assert sorted(item.message.text for item in again) == [f"You said: {thread} 1" for thread in THREADS]
    assert all(item.maybe_sent for item in again)
    process.clock.advance(HOLD)
    assert sorted(await process.deliver_all()) == sorted(f"You said: {t} {n}" for t in THREADS for n in (1, 2))
    assert (await process.kinds()).count("maybe_doubled") == len(THREADS)
    assert (await process.kinds()).count("delivered") == 2 * len(THREADS)
