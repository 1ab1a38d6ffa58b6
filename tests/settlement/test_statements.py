"""Months in money, to the cent, from real histories; a closed month stays as it is and is corrected in the next."""

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from app.packs import read_client_pack
from conversation.conversation import ResolvedBy
from sla.attainment import month_of
from sla.exclusion import Reason
from sla.prices import Prices
from sla.statement import Statement
from storage.exclusions import SqlExclusions
from storage.settlements import SqlStatements
from tests.builders import minutes
from tests.settlement.packs import CONTRACT, small_pack
from tests.storage_people.conftest import ALPENRAD, KONTOR
from tests.storage_people.office import ANN, Office
from web.exports.csv_file import csv_lines

ZONE = "Europe/Berlin"
NOVEMBER = month_of(date(2026, 11, 1), ZONE)
DECEMBER = month_of(date(2026, 12, 1), ZONE)
PRICES = read_client_pack(small_pack(), {})[0].prices


@pytest.fixture
async def office(database) -> Office:
    made = Office(database)
    made.statements = SqlStatements(database)
    return made


async def contained(office: Office, thread: str) -> None:
    await office.write("done", thread=thread)
    await office.write("bye", thread=thread)


async def handled(office: Office, thread: str, after: float, work: float = 0) -> str:
    """Answered so many minutes after the handoff, then worked on; the agent had it all the while."""
    conversation = await office.claim(await office.write("a human please", thread=thread))
    office.clock.advance(minutes(after))
    while await office.alarms.fire_due():
        pass
    conversation = await office.reply(conversation)
    office.clock.advance(minutes(work))
    await office.act(conversation, lambda d: d.resolve(ANN, ResolvedBy.AGENT))
    return conversation.id


async def november(office: Office, prices: Prices = PRICES) -> Statement:
    """The month with its conversations; drawn up from counted days it must be the same to the cent."""
    drawn = await office.statements.draw_up(ALPENRAD, NOVEMBER, prices, office.clock.now())
    from_days = await office.statements.draw_up(ALPENRAD, NOVEMBER, prices, office.clock.now(), zone=ZONE)
    assert from_days == replace(
        drawn, lines=tuple(replace(line, conversations=(), quantities=()) for line in drawn.lines)
    )
    return drawn


async def test_a_month_is_counted_and_priced_to_the_cent(office):
    await contained(office, "c1")
    await contained(office, "c2")
    await contained(office, "c3")
    await handled(office, "h1", 3, work=4 + 1 / 3)  # 7:20 minutes
    await handled(office, "h2", 2)
    await handled(office, "late", 11)
    drawn = await november(office)
    assert [(line.item, str(line.quantity), str(line.amount), len(line.conversations)) for line in drawn.lines] == [
        ("automated_resolution", "3.00", "1.05", 3),
        ("handled_conversation", "3.00", "6.30", 3),
        ("agent_minute", "20.33", "11.18", 3),  # 20 1/3 minutes at 0.55 are 11.1833
    ]
    assert (drawn.usage, drawn.top_up) == (Decimal("18.53"), Decimal("0.00"))
    # two of three first responses in time are 66.67 %, below 95: five per cent of 18.53 are 0.9265
    assert [(c.clock, str(c.share), str(c.percent), str(c.amount)) for c in drawn.credits] == [
        ("first_response", "66.66", "5", "0.93")
    ]
    assert drawn.total == Decimal("17.60")


async def test_the_minimum_fee_tops_up_a_quiet_month(office):
    await contained(office, "c1")
    drawn = await november(office)
    assert (drawn.usage, drawn.top_up, drawn.total) == (Decimal("0.35"), Decimal("9.65"), Decimal("10.00"))


async def test_an_approved_exclusion_takes_the_credit_back(office):
    late = await handled(office, "late", 11)
    await handled(office, "fast", 1)
    assert [str(c.percent) for c in (await november(office)).credits] == ["5"]
    ledger, now = SqlExclusions(office.database), office.clock.now()
    entry = await ledger.propose(
        ALPENRAD, f"{late}:first_response:1", Reason.PLATFORM_OUTAGE, "status page", by=None, by_name="boss", now=now
    )
    await ledger.decide(ALPENRAD, entry.id, approve=True, by=None, by_name="admin", now=now)
    assert (await november(office)).credits == ()


async def test_a_closed_month_stays_and_later_events_go_to_the_next_ones_corrections(office):
    late = await handled(office, "late", 11)
    await handled(office, "fast", 1)
    await contained(office, "c1")
    office.clock.set(datetime(2026, 12, 1, 9, tzinfo=UTC))
    drawn = await november(office)
    close = {"by": None, "by_name": "boss", "now": office.clock.now()}
    assert await office.statements.close(ALPENRAD, "2026-11", drawn, PRICES, **close)
    assert not await office.statements.close(ALPENRAD, "2026-11", drawn, PRICES, **close)
    ledger = SqlExclusions(office.database)
    entry = await ledger.propose(
        ALPENRAD, f"{late}:first_response:1", Reason.SPAM, "the log", by=None, by_name="b", now=office.clock.now()
    )
    await ledger.decide(ALPENRAD, entry.id, approve=True, by=None, by_name="a", now=office.clock.now())
    [kept] = await office.statements.closed(ALPENRAD)
    assert (kept.statement, kept.prices, kept.closed_by) == (drawn.counted(), PRICES, "boss")
    [correction] = await office.statements.corrections(ALPENRAD, office.clock.now(), before="2026-12", zone=ZONE)
    assert (correction.month, correction.amount) == ("2026-11", sum(c.amount for c in drawn.credits))
    december = await office.statements.draw_up(ALPENRAD, DECEMBER, PRICES, office.clock.now())
    corrected = december.corrected([correction])
    assert corrected.total == Decimal("10.00") + correction.amount
    assert Statement.from_row(corrected.to_row()) == corrected
    await office.statements.close(ALPENRAD, "2026-12", corrected, PRICES, **close)
    assert await office.statements.corrections(ALPENRAD, office.clock.now(), before="2027-01", zone=ZONE) == []


async def test_coming_back_after_the_close_is_taken_back_in_its_own_month(office):
    office.clock.set(datetime(2026, 11, 30, 10, tzinfo=UTC))
    await contained(office, "c1")
    office.clock.set(datetime(2026, 12, 1, 10, tzinfo=UTC))
    before = await november(office)
    await office.write("a human please", thread="c1")
    assert await november(office) == before
    december = await office.statements.draw_up(ALPENRAD, DECEMBER, PRICES, office.clock.now())
    assert [(line.item, str(line.quantity), str(line.amount)) for line in december.lines] == [
        ("automated_resolution", "-1.00", "-0.35")
    ]


async def test_nothing_of_another_client_is_charged(office):
    await contained(office, "c1")
    theirs = await office.statements.draw_up(KONTOR, NOVEMBER, PRICES, office.clock.now())
    assert theirs.lines == ()


async def test_the_csv_adds_up_to_the_total(office):
    await handled(office, "late", 11)
    drawn = (await november(office)).corrected([])
    rows = list(csv.reader(io.StringIO(csv_lines(drawn.rows()))))
    assert rows[0][:2] == ["kind", "item"]
    assert sum(Decimal(row[4]) for row in rows[1:-1]) == Decimal(rows[-1][4]) == drawn.total


def test_prices_survive_their_row():
    contract = {**CONTRACT["prices"], "tiers": {"handled_conversation": [{"above": 10, "price": "1.90"}]}}
    prices = read_client_pack(small_pack(prices=contract), {})[0].prices
    assert Prices.from_row(prices.to_row()) == prices
