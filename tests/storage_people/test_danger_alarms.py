"""Danger that a customer reports is told at once and once: with the handoff, whatever the hours, killed or not."""

import asyncio
import signal
import sys
from datetime import datetime, timedelta
from pathlib import Path

from conversation.ids import ClientId
from sla.digest import SINGLES
from sla.notice import DANGER_POINT, SLACK, Notice, Recipient
from storage.alarm_effects import SqlNotices
from storage.danger_alarms import DangerAlarms, SqlDangers
from storage.database import Database
from tests.builders import NOON, inbound
from tests.storage_people.reporting import FIRE, RUTH, Everybody, Reported

ROOT = Path(__file__).parents[2]
HOLD = timedelta(seconds=30)
HOOK = Recipient.webhook("alpenrad")


def reporting(database: Database) -> Reported:
    return Reported(database, DangerAlarms(Everybody()))


async def taken(database: Database, at: datetime = NOON) -> list[Notice]:
    return await SqlNotices(database, lambda _: "here").take(at, hold=HOLD)


async def test_everybody_with_an_address_is_told_of_danger_at_once_and_once(database: Database) -> None:
    process = reporting(database)
    await process.receive(inbound(FIRE, order=1))
    await process.handle_all()
    notices = await taken(database)
    assert {one.recipient for one in notices} == {SLACK, RUTH, HOOK}
    for notice in notices:
        [alarm] = notice.alarms
        assert (alarm.kind, alarm.topic, alarm.queue, alarm.priority) == ("danger", "fire", "safety", "urgent")
        assert alarm.fired_at == NOON
    await process.receive(inbound("it is spreading", order=2))
    await process.handle_all()
    assert await taken(database) == [], "what follows in the same conversation is the person's"


async def test_another_handoff_is_no_danger(database: Database) -> None:
    process = reporting(database)
    await process.receive(inbound("a human please", order=1))
    await process.handle_all()
    assert await taken(database) == []


async def test_danger_waits_for_no_digest(database: Database) -> None:
    process = reporting(database)
    for n in range(2 * SINGLES):
        await process.receive(inbound(FIRE, thread=f"t{n}", order=1))
    await process.handle_all()
    slack = [one for one in await taken(database) if one.recipient == SLACK]
    assert [len(one.alarms) for one in slack] == [1] * (2 * SINGLES)
    assert all(one.alarms[0].percent == DANGER_POINT for one in slack)


async def test_supervisors_see_the_conversations_of_their_clients(database: Database) -> None:
    process = reporting(database)
    await process.receive(inbound(FIRE, order=1))
    await process.receive(inbound("a human please", thread="otto", order=1))
    await process.handle_all()
    dangers = SqlDangers(database)
    [found] = await dangers.since(NOON - timedelta(days=7), [ClientId("alpenrad")])
    assert found.topic == "fire"
    assert await dangers.since(NOON - timedelta(days=7), [ClientId("kontor")]) == []
    assert await dangers.since(NOON + timedelta(days=1), [ClientId("alpenrad")]) == []


async def test_a_worker_killed_before_its_commit_told_nobody_and_the_next_tells_once(
    database: Database, database_url: str
) -> None:
    process = reporting(database)
    await process.receive(inbound(FIRE, order=1))
    words = ("-m", "tests.storage_people.mortal_reporter", database_url)
    worker = await asyncio.create_subprocess_exec(sys.executable, *words, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    assert worker.stdout is not None
    async with asyncio.timeout(60):
        assert await worker.stdout.readline() == b"reached\n"
    worker.send_signal(signal.SIGKILL)
    assert await worker.wait() == -signal.SIGKILL
    assert await taken(database) == [], "nothing of the half-done work may be seen"
    process.clock.advance(timedelta(minutes=10))
    await process.handle_all()
    notices = await taken(database, process.clock.now())
    assert sorted(one.recipient.key for one in notices) == sorted(one.key for one in (SLACK, RUTH, HOOK))
