"""Reports over real histories: contacts in their half hour, clocks with their conversations, what-ifs."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta

import pytest

from app.packs import read_client_pack
from app.reports import NothingToReport, Reports
from app.what_ifs import WhatIfs
from conversation.conversation import ResolvedBy
from sla.errors import SlaError
from sla.policy import ClockKind
from sla.whatif import Replaying, changed, objectives
from storage.report_reads import SqlReportReads
from storage.settlements import SqlStatements
from tests.builders import NOON, minutes
from tests.journeys.waiting import eventually
from tests.settlement.packs import small_pack
from tests.storage_people.conftest import ALPENRAD, KONTOR
from tests.storage_people.office import ANN, Office, policy

MONTH = (date(2026, 11, 1), date(2026, 11, 30))


class OneContract:
    """The directory's part in reports."""

    def __init__(self, terms) -> None:
        self.terms = terms

    def policy(self, client):
        return self.terms

    def timezone(self, client):
        return "Europe/Berlin"

    def pack(self, client):
        return read_client_pack(small_pack(), {})[0]


@pytest.fixture
async def office(database) -> Office:
    """Two answered, one of them late, one abandoned, one waiting; all from one o'clock in Berlin on."""
    made = Office(database)
    contract, reads = OneContract(made.active), SqlReportReads(database)
    made.reports = Reports(contract, reads, made.clock)
    made.what_ifs = WhatIfs(contract, reads, SqlStatements(database), made.clock)
    await answered(made, "fast", 2, work=3)
    await answered(made, "late", 11, work=5)
    abandoned = await made.claim(await made.write("a human please", thread="gone"))
    await made.act(abandoned, lambda d: d.resolve(ANN, ResolvedBy.ABANDONED))
    await made.write("a human please", thread="waiting")
    return made


async def answered(office: Office, thread: str, after: float, work: float) -> None:
    conversation = await office.claim(await office.write("a human please", thread=thread))
    office.clock.advance(minutes(after))
    while await office.alarms.fire_due():
        pass
    conversation = await office.reply(conversation)
    office.clock.advance(minutes(work))
    await office.act(conversation, lambda d: d.resolve(ANN, ResolvedBy.AGENT))


async def test_contacts_count_in_the_half_hour_they_were_offered(office):
    [row] = await office.reports.half_hours(ALPENRAD, *MONTH)
    assert (row.local_start, row.queue, row.language) == ("2026-11-23T13:00+01:00", "general", "en")
    assert (row.offered, row.handled, row.abandoned, row.in_sla) == (4, 2, 1, 1)
    assert row.handling_s == (5 + 16) / 2 * 60
    assert row.staffed == round(21 / 30, 3)


async def test_every_clock_is_listed_with_its_conversation(office):
    rows = await office.reports.clocks(ALPENRAD, *MONTH)
    fast = next(r for r in rows if r.clock == "first_response:1")
    assert (fast.from_handoff_s, fast.from_first_message_s) == (120.0, 120.0), "both readings, whichever counts"
    first = [(r.outcome, r.elapsed_s, r.ending) for r in rows if r.clock == "first_response:1"]
    assert first[:2] == [("met", 120.0, "handled"), ("missed", 660.0, "handled")]
    assert first[-1] == ("", None, "open")


async def test_a_kinder_target_would_have_kept_what_was_missed(office):
    other = changed(
        office.active, budgets={ClockKind.FIRST_RESPONSE: minutes(12)}, objectives={ClockKind.FIRST_RESPONSE: 50}
    )
    found = await office.what_ifs.what_if(ALPENRAD, office.reports.span(ALPENRAD, *MONTH), other)
    first = found.comparisons[0]
    assert ((first.actual.met, first.actual.missed), (first.other.met, first.other.missed)) == ((1, 1), (2, 0))
    assert first.other.is_kept
    assert [len(s.credits) for s in (found.actual, found.other)] == [1, 0]


class Slow(SqlReportReads):
    """Gives the histories one by one, each when it is let."""

    def __init__(self, database) -> None:
        super().__init__(database)
        self.next, self.begun, self.wrong = asyncio.Semaphore(0), 0, None

    async def histories(self, client, period):
        self.begun += 1
        async for of, batch in super().histories(client, period):
            for history in batch:
                await self.next.acquire()
                if self.wrong:
                    raise self.wrong
                yield of, [history]


@pytest.fixture
async def slow(office, database) -> AsyncIterator[Slow]:
    reads = Slow(database)
    office.what_ifs = WhatIfs(OneContract(office.active), reads, SqlStatements(database), office.clock)
    yield reads
    await office.what_ifs.close()


async def test_a_long_answer_is_worked_out_once_beside_those_who_ask_and_holds_a_minute_whatever_happens(office, slow):
    other = changed(office.active, budgets={ClockKind.FIRST_RESPONSE: minutes(12)})

    def ask(patience_s=0.0):
        return office.what_ifs.begin(ALPENRAD, office.reports.span(ALPENRAD, *MONTH), other, patience_s=patience_s)

    asked_at = office.clock.now()
    assert await ask() == Replaying(0, 0, asked_at)
    slow.next.release()

    async def further():
        return await ask() == Replaying(1, 4, asked_at)

    await eventually(further, "it says how far it has come")
    await office.write("a human please", thread="meanwhile")
    office.clock.advance(minutes(0.5))
    waiting = asyncio.create_task(ask(patience_s=None))
    for _ in range(3):
        slow.next.release()
    answer = await waiting
    assert (answer.asked_at, answer.comparisons[0].other.open) == (asked_at, 2), "as of when it was asked for"
    office.clock.advance(minutes(0.9))
    assert await ask() is answer, "worth the wait even though a conversation has begun since"
    office.clock.advance(minutes(0.2))
    assert await ask() == Replaying(0, 0, office.clock.now())
    assert slow.begun == 2


async def test_an_answer_that_cannot_be_worked_out_says_so_and_is_tried_anew(office, slow):
    slow.wrong = OSError("the database is away")
    slow.next.release()
    other = changed(office.active, budgets={ClockKind.FIRST_RESPONSE: minutes(12)})
    period = office.reports.span(ALPENRAD, *MONTH)
    with pytest.raises(OSError, match="away"):
        await office.what_ifs.what_if(ALPENRAD, period, other)
    slow.wrong = None
    for _ in range(4):
        slow.next.release()
    assert (await office.what_ifs.what_if(ALPENRAD, period, other)).conversations == 4


async def test_a_period_must_not_end_before_it_begins_and_other_clients_are_not_in_it(office):
    with pytest.raises(NothingToReport, match="before it begins"):
        office.reports.span(ALPENRAD, date(2026, 11, 2), date(2026, 11, 1))
    assert await office.reports.half_hours(KONTOR, *MONTH) == []
    assert await office.reports.clocks(KONTOR, *MONTH) == []


async def test_an_answer_is_kept_until_something_happens_or_an_open_promise_falls_due(office, monkeypatch):
    replayed = []
    histories = SqlReportReads.histories

    def counted(reads, client, period):
        replayed.append(client)
        return histories(reads, client, period)

    monkeypatch.setattr(SqlReportReads, "histories", counted)
    other = changed(office.active, budgets={ClockKind.FIRST_RESPONSE: minutes(60)})

    async def ask(terms=other):
        found = await office.what_ifs.what_if(ALPENRAD, office.reports.span(ALPENRAD, *MONTH), terms)
        return found.comparisons[0].other

    assert (await ask()).open == (await ask()).open == 2
    assert len(replayed) == 1
    office.clock.advance(minutes(1))
    await ask()
    assert len(replayed) == 2, "agents may have been at work meanwhile"
    await ask(changed(office.active, objectives={ClockKind.FIRST_RESPONSE: 50}))
    await office.write("a human please", thread="one more")
    assert (await ask()).open == 3
    assert len(replayed) == 4
    office.clock.set(NOON + timedelta(days=20))
    assert (await ask()).missed == 3
    assert len(replayed) == 5


def test_other_terms_cannot_change_a_promise_that_nobody_made():
    silent = policy(targets=[{"first_response": "10m"}], objective={"first_response": 95})
    with pytest.raises(SlaError, match="promises no next response"):
        changed(silent, budgets={ClockKind.NEXT_RESPONSE: minutes(5)})
    assert objectives(silent, 99) == {ClockKind.FIRST_RESPONSE: 99}


def test_other_terms_change_only_what_is_asked():
    terms = policy()
    assert changed(terms).version == terms.version
    shorter = changed(terms, budgets={ClockKind.NEXT_RESPONSE: minutes(1)})
    assert shorter.targets[0].budgets[ClockKind.NEXT_RESPONSE] == minutes(1)
    assert shorter.targets[0].budgets[ClockKind.FIRST_RESPONSE] == minutes(10)
