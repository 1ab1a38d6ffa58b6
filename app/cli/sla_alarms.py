"""`switchboard sla alarms`: who is told of warnings and breaches outside, and whether they were."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.on_platform import on_platform
from app.cli.output import console, print_json, print_table, refuse

if TYPE_CHECKING:
    from app.wiring import Platform
    from storage.alarm_effects import Standing

COLUMNS = ("recipient", "state", "sent", "waiting", "failed", "unsure", "last sent", "last error")


def alarms(
    days: Annotated[int, typer.Option(min=1, help="count the alarms of so many days")] = 7,
    enable: Annotated[str | None, typer.Option(help="try a recipient that was switched off again")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Lists everybody who is told outside, with what was told, what waits, what failed and what may have come twice."""
    if enable is not None:
        if not on_platform(lambda built: built.notices.enable(enable)):
            refuse(f"nobody called {enable!r} was ever told; `switchboard sla alarms` lists who was")
        console.print(f"{enable} is tried again with the next alarm.", markup=False)
        return
    found = on_platform(lambda built: _standings(built, days))
    if as_json:
        print_json(found)
        return
    print_table(COLUMNS, ([row[column] if row[column] is not None else "" for column in COLUMNS] for row in found))


async def _standings(built: "Platform", days: int) -> list[dict[str, Any]]:
    await built.directory.refresh()
    kept = await built.notices.standings(built.clock.now() - timedelta(days=days))
    known = {one.recipient.key for one in kept}
    now = {recipient.key for client in await built.directory.ids() for recipient in built.outside.of(client)}
    rows = [_row(one, known_now=one.recipient.key in now) for one in kept]
    silent = dict.fromkeys(COLUMNS) | {"state": "ready", "sent": 0, "waiting": 0, "failed": 0, "unsure": 0}
    return sorted([*rows, *(silent | {"recipient": key} for key in now - known)], key=lambda row: str(row["recipient"]))


def _row(one: "Standing", *, known_now: bool) -> dict[str, Any]:
    state = "ready" if known_now else "gone"
    if one.disabled_at is not None:
        state = "switched off"
    elif one.failing_since is not None:
        state = "failing"
    return {
        "recipient": one.recipient.key,
        "state": state,
        "sent": one.sent,
        "waiting": one.waiting,
        "failed": one.failed,
        "unsure": one.unsure,
        "last sent": one.sent_at.isoformat(timespec="seconds") if one.sent_at else None,
        "last error": one.error or None,
    }
