"""`switchboard sla alarms`: who is told of warnings and breaches outside, and whether they were."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.on_platform import on_platform
from app.cli.output import console, print_json, print_table, refuse

if TYPE_CHECKING:
    from app.wiring import Platform
    from web.ports import AlarmRecipient

COLUMNS = ("recipient", "state", "sent", "waiting", "failed", "unsure", "last sent", "last error")


def alarms(
    days: Annotated[int, typer.Option(min=1, help="count the alarms of so many days")] = 7,
    enable: Annotated[str | None, typer.Option(help="try a recipient that was switched off again")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Lists everybody who is told outside, with what was told, what waits, what failed and what may have come twice."""
    if enable is not None:
        if not on_platform(lambda built: _enabled(built, enable)):
            refuse(f"nobody called {enable!r} was ever told; `switchboard sla alarms` lists who was")
        console.print(f"{enable} is tried again with the next alarm.", markup=False)
        return
    found = on_platform(lambda built: _recipients(built, days))
    if as_json:
        print_json(found)
        return
    print_table(COLUMNS, ([row[column] if row[column] is not None else "" for column in COLUMNS] for row in found))


async def _enabled(built: "Platform", key: str) -> bool:
    await built.directory.refresh()
    return await built.alarm_people.enable(key, await built.directory.ids(), by=None)


async def _recipients(built: "Platform", days: int) -> list[dict[str, Any]]:
    await built.directory.refresh()
    found = await built.alarm_people.recipients(await built.directory.ids(), counted=timedelta(days=days))
    return [_row(one) for one in sorted(found, key=lambda one: one.key)]


def _row(one: "AlarmRecipient") -> dict[str, Any]:
    return {
        "recipient": one.key,
        "state": "switched off" if one.state == "off" else one.state,
        "sent": one.sent,
        "waiting": one.waiting,
        "failed": one.failed,
        "unsure": one.unsure,
        "last sent": one.sent_at.isoformat(timespec="seconds") if one.sent_at else None,
        "last error": one.error or None,
    }
