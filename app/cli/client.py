"""`switchboard client`: check, apply and list client packs."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from app.cli.output import console, print_json, print_table, refuse

app = typer.Typer(help="Client packs.", no_args_is_help=True)
Pack = Annotated[Path, typer.Argument(help="the pack's folder, e.g. clients/alpenrad")]


@app.command()
def validate(pack: Pack, as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False) -> None:
    """Reads every file of a pack and says what is wrong, where, and what would be right. Exit code 1 if anything is."""
    from app.packs import Unusable, check_pack

    try:
        problems = check_pack(pack)
    except Unusable as error:
        refuse(str(error))
    errors = [p for p in problems if not p.warning]
    if as_json:
        keys = ("file", "line", "message", "hint", "warning")
        print_json([{key: getattr(p, key) for key in keys} for p in problems])
    else:
        for problem in problems:
            console.print(str(problem), markup=False, soft_wrap=True)
        warnings = len(problems) - len(errors)
        console.print(f"{pack}: {len(errors)} errors, {warnings} warnings" if problems else f"{pack}: all well")
    raise typer.Exit(1 if errors else 0)


@app.command()
def apply(pack: Pack) -> None:
    """Trains the pack and makes it the client's current version; running workers take it up within seconds."""
    from app.packs import Unusable
    from app.settings import Settings
    from app.wiring import platform

    async def run() -> int:
        async with platform(Settings()) as p:
            return await p.clients.apply(pack, by="command line")

    try:
        version = asyncio.run(run())
    except Unusable as error:
        refuse(str(error))
    console.print(f"{pack.name}: version {version} is active.", markup=False)


@app.command(name="list")
def list_clients() -> None:
    """The clients there are, their versions and their channels."""
    from app.settings import Settings
    from app.wiring import platform

    async def run() -> None:
        async with platform(Settings()) as p:
            await p.clients.refresh()
            packs = p.clients.packs()
            if not packs:
                console.print("No clients yet: switchboard client apply clients/alpenrad")
                return
            print_table(
                ("client", "name", "version", "channels"),
                (
                    (k.id, k.name, k.version, ", ".join(f"{c.id}{'' if c.active else ' (off)'}" for c in k.channels))
                    for k in packs
                ),
            )

    asyncio.run(run())
