"""What the lines of a statement are made of: conversations, or the days of a month too long to list at once."""

from datetime import date
from fractions import Fraction
from typing import Any

from fastapi import APIRouter, Request, Response

from sla.prices import Item
from sla.settling import Account, Stage, UsedByDay
from sla.statement import Line
from web.auth import Reader, Wired
from web.errors import Missing
from web.paging import PAGE, Paging, first_of
from web.parameters import Day, Number, PageNumber
from web.settlement.amounts import Amounts
from web.settlement.exports import table
from web.settlement.frame import Frame, frame_of
from web.settlement.months import month_day
from web.settlement.shares import SHARE_COLUMNS, share_plain, share_row
from web.settlement.statement import account_of, settled

router = APIRouter(prefix="/dashboard/{client}/statement/{month}/lines/{line}")
LONG = 3_000
"""An open month with more chargeable facts than this shows its lines by day: to list them all, every history of the
month would have to be read."""


@router.get("")
async def line_page(
    request: Request, client: str, month: str, line: Number, person: Reader, services: Wired, page: PageNumber = 1
) -> Response:
    """The conversations that one line is made of; of a long month that is open, its days."""
    frame = await frame_of(request, client, person, services)
    account = await account_of(frame, month)
    drawn = _line(account, line)
    if account.stage is not Stage.CLOSED:
        if _is_long(account.days):
            return await frame.render("statement/days.html", **_about_days(frame, account, line))
        account = await account_of(frame, month, whole=True)
        drawn = _line(account, line)
    paging = Paging.of(page, drawn.size)
    shares = await frame.settling.shares(frame.client, account, line - 1, paging.first, paging.until - paging.first)
    amounts = Amounts(frame.f, account.statement.currency)
    return await frame.render(
        "statement/line.html",
        account=account,
        line=drawn,
        number=line,
        month_name=frame.f.month(month_day(month)),
        amounts=amounts,
        paging=paging,
        rows=[share_row(share, frame, amounts) for share in shares],
    )


@router.get("/conversations.{form}")
async def line_table(
    request: Request, client: str, month: str, line: Number, form: str, person: Reader, services: Wired
) -> Response:
    """All conversations of one line."""
    frame = await frame_of(request, client, person, services)
    account = await account_of(frame, month, whole=True)
    drawn = _line(account, line)
    rows = [share_plain(share) for share in await frame.settling.shares(frame.client, account, line - 1)]
    return table(f"{frame.client}-{month}-{line}-{drawn.item}", SHARE_COLUMNS, rows, form)


@router.get("/days.{form}")
async def days_table(
    request: Request, client: str, month: str, line: Number, form: str, person: Reader, services: Wired
) -> Response:
    """The days of a line's item."""
    frame = await frame_of(request, client, person, services)
    account = await account_of(frame, month)
    if account.stage is Stage.CLOSED:
        raise Missing(f"{month} is closed: its lines list their conversations")
    drawn = _line(account, line)
    rows = [{"day": day.isoformat(), "quantity": quantity} for day, quantity in _of_item(account.days, drawn.item)]
    return table(f"{frame.client}-{month}-{drawn.item}-days", ("day", "quantity"), rows, form)


@router.get("/days/{day}")
async def day_page(
    request: Request,
    client: str,
    month: str,
    line: Number,
    day: Day,
    person: Reader,
    services: Wired,
    page: PageNumber = 1,
) -> Response:
    """The conversations of a line's item on one local day."""
    frame = await frame_of(request, client, person, services)
    item = await _item(frame, month, line)
    first = first_of(page)
    found = await settled(frame.settling.day_shares(frame.client, month, item, day, first, PAGE))
    paging = Paging.of(page, found.count)
    if paging.first != first:
        found = await settled(frame.settling.day_shares(frame.client, month, item, day, paging.first, PAGE))
    amounts = Amounts(frame.f, frame.settling.currency(frame.client))
    return await frame.render(
        "statement/day.html",
        month=month,
        item=item,
        number=line,
        day=day,
        month_name=frame.f.month(month_day(month)),
        quantity=amounts.quantity(found.quantity),
        paging=paging,
        rows=[share_row(share, frame, amounts) for share in found.shares],
    )


@router.get("/days/{day}/conversations.{form}")
async def day_table(
    request: Request, client: str, month: str, line: Number, day: Day, form: str, person: Reader, services: Wired
) -> Response:
    """All conversations of a line's item on one local day."""
    frame = await frame_of(request, client, person, services)
    item = await _item(frame, month, line)
    found = await settled(frame.settling.day_shares(frame.client, month, item, day))
    return table(f"{frame.client}-{day}-{item}", SHARE_COLUMNS, map(share_plain, found.shares), form)


async def _item(frame: Frame, month: str, line: int) -> Item:
    """Days are counted as of now, so a closed month has none: its lines list all that was frozen."""
    return await settled(frame.settling.item_of(frame.client, month, line - 1))


def _line(account: Account, number: int) -> Line:
    if not 1 <= number <= len(account.statement.lines):
        raise Missing(f"{account.month} has no line {number}")
    return account.statement.lines[number - 1]


def _is_long(days: UsedByDay) -> bool:
    counted = (Item.AUTOMATED_RESOLUTION, Item.HANDLED_CONVERSATION)
    return sum(by_item.get(item, Fraction(0)) for by_item in days.values() for item in counted) > LONG


def _of_item(days: UsedByDay, item: Item) -> list[tuple[date, Fraction]]:
    """Up to the last day with anything."""
    used = [(day, by_item.get(item, Fraction(0))) for day, by_item in days.items()]
    last = max((day for day, quantity in used if quantity), default=date.min)
    return [(day, quantity) for day, quantity in used if day <= last]


def _about_days(frame: Frame, account: Account, number: int) -> dict[str, Any]:
    line, f = _line(account, number), frame.f
    amounts = Amounts(f, account.statement.currency)
    mine = _of_item(account.days, line.item)
    return {
        "account": account,
        "line": line,
        "number": number,
        "month_name": f.month(month_day(account.month)),
        "amounts": amounts,
        "stepped": sum(other.item is line.item for other in account.statement.lines) > 1,
        "rows": [(day, f.weekday_name(day.weekday()), amounts.quantity(quantity)) for day, quantity in mine],
        "total": amounts.quantity(sum((quantity for _, quantity in mine), Fraction(0))),
    }
