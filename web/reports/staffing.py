"""How many agents each half hour of a usual week needs, beside how many were there: of one client, or of all."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from conversation.ids import ClientId
from web import charts
from web.auth import Reader, Supervisor, Wired, granted
from web.charts import Staffed
from web.dashboard.pages import frame
from web.dashboard.periods import Asked
from web.exports.downloads import Kind, csv_download, json_download
from web.formats import MINUTE, Formats
from web.pages import pages_of
from web.reports.ports import NoPlan, Plan, Wish
from web.reports.tables import as_objects, plan_rows
from web.services import Services

router = APIRouter()


def wished(
    days: Annotated[int, Query(ge=7, le=366)] = 28,
    patience: Annotated[float, Query(ge=0, le=1440)] = 0,
    at_once: Annotated[int, Query(ge=1, le=20)] = 1,
    away: Annotated[float, Query(ge=0, le=90)] = 0,
) -> Wish:
    """The form's fields: patience in minutes, 0 for nobody giving up; `away` in percent."""
    return Wish(days, patience * MINUTE or None, at_once, away / 100)


Wished = Annotated[Wish, Depends(wished)]


@router.get("/dashboard/{client}/staffing")
async def staffing(request: Request, client: str, person: Reader, services: Wired, wish: Wished) -> Response:
    """One client's roster."""
    id = granted(person, client)  # noqa: A001
    view, running = await frame(services, id, Asked())
    plan = await services.reports.plan([id], view.timezone, wish)
    pages = pages_of(request)
    f = Formats(pages.words(request), view.timezone)
    return pages.render(
        request,
        "reports/staffing.html",
        timezone=view.timezone,
        client=view,
        planned=await services.reports.planned(id, running.last),
        **_context(plan, wish, f),
    )


@router.get("/dashboard/{client}/staffing.{kind}")
async def export(client: str, kind: Kind, person: Reader, services: Wired, wish: Wished) -> Response:
    """One client's roster as a table."""
    id = granted(person, client)  # noqa: A001
    view, _ = await frame(services, id, Asked())
    return _table(await services.reports.plan([id], view.timezone, wish), kind, client)


@router.get("/staffing")
async def everybody(request: Request, person: Supervisor, services: Wired, wish: Wished) -> Response:
    """The roster of all clients together, on the provider's clock."""
    plan = await services.reports.plan(await _all(services, person.clients), services.timezone, wish)
    pages = pages_of(request)
    f = Formats(pages.words(request), services.timezone)
    return pages.render(request, "reports/staffing.html", client=None, planned=None, **_context(plan, wish, f))


@router.get("/staffing.{kind}")
async def export_everybody(kind: Kind, person: Supervisor, services: Wired, wish: Wished) -> Response:
    """The roster of all clients together as a table."""
    plan = await services.reports.plan(await _all(services, person.clients), services.timezone, wish)
    return _table(plan, kind, "all")


async def _all(services: Services, clients: Sequence[ClientId] | frozenset[ClientId]) -> list[ClientId]:
    return sorted(await services.clients.of(clients))


def _table(plan: Plan | NoPlan, kind: Kind, name: str) -> Response:
    rows = iter([("weekday",)]) if isinstance(plan, NoPlan) else plan_rows(plan)
    name = f"{name}-staffing"
    return json_download(name, as_objects(rows)) if kind is Kind.JSON else csv_download(name, rows)


def _context(plan: Plan | NoPlan, wish: Wish, f: Formats) -> dict[str, Any]:
    asked = f"?days={wish.days}&patience={(wish.patience_s or 0) / MINUTE:g}&at_once={wish.concurrency}"
    context: dict[str, Any] = {"wish": wish, "asked": f"{asked}&away={wish.shrinkage * 100:g}", "no_plan": "", "f": f}
    if isinstance(plan, NoPlan):
        return context | {"no_plan": plan.why}
    needed = sum(need.agents for need in plan.needs) / 2
    there = sum(plan.online.values()) / 2
    short = [n for n in plan.needs if plan.online.get((n.weekday, n.slot), 0.0) < n.agents]
    peak = max(plan.needs, key=lambda need: need.agents, default=None)
    return context | {
        "plan": plan,
        "needed_hours": needed,
        "online_hours": there,
        "short": len(short),
        "peak": peak,
        "peak_told": f"{f.weekday(peak.weekday)} {_time(peak.slot)}" if peak else "",
        "days": [(f.weekday(day), drawing) for day, drawing in _days(plan, f)],
        "rows": [
            (f.weekday(n.weekday), _time(n.slot), n, plan.online.get((n.weekday, n.slot), 0.0)) for n in plan.needs
        ],
    }


def _days(plan: Plan, f: Formats) -> list[tuple[int, Any]]:
    needed = {(n.weekday, n.slot): n for n in plan.needs}
    cells = sorted(needed.keys() | plan.online.keys())
    if not cells:
        return []
    first, last = min(slot for _, slot in cells), max(slot for _, slot in cells)
    most = max([float(n.agents) for n in plan.needs] + list(plan.online.values()))
    drawn = []
    for day in range(7):
        halves = []
        for slot in (slot for weekday, slot in cells if weekday == day):
            need, online = needed.get((day, slot)), plan.online.get((day, slot), 0.0)
            agents = need.agents if need else 0
            told = f.words("staffing.told", at=_time(slot), n=f.number(agents), online=f.number(online, 1))
            halves.append(Staffed(slot, agents, online, told))
        if halves:
            title = f.words("staffing.chart", day=f.weekday(day))
            drawn.append(
                (day, charts.roster(halves, title=title, first=first, last=last, most=float(round(most + 0.49))))
            )
    return drawn


def _time(slot: int) -> str:
    return f"{slot // 2:02}:{slot % 2 * 30:02}"
