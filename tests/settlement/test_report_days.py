"""Days of reports are what the rows say, kept or counted, whatever happens; and each figure means what its page says."""

import random
from datetime import UTC, date, datetime, timedelta
from itertools import chain, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from conversation.conversation import Priority, ResolvedBy, State
from conversation.events import EventKind
from conversation.message import Reply
from handoff.dashboard_view import Behind, Period
from sla.attainment import percentile
from sla.clock import ClockState
from sla.day import day_start, local_day
from sla.instants import to_us
from sla.slices import CLOCKS, Count, Dimension, Measure, Slice, add_up, bucket
from sla.span import unite
from sla.summary import summary
from sla.times import Times
from sla.usage import holdings
from storage.conversation_export import SqlConversationExport
from storage.dashboard_reads import SqlDashboardReads
from storage.report_figures import SqlReportFigures
from storage.rollups import MARKS, RollupMarks, SqlRollups
from storage.schema import messages, report_days, sla_clocks
from storage.sla_rows import clock_of
from storage.tenancy import ALL_CLIENTS
from tests.builders import NOON, minutes
from tests.settlement.history import BEN, live_through, upset
from tests.settlement.test_rollups import WEEK
from tests.storage_people.conftest import ALPENRAD, KONTOR, add_clients
from tests.storage_people.office import ANN, Office

ZONE = "Asia/Kathmandu"
FIRST, LAST = date(2026, 11, 23), date(2026, 12, 1)
EVERY = tuple(Dimension)


@pytest.fixture
async def office(database) -> Office:
    made = Office(database)
    marks = RollupMarks()
    made.store._projections += (marks,)
    made.outbox._projections += (marks,)
    made.alarms._projections += (marks,)
    await add_clients(database)
    made.rollups = SqlRollups(database, made.clock, lambda _: ZONE)
    made.figures = SqlReportFigures(database)
    return made


async def read(office: Office, client=ALPENRAD, first=FIRST, last=LAST):
    return await office.figures.figures(client, ZONE, first, last, EVERY, office.clock.now())


async def ring(office: Office) -> None:
    """Rings whatever is due, and waits until reports must know: they call a clock missed when its alarm has rung."""
    for _ in range(2):
        while await office.alarms.fire_due():
            pass
        office.clock.advance(timedelta(seconds=6))


async def slowly(office: Office, last: date) -> Slice:
    """All of the dates up to `last`, counted from rows and events as simply as can be."""
    now, total = office.clock.now(), Slice()
    inside = lambda at: at is not None and FIRST <= local_day(at, ZONE) <= last  # noqa: E731
    known = {c.id: c for c in await office.conversations() if c.client == ALPENRAD}
    for c in known.values():
        if inside(c.handed_off_at):
            total.add(Count.HANDED, 0)
        if c.handed_off_at and c.state is State.RESOLVED and inside(c.resolved_at):
            total.add(Count.FINISHED, "")
        if inside(c.opened_at):
            for name, key in ((Count.REASONS, c.handoff_reason), (Count.TOPICS, c.topic)):
                if key:
                    total.add(name, key)
    for clock in map(clock_of, await office._all(select(sla_clocks))):
        if inside(clock.started_at) and clock.state is not ClockState.CANCELLED:
            late = clock.outcome is None and clock.due_at is not None and clock.due_at < now
            total.add(f"clock:{clock.kind}", "missed" if late else clock.outcome or "open")
            if clock.state is ClockState.STOPPED and clock.elapsed is not None:
                total.took(clock.kind, clock.elapsed.total_seconds())
    histories = {}
    for event in await office.events():
        if event.client == ALPENRAD:
            histories.setdefault(event.conversation, []).append(event)
    held = [holding for history in histories.values() for holding in holdings(history, now)]
    claims = {
        id_: {local_day(e.at, ZONE) for e in history if e.kind is EventKind.ASSIGNED}
        for id_, history in histories.items()
    }
    for id_, history in histories.items():
        claimed = [e.at for e in history if e.kind is EventKind.ASSIGNED]
        if claimed and inside(claimed[0]) and known[id_].assignee is None:
            total.took(Measure.HANDLING, sum(b - a for h in holdings(history, now) for a, b in h.ranges) / 1e6)
    for agent, day in {(h.agent, day) for h in held for day in claims[h.conversation]}:
        within = [h.ranges for h in held if h.agent == agent and day in claims[h.conversation]]
        lo, hi = (to_us(day_start(day + timedelta(days=n), ZONE)) for n in (0, 1))
        seconds = sum(max(min(b, hi) - max(a, lo), 0) for a, b in unite(chain(*within))) / 1e6
        total.add(Count.WORKED, "", seconds if FIRST <= day <= last else 0)
    said = {}
    surveys = {e.data["message_id"] for e in await office.events() if e.kind is EventKind.CSAT_ASKED}
    for row in await office._all(select(messages).order_by(messages.c.position)):
        if row["id"] in surveys:
            row = dict(row) | {"author_kind": "survey"}  # noqa: PLW2901  it answers nobody
            said.setdefault(row["conversation"], []).append(row)
        elif row["visibility"] == "public" and row["author_kind"] in ("customer", "bot", "agent"):
            said.setdefault(row["conversation"], []).append(row)
    for id_, rows in said.items():
        turns = [row for n, row in enumerate(rows) if not n or rows[n - 1]["author_kind"] != row["author_kind"]]
        for asked, answer in pairwise(turns if inside(known[id_].opened_at) else []):
            if (asked["author_kind"], answer["author_kind"]) == ("customer", "bot") and answer["delivered_at"]:
                total.took(Measure.BOT_RESPONSE, (answer["delivered_at"] - asked["created_at"]).total_seconds())
    return total


async def assert_same(office: Office) -> None:
    found = await read(office)
    total, slow = add_up(found.days.values()), await slowly(office, LAST)
    for kind in CLOCKS:
        assert total.clock(kind) == slow.clock(kind)
    for measure in Measure:
        assert total.spread(measure) == slow.spread(measure), measure
    for count in (Count.REASONS, Count.TOPICS, Count.FINISHED):
        assert total.of(count) == slow.of(count)
    assert total.of(Count.HANDED).total() == slow.of(Count.HANDED).total()
    assert sum(total.slots(Count.WORKED).values()) == pytest.approx(sum(slow.counts.get(Count.WORKED, {}).values()))
    assert found.total.slots(Count.WORKED) == pytest.approx(total.slots(Count.WORKED))
    channels = add_up(found.groups[Dimension.CHANNEL].values())
    assert channels.of(Count.ENDINGS) == total.of(Count.ENDINGS)
    assert channels.of(Count.HANDED).total() == total.of(Count.HANDED).total()
    agents = found.groups[Dimension.AGENT]
    assert sum(one.spread(Measure.HANDLING).count for one in agents.values()) >= total.spread(Measure.HANDLING).count
    waiting = [
        c for c in await office.conversations() if c.client == ALPENRAD and c.handed_off_at and c.state != "resolved"
    ]
    assert await office.figures.backlog(ALPENRAD, ZONE, LAST, office.clock.now()) == len(waiting)
    board = SqlDashboardReads(office.database, office.clock)
    for day in (FIRST, FIRST + timedelta(days=1), LAST):
        until = Period(day_start(FIRST, ZONE), day_start(day + timedelta(days=1), ZONE), ZONE)
        behind = (await board.behind(ALPENRAD, until, Behind.BACKLOG, limit=10_000)).rows
        assert len(behind) == await office.figures.backlog(ALPENRAD, ZONE, day, office.clock.now()), day


@pytest.mark.parametrize(("seed", "batch"), [(3, MARKS), (4, 3)])
async def test_random_histories_are_reported_as_the_rows_have_them_with_days_kept_or_not(office, seed, batch):
    chance = random.Random(seed)
    office.rollups = SqlRollups(office.database, office.clock, lambda _: ZONE, batch=batch)
    for counted in (True, False, True):
        await live_through(office, chance, steps=10)
        await upset(office, chance)
        if counted:
            await office.rollups.catch_up()
        office.clock.advance(chance.choice((timedelta(seconds=6), timedelta(hours=7), timedelta(hours=20))))
        await ring(office)
        await assert_same(office)


async def test_a_change_is_in_the_report_within_five_seconds_with_or_without_the_job(office):
    await office.write("a human please")
    await office.rollups.catch_up()
    await office.write("a human please", thread="second")
    office.clock.advance(timedelta(seconds=6))
    assert summary(add_up((await read(office)).days.values())).handed == 2
    await office.rollups.catch_up()
    assert summary(add_up((await read(office)).days.values())).handed == 2
    assert len({row["day"] for row in await office._all(select(report_days))}) == 1


async def test_a_change_is_in_the_report_while_the_job_still_works_off_what_came_before(office):
    rollups = SqlRollups(office.database, office.clock, lambda _: ZONE, batch=1)
    first = await office.write("a human please")
    office.clock.advance(timedelta(days=1))
    await office.write("a human please", thread="today")
    while await rollups.catch_up():
        pass
    for priority in (Priority.URGENT, Priority.LOW):
        await office.act(first, lambda d, to=priority: d.set_priority(ANN, to, "by hand"))
    await office.write("a human please", thread="second")
    office.clock.advance(timedelta(seconds=6))
    passes = 0
    while await rollups.catch_up():
        passes += 1
        assert summary(add_up((await read(office)).days.values())).handed == 3, passes
        await assert_same(office)
    assert passes > 1


async def test_what_a_report_says_of_one_afternoon(office):
    fast = await office.claim(await office.write("a human please"))
    office.clock.advance(minutes(2))
    fast = await office.reply(fast)
    office.clock.advance(minutes(3))
    await office.act(fast, lambda d: d.resolve(ANN, ResolvedBy.AGENT, "solved"))
    slow = await office.claim(await office.write("a human please", thread="slow"), BEN)
    office.clock.advance(minutes(20))
    await office.act(slow, lambda d: d.transfer_to_agent(BEN, ANN.id, ANN.name))
    office.clock.advance(minutes(10))
    await office.act(slow, lambda d: d.resolve(ANN, ResolvedBy.AGENT, "solved"))
    await office.write("a human please", thread="waits")
    await office.write("hello", thread="bot")
    await office.rollups.catch_up()
    found = await read(office)
    total = add_up(found.days.values())
    s = summary(total)
    assert (s.conversations, s.handled, s.open, s.handed, s.finished) == (4, 2, 2, 3, 2)
    assert (s.kept[Measure.FIRST_RESPONSE].met, s.kept[Measure.FIRST_RESPONSE].missed) == (1, 1)
    assert total.of(Count.DISPOSITIONS) == {"solved": 2}
    assert (s.times[Measure.HANDLING].count, s.times[Measure.HANDLING].max_s) == (2, 1800)
    ann, ben = found.groups[Dimension.AGENT][ANN.id], found.groups[Dimension.AGENT][BEN.id]
    assert [list(part) for part in ann.times[Measure.HANDLING].counted()] == [[300, 600], [1, 1]]
    assert ben.spread(Measure.HANDLING).max_s == 1200
    assert s.times[Measure.BOT_RESPONSE].count == 4
    [day] = [day for day, one in found.days.items() if one.conversations]
    assert found.days[day].slots(Count.WORKED)  # somebody was at work
    assert await office.figures.backlog(ALPENRAD, ZONE, LAST, office.clock.now()) == 1
    assert await office.figures.backlog(ALPENRAD, ZONE, FIRST - timedelta(days=1), office.clock.now()) == 0
    assert add_up((await read(office, KONTOR)).days.values()).counts == {}


async def test_half_hours_of_an_agent_grow_while_a_conversation_is_held_and_nothing_happens(office):
    await office.reply(await office.claim(await office.write("a human please")))
    for hours in (5, 1, 20):
        office.clock.advance(timedelta(hours=hours))
        await ring(office)
        await assert_same(office)
        await office.rollups.catch_up()
    assert await office.rollups.catch_up() == 0
    over = (await read(office)).days[FIRST]
    assert sum(over.slots(Count.WORKED).values()) == (day_start(FIRST + timedelta(days=1), ZONE) - NOON).total_seconds()


async def test_satisfaction_counts_when_it_is_given_and_stays_with_its_conversation(office):
    conversation = await office.claim(await office.write("a human please"))
    await office.act(conversation, lambda d: d.resolve(ANN, ResolvedBy.AGENT))
    await office.rollups.catch_up()
    office.clock.advance(timedelta(days=1))
    await office.act(
        conversation,
        lambda d: d.record(EventKind.CSAT, score=5, comment=""),
        lambda d: d.record(EventKind.CSAT, score=2, comment=""),
    )
    office.clock.advance(timedelta(seconds=6))
    for _ in range(2):
        found = await read(office)
        assert [summary(one).csat.answers for one in found.days.values()][:2] == [0, 2]
        csat = summary(found.groups[Dimension.AGENT][ANN.id]).csat
        assert (csat.answers, csat.mean, csat.good) == (2, 3.5, 0.5)
        await office.rollups.catch_up()


async def test_asking_how_it_went_is_no_reply_of_the_bot(office):
    conversation = await office.claim(await office.write("a human please"))
    replies = summary(add_up((await read(office)).days.values())).times[Measure.BOT_RESPONSE]
    await office.write("thanks")
    office.clock.advance(minutes(5))
    await office.act(
        conversation,
        lambda d: d.resolve(ANN, ResolvedBy.AGENT),
        lambda d: d.ask_csat(Reply("How did it go?")),
    )
    await office.deliver_all()
    office.clock.advance(timedelta(seconds=6))
    await assert_same(office)
    assert summary(add_up((await read(office)).days.values())).times[Measure.BOT_RESPONSE] == replies


async def test_a_reopened_conversation_leaves_the_day_it_was_finished(office):
    conversation = await office.claim(await office.write("a human please"))
    conversation = await office.act(conversation, lambda d: d.resolve(ANN, ResolvedBy.AGENT))
    await office.rollups.catch_up()
    office.clock.advance(timedelta(days=1))
    await office.act(conversation, lambda d: d.take_back(ANN.id, ANN.name, "not solved"))
    await office.rollups.catch_up()
    assert summary(add_up((await read(office)).days.values())).finished == 0
    assert await office.figures.backlog(ALPENRAD, ZONE, LAST, office.clock.now()) == 1


async def test_every_conversation_leaves_with_its_clocks_in_order(office, monkeypatch):
    monkeypatch.setattr("storage.conversation_export._BATCH", 2)
    for thread in ("one", "two", "three"):
        await office.write("a human please", thread=thread)
        office.clock.advance(minutes(1))
    batches = [b async for b in SqlConversationExport(office.database).rows(ALPENRAD, WEEK, office.clock.now())]
    rows = [row for batch in batches for row in batch]
    assert [len(batch) for batch in batches] == [2, 1]
    assert [row["opened_at"] for row in rows] == sorted(row["opened_at"] for row in rows)
    assert all({c["kind"] for c in row["clocks"]} == {"first_response", "resolution"} for row in rows)
    assert {(c["from_handoff_s"], c["from_first_message_s"]) for row in rows for c in row["clocks"]} == {(None, None)}
    await office.reply(await office.claim(await office.write("a human please", thread="four")))
    *_, last = [b async for b in SqlConversationExport(office.database).rows(ALPENRAD, WEEK, office.clock.now())]
    assert (last[-1]["csat"], last[-1]["clocks"][0]["from_first_message_s"]) == (None, 0.0)


async def test_groups_of_a_month_that_is_over_are_kept_as_sums_and_follow_later_changes(office):
    async def december() -> dict:
        shown = await read(office, first=date(2026, 12, 1), last=date(2027, 1, 3))
        groups = {
            by: {name: one.counts for name, one in shown.groups[by].items()} for by in EVERY if by in shown.groups
        }
        days = {day: (summary(one).kept, one.of(Count.HANDED)) for day, one in shown.days.items()}
        return {**groups, Dimension.ALL: shown.total.counts, "days": days}

    async def without_sums() -> dict:
        async with office.database.transaction(ALL_CLIENTS) as connection:
            await connection.execute(report_days.delete().where(func.length(report_days.c.day) == len("2026-12")))
        return await december()

    for day, thread in ((0, "in november"), (9, "one"), (20, "two"), (40, "in january")):
        office.clock.set(NOON + timedelta(days=day))
        conversation = await office.claim(await office.write("a human please", thread=thread))
        conversation = await office.reply(conversation)
        await office.act(conversation, lambda d: d.resolve(ANN, ResolvedBy.AGENT))
        while await office.rollups.catch_up():
            pass
    rows = await office._all(select(report_days).where(report_days.c.client == ALPENRAD))
    assert {row["day"] for row in rows if len(row["day"]) == len("2026-12")} == {"2026-11", "2026-12"}
    kept = await december()
    assert kept[Dimension.AGENT][ANN.id]["endings"] == {"handled": 3}
    assert kept == await without_sums()
    old = await office.of("alpenrad-web", "one")
    await office.act(old, lambda d: d.reopen("by mistake"))
    while await office.rollups.catch_up():
        pass
    later = await december()
    assert later[Dimension.CHANNEL]["webchat"]["clock:resolution"] == {"met": 2, "open": 1}
    assert later == await without_sums()


@pytest.mark.parametrize(
    ("seconds", "kept"),
    [(0, 0), (0.2, 1), (59.0000001, 59), (999, 999), (999.5, 1000), (1001, 1010), (12_345, 12_400), (100_000, 100_000)],
)
def test_times_are_kept_in_whole_seconds_and_long_ones_in_three_digits_rounded_up(seconds, kept):
    assert bucket(seconds) == kept


def test_percentiles_of_kept_times_are_nearest_rank():
    one, other = Times(), Times()
    for seconds in range(100, 0, -1):
        (one if seconds % 3 else other).add(seconds)
    one.merge(other)
    found = Times([one.pack()]).spread()
    assert (found.count, found.p50_s, found.p90_s, found.p95_s, found.max_s) == (100, 50, 90, 95, 100)
    alike = Times()
    for _ in range(3):
        alike.add(7)
    assert (len(alike), alike.spread().p95_s) == (3, 7)
    assert Times().spread().count == Times([Times().pack()]).spread().count == 0


@given(st.lists(st.lists(st.integers(0, 2_000), max_size=30), max_size=5))
def test_times_add_up_in_any_portions_to_the_percentiles_of_all(portions):
    total, every = Times(), sorted(chain(*portions))
    for portion in portions:
        some = Times()
        for seconds in portion:
            some.add(seconds)
        total.merge(Times([some.pack()]) if len(portion) % 2 else some)
    found = total.spread()
    assert (found.count, found.p90_s) == (len(every), percentile(every, 90))
    assert [n for n, times in zip(*map(list, total.counted()), strict=True) for _ in range(times)] == every


async def test_days_before_the_first_conversation_cost_nothing(office):
    office.clock.set(datetime(2026, 11, 23, 12, tzinfo=UTC))
    await office.write("hello")
    found = await read(office, first=date(2025, 11, 1), last=date(2026, 11, 23))
    assert len(found.days) == 388
    assert summary(add_up(found.days.values())).conversations == 1
    async with office.database.reading(ALL_CLIENTS) as connection:
        assert (await connection.execute(select(report_days))).all() == []
