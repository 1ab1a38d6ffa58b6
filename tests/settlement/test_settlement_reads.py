"""Every settled figure opens to what it is made of, from real histories on both databases."""

import random
from datetime import date, timedelta
from fractions import Fraction

import pytest

from sla.attainment import month_of
from sla.exclusion import Decision, Reason
from sla.policy import ClockKind
from sla.settling import month_names
from sla.usage import Because
from storage.exclusions import SqlExclusions
from storage.settlement_reads import SqlSettlementReads
from storage.settlements import SqlStatements
from tests.settlement.history import live_through
from tests.settlement.test_statements import NOVEMBER, PRICES, contained, handled
from tests.storage_people.conftest import ALPENRAD, KONTOR
from tests.storage_people.office import ANN, Office
from web.paging import first_of

DECEMBER = month_of(date(2026, 12, 1), "Europe/Berlin")


@pytest.fixture
async def office(database) -> Office:
    made = Office(database)
    made.statements, made.reads = SqlStatements(database), SqlSettlementReads(database)
    return made


async def drawn(office, period=NOVEMBER):
    return await office.statements.draw_up(ALPENRAD, period, PRICES, office.clock.now())


async def shares(office, line, period=NOVEMBER):
    pairs = list(zip(line.conversations, line.quantities, strict=True))
    return await office.reads.shares(ALPENRAD, line.item, pairs, period, office.clock.now())


async def test_each_line_is_the_sum_of_conversations_that_say_why_they_count(office):
    await contained(office, "c1")
    spoken = await handled(office, "h1", 3, work=4)
    await handled(office, "late", 11)
    lines = (await drawn(office)).lines
    assert [line.item for line in lines] == ["automated_resolution", "handled_conversation", "agent_minute"]
    for line in lines:
        found = await shares(office, line)
        assert sum((s.quantity for s in found), Fraction(0)) == Fraction(line.quantity)
        assert all(s.about is not None and s.about.customer_name for s in found)
    bot, people, minutes = [await shares(office, line) for line in lines]
    assert [f.because for s in bot for f in s.facts] == [Because.RESOLVED_BY_BOT]
    assert [f.because for s in people for f in s.facts] == [Because.ANSWERED] * 2
    assert {s.conversation: s.at_desk_s for s in minutes}[spoken] == 7 * 60


@pytest.mark.parametrize("seed", [3, 11])
async def test_lines_open_to_exactly_what_they_count_whatever_happened(office, seed):
    await live_through(office, random.Random(seed), 36)
    office.clock.advance(timedelta(days=3))
    for period in (NOVEMBER, DECEMBER):
        for line in (await drawn(office, period)).lines:
            found = await shares(office, line, period)
            if line.item == "agent_minute":
                assert all(s.quantity * 60 <= Fraction(s.at_desk_s) + Fraction(1, 1000) for s in found)
            else:
                assert [sum(f.quantity for f in s.facts) for s in found] == [s.quantity for s in found]


async def test_a_credit_opens_to_the_missed_promises_that_count(office):
    await handled(office, "in time", 3)
    await handled(office, "late", 11)
    excluded = await handled(office, "late too", 12)
    ledger, now = SqlExclusions(office.database), office.clock.now()
    missed = await office.reads.missed(ALPENRAD, ClockKind.FIRST_RESPONSE, NOVEMBER, now)
    assert (missed.count, len(missed.entries)) == (2, 2)
    second = await office.reads.missed(ALPENRAD, ClockKind.FIRST_RESPONSE, NOVEMBER, now, first=1, limit=5)
    assert (second.count, second.entries) == (2, missed.entries[1:])
    beyond = await office.reads.missed(ALPENRAD, ClockKind.FIRST_RESPONSE, NOVEMBER, now, first_of(10**30), 5)
    assert (beyond.count, beyond.entries) == (2, [])
    clock = next(e.clock.id for e in missed.entries if e.clock.conversation == excluded)
    entry = await office.reads.entry(ALPENRAD, clock)
    assert (entry.clock.id, entry.exclusion, entry.about.conversation) == (clock, None, excluded)
    made = await ledger.propose(ALPENRAD, clock, Reason.SPAM, "ticket 7", by=ANN.id, by_name="ann", now=now)
    assert await office.reads.undecided(ALPENRAD, NOVEMBER) == await office.reads.undecided(ALPENRAD) == 1
    assert await office.reads.undecided(ALPENRAD, DECEMBER) == 0
    await ledger.decide(ALPENRAD, made.id, approve=True, by=None, by_name="carl", now=now)
    missed = await office.reads.missed(ALPENRAD, ClockKind.FIRST_RESPONSE, NOVEMBER, now)
    reading = next(r for r in (await drawn(office)).attained if r.clock == "first_response")
    assert (missed.count, reading.missed, reading.excluded) == (1, 1, 1)
    (kept,) = await office.reads.entries(ALPENRAD)
    assert (kept.exclusion.decision, kept.clock.id, kept.about.conversation) == (Decision.APPROVED, clock, excluded)
    assert await office.reads.clocks_in_ledger(ALPENRAD, excluded) == {clock: "approved"}


async def test_the_ledger_is_paged_with_what_waits_before_the_newest(office):
    ledger = SqlExclusions(office.database)
    for thread in ("a", "b", "c", "d", "e"):
        await handled(office, thread, 11)
    now = office.clock.now()
    missed = await office.reads.missed(ALPENRAD, ClockKind.FIRST_RESPONSE, NOVEMBER, now)
    made = []
    for number, entry in enumerate(missed.entries):
        at = now + timedelta(minutes=number)
        made.append(await ledger.propose(ALPENRAD, entry.clock.id, Reason.SPAM, "t", by=None, by_name="a", now=at))
    for number, approve in ((2, True), (4, False), (3, True)):
        await ledger.decide(ALPENRAD, made[number].id, approve=approve, by=None, by_name="carl", now=now)
    counts = await office.reads.entry_counts(ALPENRAD)
    assert counts == {Decision.PROPOSED: 2, Decision.APPROVED: 2, Decision.REJECTED: 1}

    async def page(state, first, limit):
        return [made_ids.index(e.exclusion.id) for e in await office.reads.entry_page(ALPENRAD, state, first, limit)]

    made_ids = [one.id for one in made]
    assert await page(None, 0, 9) == [1, 0, 4, 3, 2]
    assert [await page(None, first, 2) for first in (0, 2, 4, 6)] == [[1, 0], [4, 3], [2], []]
    assert [await page(state, 0, 9) for state in Decision] == [[1, 0], [3, 2], [4]]
    assert set((await office.reads.entry_counts(KONTOR)).values()) == {0}
    assert await office.reads.entry_page(KONTOR, None, 0, 9) == []
    (first,) = await office.reads.entry_page(ALPENRAD, None, 0, 1)
    assert first.about.conversation == first.clock.conversation


async def test_another_clients_readers_find_nothing(office):
    mine = await handled(office, "h1", 11)
    (late,) = (await office.reads.missed(ALPENRAD, ClockKind.FIRST_RESPONSE, NOVEMBER, office.clock.now())).entries
    assert await office.reads.entry(KONTOR, late.clock.id) is None
    theirs = await office.reads.missed(KONTOR, ClockKind.FIRST_RESPONSE, NOVEMBER, office.clock.now())
    assert (theirs.count, theirs.entries) == (0, [])
    assert await office.reads.about(KONTOR, [mine]) == {}
    assert await office.reads.first_opened(KONTOR) is None


def test_months_between_two_days_over_a_new_year():
    assert month_names(date(2025, 11, 30), date(2026, 2, 1)) == ["2025-11", "2025-12", "2026-01", "2026-02"]
