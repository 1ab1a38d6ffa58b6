"""From the alarm to the receiver: told once, retried until accepted, and never lost to a kill."""

import asyncio
import signal
import sys
from pathlib import Path

from bots.backoff import Backoff
from bots.notices.notifier import HOLD, TOPIC, Notifier
from bots.notices.ports import Accepted, NoticeSender, Told
from sla.alarm import Tell
from sla.notice import SLACK, Notice
from storage.database import Database
from tests.builders import NOON, minutes
from tests.notices.making import HOOK, Receiver
from tests.notices.telling import webhook_sender
from tests.storage_people.test_alarm_effects import Told as Office

ROOT = Path(__file__).parents[2]


def notifier(office: Office, senders: dict[Tell, NoticeSender]) -> Notifier:
    return Notifier(office.notices, senders, office.told, office.clock, Backoff())


class Heard:
    """A sender that accepts everything."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []
        self.something = asyncio.Event()

    async def send(self, notice: Notice) -> Told:
        self.notices.append(notice)
        self.something.set()
        return Accepted()

    async def check(self) -> str:
        return ""


class Breaks(Heard):
    async def send(self, notice: Notice) -> Told:
        await super().send(notice)
        raise RuntimeError("a secret in a message")


async def test_two_workers_tell_every_alarm_once(database: Database) -> None:
    office = Office(database, SLACK, HOOK, targets=[{"first_response": "10m"}])
    heard = Heard()
    for n in range(5):
        await office.write("a human please", thread=f"c{n}")
    office.clock.set(NOON + minutes(10))
    workers = [notifier(office, {Tell.SLACK: heard, Tell.WEBHOOK: heard}) for _ in range(2)]
    alarms = [office.worker(), office.worker()]
    for _ in range(4):
        await asyncio.gather(*(a.fire_due() for a in alarms), *(w.tell_due() for w in workers))
    office.clock.advance(minutes(1))
    await asyncio.gather(*(w.tell_due() for w in workers))
    for recipient in (SLACK, HOOK):
        told = [a.id for n in heard.notices if n.recipient == recipient for a in n.alarms]
        assert len(told) == len(set(told)) == 5
        standing = await office.standing(recipient)
        assert (standing.sent, standing.waiting, standing.unsure) == (5, 0, 0)


async def test_a_receiver_that_is_down_gets_it_when_it_is_back_and_its_errors_are_kept(database: Database) -> None:
    office = Office(database, HOOK, targets=[{"first_response": "10m"}])
    await office.breach("lena")
    receiver = Receiver(answers=[503, 503])
    async with receiver.listening() as url, webhook_sender(url) as sender:
        worker = notifier(office, {Tell.WEBHOOK: sender})
        tries = 0
        while (await office.standing(HOOK)).sent == 0 and tries < 40:
            tries += await worker.tell_due()
            office.clock.advance(minutes(0.1))
    assert tries == 3
    keys = {headers["Idempotency-Key"] for headers, _ in receiver.heard}
    assert len(keys) == 1
    assert (await office.standing(HOOK)).unsure == 1, "a 503 may have been heard: flagged"


async def test_a_kill_between_the_receivers_yes_and_our_record_doubles_it_flagged_with_the_same_key(
    database: Database, database_url: str
) -> None:
    office = Office(database, HOOK, targets=[{"first_response": "10m"}])
    await office.breach("lena")
    receiver = Receiver()
    async with receiver.listening() as url, webhook_sender(url) as sender:
        teller = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.notices.mortal_teller",
            database_url,
            url,
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
        )
        assert teller.stdout is not None
        try:
            async with asyncio.timeout(60):
                assert await teller.stdout.readline() == b"reached\n"
        finally:
            teller.send_signal(signal.SIGKILL)
            assert await teller.wait() == -signal.SIGKILL
        worker = notifier(office, {Tell.WEBHOOK: sender})
        assert await worker.tell_due() == 0, "the dead worker's hold still runs"
        office.clock.advance(HOLD)
        assert await worker.tell_due() == 1
        assert await worker.tell_due() == 0
    first, second = receiver.heard
    assert first[0]["Idempotency-Key"] == second[0]["Idempotency-Key"]
    assert first[1] == second[1]
    told = await office.standing(HOOK)
    assert (told.sent, told.unsure) == (1, 1)


async def test_a_sender_that_breaks_is_tried_again_and_its_words_are_not_kept(sqlite_database: Database) -> None:
    office = Office(sqlite_database, SLACK, targets=[{"first_response": "10m"}])
    await office.breach("lena")
    await notifier(office, {Tell.SLACK: Breaks()}).tell_due()
    standing = await office.standing(SLACK)
    assert (standing.waiting, standing.failures, standing.error) == (1, 1, "our sender failed: RuntimeError")


async def test_a_kind_that_is_not_set_up_here_waits(sqlite_database: Database) -> None:
    office = Office(sqlite_database, SLACK, targets=[{"first_response": "10m"}])
    await office.breach("lena")
    await notifier(office, {}).tell_due()
    assert (await office.standing(SLACK)).waiting == 1


class Wakes:
    """Wake-ups that really wake."""

    def __init__(self) -> None:
        self.rung = asyncio.Event()

    async def announce(self, *topics: str) -> None:
        assert TOPIC in topics
        self.rung.set()

    async def wait(self, topic: str, timeout: float) -> bool:
        try:
            async with asyncio.timeout(timeout):
                await self.rung.wait()
        except TimeoutError:
            return False
        self.rung.clear()
        return True


async def test_a_running_worker_is_woken_by_the_alarm_and_finishes_what_it_sends_before_it_stops(
    sqlite_database: Database,
) -> None:
    office = Office(sqlite_database, SLACK, targets=[{"first_response": "10m"}])
    heard, wakes, stop = Heard(), Wakes(), asyncio.Event()
    worker = Notifier(office.notices, {Tell.SLACK: heard}, wakes, office.clock)
    running = asyncio.create_task(worker.run(stop))
    await office.breach("lena")
    await wakes.announce(TOPIC)
    async with asyncio.timeout(10):
        await heard.something.wait()
    stop.set()
    await wakes.announce(TOPIC)
    await running
    assert (await office.standing(SLACK)).sent == 1
