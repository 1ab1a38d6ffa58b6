"""Statement pages: the list of months, one month, what its credits are made of, and closing it."""

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Any, TypeVar

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from sla.clock import Clock
from sla.errors import NotSettled
from sla.policy import ClockKind
from sla.settling import Account, ClockEntry, Stage
from web.auth import Admin, Reader, Wired
from web.errors import Missing
from web.exports.downloads import Kind, csv_download, download, json_download
from web.paging import PAGE, Paging, first_of
from web.parameters import PageNumber
from web.settlement.amounts import Amounts
from web.settlement.exports import table
from web.settlement.frame import Frame, frame_of
from web.settlement.months import month_day
from web.settlement.statement_pdf import statement_pdf
from web.settlement.statement_view import PROMISE_COLUMNS, json_of, promise_rows, sheet

router = APIRouter(prefix="/dashboard/{client}/statement")
T = TypeVar("T")
PDF = "pdf"


@router.get("")
async def months(request: Request, client: str, person: Reader, services: Wired) -> Response:
    """The open month and the closed ones."""
    frame = await frame_of(request, client, person, services)
    try:
        rows = await frame.settling.months(frame.client)
    except NotSettled as error:
        return await frame.render("statement/none.html", why=frame.why(error))
    shown = [
        {
            "row": row,
            "name": frame.f.month(month_day(row.month)),
            "total": Amounts(frame.f, row.currency).money(row.total) if row.total is not None else "–",
        }
        for row in rows
    ]
    return await frame.render("statement/months.html", rows=shown, people=await frame.settling.people())


@router.get("/months.{form}")
async def months_table(request: Request, client: str, form: str, person: Reader, services: Wired) -> Response:
    """The list of months."""
    frame = await frame_of(request, client, person, services)
    rows = [
        {
            "month": row.month,
            "stage": row.stage.value,
            "total": row.total,
            "currency": row.currency,
            "closed_at": row.closed_at,
            "closed_by": row.closed_by,
        }
        for row in await settled(frame.settling.months(frame.client))
    ]
    columns = ("month", "stage", "total", "currency", "closed_at", "closed_by")
    return table(f"{frame.client}-statements", columns, rows, form)


@router.get("/{month}.{form}")
async def month_file(request: Request, client: str, month: str, form: str, person: Reader, services: Wired) -> Response:
    """One month as CSV, JSON or PDF."""
    frame = await frame_of(request, client, person, services)
    if form not in (*Kind, PDF):
        raise Missing(f"no format {form}; there are csv, json and pdf")
    account = await account_of(frame, month)
    name = f"{frame.client}-statement-{month}"
    if form == Kind.JSON:
        return json_download(name, json_of(account, frame.view.timezone))
    if form == Kind.CSV:
        return csv_download(name, account.statement.rows(), marked=False)
    drawn = sheet(account, frame.view, frame.f, await frame.settling.people())
    made = await asyncio.to_thread(statement_pdf, drawn, account, frame.view.name, frame.f)
    return download(made, "application/pdf", f"{name}.pdf")


@router.get("/{month}")
async def month_page(request: Request, client: str, month: str, person: Reader, services: Wired) -> Response:
    """One month in money."""
    frame = await frame_of(request, client, person, services)
    try:
        account = await frame.settling.account(frame.client, month)
    except NotSettled as error:
        if error.key == "no_month":
            raise Missing(str(error)) from error
        return await frame.render("statement/none.html", why=frame.why(error))
    return await frame.render("statement/month.html", **await _month_context(frame, account))


@router.get("/{month}/missed/{clock}")
async def missed_page(
    request: Request, client: str, month: str, clock: ClockKind, person: Reader, services: Wired, page: PageNumber = 1
) -> Response:
    """The missed clocks that a service credit rests on."""
    frame = await frame_of(request, client, person, services)
    account = await account_of(frame, month)
    first = first_of(page)
    found = await frame.settling.missed(frame.client, month, clock, first, PAGE)
    paging = Paging.of(page, found.count)
    if paging.first != first:
        found = await frame.settling.missed(frame.client, month, clock, paging.first, PAGE)
    reading = next((r for r in account.statement.attained if r.clock == clock), None)
    return await frame.render(
        "statement/missed.html",
        account=account,
        clock=clock,
        month_name=frame.f.month(month_day(month)),
        paging=paging,
        moved=reading is not None and reading.missed != found.count,
        then=reading.missed if reading is not None else 0,
        rows=found.entries,
        late=_late,
    )


@router.get("/{month}/missed/{clock}/clocks.{form}")
async def missed_table(
    request: Request, client: str, month: str, clock: ClockKind, form: str, person: Reader, services: Wired
) -> Response:
    """All missed clocks of one kind."""
    frame = await frame_of(request, client, person, services)
    await account_of(frame, month)
    found = await frame.settling.missed(frame.client, month, clock)
    columns = ("clock", "conversation", "customer", "topic", "started_at", "due_at", "stopped_at", "late_s")
    return table(f"{frame.client}-{month}-missed-{clock}", columns, map(_missed_plain, found.entries), form)


@router.get("/{month}/promises.{form}")
async def promises_table(
    request: Request, client: str, month: str, form: str, person: Reader, services: Wired
) -> Response:
    """What was promised and kept, with the mark of the contract that applied."""
    frame = await frame_of(request, client, person, services)
    drawn = (await account_of(frame, month)).statement
    return table(f"{frame.client}-{month}-promises", PROMISE_COLUMNS, promise_rows(drawn), form)


@router.get("/{month}/close")
async def closing_page(request: Request, client: str, month: str, person: Admin, services: Wired) -> Response:
    """What will be frozen, before it is."""
    frame = await frame_of(request, client, person, services)
    return await _closing(frame, month)


@router.post("/{month}/close")
async def close(request: Request, client: str, month: str, person: Admin, services: Wired) -> Response:
    """Freezes the month."""
    frame = await frame_of(request, client, person, services)
    try:
        await frame.settling.close(frame.client, month, by=person.email)
    except NotSettled as error:
        return await _closing(frame, month, error)
    return RedirectResponse(f"/dashboard/{frame.client}/statement/{month}", 303)


async def _closing(frame: Frame, month: str, error: NotSettled | None = None) -> Response:
    account = await account_of(frame, month)
    if account.stage is Stage.CLOSED and error is None:
        return RedirectResponse(f"/dashboard/{frame.client}/statement/{month}", 303)
    context = await _month_context(frame, account)
    why = frame.why(error) if error else frame.t("settle.why.not_over") if account.stage is Stage.RUNNING else ""
    return await frame.render("statement/close.html", status=409 if error else 200, why=why, **context)


async def _month_context(frame: Frame, account: Account) -> dict[str, Any]:
    names = await frame.settling.people()
    return {
        "account": account,
        "sheet": sheet(account, frame.view, frame.f, names),
        "month_name": frame.f.month(month_day(account.month)),
        "here_month": f"/dashboard/{frame.client}/statement/{account.month}",
    }


async def account_of(frame: Frame, month: str, *, whole: bool = False) -> Account:
    """The month. Raises Missing where there is none."""
    return await settled(frame.settling.account(frame.client, month, whole=whole))


async def settled(work: Awaitable[T]) -> T:
    """What cannot be settled is not there: these addresses are reached from pages that have said why."""
    try:
        return await work
    except NotSettled as error:
        raise Missing(str(error)) from error


def _late(clock: Clock) -> float | None:
    """Seconds from due to stop; None while nobody has answered."""
    if clock.due_at is None or clock.stopped_at is None:
        return None
    return (clock.stopped_at - clock.due_at).total_seconds()


def _missed_plain(entry: ClockEntry) -> Mapping[str, Any]:
    clock, about = entry.clock, entry.about
    assert clock is not None, "missed clocks are read with their rows"
    return {
        "clock": clock.id,
        "conversation": clock.conversation,
        "customer": about.customer_name if about else None,
        "topic": about.topic if about else None,
        "started_at": clock.started_at,
        "due_at": clock.due_at,
        "stopped_at": clock.stopped_at,
        "late_s": _late(clock),
    }
