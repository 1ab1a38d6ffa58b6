"""The report page of any period, its tables to take along, and the same on paper."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from accounts.user import Right
from conversation.ids import ClientId
from sla.settling import month_names
from sla.slices import Dimension
from web.auth import Reader, Wired, granted, signed_in
from web.dashboard.pages import frame
from web.dashboard.periods import REPORT_SWITCH, Asked, Chosen
from web.exports.downloads import Kind, csv_download, download, json_download, streamed_download
from web.formats import Formats
from web.live import person_access, while_allowed
from web.pages import pages_of
from web.reports import flows
from web.reports.paper import report_pdf
from web.reports.ports import Planned
from web.reports.tables import FLOWS, GROUPED, Compared, Row, Table, as_objects, planned_rows, rows_of
from web.reports.view import BREAKDOWNS, report_context
from web.services import Services
from web.settlement.months import month_day

router = APIRouter(prefix="/dashboard/{client}/report")
When = Annotated[Asked, Depends()]


@router.get("")
async def report(
    request: Request, client: str, person: Reader, services: Wired, when: When, by: Dimension = Dimension.CHANNEL
) -> Response:
    """Times, volume, reasons and satisfaction of a period beside the one before."""
    id = granted(person, client)  # noqa: A001
    view, period = await frame(services, id, when)
    by = by if by in BREAKDOWNS else Dimension.CHANNEL
    found = await compared(services, id, period, [by])
    terms = await services.clients.terms(id, period.period)
    pages = pages_of(request)
    f = Formats(pages.words(request), view.timezone)
    return pages.render(
        request,
        "reports/report.html",
        timezone=view.timezone,
        client=view,
        chosen=period,
        spans=REPORT_SWITCH,
        tables=list(Table),
        planned=await _planned(services, id, period),
        **report_context(found, period, by, terms, view, f),
    )


@router.get(".pdf")
async def paper(request: Request, client: str, person: Reader, services: Wired, when: When) -> Response:
    """The report as a document."""
    id = granted(person, client)  # noqa: A001
    view, period = await frame(services, id, when)
    found = await compared(services, id, period, BREAKDOWNS)
    terms = await services.clients.terms(id, period.period)
    f = Formats(pages_of(request).words(request), view.timezone)
    planned = await _planned(services, id, period)
    document = await asyncio.to_thread(report_pdf, found, period, terms, view, f, services.clock.now(), planned)
    return download(document, "application/pdf", f"{_name(id, 'report', period)}.pdf")


@router.get("/{table}.{kind}")
async def export(
    request: Request, client: str, table: Table, kind: Kind, person: Reader, services: Wired, when: When
) -> Response:
    """One table."""
    id = granted(person, client)  # noqa: A001
    _, period = await frame(services, id, when)
    name = _name(id, table, period)
    if table in FLOWS:
        access = person_access(await signed_in(request), Right.DASHBOARD, services)
        return streamed_download(name, kind, while_allowed(_flow(services, id, table, kind, period), access, id))
    rows = await _rows(services, id, table, period)
    return json_download(name, as_objects(rows)) if kind is Kind.JSON else csv_download(name, rows)


async def _rows(services: Services, client: ClientId, table: Table, period: Chosen) -> Iterator[Row]:
    if table is Table.FORECAST:
        months = map(month_day, month_names(period.first, period.last))
        return planned_rows([await services.reports.planned(client, month) for month in months])
    return rows_of(table, await compared(services, client, period, [GROUPED[table]] if table in GROUPED else []))


async def _planned(services: Services, client: ClientId, period: Chosen) -> Planned | None:
    """Volume against the forecast, which is made for calendar months."""
    return await services.reports.planned(client, period.first) if period.is_month else None


async def compared(services: Services, client: ClientId, period: Chosen, by: Collection[Dimension]) -> Compared:
    """The facts of the period and of the one before, both broken down."""
    return Compared(
        await services.reports.facts(client, period.first, period.last, by),
        await services.reports.facts(client, *period.before, by),
    )


def _flow(services: Services, client: ClientId, table: Table, kind: Kind, period: Chosen) -> AsyncIterator[str]:
    if table is Table.HALF_HOURS:
        half_hours = flows.half_hours_as_rows(services.reports.half_hours(client, period.first, period.last))
        return flows.as_json(half_hours) if kind is Kind.JSON else flows.half_hours_as_csv(half_hours)
    conversations = services.reports.conversations(client, period.first, period.last)
    return flows.as_json(conversations) if kind is Kind.JSON else flows.conversations_as_csv(conversations)


def _name(client: str, what: str, period: Chosen) -> str:
    return f"{client}-{what}-{period.first}-{period.last}"
