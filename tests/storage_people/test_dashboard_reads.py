"""The dashboard's facts: every number is counted right and opens to its conversations."""

from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from conversation.conversation import ResolvedBy
from conversation.ids import QueueId
from conversation.message import SYSTEM
from conversation.ports import Failed
from handoff.dashboard_view import Behind, BreachCause, ClockCount, Period, Volume
from sla.exclusion import Reason
from storage.dashboard_reads import SqlDashboardReads
from storage.database import Database
from storage.endings import Ending
from storage.exclusions import SqlExclusions
from tests.builders import NOON, minutes
from tests.storage_people.conftest import ALPENRAD, KONTOR
from tests.storage_people.floor import ANN, BEN, BOSS, Floor

MONTH = Period(datetime(2026, 10, 31, 23, tzinfo=UTC), datetime(2026, 11, 30, 23, tzinfo=UTC), "Europe/Berlin")


@pytest.fixture
async def floor(database: Database) -> Floor:
    made = Floor(database)
    await made.hire()
    made.board = SqlDashboardReads(database, made.clock)
    return made


async def answered(floor: Floor, thread: str, after: float, who=ANN, **more) -> str:
    """A handed-off conversation answered so many minutes later, then resolved."""
    conversation = await floor.held(who, thread, **more)
    floor.clock.advance(minutes(after))
    await floor.desk.reply(who, conversation, "Here you are", key=thread)
    await floor.deliver_all()
    await floor.desk.resolve(who, conversation)
    return conversation


async def figures(floor: Floor, period: Period = MONTH, client=ALPENRAD, **more):
    return await floor.board.figures(client, period, now=floor.clock.now(), **more)


async def behind(floor: Floor, which: Behind) -> list[str]:
    page = await floor.board.behind(ALPENRAD, MONTH, which, limit=50)
    return [row.id for row in page.rows]


async def test_conversations_are_counted_by_how_they_ended(floor):
    await floor.write("done", "contained")
    contained = (await floor.write("bye", "contained")).id
    await floor.write("hello", "abandoned")
    abandoned = (await floor.write("bye", "abandoned")).id
    handled = await answered(floor, "handled", 3)
    waiting = await floor.waits("waiting")
    with_bot = (await floor.write("hello", "bot")).id
    volume = (await figures(floor)).volume
    assert (volume.opened, volume.contained, volume.handled, volume.abandoned, volume.open) == (5, 1, 1, 1, 2)
    assert volume.customer_messages == 7
    assert volume.reasons == {"asked_for_person": 2}
    assert volume.topics == {"human": 2}
    assert list(volume.by_channel.values()) == [5]
    assert volume.agent_minutes == Decimal("3.00")
    assert await behind(floor, Behind.CONTAINED) == [contained]
    assert await behind(floor, Behind.ABANDONED) == [abandoned]
    assert await behind(floor, Behind.HANDLED) == [handled]
    assert set(await behind(floor, Behind.OPEN)) == {waiting, with_bot}
    assert len(await behind(floor, Behind.OPENED)) == 5


async def test_a_duplicate_is_told_apart_and_counts_in_the_conversation_it_went_into(floor):
    duplicate, other = await floor.held(ANN, "lena"), await floor.held(ANN, "lena-again")
    await floor.reply(await floor.now_is(duplicate), agent=ANN.author)
    await floor.desk.merge(ANN, duplicate, other)
    await floor.desk.resolve(ANN, other)
    volume = (await figures(floor)).volume
    assert (volume.opened, volume.handled, volume.merged) == (2, 1, 1)
    assert sum(getattr(volume, ending) for ending in Ending) == volume.opened
    assert await behind(floor, Behind.MERGED) == [duplicate]
    wall = await floor.board.wallboard([ALPENRAD], now=floor.clock.now(), since=NOON)
    assert (wall.resolved_today, wall.contained_today) == (1, 0), "a duplicate is no conversation of its own"


async def test_coming_back_for_a_person_revokes_but_stays_in_the_count(floor):
    await floor.write("done")
    await floor.write("bye")
    floor.clock.advance(timedelta(hours=30))
    await floor.waits()
    volume = (await figures(floor)).volume
    assert (volume.opened, volume.contained, volume.revoked, volume.open) == (2, 0, 1, 1)
    assert volume.opened == volume.contained + volume.handled + volume.abandoned + volume.revoked + volume.open


async def test_first_responses_are_judged_and_open_to_their_conversations(floor):
    fast = await answered(floor, "fast", 2)
    slow = await answered(floor, "slow", 14)
    waiting = await floor.waits("waiting")
    shown = await figures(floor)
    assert shown.first_response == ClockCount(met=1, missed=1, open=1)
    assert (shown.overall.count, shown.overall.p50_s, shown.overall.p95_s) == (2, 120, 840)
    assert [t.first_response.max_s for t in shown.times] == [840]
    assert await behind(floor, Behind.MET) == [fast]
    assert await behind(floor, Behind.MISSED) == [slow]
    assert await behind(floor, Behind.RUNNING) == [waiting]
    floor.clock.advance(minutes(11))
    assert (await figures(floor)).first_response == ClockCount(met=1, missed=2, open=0)
    assert set(await behind(floor, Behind.MISSED)) == {slow, waiting}


async def test_days_and_the_heatmap_are_the_clients_own(floor):
    floor.clock.set(datetime(2026, 11, 2, 23, 30, tzinfo=UTC))
    await answered(floor, "late evening", 1)
    shown = await figures(floor)
    assert [day.day for day in shown.days] == [date(2026, 11, n) for n in (1, 2, 3)]
    assert (shown.days[2].conversations, shown.days[2].first_response.met) == (1, 1)
    assert shown.arrivals == {(1, 0): 1}


async def test_the_period_before_is_equally_long(floor):
    await answered(floor, "one", 1)
    day = timedelta(days=1)
    shown = await figures(floor, Period(NOON + day / 2, NOON + day * 3 / 2, "UTC"))
    assert (shown.volume.opened, shown.previous.opened) == (0, 1)
    assert shown.previous.agent_minutes == Decimal("1.00")
    nothing = Volume()
    same = [f.name for f in fields(Volume) if getattr(shown.volume, f.name) == getattr(nothing, f.name)]
    assert len(same) == len(fields(Volume))


async def test_a_breach_tells_when_how_late_and_why(floor):
    await answered(floor, "idle agent", 12)
    nobody = await floor.waits("nobody there")
    floor.clock.advance(minutes(11))
    await floor.desk.claim(BEN, nobody)
    shown = await figures(floor)
    assert [(b.cause, b.clock, b.late_s, b.agent_name) for b in shown.breaches] == [
        (BreachCause.NOBODY_ONLINE, "first_response", None, "Ben"),
        (BreachCause.AGENT_IDLE, "first_response", 120.0, "Ann"),
    ]
    assert shown.breaches[1].customer_name == "Lena"
    assert len((await figures(floor, breaches=1)).breaches) == 1


async def test_a_breach_names_its_clock_and_where_that_stands_in_the_ledger(floor):
    late = await answered(floor, "late", 12)
    ledger, clock = SqlExclusions(floor.database), f"{late}:first_response:1"

    async def stands() -> tuple[str, str]:
        [breach] = (await figures(floor)).breaches
        return breach.clock_id, breach.excluded

    assert await stands() == (clock, "")
    for approve, then in ((False, ""), (True, "approved")):
        proposed = await ledger.propose(
            ALPENRAD, clock, Reason.SPAM, "seen", by=None, by_name="boss", now=floor.clock.now()
        )
        assert await stands() == (clock, "proposed")
        await ledger.decide(ALPENRAD, proposed.id, approve=approve, by=None, by_name="admin", now=floor.clock.now())
        assert await stands() == (clock, then)


async def test_a_breach_after_an_answer_that_could_not_be_delivered_says_so(floor):
    lost = await floor.held(ANN, "lost")
    await floor.desk.reply(ANN, lost, "Here you are", key="k")
    await floor.outbox.settle([Failed(item, "the customer has blocked us") for item in await floor.take()])
    floor.clock.advance(minutes(11))
    [breach] = (await figures(floor)).breaches
    assert (breach.conversation, breach.cause) == (lost, BreachCause.DELIVERY_FAILED)


async def test_a_breach_of_a_conversation_that_was_opened_again_says_so(floor):
    again = await answered(floor, "again", 1)
    await floor.write("a human please", "again")
    floor.clock.advance(minutes(21))
    [breach] = (await figures(floor)).breaches
    assert (breach.conversation, breach.clock, breach.cause) == (again, "next_response", BreachCause.REOPENED)


async def test_a_breach_while_agents_were_busy_is_a_full_queue(floor):
    left = await floor.waits("left")
    await answered(floor, "other", 5)
    floor.clock.advance(minutes(6))
    [breach] = (await figures(floor)).breaches
    assert (breach.conversation, breach.cause) == (left, BreachCause.QUEUE_FULL)


@pytest.mark.parametrize(
    ("at_the_desk", "holding", "cause"),
    [
        ([], 0, BreachCause.NOBODY_ONLINE),
        ([ANN], 0, BreachCause.AGENT_IDLE),
        ([ANN], 2, BreachCause.QUEUE_FULL),
    ],
)
async def test_a_breach_keeps_who_was_at_the_desk_when_it_broke(floor, at_the_desk, holding, cause):
    for number in range(holding):
        await floor.held(ANN, f"held {number}")
    left = await floor.waits("left")
    floor.clock.advance(minutes(10))
    for one in at_the_desk:
        await floor.presence.beat(one.id, "online", floor.clock.now())
    await floor.alarms.fire_due()
    floor.clock.advance(minutes(30))
    for one in (ANN, BEN):  # whoever comes later changes nothing
        await floor.presence.beat(one.id, "online", floor.clock.now())
    causes = {breach.conversation: breach.cause for breach in (await figures(floor)).breaches}
    assert causes[left] == cause


async def test_minutes_of_concurrent_conversations_are_split_across_clients(floor):
    first = await floor.held(BOSS, "first")
    second = await floor.held(BOSS, "second", client="kontor", channel="kontor-web")
    floor.clock.advance(minutes(10))
    await floor.desk.resolve(BOSS, first)
    floor.clock.advance(minutes(5))
    await floor.desk.resolve(BOSS, second)
    assert (await figures(floor)).volume.agent_minutes == Decimal("5.00")
    assert (await figures(floor, client=KONTOR)).volume.agent_minutes == Decimal("10.00")


async def test_a_snooze_is_nobodys_working_time(floor):
    conversation = await floor.held(ANN)
    await floor.desk.reply(ANN, conversation, "What is the frame number?", key="k")
    await floor.deliver_all()
    await floor.desk.snooze(ANN, conversation, floor.clock.now() + timedelta(hours=2))
    floor.clock.advance(minutes(30))
    await floor.write("it is 12345")
    floor.clock.advance(minutes(4))
    await floor.desk.resolve(ANN, conversation)
    assert (await figures(floor)).volume.agent_minutes == Decimal("4.00")


async def test_nothing_of_another_client_is_counted(floor):
    await answered(floor, "theirs", 2, BOSS, client="kontor", channel="kontor-web")
    shown = await figures(floor)
    assert (shown.volume.opened, shown.first_response, len(shown.arrivals)) == (0, ClockCount(), 0)
    assert await behind(floor, Behind.OPENED) == []


async def test_the_wallboard_shows_now_and_today(floor):
    await floor.write("done", "contained")
    await floor.write("bye", "contained")
    await answered(floor, "kept", 2)
    first = floor.clock.now()
    await floor.waits("breached")
    floor.clock.advance(minutes(4))
    warned = await floor.waits("warned")
    await floor.desk.transfer_to_queue(BOSS, warned, QueueId("workshop"))
    await floor.fire_at(12.5)
    board = await floor.board.wallboard([ALPENRAD], now=floor.clock.now(), since=NOON - timedelta(hours=11))
    assert (board.waiting, board.longest_since) == (2, first)
    assert board.next_due_at == first + minutes(14)
    assert board.kept_today == ClockCount(met=1, missed=1, open=1)
    assert (board.resolved_today, board.contained_today) == (2, 1)
    assert [(q.queue, q.waiting, q.warned, q.breached) for q in board.queues] == [
        ("general", 1, 0, 1),
        ("workshop", 1, 1, 0),
    ]
    empty = await floor.board.wallboard([KONTOR], now=floor.clock.now(), since=NOON)
    assert (empty.waiting, empty.longest_since, empty.next_due_at, list(empty.queues)) == (0, None, None, [])


async def test_what_is_due_next_is_of_conversations_that_somebody_can_work_on(floor):
    silent = await floor.now_is(await floor.held(ANN, "silent"))
    await floor.act(silent, lambda d: d.resolve(SYSTEM, ResolvedBy.ABANDONED))
    board = await floor.board.wallboard([ALPENRAD], now=floor.clock.now(), since=NOON)
    assert board.next_due_at is None
    await floor.waits("waiting")
    board = await floor.board.wallboard([ALPENRAD], now=floor.clock.now(), since=NOON)
    assert board.next_due_at == floor.clock.now() + minutes(10)
