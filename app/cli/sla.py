"""`switchboard sla`: due times, explained; clocks, replayed; months, settled."""

from typing import Annotated

import typer

from app.cli.output import console, print_json, print_table, refuse
from app.cli.sla_alarms import alarms
from app.cli.sla_money import attainment, exclude, exclusions, renew, statement
from app.cli.sla_replay import replay
from app.cli.sla_reports import forecast, report, staffing, whatif

app = typer.Typer(help="Due times, clocks, attainment and statements.", no_args_is_help=True)
for command in (replay, renew, exclude, exclusions, attainment, statement, report, whatif, staffing, forecast, alarms):
    app.command()(command)


@app.callback()
def _group() -> None:
    """Due times and clocks."""


@app.command()
def due(
    timezone: Annotated[str, typer.Option(help="IANA zone, e.g. Europe/Berlin")],
    hours: Annotated[str, typer.Option(help='e.g. "mon-fri 08:00-12:00,13:30-18:00; sat 09:00-13:00" or 24/7')],
    start: Annotated[str, typer.Option(help="when the clock starts, ISO 8601 with zone")],
    budget: Annotated[str, typer.Option(help="e.g. 90m, 1h30m, 45s")],
    holiday: Annotated[list[str] | None, typer.Option(help="a closed date, repeatable")] = None,
    holidays: Annotated[str | None, typer.Option(help="public holidays of a region, e.g. DE-BY")] = None,
    pause: Annotated[list[str] | None, typer.Option(help="START/END, repeatable")] = None,
    until: Annotated[str | None, typer.Option(help="also count the business seconds from start to here")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """When a budget of business time runs out, and what ran, paused or stood still on the way."""
    from sla.due import due_report
    from sla.errors import SlaError

    try:
        report = due_report(
            timezone=timezone,
            hours=hours,
            start=start,
            budget=budget,
            holiday=holiday or (),
            holidays=holidays,
            pause=pause or (),
            until=until,
        )
    except SlaError as error:
        refuse(str(error))
    if as_json:
        print_json(report)
        return
    console.print(f"due {report['due']}")
    if until is not None:
        console.print(f"business seconds until {until}: {report['elapsed_s']}")
    print_table(
        ("from", "to", "state", "reason", "seconds"),
        ([s["from"], s["to"], s["state"], s.get("reason", ""), s["elapsed_s"]] for s in report["timeline"]),
    )
