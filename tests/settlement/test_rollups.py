"""Roll-ups never differ from a full count: whatever happens, whenever they are counted, whether or not they are."""

import random
from array import array
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from sqlalchemy import delete, select

from conversation.conversation import ResolvedBy
from conversation.events import EventKind
from handoff.dashboard_view import Behind, Period
from sla.attainment import attainment, breaches, by_day, spread, within
from sla.day import DayFacts, Piece, add_up, local_day, pieces, whole_day
from sla.policy import ClockKind
from sla.prices import Item
from sla.report import heatmap
from sla.usage import Usage, holdings, minutes, split
from storage.dashboard_reads import SqlDashboardReads
from storage.rollups import MARKS, RollupMarks, SqlRollups
from storage.schema import daily_rollups, rollup_marks, sla_clocks
from storage.settlements import SqlStatements
from storage.sla_rows import clock_of
from storage.tenancy import ALL_CLIENTS
from tests.builders import NOON
from tests.settlement.history import live_through, merge, say, upset
from tests.storage_people.conftest import ALPENRAD, KONTOR, add_clients
from tests.storage_people.office import ANN, Office, policy

ZONE = "Asia/Kathmandu"  # 45 minutes off, so that no hour of UTC is one of the client's
START = datetime(2026, 11, 22, 18, 15, tzinfo=UTC)
WEEK = Period(START, START + timedelta(days=9), ZONE)
CUT = Period(START + timedelta(hours=20, minutes=7), START + timedelta(days=2, hours=3), ZONE)


@pytest.fixture
async def office(database) -> Office:
    made = Office(database)
    marks = RollupMarks()
    made.store._projections += (marks,)
    made.outbox._projections += (marks,)
    made.alarms._projections += (marks,)
    await add_clients(database)
    made.rollups = SqlRollups(database, made.clock, lambda _: ZONE)
    made.board = SqlDashboardReads(database, made.clock)
    return made


async def counted_anew(office: Office, period: Period, client=ALPENRAD) -> dict:
    """What the rows say, counted as slowly as can be."""
    now = office.clock.now()
    clocks = within(
        [c for c in map(clock_of, await office._all(select(sla_clocks))) if c.client == client],
        period.start,
        period.end,
    )
    events = await office.events()
    arrivals = [
        e.at
        for e in events
        if e.client == client and e.kind is EventKind.CUSTOMER_MESSAGE and period.start <= e.at < period.end
    ]
    first = attainment(clocks, ClockKind.FIRST_RESPONSE, None, now)
    again = attainment(clocks, ClockKind.NEXT_RESPONSE, None, now)
    opened = [
        c for c in await office.conversations() if c.client == client and period.start <= c.opened_at < period.end
    ]
    by_conversation = {}
    for event in events:
        by_conversation.setdefault(event.conversation, []).append(event)
    held = [h for history in by_conversation.values() for h in holdings(history, min(period.end, now))]
    mine = {c.id for c in await office.conversations() if c.client == client}
    spent = sum(
        (u.quantity for u in minutes(split(held), period.start, min(period.end, now)) if u.conversation in mine),
        Fraction(0),
    )
    times = spread(clocks, ClockKind.FIRST_RESPONSE)
    return {
        "first": (first.met, first.missed, first.open),
        "next": (again.met, again.missed, again.open),
        "days": {r.day: (r.met, r.missed, r.open) for r in by_day(clocks, ClockKind.FIRST_RESPONSE, ZONE, now)},
        "opened": Counter(local_day(c.opened_at, ZONE) for c in opened),
        "reasons": Counter(c.handoff_reason for c in opened if c.handoff_reason),
        "topics": Counter(c.topic for c in opened if c.topic),
        "arrivals": heatmap(arrivals, ZONE),
        "minutes": (Decimal(spent.numerator) / Decimal(spent.denominator)).quantize(Decimal("0.01")),
        "usage": by_item(await SqlStatements(office.database).used(client, (period.start, period.end), now)),
        "spread": (times.count, times.p50_s, times.p90_s, times.p95_s, times.max_s),
        "breaches": sorted((r.clock.conversation, r.due_at) for r in breaches(clocks, now)),
    }


async def shown(office: Office, period: Period, client=ALPENRAD) -> dict:
    """The same from the dashboard."""
    f = await office.board.figures(client, period, now=office.clock.now(), breaches=1000)
    one = lambda c: (c.met, c.missed, c.open)  # noqa: E731
    return {
        "first": one(f.first_response),
        "next": one(f.next_response),
        "days": {d.day: one(d.first_response) for d in f.days if any(one(d.first_response))},
        "opened": Counter({d.day: d.conversations for d in f.days if d.conversations}),
        "reasons": Counter(f.volume.reasons),
        "topics": Counter(f.volume.topics),
        "arrivals": f.arrivals,
        "minutes": f.volume.agent_minutes,
        "usage": by_item(
            await SqlStatements(office.database).totals(client, (period.start, period.end), office.clock.now(), ZONE)
        ),
        "spread": (f.overall.count, f.overall.p50_s, f.overall.p90_s, f.overall.p95_s, f.overall.max_s),
        "breaches": sorted((b.conversation, b.due_at) for b in f.breaches),
    }


def one_day(part: Piece) -> Period:
    return Period(part.start, part.end, ZONE)


def by_item(used: list[Usage]) -> Counter[Item]:
    found: Counter[Item] = Counter()
    for fact in used:
        found[fact.item] += fact.quantity
    return Counter({item: quantity for item, quantity in found.items() if quantity})


async def kept(office: Office) -> list:
    return [
        (row["day"], row["settled"]) for row in await office._all(select(daily_rollups).order_by(daily_rollups.c.day))
    ]


@pytest.mark.parametrize("seed", range(2))
async def test_random_histories_count_the_same_with_roll_ups_at_any_moment(office, seed):
    chance = random.Random(seed)
    office.rollups = SqlRollups(office.database, office.clock, lambda _: ZONE, batch=(4, MARKS)[seed])
    for _ in range(4):
        await live_through(office, chance, steps=10)
        await upset(office, chance)
        if chance.random() < 0.7:
            await office.rollups.catch_up()
        if chance.random() < 0.3:
            office.clock.advance(timedelta(hours=30))
        await office.deliver_all()
        over = chance.randrange(max((office.clock.now() - START).days, 1))
        for period in (WEEK, CUT, one_day(whole_day(local_day(START + timedelta(days=over), ZONE), ZONE))):
            assert await shown(office, period) == await counted_anew(office, period)


async def test_figures_are_current_before_any_roll_up_and_after_one(office):
    await office.write("a human please")
    assert (await shown(office, WEEK))["first"] == (0, 0, 1)
    await office.rollups.catch_up()
    assert (await shown(office, WEEK))["first"] == (0, 0, 1)
    await office.write("a human please", thread="second")
    assert (await shown(office, WEEK))["first"] == (0, 0, 2)


async def test_a_clock_that_just_became_late_is_missed_before_its_alarm_rang(office):
    await office.write("a human please")
    await office.rollups.catch_up()
    office.clock.advance(timedelta(minutes=11))
    assert (await shown(office, WEEK))["first"] == (0, 1, 0)


async def test_an_answer_on_its_way_holds_the_verdict_in_every_figure_until_the_alarm_would_ring(office):
    begun = await office.write("a human please")
    claimed = await office.claim(begun)
    await office.fire_at(9)
    await office.act(claimed, lambda d: d.agent_says(ANN, "Here I am."))
    await office.fire_at(11)
    assert (await shown(office, WEEK))["first"] == (0, 0, 1)
    assert await shown(office, WEEK) == await counted_anew(office, WEEK)
    assert (await office.board.behind(ALPENRAD, WEEK, Behind.MISSED, limit=9)).rows == []
    office.clock.advance(timedelta(minutes=1, seconds=1))
    assert (await shown(office, WEEK))["first"] == (0, 1, 0)
    assert await shown(office, WEEK) == await counted_anew(office, WEEK)


async def test_a_day_is_read_from_its_roll_up_once_nothing_marks_it(office):
    await office.write("a human please")
    await office.rollups.catch_up()
    async with office.database.transaction(ALL_CLIENTS) as connection:
        row = (
            (await connection.execute(select(daily_rollups).where(daily_rollups.c.client == ALPENRAD))).mappings().one()
        )
        data = {**row["data"], "topics": {"kept": 1}}
        await connection.execute(daily_rollups.update().where(daily_rollups.c.client == ALPENRAD).values(data=data))
    assert (await shown(office, WEEK))["topics"] == {"kept": 1}
    await office.write("more", thread="second")
    assert "kept" not in (await shown(office, WEEK))["topics"]


async def test_every_mark_is_taken_up_once_and_idle_passes_do_nothing(office):
    await office.write("a human please")
    assert await office.rollups.catch_up() == 1 + 1  # kontor's today, too
    assert await office._all(select(rollup_marks)) == []
    assert await office.rollups.catch_up() == 0


async def test_days_never_counted_are_filled_in_some_at_a_time(office):
    await office.write("a human please")
    office.clock.advance(timedelta(days=70))
    async with office.database.transaction(ALL_CLIENTS) as connection:
        await connection.execute(delete(rollup_marks))
    passes = []
    while counted := await office.rollups.catch_up():
        passes.append(counted)
        assert len(passes) < 10
    assert len(await kept(office)) == 71 + 1
    assert len(passes) == 3


async def test_minutes_that_no_more_can_be_added_to_are_settled(office):
    conversation = await office.claim(await office.write("a human please"))
    await office.rollups.catch_up()
    office.clock.advance(timedelta(days=2))
    await office.rollups.catch_up()
    assert [settled for _, settled in await kept(office) if settled] == []
    assert (await shown(office, WEEK))["minutes"] == Decimal(2 * 24 * 60)
    await office.act(conversation, lambda d: d.resolve(ANN, ResolvedBy.AGENT))
    office.clock.advance(timedelta(hours=2))
    await office.rollups.catch_up()
    first = next(
        DayFacts.from_row(r["data"]) for r in await office._all(select(daily_rollups)) if r["day"] == "2026-11-23"
    )
    assert first.minutes == (whole_day(NOON.date(), ZONE).end - NOON) / timedelta(minutes=1)
    assert (await shown(office, WEEK))["minutes"] == Decimal(2 * 24 * 60)


async def test_minutes_of_a_day_that_is_over_are_there_while_somebody_still_has_the_conversation(office):
    await office.reply(await office.claim(await office.write("a human please")))
    office.clock.advance(timedelta(hours=5))
    while await office.alarms.fire_due():  # so that nothing touches the conversation later
        pass
    office.clock.advance(timedelta(days=3))
    day = one_day(whole_day(NOON.date() + timedelta(days=2), ZONE))
    for _ in range(2):
        found = await shown(office, day)
        assert found["minutes"] == Decimal(24 * 60)
        assert found == await counted_anew(office, day)
        by_conversation = await SqlStatements(office.database).used(ALPENRAD, (day.start, day.end), office.clock.now())
        assert by_item(by_conversation)[Item.AGENT_MINUTE] == 24 * 60
        await office.rollups.catch_up()


async def test_another_zone_has_its_own_days(office):
    await office.write("a human please")
    await office.rollups.catch_up()
    berlin = replace(WEEK, timezone="Europe/Berlin")
    figures = await office.board.figures(ALPENRAD, berlin, now=office.clock.now())
    assert sum(d.conversations for d in figures.days) == 1


async def test_clients_are_counted_apart(office):
    await office.write("a human please")
    await office.rollups.catch_up()
    assert (await shown(office, WEEK, KONTOR))["opened"] == Counter()


@pytest.mark.parametrize("then", [True, False])
async def test_a_bots_delivery_counts_by_the_terms_its_conversation_began_with(office, then):
    office.active = policy(bot_counts=then)
    conversation = await office.claim(await office.write("a human please"))
    await office.act(conversation, lambda d: d.return_to_bot(ANN))
    office.active = policy(bot_counts=not then)
    await say(office, "lena")
    await office.rollups.catch_up()
    office.clock.advance(timedelta(minutes=1))
    await office.deliver_all()
    assert bool(await office._all(select(rollup_marks))) is then
    found = await shown(office, WEEK)
    assert found["first"] == ((1, 0, 0) if then else (0, 0, 1))
    assert found == await counted_anew(office, WEEK)


async def test_a_clock_that_starts_earlier_than_it_did_leaves_the_day_it_started_before(office):
    await office.reply(await office.claim(await office.write("a human please")))
    await office.reply(await office.claim(await office.write("a human please", thread="phone")))
    await office.write("and?")
    midnight = START + timedelta(days=3)
    office.clock.set(midnight + timedelta(seconds=30))
    await office.write("hello?", thread="phone", sent_at=midnight - timedelta(seconds=30))
    while await office.alarms.fire_due():
        pass
    await office.rollups.catch_up()
    assert (await shown(office, WEEK))["next"] == (0, 1, 1)
    waits, phone = [await office.of("alpenrad-web", thread) for thread in ("lena", "phone")]
    await merge(office, waits, phone)
    for _ in range(2):
        found = await shown(office, WEEK)
        assert found["next"] == (0, 1, 0)
        assert found == await counted_anew(office, WEEK)
        await office.rollups.catch_up()


async def test_a_late_message_moves_a_wait_to_the_day_it_was_written(office):
    await office.reply(await office.claim(await office.write("a human please")))
    for hours in (60, 40, 20):  # each before the last that waits, and none received on the day it was written
        office.clock.set(START + timedelta(days=4, hours=-hours / 100))
        await office.write("hello?", sent_at=START + timedelta(days=1, hours=hours))
        await office.rollups.catch_up()
        assert await shown(office, WEEK) == await counted_anew(office, WEEK)


def test_facts_survive_their_row_and_add_up():
    facts = DayFacts(Counter(handled=2), minutes=Fraction(1, 3), messages=Counter({9: 2}))
    facts.elapsed = {"slack": array("d", [1.5]), "web": array("d", [0.1, 2])}
    assert DayFacts.from_row(facts.to_row(), facts.times_row()) == facts
    assert DayFacts.from_row(facts.to_row()) == replace(facts, elapsed={})
    both = add_up([facts, facts, DayFacts()])
    assert (both.opened, both.minutes, both.messages[9]) == (4, Fraction(2, 3), 4)
    assert both.elapsed == {"slack": array("d", [1.5, 1.5]), "web": array("d", [0.1, 2, 0.1, 2])}


def test_a_period_falls_into_local_days_of_any_length():
    found = pieces(datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 10, 26, 23, tzinfo=UTC), "Europe/Berlin")
    assert [(p.day.day, (p.end - p.start) / timedelta(hours=1), p.whole) for p in found] == [
        (24, 10, False),
        (25, 25, True),
        (26, 24, True),
    ]
