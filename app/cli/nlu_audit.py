"""`switchboard nlu audit`: what people found of the bot's own answers, week by week; draws a sample on request."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.on_platform import for_client
from app.cli.output import console, print_json, print_table, refuse

if TYPE_CHECKING:
    from app.wiring import Platform
    from conversation.ids import ClientId
    from nlu.audit.findings import Finding
    from nlu.audit.interval import Interval
    from nlu.audit.reports import WeekReport


def audit(
    client: Annotated[str, typer.Argument(help="the client's id")],
    week: Annotated[str, typer.Option(help="one week, like 2026-W47; else the latest ones")] = "",
    draw: Annotated[bool, typer.Option("--draw", help="draw the week's sample now, if it was not drawn yet")] = False,
    size: Annotated[int | None, typer.Option(min=1, help="with --draw: how many answers to judge")] = None,
    half_width: Annotated[
        float | None, typer.Option(help="with --draw: as many as this half-width of the interval needs, like 0.02")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Wrong automatic answers as people judged them, beside what the bot promised. A week under way keeps its rates."""
    from app.live_audit import CannotDraw
    from nlu.audit.week import Week

    try:
        wanted = Week.parse(week) if week else None
    except ValueError as error:
        refuse(str(error))

    async def run(p: "Platform", known: "ClientId") -> list["WeekReport"]:
        if draw:
            try:
                await p.live_audit.draw(known, wanted, size=size, half_width=half_width)
            except (CannotDraw, ValueError) as error:
                refuse(str(error))
        if wanted is None:
            return await p.live_audit.reports(known)
        found = await p.live_audit.report(known, wanted)
        if found is None:
            refuse(f"the sample of {wanted} was not drawn for {known}: add --draw")
        return [found]

    reports = for_client(client, run)
    if as_json:
        print_json([_plain(report) for report in reports])
    elif not reports:
        console.print("No sample was drawn yet; workers draw one each Monday, --draw does it now.", markup=False)
    else:
        columns = ("week", "version", "answers", "judged", "wrong", "95 %", "needed a person", "promised", "promise")
        print_table(columns, (row for report in reports for row in _rows(report)))


def _rows(report: "WeekReport") -> list[tuple[object, ...]]:
    """A row for each version that answered in the week."""
    week = str(report.draw.week)
    rows: list[tuple[object, ...]] = []
    for part in report.versions:
        found, tally = part.finding, part.finding.tally
        told = report.tells and found.bad is not None
        rates: tuple[str, ...] = ("", "", "")
        if told and found.bad is not None and found.handoff is not None:
            rates = (_share(found.bad.share), f"{_share(found.bad.low)}-{_share(found.bad.high)}")
            rates = (*rates, _share(found.handoff.share))
        promised = _share(found.promised) if found.promised is not None else ""
        judged = f"{tally.judged}/{tally.size}"
        rows.append((week, part.version or "?", tally.population, judged, *rates, promised, found.standing.value))
    return rows or [(week, "", report.draw.population, "0/0", "", "", "", "", "")]


def _plain(report: "WeekReport") -> dict[str, Any]:
    draw = report.draw
    return {
        "week": str(draw.week),
        "seed": draw.seed,
        "drawn_at": draw.drawn_at.isoformat(),
        "open": report.is_open,
        **_finding(report.overall, told=report.tells),
        "standing": report.standing.value,
        "versions": [
            {"version": part.version, **_finding(part.finding, told=report.tells)} for part in report.versions
        ],
    }


def _finding(found: "Finding", *, told: bool) -> dict[str, Any]:
    tally = found.tally
    rates = {"wrong_rate": found.bad, "wrong_answer_rate": found.wrong, "handoff_rate": found.handoff}
    return {
        "answers": tally.population,
        "drawn": tally.size,
        "judged": tally.judged,
        **{name: _interval(rate) if told else None for name, rate in rates.items()},
        "promised": found.promised,
        "standing": found.standing.value,
    }


def _interval(found: "Interval | None") -> dict[str, float] | None:
    return {"share": found.share, "low": found.low, "high": found.high} if found is not None else None


def _share(value: float) -> str:
    return f"{value:.1%}"
