"""`switchboard sla replay`: are the clocks on file what the events say?"""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.on_platform import for_client
from app.cli.output import console, print_json, print_table, refuse

if TYPE_CHECKING:
    from app.wiring import Platform
    from conversation.ids import ClientId

Client = Annotated[str, typer.Option(help="the client's id")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]


def replay(
    client: Client,
    verify: Annotated[bool, typer.Option("--verify", help="only compare; this is the default")] = False,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="also make the rows what the events say")] = False,
    as_json: AsJson = False,
) -> None:
    """Recomputes every clock of a client from its events and reports each difference. Exit code 1 if rows differ."""
    if verify and rebuild:
        refuse("choose one of --verify and --rebuild")
    found = for_client(client, lambda built, known: _replayed(built, known, rebuild=rebuild))
    if as_json:
        print_json(found)
    else:
        print_table(
            ("clock", "field", "on file", "replayed"),
            ([d["clock"], d["field"], d["on_file"], d["replayed"]] for d in found["differences"]),
        )
        verdict = "rebuilt" if rebuild else "found"
        console.print(
            f"{found['conversations']} conversations, {found['events']} events, {found['clocks']} clocks replayed: "
            f"{len(found['differences'])} differences {verdict}."
        )
    raise typer.Exit(1 if found["differences"] and not rebuild else 0)


async def _replayed(built: "Platform", client: "ClientId", *, rebuild: bool) -> dict[str, Any]:
    batches = built.replay.rebuild(client) if rebuild else built.replay.verify(client)
    total: dict[str, Any] = {"client": client, "conversations": 0, "events": 0, "clocks": 0, "differences": []}
    async for checked in batches:
        for count in ("conversations", "events", "clocks"):
            total[count] += getattr(checked, count)
        total["differences"] += [
            {"clock": d.clock, "field": d.field, "on_file": _shown(d.on_file), "replayed": _shown(d.replayed)}
            for d in checked.differences
        ]
    return total


def _shown(value: Any) -> str | None:
    return None if value is None else str(value)
