"""`switchboard test PACK`: the pack's own conversation tests, and variations of them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.output import console, print_json, print_table, refuse

if TYPE_CHECKING:  # commands import what they need when they run
    from collections.abc import Sequence

    from nlu.variations.report import Figures, Report


def run_tests(
    pack: Annotated[Path, typer.Argument(help="the pack's folder, e.g. clients/alpenrad")],
    allow: Annotated[
        list[str] | None, typer.Option(help="host:port inside your network that its actions may call, repeatable")
    ] = None,
    engine: Annotated[str, typer.Option(help="embedded or rasa; else the one that client.yml chose")] = "",
    variations: Annotated[
        bool, typer.Option("--variations", help="derive conversations from the tests instead")
    ] = False,
    seed: Annotated[int, typer.Option(help="another seed makes other variations")] = 0,
    record: Annotated[bool, typer.Option("--record", help="keep what the actions answer in recorded.yml")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Runs the pack's tests/*.yml against the bot it would become. Exit code 1 if one fails, or with --variations if a
    target is missed.
    """
    import asyncio

    from app.packs import Unusable
    from app.training import run_pack_tests
    from app.variations import record_pack, vary_pack

    try:
        if variations:
            figures, told = asyncio.run(vary_pack(pack, seed))
            show_variations(figures, told, as_json=as_json)
            raise typer.Exit(1 if figures.misses else 0)
        if record:
            count = asyncio.run(record_pack(pack, allow or ()))
            console.print(f"{count} answers kept in {pack}/recorded.yml", markup=False, soft_wrap=True)
            return
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


def show_variations(figures: "Report", told: "Sequence[str]", *, as_json: bool = False) -> None:
    """The failing conversations, then the table, then what was missed."""
    if as_json:
        print_json(figures.as_plain())
        return
    for one in told:
        console.print(f"{one}\n", markup=False, soft_wrap=True)
    rows = [(operator, *_counts(one)) for (_, operator), one in figures.operators.items()]
    rows += [(kind.value.upper(), *_counts(one)) for kind, one in figures.kinds.items()]
    print_table(("change, KIND", "n", "same", "handed", "wrong", "lost", "dead", "repeated"), rows)
    console.print(figures.in_a_line(), markup=False, soft_wrap=True)


def _counts(one: "Figures") -> list[str]:
    return [str(one.played), *map(str, one.as_plain().values())]
