"""Rule 4: a worker killed at any instant loses nothing; another finishes the work, once."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from conversation.message import AuthorKind
from storage.database import Database
from tests.builders import inbound
from tests.replaying import replayed
from tests.storage.harness import HOLD, Process
from tests.storage.mortal_worker import clocks

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
    await process.receive(inbound("a human please", key="p", thread="p"))


async def said(process: Process, author: AuthorKind) -> list[str]:
    return sorted(m.text for m in await process.messages() if m.author.kind is author and not of_human(m.text))


def of_human(text: str) -> bool:
    """Whether it was said in the thread that asked for a person."""
    return "human" in text or text.startswith("utter_handoff")


async def the_person_is_promised_once(process: Process) -> None:
    """Its two clocks run, and are what its events say."""
    assert await replayed(process.database) == (2, [])


@pytest.mark.parametrize("stage", ["thinking", "committing"])
async def test_a_worker_killed_while_handling_loses_and_doubles_nothing(
    stage: str, database: Database, database_url: str
) -> None:
    process = Process(database, None, clocks())
    await given_waiting_messages(process)
    await kill_a_worker_at(stage, database_url)
    assert await process.messages() == [], "nothing of the half-done work may be seen"
    assert await process.lease() == [], "the dead worker's hold still runs"
    process.clock.advance(HOLD)
    await process.handle_all()
    asked = sorted(f"{thread} {n}" for thread in THREADS for n in (1, 2))
    assert await said(process, AuthorKind.CUSTOMER) == asked
    assert await said(process, AuthorKind.BOT) == [f"You said: {text}" for text in asked]
    sent = sorted(text for text in await process.deliver_all() if not of_human(text))
    assert sent == [f"You said: {text}" for text in asked]
    await the_person_is_promised_once(process)
    for thread in THREADS:
        texts = [m.text for m in await process.messages() if m.text.startswith(thread)]
        assert texts == [f"{thread} 1", f"{thread} 2"]
    assert "maybe_doubled" not in await process.kinds()


async def test_a_deliverer_killed_before_its_record_may_double_one_message_per_thread_and_says_so(
    database: Database, database_url: str
) -> None:
    process = Process(database, None, clocks())
    await given_waiting_messages(process)
    await kill_a_worker_at("sending", database_url)
    assert await process.take() == [], "the dead deliverer's hold still runs"
    process.clock.advance(HOLD)
    again = await process.take()
    doubtful = sorted(item.message.text for item in again if not of_human(item.message.text))
    assert doubtful == [f"You said: {thread} 1" for thread in THREADS]
    assert all(item.maybe_sent for item in again)
    process.clock.advance(HOLD)
    sent = sorted(text for text in await process.deliver_all() if not of_human(text))
    assert sent == sorted(f"You said: {t} {n}" for t in THREADS for n in (1, 2))
    assert (await process.kinds()).count("maybe_doubled") == len(THREADS) + 1
    assert (await process.kinds()).count("delivered") == 2 * len(THREADS) + 1
    await the_person_is_promised_once(process)
