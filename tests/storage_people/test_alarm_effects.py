"""Alarms on their way out: written with their alarm, sent until accepted, told once or flagged."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import event

from bots.notices.words import Wording
from conversation.conversation import Priority
from conversation.events import EventKind
from conversation.ids import ClientId
from sla.alarm import Tell
from sla.notice import SLACK, Notice, Recipient
from storage.alarm_effects import GIVE_UP_AFTER, SqlNotices, Standing
from storage.database import Database
from storage.sla_alarms import TOPIC, SlaAlarms
from storage.sla_rows import SlaPolicies
from tests.builders import NOON, minutes
from tests.storage_people.office import ANN, Office, policy

HOLD = timedelta(seconds=30)
RUTH = Recipient.email("ruth@example.org")
HOOK = Recipient.webhook("alpenrad")


class Outside:
    def __init__(self, *known: Recipient) -> None:
        self.known = known
        self.asked: list[str] = []

    def of(self, client: ClientId) -> Sequence[Recipient]:
        return [one for one in self.known if one.client in (None, client)]


class Told(Office):
    """An office whose alarms are told to somebody outside."""

    def __init__(self, database: Database, *known: Recipient, **sla) -> None:
        super().__init__(database, active=policy(**sla))
        self.outside = Outside(*known)
        self.alarms = self.worker()
        self.addresses = {one.key: "here" for one in known}
        self.notices = SqlNotices(database, lambda key: self.addresses.get(key, ""))

    def worker(self) -> SlaAlarms:
        return SlaAlarms(
            self.database, SlaPolicies(lambda _: None), self.clock, self.told, self.told, outside=self.outside
        )

    async def take_notices(self) -> list[Notice]:
        return await self.notices.take(self.clock.now(), hold=HOLD)

    async def take_one(self) -> Notice:
        [notice] = await self.take_notices()
        return notice

    async def fail(self, notice: Notice, seconds: float = 10, *, maybe_sent: bool = False) -> None:
        now = self.clock.now()
        retry = now + timedelta(seconds=seconds)
        await self.notices.failed(notice, "away", now, retry_at=retry, maybe_sent=maybe_sent)

    async def standing(self, recipient: Recipient) -> Standing:
        found = await self.notices.standings(NOON - timedelta(days=30))
        return next(one for one in found if one.recipient.key == recipient.key)

    async def breach(self, *threads: str, at: float = 10) -> None:
        for thread in threads:
            await self.write("a human please", thread=thread)
        await self.fire_at(at)


async def test_each_point_tells_whom_the_contract_says_and_raises_what_it_says(database: Database) -> None:
    office = Told(
        database,
        SLACK,
        HOOK,
        alarms={"50": {"raise": "high"}, "80": {"tell": ["slack"]}, "breach": {"tell": ["slack", "webhook"]}},
    )
    await office.write("a human please")
    await office.fire_at(5)
    assert await office.take_notices() == []
    assert (await office.conversation()).priority is Priority.HIGH
    raised = [e for e in await office.events() if e.kind is EventKind.PRIORITY_CHANGED]
    assert [dict(e.data) for e in raised] == [{"from": "normal", "to": "high", "reason": "sla_warning"}]
    await office.fire_at(8)
    warned = await office.take_one()
    assert (warned.recipient, [a.percent for a in warned.alarms]) == (SLACK, [80])
    assert TOPIC in office.told.topics
    await office.notices.sent(warned, office.clock.now())
    await office.fire_at(10)
    broken = await office.take_notices()
    assert {n.recipient for n in broken} == {SLACK, HOOK}
    assert all(n.alarms[0].is_breach and n.alarms[0].agents_online == 0 for n in broken)
    await office.assert_replay_is_the_same()


async def test_a_raised_priority_orders_the_work_and_moves_no_due_time(database: Database) -> None:
    targets = [
        {"when": {"priority": "urgent"}, "first_response": "1m", "resolution": "30m"},
        {"first_response": "10m", "resolution": "4h"},
    ]
    office = Told(database, targets=targets, alarms={"80": {"raise": "urgent"}})
    await office.write("a human please")
    before = {name: clock.due_at for name, clock in (await office.clocks()).items()}
    await office.fire_at(8)
    assert (await office.conversation()).priority is Priority.URGENT
    assert {name: clock.due_at for name, clock in (await office.clocks()).items()} == before
    assert await office.alerts() == [("first_response:1", "warning:50"), ("first_response:1", "warning:80")]
    await office.assert_replay_is_the_same()


async def test_a_told_alarm_is_told_once(database: Database) -> None:
    office = Told(database, SLACK)
    await office.breach("lena")
    notice = await office.take_one()
    assert await office.take_notices() == [], "nobody else gets it meanwhile"
    await office.notices.sent(notice, office.clock.now())
    office.clock.advance(HOLD * 2)
    assert await office.take_notices() == []
    assert await office.notices.next_due() is None
    told = await office.standing(SLACK)
    assert (told.sent, told.waiting, told.failed, told.unsure) == (1, 0, 0, 0)


async def test_what_fails_is_tried_again_as_the_same_message_and_its_recipient_rests_meanwhile(
    database: Database,
) -> None:
    office = Told(database, SLACK, RUTH, targets=[{"first_response": "10m"}])
    await office.breach("lena")
    first = {n.recipient: n for n in await office.take_notices()}
    await office.notices.sent(first[RUTH], office.clock.now())
    await office.fail(first[SLACK])
    await office.write("a human please", thread="otto")
    await office.fire_at(20)
    office.clock.set(NOON + minutes(20))
    again = [n for n in await office.take_notices() if n.recipient == SLACK]
    assert first[SLACK].id in [n.id for n in again], "the same message, so that its receiver knows it again"
    assert {a.conversation for n in again for a in n.alarms} == {c.id for c in await office.conversations()}
    retried = next(n for n in again if n.id == first[SLACK].id)
    assert (retried.attempts, retried.maybe_sent) == (1, False)
    await office.fail(retried, seconds=900, maybe_sent=True)
    assert (await office.standing(SLACK)).failures == 2
    await office.breach("ida", at=30)
    assert {n.recipient for n in await office.take_notices()} == {RUTH}, "the resting one is left alone"
    assert await office.notices.next_due() is not None
    office.clock.advance(minutes(20))
    [flagged] = [n for n in await office.take_notices() if n.id == retried.id]
    assert flagged.maybe_sent


async def test_a_sender_that_died_leaves_its_message_to_the_next_which_says_that_it_may_be_the_second(
    database: Database,
) -> None:
    office = Told(database, SLACK)
    await office.breach("lena")
    lost = await office.take_one()
    office.clock.advance(HOLD)
    again = await office.take_one()
    assert (again.id, again.alarms, again.maybe_sent) == (lost.id, lost.alarms, True)
    await office.fail(lost)
    assert (await office.standing(SLACK)).failures == 0, "who lost the message has no say any more"
    await office.notices.sent(again, office.clock.now())
    told = await office.standing(SLACK)
    assert (told.sent, told.unsure) == (1, 1)


async def test_a_storm_is_one_digest_and_nothing_of_it_is_lost(database: Database) -> None:
    office = Told(database, SLACK)
    await office.breach(*(f"c{n}" for n in range(12)))
    digest = await office.take_one()
    assert (len(digest.alarms), digest.breaches) == (12, 12)
    await office.notices.sent(digest, office.clock.now())
    await office.breach("late", at=20)
    office.clock.set(NOON + minutes(20))
    late = [n for n in await office.take_notices() if not n.is_digest]
    assert len(late) == 1


async def test_many_workers_take_every_alarm_once(database: Database) -> None:
    office = Told(database, SLACK, RUTH, HOOK)
    for n in range(8):
        await office.write("a human please", thread=f"c{n}")
    office.clock.set(NOON + minutes(10))
    await asyncio.gather(*(office.worker().fire_due() for _ in range(4)))
    while await office.alarms.fire_due():
        pass
    taken: list[Notice] = []
    for _ in range(4):  # digests of what one worker's look left follow a minute later
        for found in await asyncio.gather(*(office.take_notices() for _ in range(4))):
            taken += found
        for notice in taken:
            await office.notices.sent(notice, office.clock.now())
        office.clock.advance(minutes(1))
    for recipient in (SLACK, RUTH, HOOK):
        alarms = [a.id for n in taken if n.recipient == recipient for a in n.alarms]
        assert len(alarms) == len(set(alarms)) == 8
        assert (await office.standing(recipient)).unsure == 0


async def test_what_cannot_arrive_is_on_file_and_what_waits_for_a_day_is_given_up(database: Database) -> None:
    office = Told(database, RUTH)
    await office.breach("lena")
    await office.notices.refused(await office.take_one(), "no such mailbox", office.clock.now())
    await office.breach("otto", at=20)
    office.clock.set(NOON + minutes(20))
    waiting = await office.take_one()
    office.clock.advance(GIVE_UP_AFTER)
    [waiting] = await office.take_notices() or [waiting]
    await office.fail(waiting)
    told = await office.standing(RUTH)
    assert (told.failed, told.waiting, told.disabled_at) == (2, 0, None)


async def test_a_webhook_that_fails_for_a_day_is_switched_off_until_it_moves_or_somebody_enables_it(
    database: Database,
) -> None:
    office = Told(database, HOOK, SLACK, targets=[{"first_response": "10m"}])
    await office.breach("lena")
    [hook] = [n for n in await office.take_notices() if n.recipient == HOOK]
    await office.fail(hook)
    office.clock.advance(GIVE_UP_AFTER)
    [hook] = [n for n in await office.take_notices() if n.recipient == HOOK]
    await office.fail(hook)
    off = await office.standing(HOOK)
    assert off.disabled_at == office.clock.now()
    assert off.error == "away"

    await office.write("a human please", thread="otto")
    office.clock.advance(minutes(10))
    await office.alarms.fire_due()
    assert HOOK not in [n.recipient for n in await office.take_notices()]
    assert (await office.standing(HOOK)).failed == 2, "on file, not forgotten"

    office.addresses[HOOK.key] = "moved"
    await office.write("a human please", thread="ida")
    office.clock.advance(minutes(10))
    await office.alarms.fire_due()
    assert HOOK in [n.recipient for n in await office.take_notices()]
    assert await office.notices.enable(HOOK.key)
    assert not await office.notices.enable("webhook:nobody")


async def test_a_recipient_that_is_gone_is_switched_off_at_once(database: Database) -> None:
    office = Told(database, HOOK)
    await office.breach("lena")
    await office.notices.refused(await office.take_one(), "410 Gone", office.clock.now(), for_good=True)
    assert (await office.standing(HOOK)).disabled_at is not None


async def test_an_alarm_tells_facts_and_no_customer(database: Database) -> None:
    office = Told(database, HOOK)
    conversation = await office.claim(await office.write("a human please"))
    await office.fire_at(10)
    [alarm] = (await office.take_one()).alarms
    assert (alarm.client, alarm.conversation, alarm.clock_kind) == ("alpenrad", conversation.id, "first_response")
    assert (alarm.due_at, alarm.fired_at, alarm.priority) == (NOON + minutes(10), NOON + minutes(10), "high")
    assert alarm.assignee == ANN.name
    assert "Lena" not in str(alarm)
    assert alarm.id == f"{conversation.id}:first_response:1:100"


async def test_a_clients_mailbox_is_told_as_the_clients_own_and_each_client_for_itself(database: Database) -> None:
    theirs, others = Recipient.email("boss@x.example", "alpenrad"), Recipient.email("boss@x.example", "kontor")
    office = Told(database, theirs, others, Recipient.email("boss@x.example"))
    await office.claim(await office.write("a human please"))
    await office.fire_at(10)
    wording, told = Wording("en", str, lambda *_: ""), {}
    for notice in await office.take_notices():
        told[notice.recipient.key] = wording.details(notice.alarms[0], notice.recipient, "noon")
        assert notice.recipient.address == "boss@x.example"
    assert sorted(told) == ["email:alpenrad:boss@x.example", "email:boss@x.example"]
    assert ANN.name in told["email:boss@x.example"]
    assert ANN.name not in told["email:alpenrad:boss@x.example"]
    assert "online" not in told["email:alpenrad:boss@x.example"]
    assert (await office.standing(theirs)).recipient.client == "alpenrad"


async def test_the_page_of_recipients_reads_only_its_days_and_what_waits(sqlite_database: Database) -> None:
    asked: list[tuple[str, Sequence[object]]] = []

    def hear(_c: object, _cursor: object, statement: str, given: Sequence[object], *_: object) -> None:
        asked.append((statement, given))

    event.listen(sqlite_database.engine.sync_engine, "before_cursor_execute", hear)
    await SqlNotices(sqlite_database, lambda _: "").standings(NOON)
    event.remove(sqlite_database.engine.sync_engine, "before_cursor_execute", hear)
    [(statement, given)] = [one for one in asked if "FROM alarm_effects" in one[0]]
    async with sqlite_database.engine.connect() as connection:
        plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", tuple(given))
        steps = [str(row[-1]) for row in plan]
    assert any("ix_alarm_effects_created (created_at>?)" in step for step in steps), steps
    scans = [step for step in steps if step.startswith("SCAN")]
    assert all("ix_alarm_effects_due" in step for step in scans), "an index of what waits, and of nothing else"


@pytest.mark.parametrize("tell", ["slack", "webhook", "email"])
def test_a_recipients_key_says_what_it_is(tell: str) -> None:
    known = {"slack": SLACK, "webhook": HOOK, "email": RUTH}[tell]
    assert known.tell is Tell(tell)
    assert known.key.startswith(tell)
    assert known.address == {"slack": "", "webhook": "alpenrad", "email": "ruth@example.org"}[tell]
