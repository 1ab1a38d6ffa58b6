"""SLA clocks in the database: in step with events, fired on time, once."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from conversation.conversation import Priority, ResolvedBy
from conversation.events import EventKind
from conversation.ids import UserId
from sla.clock import ClockState, Outcome
from storage.database import Database
from storage.schema import conversations, sla_clocks, sla_episodes
from storage.sla_alarms import SlaAlarms
from storage.sla_ringing import Ringing
from storage.sla_rows import SlaPolicies
from storage.tenancy import ALL_CLIENTS
from tests.builders import NOON, minutes
from tests.storage_people.office import ANN, Office, policy


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


async def count(office: Office, table) -> int:
    async with office.database.reading(ALL_CLIENTS) as connection:
        return int(await connection.scalar(select(func.count()).select_from(table)) or 0)


async def test_a_conversation_the_bot_resolves_costs_no_rows(office):
    await office.write("done")
    await office.write("bye")
    assert await count(office, sla_clocks) == await count(office, sla_episodes) == 0


async def test_a_handoff_starts_the_clocks_and_the_delivered_answer_stops_the_first(office):
    conversation = await office.write("a human please")
    clocks = await office.clocks()
    assert {(name, c.due_at) for name, c in clocks.items()} == {
        ("first_response:1", NOON + minutes(10)),
        ("resolution:1", NOON + timedelta(hours=4)),
    }
    office.clock.advance(minutes(3))
    await office.reply(await office.claim(conversation))
    first = (await office.clocks())["first_response:1"]
    assert (first.state, first.outcome, first.elapsed, first.agent) == (
        ClockState.STOPPED,
        Outcome.MET,
        minutes(3),
        "u-ann",
    )
    await office.assert_replay_is_the_same()


async def test_the_history_before_the_handoff_is_part_of_the_clock(database):
    office = Office(database, active=policy(start="first_customer_message"))
    await office.write("hello")
    office.clock.advance(minutes(4))
    await office.write("a human please")
    first = (await office.clocks())["first_response:1"]
    assert (first.started_at, first.due_at) == (NOON, NOON + minutes(10))


async def test_warnings_and_the_breach_fire_in_order_each_once(office):
    conversation = await office.write("a human please")
    assert await office.alarms.next_wakeup() == NOON + minutes(5)
    assert await office.fire_at(4.9) == 0
    assert await office.fire_at(5) == 1
    assert await office.fire_at(5) == 0
    assert await office.fire_at(8) == 1
    assert await office.fire_at(10) == 1
    assert await office.fire_at(11) == 0
    assert await office.alerts() == [
        ("first_response:1", "warning:50"),
        ("first_response:1", "warning:80"),
        ("first_response:1", "breach"),
    ]
    kinds = await office.kinds()
    assert (kinds.count(EventKind.SLA_WARNING), kinds.count(EventKind.SLA_BREACH)) == (2, 1)
    assert (await office.conversation()).priority is Priority.URGENT, "raised at the last warning and at the breach"
    assert office.told.changed[-1].conversation == conversation.id
    await office.assert_replay_is_the_same()


async def test_what_was_slept_through_fires_as_a_breach_when_a_worker_is_up_again(office):
    await office.write("a human please")
    assert await office.fire_at(60) == 1
    assert await office.alerts() == [("first_response:1", "breach")]


async def test_many_workers_fire_everything_exactly_once(office):
    for n in range(12):
        await office.write("a human please", thread=f"c{n}")
    office.clock.set(NOON + minutes(10))
    workers = [
        SlaAlarms(office.database, SlaPolicies(lambda _: None), office.clock, office.told, office.told)
        for _ in range(4)
    ]

    async def work(alarms: SlaAlarms) -> int:
        fired = 0
        for _ in range(50):
            fired += await alarms.fire_due()
            due = await alarms.next_wakeup()
            if due is None or due > office.clock.now():
                return fired
        raise AssertionError("something due was never fired")

    assert sum(await asyncio.gather(*(work(w) for w in workers))) == 12
    assert len(await office.alerts()) == len(set(await office.alerts())) * 12 == 12
    assert (await office.kinds()).count(EventKind.SLA_BREACH) == 12
    await office.assert_replay_is_the_same()


async def test_an_answer_and_a_breach_at_the_same_moment_leave_one_truth(office):
    conversation = await office.claim(await office.write("a human please"))
    office.clock.set(NOON + minutes(10))
    await asyncio.gather(office.alarms.fire_due(), office.reply(conversation), return_exceptions=True)
    await office.deliver_all()
    await office.assert_replay_is_the_same()
    first = (await office.clocks())["first_response:1"]
    assert first.warned in (0, 80, 100)


async def test_a_conversation_that_ended_is_not_made_more_urgent(office):
    conversation = await office.claim(await office.write("a human please"))
    await office.fire_at(9)
    await office.act(conversation, lambda d: d.resolve(ANN, ResolvedBy.AGENT))
    await office.fire_at(30)
    assert (await office.conversation()).priority is Priority.HIGH, "as its last warning left it"
    assert (await office.alerts())[-1] == ("first_response:1", "breach")


async def test_a_conversation_keeps_the_policy_it_began_with(office):
    conversation = await office.write("a human please")
    old = office.active
    office.active = policy(targets=[{"first_response": "1m", "next_response": "1m"}])
    await office.reply(await office.claim(conversation))
    await office.write("one more thing")
    assert (await office.clocks())["next_response:1"].due_at == NOON + minutes(20)
    office.active = old
    await office.assert_replay_is_the_same()


async def test_another_process_judges_by_the_frozen_policy(database):
    office = Office(database)
    await office.write("a human please")
    other = Office(database, office.clock, policy(targets=[{"first_response": "1m"}]))
    assert await other.fire_at(5) == 1
    assert await other.alerts() == [("first_response:1", "warning:50")]


async def test_a_client_without_an_sla_has_no_clocks(office):
    office.active = None
    await office.write("a human please")
    assert await count(office, sla_clocks) == 0
    assert await office.alarms.next_wakeup() is None


async def test_an_agent_who_takes_a_conversation_back_owes_answers(office):
    conversation = await office.write("done")
    conversation = await office.write("bye")
    conversation = await office.act(conversation, lambda d: d.take_back(UserId(ANN.id), ANN.name, "not really solved"))
    await office.write("oh, thanks for asking")
    assert (await office.clocks())["next_response:1"].due_at == NOON + minutes(20)
    await office.assert_replay_is_the_same()


async def test_the_loop_fires_what_is_due_and_stops_when_asked(sqlite_database):
    office = Office(sqlite_database)
    await office.write("a human please")
    stop = asyncio.Event()
    waits: list[float] = []

    async def wait(topic: str, timeout: float) -> bool:
        assert topic == "sla"
        waits.append(timeout)
        if len(waits) == 3:
            stop.set()
        office.clock.advance(
            timedelta(minutes=4, seconds=59, milliseconds=700) if len(waits) == 1 else timedelta(seconds=timeout)
        )
        return False

    office.told.wait = wait
    await office.alarms.run(stop)
    assert waits == [1.0, pytest.approx(0.3), 1.0]
    assert await office.alerts() == [("first_response:1", "warning:50")]


async def test_a_conversation_that_cannot_be_worked_out_keeps_no_other_from_ringing(office, caplog):
    broken = await office.write("a human please", thread="broken")
    await office.write("a human please", thread="whole")
    async with office.database.transaction(ALL_CLIENTS) as connection:
        row = (await connection.execute(sla_episodes.select().where(sla_episodes.c.conversation == broken.id))).one()
        lost = {**row.data, "policy_version": "lost"}
        await connection.execute(
            sla_episodes.update().where(sla_episodes.c.conversation == broken.id).values(data=lost)
        )
    assert await office.fire_at(10) == 1
    assert await office.alarms.next_wakeup() > office.clock.now(), "and it is not looked at over and over"
    assert f"{broken.id} are judged by is not on file" in caplog.text
    async with office.database.transaction(ALL_CLIENTS) as connection:
        await connection.execute(
            sla_episodes.update().where(sla_episodes.c.conversation == broken.id).values(data=row.data)
        )
    assert await office.fire_at(12) == 1
    assert len(await office.alerts()) == 2
    await office.assert_replay_is_the_same()


async def test_a_step_that_breaks_is_told_and_leaves_nothing_half_done(office, caplog, monkeypatch):
    broken = await office.write("a human please", thread="broken")
    await office.write("a human please", thread="whole")
    ring = Ringing.ring

    def breaking(self):
        ring(self)
        if self.conversation.id == broken.id:
            raise ValueError("out of range")

    monkeypatch.setattr(Ringing, "ring", breaking)
    assert await office.fire_at(10) == 1
    assert "out of range" in caplog.text
    monkeypatch.undo()
    assert await office.fire_at(12) == 1
    assert (await office.kinds()).count(EventKind.SLA_BREACH) == 2
    await office.assert_replay_is_the_same()


async def test_what_a_stuck_transaction_holds_keeps_no_other_from_ringing(postgres_url, monkeypatch):
    """More conversations than fit in a batch are locked, and older than the others."""
    monkeypatch.setattr("storage.sla_alarms.BATCH", 3)
    office = Office(Database(postgres_url))
    held = [(await office.write("a human please", thread=f"held{n}")).id for n in range(5)]
    office.clock.advance(minutes(1))
    for n in range(4):
        await office.write("a human please", thread=f"free{n}")
    async with office.database.transaction(ALL_CLIENTS) as stuck:
        await stuck.execute(select(conversations).where(conversations.c.id.in_(held)).with_for_update())
        assert await office.fire_at(11) == 4
    assert await office.fire_at(11) == 5
    await office.assert_replay_is_the_same()
    await office.database.dispose()
