"""`switchboard sla report | whatif | staffing`: what was, what would have been, what is needed."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from app.cli.on_platform import for_client
from app.cli.output import console, print_json, print_table, refuse

if TYPE_CHECKING:
    from app.wiring import Platform
    from conversation.ids import ClientId
    from sla.policy import Policy

T = TypeVar("T")
Client = Annotated[str, typer.Option(help="the client's id")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NO_PLAN = {
    "promise": "{client} promises no first response: there is nothing to staff for",
    "handled": "nobody handled a conversation of {client} in the last {days} days",
}


class Table(StrEnum):
    """The tables there are."""

    HALF_HOURS = "half-hours"
    CLOCKS = "clocks"
    PERCENTILES = "percentiles"


def report(
    table: Annotated[Table, typer.Argument(help="which table")],
    client: Client,
    first: Annotated[str, typer.Option("--from", help="first local date, like 2026-10-01")],
    last: Annotated[str, typer.Option("--to", help="last local date, included")],
    as_json: AsJson = False,
) -> None:
    """A table as CSV (or JSON): half hours for workforce tools, every clock with its conversation, percentiles."""
    from sla.report import HalfHour, table_of
    from sla.summary import Percentiles
    from storage.report_reads import ClockRow
    from web.exports.csv_file import csv_lines

    begin, end = _date(first), _date(last)

    async def run(p: "Platform", known: "ClientId") -> tuple[list[Any], type]:
        reports = p.reports
        if table is Table.HALF_HOURS:
            return await reports.half_hours(known, begin, end), HalfHour
        if table is Table.CLOCKS:
            return await reports.clocks(known, begin, end), ClockRow
        reports.span(known, begin, end)
        return await p.period_reports.percentiles(known, begin, end), Percentiles

    rows, of = _reported(client, run)
    if as_json:
        print_json([asdict(row) for row in rows])
    else:
        typer.echo(csv_lines(table_of(rows, of)), nl=False)


def whatif(
    client: Client,
    month: Annotated[str, typer.Option(help="like 2026-10")],
    first_response: Annotated[str, typer.Option(help="another budget, e.g. 10m")] = "",
    next_response: Annotated[str, typer.Option(help="another budget")] = "",
    resolution: Annotated[str, typer.Option(help="another budget, e.g. 1d")] = "",
    objective: Annotated[float | None, typer.Option(help="another objective in percent", min=0.01, max=100)] = None,
    hours: Annotated[str, typer.Option(help='other opening hours, e.g. "mon-fri 08:00-20:00"')] = "",
    as_json: AsJson = False,
) -> None:
    """A month's history under other terms: attainment and service credits side by side."""
    budgets = {"first_response": first_response, "next_response": next_response, "resolution": resolution}

    async def run(p: "Platform", known: "ClientId") -> dict[str, Any]:
        other = _other(p.what_ifs.policy(known), {k: v for k, v in budgets.items() if v}, objective, hours)
        found = await p.what_ifs.what_if(known, await p.settlement.span(known, month), other)
        return {
            "clocks": [
                {
                    "clock": c.kind.value,
                    **{
                        f"{name}_{key}": getattr(a, key)
                        for name, a in (("actual", c.actual), ("other", c.other))
                        for key in ("met", "missed", "open", "share", "objective", "left")
                    },
                }
                for c in found.comparisons
            ],
            "credits": {
                name: None if drawn is None else str(drawn.usage + drawn.top_up - drawn.net)
                for name, drawn in (("actual", found.actual), ("other", found.other))
            },
            "currency": found.actual.currency if found.actual is not None else None,
        }

    found = _reported(client, run)
    if as_json:
        print_json(found)
        return
    shown = ("met", "missed", "share")
    columns = ("clock", *(f"{name} {key}" for name in ("actual", "other") for key in shown))
    print_table(
        columns,
        (
            [row["clock"], *(_share(row[f"{n}_{k}"]) for n in ("actual", "other") for k in shown)]
            for row in found["clocks"]
        ),
    )
    credits_ = found["credits"]
    console.print(
        f"service credits: {credits_['actual'] or '-'} actual, {credits_['other'] or '-'} under the other terms"
    )


def forecast(
    client: Client,
    month: Annotated[str, typer.Option(help="like 2026-10")],
    as_json: AsJson = False,
) -> None:
    """A month's handoffs within the volume its contract plans for, and beyond it, with how each was kept."""
    day = _date(f"{month}-01")
    found = _reported(client, lambda p, known: p.forecasts.month(known, day))
    if found is None:
        refuse(f"the contract of {client} has no forecast: client.yml may say `forecast: {{handoffs_per_month: 800}}`")
    row = asdict(found)
    if as_json:
        print_json(row)
        return
    parts = ((name, row["volume"][name]) for name in ("within", "beyond"))
    print_table(("part", "handoffs", "met", "missed", "open"), ([name, *part.values()] for name, part in parts))
    console.print(f"forecast for {found.month}: {found.forecast} handoffs")


def staffing(
    client: Client,
    days: Annotated[int, typer.Option(help="learn from so many last days", min=7, max=366)] = 28,
    patience: Annotated[str, typer.Option(help="how long customers wait before they give up, e.g. 20m")] = "",
    concurrency: Annotated[int, typer.Option(help="chats an agent has at once", min=1, max=20)] = 1,
    shrinkage: Annotated[float, typer.Option(help="share of paid time agents are away", min=0, max=0.9)] = 0.0,
    as_json: AsJson = False,
) -> None:
    """How many agents each half hour of a week needs to keep the first response objective."""

    async def run(p: "Platform", known: "ClientId") -> dict[str, Any]:
        from sla.instants import parse_budget
        from web.reports.ports import NoPlan, Wish

        seconds = parse_budget(patience).total_seconds() if patience else None
        wish = Wish(days, seconds, concurrency, shrinkage)
        found = await p.period_reports.plan([known], p.directory.timezone(known), wish)
        if isinstance(found, NoPlan):
            refuse(_NO_PLAN[found.why].format(client=client, days=days))
        return {
            "from": found.first.isoformat(),
            "to": found.last.isoformat(),
            **asdict(found.promise),
            "online_by_heartbeats": found.logged,
            "half_hours": [
                {
                    "weekday": _DAYS[need.weekday],
                    "start": f"{need.slot // 2:02}:{need.slot % 2 * 30:02}",
                    "arrivals": round(need.arrivals, 3),
                    "agents": need.agents,
                    "within_target": round(need.expected.within_target, 4),
                    "occupancy": round(need.expected.occupancy, 4),
                    "online": round(found.online.get((need.weekday, need.slot), 0.0), 2),
                }
                for need in found.needs
            ],
        }

    found = _reported(client, run)
    if as_json:
        print_json(found)
        return
    rows = found["half_hours"]
    console.print(
        f"{found['from']} to {found['to']}: {found['share']:.0%} within {found['target_s'] / 60:g} min, "
        f"{found['handling_s'] / 60:.1f} min handling"
    )
    print_table(rows[0] if rows else (), (row.values() for row in rows))


def _other(policy: "Policy", budgets: dict[str, str], objective: float | None, hours: str) -> "Policy":
    from sla.hours import parse_hours
    from sla.instants import parse_budget
    from sla.policy import ClockKind
    from sla.whatif import changed, objectives

    return changed(
        policy,
        budgets={ClockKind(kind): parse_budget(text) for kind, text in budgets.items()},
        objectives=objectives(policy, objective) if objective is not None else None,
        hours=parse_hours(hours) if hours else None,
    )


def _reported(client: str, work: "Callable[[Platform, ClientId], Awaitable[T]]") -> T:
    from app.reports import NothingToReport
    from sla.errors import NotSettled, SlaError

    try:
        return for_client(client, work)
    except (NothingToReport, NotSettled, SlaError) as error:
        refuse(str(error))


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        refuse(f"{text!r} is not a date: write it like 2026-10-01")


def _share(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.2%}" if isinstance(value, float) else str(value)
