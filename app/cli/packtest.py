"""`switchboard test PACK`: the pack's own conversation tests."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.output import console, print_json, refuse


def run_tests(
    pack: Annotated[Path, typer.Argument(help="the pack's folder, e.g. clients/alpenrad")],
    allow: Annotated[
        list[str] | None, typer.Option(help="host:port inside your network that its actions may call, repeatable")
    ] = None,
    engine: Annotated[str, typer.Option(help="embedded or rasa; else the one that client.yml chose")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Runs the pack's tests/*.yml against the bot it would become. Exit code 1 if one fails."""
    import asyncio

    from app.packs import Unusable
    from app.training import run_pack_tests

    try:
        results = asyncio.run(run_pack_tests(pack, allow or (), engine))
    except Unusable as error:
        refuse(str(error))
    failed = [result for result in results if not result.passed]
    if as_json:
        print_json([{"name": r.name, "place": r.place, "passed": r.passed, "why": r.why} for r in results])
    else:
        for result in failed:
            console.print(f"FAILED {result.place} {result.name}\n{result.why}\n", markup=False)
        console.print(f"{len(results) - len(failed)} passed, {len(failed)} failed")
    raise typer.Exit(1 if failed else 0)
