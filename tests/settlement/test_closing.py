"""Months close in their order, and what changes afterwards is corrected in the one closed next."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from accounts.user import Role, User
from app.settlement import Settlement
from conversation.clock import ManualClock
from conversation.ids import UserId
from sla.errors import NotSettled
from sla.exclusion import Reason
from sla.policy import ClockKind
from sla.settling import Stage
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

    def policy(self, client):
        return self.office.active

    def pack(self, client):
        return self

    def timezone(self, client):
        return "Europe/Berlin"

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
