"""A worker killed with due alarms in its hands: whoever is up rings them within a second, once."""

import asyncio
import signal
import sys
from pathlib import Path
from typing import Self

from conversation.clock import ManualClock
from conversation.events import EventKind
from storage.database import Database
from storage.sla_alarms import SlaAlarms
from storage.sla_rows import SlaPolicies
from tests.builders import NOON, minutes
from tests.replaying import replayed
from tests.storage.harness import Told
from tests.storage_people.office import Office

ROOT = Path(__file__).parents[2]
DUE = minutes(10)
WAITING = 6
SOON = 2.0  # seconds; half of it on a quiet machine; tests share theirs with others


class Waits(Told):
    """Waits as long as it is told to, and hears nothing meanwhile."""

    async def wait(self, topic: str, timeout: float) -> bool:
        await asyncio.sleep(timeout)
        return False


class Idle:
    """Another worker, up and running its loop; `rang` is when it rang everything, in seconds of the event loop."""

    def __init__(self, url: str) -> None:
        told = Waits()
        self.database = Database(url)
        self.alarms = SlaAlarms(self.database, SlaPolicies(lambda _: None), ManualClock(NOON + DUE), told, told, [self])
        self.fired = 0
        self.rang = asyncio.get_running_loop().create_future()
        self.stop = asyncio.Event()

    async def __aenter__(self) -> Self:
        self.running = asyncio.create_task(self.alarms.run(self.stop))
        return self

    async def __aexit__(self, *_: object) -> None:
        self.stop.set()
        await self.running
        await self.database.dispose()

    async def apply(self, transaction, changes, events) -> None:
        del transaction, changes
        self.fired += sum(event.kind is EventKind.SLA_BREACH for event in events)
        if self.fired == WAITING:
            self.rang.set_result(asyncio.get_running_loop().time())


async def mortal(url: str) -> asyncio.subprocess.Process:
    """A worker that has locked and rung everything, and has not committed."""
    words = ("-m", "tests.storage_people.mortal_ringer", url, str(DUE.total_seconds() / 60))
    worker = await asyncio.create_subprocess_exec(sys.executable, *words, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    assert worker.stdout is not None
    async with asyncio.timeout(60):
        assert await worker.stdout.readline() == b"reached\n"
    return worker


async def killed(worker: asyncio.subprocess.Process) -> float:
    """When it was killed."""
    worker.send_signal(signal.SIGKILL)
    at = asyncio.get_running_loop().time()
    assert await worker.wait() == -signal.SIGKILL
    return at


async def test_what_a_killed_worker_had_locked_rings_within_a_second_once(database: Database, database_url: str):
    office = Office(database)
    for n in range(WAITING):
        await office.write("a human please", thread=f"t{n}")
    worker = await mortal(database_url)
    async with Idle(database_url) as other:
        died = await killed(worker)
        async with asyncio.timeout(20):
            late = await other.rang - died
    assert late < SOON
    await rung_once(office)


async def test_after_all_were_down_the_first_that_is_up_rings_within_a_second_once(
    database: Database, database_url: str
):
    office = Office(database)
    for n in range(WAITING):
        await office.write("a human please", thread=f"t{n}")
    await killed(await mortal(database_url))
    assert await office.alerts() == [], "nothing of the half-done work may be seen"
    up = asyncio.get_running_loop().time()
    async with Idle(database_url) as other, asyncio.timeout(20):
        late = await other.rang - up
    assert late < SOON
    await rung_once(office)


async def rung_once(office: Office) -> None:
    assert await office.alerts() == [("first_response:1", "breach")] * WAITING
    assert [kind for kind in await office.kinds() if kind == EventKind.SLA_BREACH] == ["sla_breach"] * WAITING
    assert await replayed(office.database) == (2 * WAITING, [])
