"""A closed month beside what it would come to today: what the correction of a later month is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fastapi import APIRouter, Request, Response

from sla.prices import Item
from sla.settling import Account, Stage
from sla.statement import Statement
from web.auth import Reader, Wired
from web.errors import Missing
from web.settlement.amounts import Amounts
from web.settlement.exports import table
from web.settlement.frame import Frame, frame_of
from web.settlement.months import month_day
from web.settlement.statement import account_of

router = APIRouter(prefix="/dashboard/{client}/statement/{month}")
COLUMNS = ("figure", "when_closed", "today", "difference", "currency")


@dataclass(frozen=True, slots=True)
class Moved:
    """One figure of the month: `key` is that of its words."""

    name: str
    key: str
    then: Decimal
    now: Decimal


@router.get("/today")
async def today_page(request: Request, client: str, month: str, person: Reader, services: Wired) -> Response:
    """Only of a closed month: the page of an open one shows it as it is today."""
    frame = await frame_of(request, client, person, services)
    account, rows = await _moved(frame, month)
    amounts = Amounts(frame.f, account.statement.currency)
    shown = [
        (frame.t(row.key), amounts.money(row.then), amounts.money(row.now), amounts.money(row.now - row.then))
        for row in rows
    ]
    return await frame.render(
        "statement/today.html", account=account, month_name=frame.f.month(month_day(month)), rows=shown
    )


@router.get("/today.{form}")
async def today_table(
    request: Request, client: str, month: str, form: str, person: Reader, services: Wired
) -> Response:
    """The same rows."""
    frame = await frame_of(request, client, person, services)
    account, rows = await _moved(frame, month)

    def plain(row: Moved) -> Mapping[str, Any]:
        return {
            "figure": row.name,
            "when_closed": row.then,
            "today": row.now,
            "difference": row.now - row.then,
            "currency": account.statement.currency,
        }

    return table(f"{frame.client}-{month}-today", COLUMNS, map(plain, rows), form)


async def _moved(frame: Frame, month: str) -> tuple[Account, Sequence[Moved]]:
    account = await account_of(frame, month)
    if account.stage is not Stage.CLOSED:
        raise Missing(f"{month} is not closed: its page shows it as it is today")
    return account, _compared(account.statement, await frame.settling.today(frame.client, account))


def _compared(then: Statement, now: Statement) -> Sequence[Moved]:
    rows = [Moved(item, f"settle.item.{item}", _of(then, item), _of(now, item)) for item in Item]
    return [
        *(row for row in rows if row.then or row.now),
        Moved("minimum_fee", "settle.top_up", then.top_up, now.top_up),
        Moved("service_credits", "settle.credits", _credits(then), _credits(now)),
        Moved("net", "settle.net", then.net, now.net),
    ]


def _of(drawn: Statement, item: Item) -> Decimal:
    return sum((line.amount for line in drawn.lines if line.item is item), Decimal(0))


def _credits(drawn: Statement) -> Decimal:
    return drawn.net - drawn.usage - drawn.top_up
