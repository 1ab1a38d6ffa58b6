"""The client dashboard's pages: figures, the conversations behind them, one conversation to read, tables as CSV."""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from accounts.user import Right
from conversation.ids import ClientId, ConversationId
from handoff.dashboard_view import Behind, Facet
from handoff.views import ClientView
from sla.settling import Waiting
from web.auth import Reader, Wired, granted
from web.dashboard.periods import SWITCH, Asked, Chosen
from web.dashboard.tables import TABLES, conversation_rows, objects, rows_of
from web.dashboard.transcript import reading_context
from web.dashboard.view_model import dashboard_context
from web.desk.context import row_context
from web.errors import Missing
from web.exports.csv_file import Rows
from web.exports.downloads import Kind, csv_download, json_download
from web.files import file_response
from web.formats import Formats
from web.pages import pages_of
from web.parameters import Number
from web.reports.names import label
from web.services import Services

router = APIRouter(prefix="/dashboard")
BEHIND_LIMIT = 200
BEHIND_EXPORTED = 5_000
BREACHES_SHOWN = 12
BREACHES_EXPORTED = 10_000

When = Annotated[Asked, Depends()]


@router.get("")
async def clients(request: Request, person: Reader, services: Wired) -> Response:
    """Straight to the only client, or a choice."""
    views = await services.clients.of(person.clients)
    if len(views) == 1:
        return RedirectResponse(f"/dashboard/{next(iter(views))}", 303)
    ordered = sorted(views.values(), key=lambda view: view.name)
    staffs = person.may(Right.SUPERVISE)
    return pages_of(request).render(request, "dashboard/clients.html", views=ordered, staffs=staffs)


@router.get("/{client}")
async def dashboard(request: Request, client: str, person: Reader, services: Wired, when: When) -> Response:
    """Are the promises kept, what does the bot do, what broke, what does it cost."""
    id = granted(person, client)  # noqa: A001
    view, period = await frame(services, id, when)
    figures = await services.dashboards.figures(
        id, period.period, now=services.clock.now(), breaches=BREACHES_SHOWN, before=period.earlier
    )
    terms = await services.clients.terms(id, period.period)
    engines = await services.engines.states([id])
    pages = pages_of(request)
    f = Formats(pages.words(request), view.timezone)
    return pages.render(
        request,
        "dashboard/dashboard.html",
        timezone=view.timezone,
        client=view,
        chosen=period,
        spans=SWITCH,
        tables=list(TABLES),
        others=len(person.clients) > 1,
        engine=engines.get(id),
        engine_why=person.may(Right.SUPERVISE),
        waiting=await services.settling.waiting(id) if services.settling else Waiting(),
        decides=person.may(Right.APPROVE),
        proposes=services.settling is not None and person.may(Right.SUPERVISE),
        **dashboard_context(figures, terms, view, period, f),
    )


@router.get("/{client}/export/{table}.{kind}")
async def export(client: str, table: str, kind: Kind, person: Reader, services: Wired, when: When) -> Response:
    """One table of the dashboard."""
    id = granted(person, client)  # noqa: A001
    if table not in TABLES:
        raise Missing(f"no table {table}; there are {', '.join(TABLES)}")
    _, period = await frame(services, id, when)
    now = services.clock.now()
    figures = await services.dashboards.figures(
        id, period.period, now=now, breaches=BREACHES_EXPORTED, before=period.earlier
    )
    terms = await services.clients.terms(id, period.period)
    return _download(f"{id}-{table}-{period.first}-{period.last}", kind, rows_of(table, figures, terms))


@router.get("/{client}/behind/{which}.{kind}")
async def behind_export(
    request: Request, client: str, which: Behind, kind: Kind, person: Reader, services: Wired, when: When
) -> Response:
    """The same conversations to take along, at most BEHIND_EXPORTED of them."""
    id = granted(person, client)  # noqa: A001
    _, period = await frame(services, id, when)
    page = await services.dashboards.behind(id, period.period, which, limit=BEHIND_EXPORTED, where=_narrowed(request))
    return _download(f"{id}-{which}-{period.first}-{period.last}", kind, conversation_rows(page.rows))


def _download(name: str, kind: Kind, rows: Rows) -> Response:
    return json_download(name, objects(rows)) if kind is Kind.JSON else csv_download(name, rows)


@router.get("/{client}/behind/{which}")
async def behind(request: Request, client: str, which: Behind, person: Reader, services: Wired, when: When) -> Response:
    """The conversations behind a number."""
    id = granted(person, client)  # noqa: A001
    view, period = await frame(services, id, when)
    where = _narrowed(request)
    page = await services.dashboards.behind(id, period.period, which, limit=BEHIND_LIMIT, where=where)
    pages = pages_of(request)
    f, now = Formats(pages.words(request), view.timezone), services.clock.now()
    people = {str(agent.id): agent.name for agent in await services.presence.agents([id], now)}
    rows = [row_context(row, {id: view}, f, now) for row in page.rows]
    return pages.render(
        request,
        "dashboard/behind.html",
        timezone=view.timezone,
        client=view,
        chosen=period,
        which=which,
        rows=rows,
        narrowed=[label(facet, value, view, f, people) for facet, value in where.items()],
        more=page.more,
        limit=BEHIND_LIMIT,
        asked=urlencode({str(facet): value for facet, value in where.items()}),
    )


def _narrowed(request: Request) -> Mapping[Facet, str]:
    return {facet: value for facet in Facet if (value := request.query_params.get(facet))}


@router.get("/{client}/c/{conversation}")
async def conversation(
    request: Request, client: str, conversation: str, person: Reader, services: Wired, when: When
) -> Response:
    """One conversation to read: no notes, no acts, with the account each clock gives of itself."""
    id = granted(person, client)  # noqa: A001
    view, period = await frame(services, id, when)
    found = await services.reads.view(ConversationId(conversation), [id], person.id)
    if found is None:
        raise Missing(f"no conversation {conversation}")
    pages = pages_of(request)
    f, now = Formats(pages.words(request), view.timezone), services.clock.now()
    return pages.render(
        request,
        "dashboard/conversation.html",
        timezone=view.timezone,
        client=view,
        chosen=period,
        in_ledger=await services.settling.in_ledger(id, found.conversation.id) if services.settling else {},
        proposes=services.settling is not None and person.may(Right.SUPERVISE),
        **reading_context(found, view, f, now),
    )


@router.get("/{client}/c/{conversation}/files/{message}/{index}")
async def file(
    client: str, conversation: str, message: str, index: Number, person: Reader, services: Wired
) -> Response:
    """An attachment of a public message."""
    id = granted(person, client)  # noqa: A001
    found = await services.reads.view(ConversationId(conversation), [id], person.id)
    if found is None:
        raise Missing(f"no conversation {conversation}")
    return await file_response(services, found, message, index, public_only=True)


async def frame(services: Services, client: ClientId, when: Asked) -> tuple[ClientView, Chosen]:
    """The client as its pages show it, and the period asked for. Raises Missing."""
    view = (await services.clients.of([client])).get(client)
    if view is None:
        raise Missing(f"client {client} has no active pack")
    return view, when.at(services.clock.now(), view.timezone)
