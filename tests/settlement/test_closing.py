"""Months close in their order, and what changes afterwards is corrected in the one closed next."""

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest

from accounts.audit import Act
from accounts.user import Role, User
from app.settlement import Settlement
from conversation.clock import ManualClock
from conversation.ids import UserId
from sla.errors import NotSettled
from sla.exclusion import Reason
from sla.policy import ClockKind
from sla.prices import Item
from sla.settling import Stage
from storage.audit import SqlAudit
from storage.exclusions import SqlExclusions
from storage.packs import PackVersion
from storage.settlement_reads import SqlSettlementReads
from storage.settlements import SqlStatements
from tests.settlement.packs import CONTRACT, small_pack
from tests.settlement.test_statements import PRICES, contained, handled
from tests.storage_people.conftest import ALPENRAD
from tests.storage_people.office import ANN, Office

ROOT = "root@example.org"


@dataclass
class Book:
    """A directory, the pack versions and the users in one: one client with prices, one provider admin."""

    office: Office
    prices = PRICES
    version = 1
    zone = "Europe/Berlin"

    def pack(self, client):
        return SimpleNamespace(version=self.version, prices=self.prices, policy=self.office.active)

    def timezone(self, client):
        return self.zone

    async def in_force(self, client, at):
        return None

    async def by_email(self, email):
        return User(UserId("root"), email, "Root", frozenset({Role.PROVIDER_ADMIN}), frozenset({ALPENRAD}))


@pytest.fixture
async def office(database) -> Office:
    made = Office(database, ManualClock(datetime(2026, 9, 20, 9, tzinfo=UTC)))
    book = made.book = Book(made)
    made.ledger = SqlExclusions(database)
    made.settlement = Settlement(
        book, None, book, made.ledger, SqlStatements(database), SqlSettlementReads(database), book, made.clock
    )
    return made


async def test_any_month_closes_first_then_none_is_left_out(office):
    for month in range(3):
        await handled(office, f"t{month}", 3)
        office.clock.advance(timedelta(days=30))
    office.clock.set(datetime(2026, 12, 5, tzinfo=UTC))
    settle = office.settlement
    assert await settle.month_names(ALPENRAD) == ["2026-12", "2026-11", "2026-10", "2026-09"]
    await settle.close(ALPENRAD, "2026-10", by=ROOT)
    with pytest.raises(NotSettled, match="is not over"):
        await settle.close(ALPENRAD, "2026-12", by=ROOT)
    with pytest.raises(NotSettled, match="closed already"):
        await settle.close(ALPENRAD, "2026-10", by=ROOT)
    office.clock.set(datetime(2027, 1, 5, tzinfo=UTC))
    with pytest.raises(NotSettled, match="close 2026-11 first"):
        await settle.close(ALPENRAD, "2026-12", by=ROOT)
    await settle.close(ALPENRAD, "2026-11", by=ROOT)
    await settle.close(ALPENRAD, "2026-09", by=ROOT)
    stages = {row.month: row.stage for row in await settle.months(ALPENRAD)}
    assert stages == {
        "2027-01": Stage.RUNNING,
        "2026-12": Stage.OVER,
        "2026-11": Stage.CLOSED,
        "2026-10": Stage.CLOSED,
        "2026-09": Stage.CLOSED,
    }
    with pytest.raises(NotSettled, match="has no statement for 2026-08"):
        await settle.account(ALPENRAD, "2026-08")


async def test_rule_4_4b_a_month_has_the_prices_that_were_in_force_at_its_end(office):
    await handled(office, "t", 3)
    office.clock.set(datetime(2026, 11, 10, tzinfo=UTC))
    raised = {"prices": {**CONTRACT["prices"], "handled_conversation": "9.00"}}
    since = {1: datetime(2026, 1, 1, tzinfo=UTC), 2: datetime(2026, 9, 25, tzinfo=UTC)}

    async def in_force(client, at):
        number = max(n for n, start in since.items() if start <= at)
        files = small_pack(**(raised if number == 2 else {}))
        return PackVersion(client, number, "", files, None, since[number])

    office.book.in_force, office.book.version = in_force, 3
    in_september = await office.settlement.account(ALPENRAD, "2026-09")
    assert unit_price(in_september) == Decimal("9.00")
    since[2] = datetime(2026, 10, 5, tzinfo=UTC)
    assert unit_price(await office.settlement.account(ALPENRAD, "2026-09")) == Decimal("2.10")


def unit_price(account):
    return next(line.unit_price for line in account.statement.lines if line.item == "handled_conversation")


async def test_an_exclusion_approved_later_is_corrected_in_the_next_month_and_only_there(office):
    late = await handled(office, "late", 11)
    settle = office.settlement
    office.clock.set(datetime(2026, 11, 10, tzinfo=UTC))
    frozen = await settle.close(ALPENRAD, "2026-09", by=ROOT)
    (entry,) = (await settle.missed(ALPENRAD, "2026-09", ClockKind.FIRST_RESPONSE)).entries
    assert entry.clock.conversation == late
    now = office.clock.now()
    made = await office.ledger.propose(ALPENRAD, entry.clock.id, Reason.SPAM, "t", by=ANN.id, by_name="a", now=now)
    await office.ledger.decide(ALPENRAD, made.id, approve=True, by=None, by_name="carl", now=now)
    october, november = [await settle.account(ALPENRAD, month) for month in ("2026-10", "2026-11")]
    credit = frozen.credits[0].amount
    assert [(c.month, c.amount) for c in october.statement.corrections] == [("2026-09", credit)]
    assert november.statement.corrections == ()
    closed = await settle.account(ALPENRAD, "2026-09")
    assert closed.statement == frozen.counted()
    assert (await settle.today(ALPENRAD, closed)).net == frozen.net + credit
    await settle.close(ALPENRAD, "2026-10", by=ROOT)
    assert (await settle.account(ALPENRAD, "2026-11")).statement.corrections == ()


async def test_several_closed_months_are_corrected_in_one_pass_as_if_one_by_one(office):
    late = []
    for month in range(3):
        late.append(await handled(office, f"t{month}", 11))
        office.clock.advance(timedelta(days=31))
    settle, statements = office.settlement, SqlStatements(office.ledger._database)
    office.clock.set(datetime(2026, 12, 5, 9, tzinfo=UTC))
    frozen = {m: await settle.close(ALPENRAD, m, by=ROOT) for m in ("2026-09", "2026-10", "2026-11")}
    now = office.clock.now()
    for month in ("2026-09", "2026-11"):
        (entry,) = (await settle.missed(ALPENRAD, month, ClockKind.FIRST_RESPONSE)).entries
        made = await office.ledger.propose(ALPENRAD, entry.clock.id, Reason.SPAM, "t", by=ANN.id, by_name="a", now=now)
        await office.ledger.decide(ALPENRAD, made.id, approve=True, by=None, by_name="carl", now=now)
    found = await statements.corrections(ALPENRAD, now, before="2026-12", zone="Europe/Berlin")
    credit = {month: one.credits[0].amount for month, one in frozen.items()}
    assert [(c.month, c.amount) for c in found] == [(m, credit[m]) for m in ("2026-09", "2026-11")]
    elsewhere = await statements.corrections(ALPENRAD, now, before="2026-12", zone="Asia/Tokyo")
    assert elsewhere == found, "also when the client has moved, and its months cut the days of its new zone"
    assert [c.month for c in (await settle.account(ALPENRAD, "2026-12")).statement.corrections] == [
        c.month for c in found
    ]
    rows = {row.month: row.total for row in await settle.months(ALPENRAD)}
    assert rows == {m: one.total for m, one in frozen.items()} | {
        "2026-12": (await settle.account(ALPENRAD, "2026-12")).statement.total
    }


async def test_the_days_of_an_open_month_add_up_to_its_lines_and_open_to_their_conversations(office):
    office.clock.set(datetime(2026, 9, 20, 21, 50, tzinfo=UTC))
    await contained(office, "c1")
    over_midnight = await handled(office, "h1", 3, work=12)
    await contained(office, "c2")
    settle, month = office.settlement, "2026-09"
    days = (await settle.account(ALPENRAD, month)).days
    lines = (await settle.account(ALPENRAD, month, whole=True)).statement.lines
    used = {day.day: items for day, items in days.items() if items}
    assert list(used) == [20, 21]
    for number, line in enumerate(lines):
        assert await settle.item_of(ALPENRAD, month, number) is line.item
        of_line = await settle.shares(ALPENRAD, await settle.account(ALPENRAD, month, whole=True), number)
        found = {day: await settle.day_shares(ALPENRAD, month, line.item, day) for day in days}
        assert {day: one.quantity for day, one in found.items() if one.count} == {
            day: items[line.item] for day, items in days.items() if line.item in items
        }
        assert sum(one.quantity for one in found.values()) == sum(line.quantities)
        assert {s.conversation for one in found.values() for s in one.shares} == {s.conversation for s in of_line}
        assert all(s.facts or s.at_desk_s for one in found.values() for s in one.shares)
    minutes = {day.day: one for day, one in found.items() if one.count}
    assert {n: [s.conversation for s in one.shares] for n, one in minutes.items()} == {
        20: [over_midnight],
        21: [over_midnight],
    }
    assert (await settle.day_shares(ALPENRAD, month, lines[0].item, date(2026, 9, 21), 1, 5)).shares == []
    with pytest.raises(NotSettled, match="is no day of 2026-09"):
        await settle.day_shares(ALPENRAD, month, lines[0].item, date(2026, 10, 1))


async def test_a_closed_months_line_reads_the_conversations_it_shows(office):
    for thread in ("c1", "c2", "c3"):
        await contained(office, thread)
    await handled(office, "h1", 3)
    office.clock.set(datetime(2026, 10, 5, 9, tzinfo=UTC))
    settle = office.settlement
    frozen = await settle.close(ALPENRAD, "2026-09", by=ROOT)
    account = await settle.account(ALPENRAD, "2026-09")
    assert [line.size for line in account.statement.lines] == [3, 1, 1]
    every = [await settle.shares(ALPENRAD, account, number) for number in range(3)]
    assert [[(s.conversation, s.quantity) for s in shares] for shares in every] == [
        list(line.shares) for line in frozen.lines
    ]
    assert await settle.shares(ALPENRAD, account, 0, 1, 1) == every[0][1:2]
    assert await settle.shares(ALPENRAD, account, 0, 2, 50) == every[0][2:]


async def test_a_month_before_the_first_conversation_cannot_be_closed(office):
    await handled(office, "t", 3)
    office.clock.set(datetime(2026, 11, 5, tzinfo=UTC))
    for month in ("2001-01", "2026-08"):
        with pytest.raises(NotSettled, match=f"has no statement for {month}: it has 2026-09 to 2026-11"):
            await office.settlement.close(ALPENRAD, month, by=ROOT)
    assert {row.stage for row in await office.settlement.months(ALPENRAD)} == {Stage.OVER, Stage.RUNNING}


@pytest.mark.parametrize("order", [("2026-09", "2026-10", "2026-11"), ("2026-10", "2026-11", "2026-09")])
@pytest.mark.parametrize("zones", [("Europe/Berlin", "America/New_York"), ("America/New_York", "Europe/Berlin")])
async def test_every_fact_is_in_one_month_whatever_the_zone_was_when_each_closed(office, zones, order):
    settle = office.settlement
    for month in (10, 11):
        for hours in (-40, -9, -3, -1, 1, 3, 4.5, 9):
            office.clock.set(datetime(2026, month, 1, tzinfo=UTC) + timedelta(hours=hours))
            await contained(office, f"{month}:{hours}")
    facts = len(await office.conversations())
    office.clock.set(datetime(2026, 12, 3, tzinfo=UTC))
    closed = {}
    for number, month in enumerate(order):
        office.book.zone = zones[number % 2]
        closed[month] = await settle.close(ALPENRAD, month, by=ROOT)
        spans = [await settle.span(ALPENRAD, m) for m in ("2026-09", "2026-10", "2026-11", "2026-12")]
        assert [end for _, end in spans[:-1]] == [start for start, _ in spans[1:]]
        assert spans[int(month[-2:]) - 9] == (closed[month].start, closed[month].end)
    resolved = [line for one in closed.values() for line in one.lines if line.item == "automated_resolution"]
    assert sum(line.quantity for line in resolved) == facts
    counted = [c for line in resolved for c in line.conversations]
    assert len(counted) == len(set(counted)) == facts
    december = await settle.account(ALPENRAD, "2026-12")
    assert (december.statement.lines, december.statement.corrections) == ((), ())
    assert december.statement.start == closed["2026-11"].end
    rows = {row.month: row.total for row in await settle.months(ALPENRAD)}
    assert {month: rows[month] for month in closed} == {month: one.total for month, one in closed.items()}


async def test_a_month_is_listed_where_another_zone_leaves_it_a_few_hours(office):
    settle, first = office.settlement, datetime(2026, 10, 1, 1, tzinfo=UTC)
    office.clock.set(first)  # the evening of 30 September in New York, and October in Berlin
    await contained(office, "c1")
    office.clock.set(datetime(2026, 11, 1, 4, tzinfo=UTC))
    office.book.zone = "America/New_York"
    assert await settle.month_names(ALPENRAD) == ["2026-11", "2026-10", "2026-09"]
    assert (await settle.close(ALPENRAD, "2026-10", by=ROOT)).lines == ()
    office.book.zone = "Pacific/Honolulu"
    assert await settle.month_names(ALPENRAD) == ["2026-11", "2026-10", "2026-09"]
    assert (await settle.account(ALPENRAD, "2026-11")).stage is Stage.RUNNING
    office.book.zone = "Europe/Berlin"
    assert await settle.month_names(ALPENRAD) == ["2026-11", "2026-10", "2026-09"]
    assert [str(line.quantity) for line in (await settle.close(ALPENRAD, "2026-09", by=ROOT)).lines] == ["1.00"]


async def test_an_open_month_after_one_closed_in_another_zone_is_its_counted_days(office):
    settle = office.settlement
    office.clock.set(datetime(2026, 9, 20, 9, tzinfo=UTC))
    await contained(office, "c1")
    for number, hour in enumerate((22, 23, 26, 29, 40)):
        office.clock.set(datetime(2026, 9, 30, tzinfo=UTC) + timedelta(hours=hour))
        await handled(office, f"h{number}", 11)
    office.clock.set(datetime(2026, 10, 5, tzinfo=UTC))
    office.book.zone = "America/New_York"
    await settle.close(ALPENRAD, "2026-09", by=ROOT)
    office.book.zone = "Europe/Berlin"
    quick, whole = [await settle.account(ALPENRAD, "2026-10", whole=whole) for whole in (False, True)]
    assert quick.statement == replace(
        whole.statement, lines=tuple(replace(line, conversations=(), quantities=()) for line in whole.statement.lines)
    )
    assert quick.standings == whole.standings
    assert next(str(line.quantity) for line in whole.statement.lines) == "2.00"
    days = {day: items for day, items in quick.days.items() if items}
    for item in ("handled_conversation", "agent_minute"):
        found = [await settle.day_shares(ALPENRAD, "2026-10", Item(item), day) for day in days]
        assert [one.quantity for one in found] == [items[Item(item)] for items in days.values()]
    missed = await settle.missed(ALPENRAD, "2026-10", ClockKind.FIRST_RESPONSE)
    assert missed.count == quick.statement.attained[0].missed == 2


async def test_rule_4_4b_a_month_has_the_objectives_that_were_in_force_at_its_end(office):
    await handled(office, "t", 3)
    changed = {"sla": {**CONTRACT["sla"], "objective": 80}}
    since = {1: datetime(2026, 1, 1, tzinfo=UTC), 2: datetime(2026, 10, 3, tzinfo=UTC)}

    async def in_force(client, at):
        number = max(n for n, start in since.items() if start <= at)
        return PackVersion(client, number, "", small_pack(**(changed if number == 2 else {})), None, since[number])

    office.book.in_force, office.book.version = in_force, 3
    office.clock.set(datetime(2026, 10, 5, tzinfo=UTC))
    settle = office.settlement
    frozen = await settle.close(ALPENRAD, "2026-09", by=ROOT)
    assert {reading.objective for reading in frozen.attained} == {95.0}
    for standings in (
        (await settle.account(ALPENRAD, "2026-09")).standings,
        await settle.standings(ALPENRAD, "2026-09"),
    ):
        assert {one.raw.objective for one in standings} == {95.0}
    await handled(office, "u", 3)
    running = await settle.account(ALPENRAD, "2026-10")
    assert {reading.objective for reading in running.statement.attained} == {80.0}
    assert {one.raw.objective for one in running.standings} == {80.0}


async def test_a_correction_is_owed_in_the_currency_of_its_month(office):
    settle = office.settlement
    await handled(office, "late", 11)
    office.clock.set(datetime(2026, 10, 5, tzinfo=UTC))
    frozen = await settle.close(ALPENRAD, "2026-09", by=ROOT)
    await exclude_first_missed(office, "2026-09")
    office.book.prices = replace(PRICES, currency="JPY")
    office.clock.set(datetime(2026, 11, 5, tzinfo=UTC))
    back = frozen.credits[0].amount
    october = (await settle.account(ALPENRAD, "2026-10")).statement
    assert (october.currency, october.total, october.net) == ("JPY", 10, 10)
    assert [(c.month, c.amount, c.currency) for c in october.apart] == [("2026-09", back, "EUR")]
    assert {row.month: (row.total, row.currency) for row in await settle.months(ALPENRAD)}["2026-10"] == (10, "JPY")
    closed = await settle.close(ALPENRAD, "2026-10", by=ROOT)
    assert (closed.total, closed.apart) == (10, october.apart)
    november = (await settle.account(ALPENRAD, "2026-11")).statement
    assert november.corrections == (), "owed once"


async def test_a_month_in_which_things_are_only_taken_back_is_a_credit_note(office):
    office.book.prices = replace(PRICES, minimum=Decimal(0))
    office.clock.set(datetime(2026, 9, 30, 9, tzinfo=UTC))
    await contained(office, "t")
    office.clock.set(datetime(2026, 10, 1, 9, tzinfo=UTC))
    await office.write("a human please", "t")
    office.clock.set(datetime(2026, 11, 5, tzinfo=UTC))
    totals = [(await office.settlement.close(ALPENRAD, month, by=ROOT)).total for month in ("2026-09", "2026-10")]
    assert totals == [Decimal("0.35"), Decimal("-0.35")]
    account = await office.settlement.account(ALPENRAD, "2026-10")
    assert [(line.size, str(line.quantity)) for line in account.statement.lines] == [(1, "-1.00")]
    assert [s.quantity for s in await office.settlement.shares(ALPENRAD, account, 0)] == [-1]
    november = (await office.settlement.account(ALPENRAD, "2026-11")).statement
    assert (november.total, november.corrections) == (0, ())


async def test_of_two_who_close_one_month_at_once_one_does(office):
    for thread in ("c1", "c2", "c3"):
        await contained(office, thread)
    await handled(office, "h1", 11)
    office.clock.set(datetime(2026, 10, 5, tzinfo=UTC))
    settle = office.settlement
    closing = [settle.close(ALPENRAD, "2026-09", by=by) for by in (ROOT, "otto@example.org")]
    made = await asyncio.gather(*closing, return_exceptions=True)
    [refused] = [one for one in made if isinstance(one, NotSettled)]
    [frozen] = [one for one in made if not isinstance(one, BaseException)]
    assert (refused.key, "closed already" in str(refused)) == ("closed", True)
    account = await settle.account(ALPENRAD, "2026-09")
    assert account.statement == frozen.counted()
    assert account.closed_by == (ROOT, "otto@example.org")[made.index(frozen)]
    shares = [await settle.shares(ALPENRAD, account, number) for number in range(len(frozen.lines))]
    assert [[(s.conversation, s.quantity) for s in its] for its in shares] == [
        list(line.shares) for line in frozen.lines
    ]
    acts = [e for e in await SqlAudit(office.database).page([ALPENRAD], limit=9) if e.act == Act.STATEMENT_CLOSED]
    assert len(acts) == 1


async def exclude_first_missed(office, month):
    entry = (await office.settlement.missed(ALPENRAD, month, ClockKind.FIRST_RESPONSE)).entries[0]
    now = office.clock.now()
    made = await office.ledger.propose(ALPENRAD, entry.clock.id, Reason.SPAM, "t", by=ANN.id, by_name="a", now=now)
    await office.ledger.decide(ALPENRAD, made.id, approve=True, by=None, by_name="carl", now=now)
