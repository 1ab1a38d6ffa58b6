"""Months close in their order, and what changes afterwards is corrected in the one closed next."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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
from tests.settlement.test_statements import PRICES, handled
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
    (entry,) = await settle.missed(ALPENRAD, "2026-09", ClockKind.FIRST_RESPONSE)
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
