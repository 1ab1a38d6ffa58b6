"""`switchboard client`: check, apply and list client packs; approve their terms."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.on_platform import for_client, on_platform
from app.cli.output import console, print_json, print_table, refuse

if TYPE_CHECKING:
    from app.clients import Applied
    from app.ownership import Withheld
    from app.packs import ClientPack
    from app.wiring import Platform
    from bots.channels import ChannelConfig
    from conversation.packfile import Problem
    from storage.packs import Proposal

PATIENCE_SECONDS = 10.0

app = typer.Typer(help="Client packs.", no_args_is_help=True)
Pack = Annotated[Path, typer.Argument(help="the pack's folder, e.g. clients/alpenrad")]
Client = Annotated[str, typer.Argument(help="the client's id")]
Version = Annotated[int, typer.Option(help="the version that waits")]
By = Annotated[str, typer.Option(help="the e-mail address of who decides")]


@app.command()
def validate(pack: Pack, as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False) -> None:
    """Reads every file of a pack and says what is wrong, where, and what would be right. Exit code 1 if anything is.
    Where there is a database the pack is also compared with what other clients have.
    """
    from app.packs import Unusable, check_pack

    try:
        problems = sorted({*check_pack(pack), *_compared(pack)})
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
        summary = f"{len(errors)} errors, {warnings} warnings" if problems else "all well"
        console.print(f"{pack}: {summary}", markup=False, soft_wrap=True)
    raise typer.Exit(1 if errors else 0)


def _compared(pack: Path) -> "list[Problem]":
    """What the pack claims of other clients', as far as the database can be asked."""
    import asyncio

    from pydantic import ValidationError
    from sqlalchemy.exc import SQLAlchemyError

    from app.packs import pack_texts
    from app.settings import Settings
    from app.wiring import ownership
    from conversation.packfile import Problem
    from storage.errors import StorageError

    async def compare() -> "list[Problem]":
        async with asyncio.timeout(PATIENCE_SECONDS), ownership(Settings()) as owned:
            return await owned.problems(pack_texts(pack)) if owned is not None else []

    try:
        return asyncio.run(compare())
    except (StorageError, SQLAlchemyError, OSError, ValidationError, TimeoutError) as error:
        why = (
            str(error) if isinstance(error, StorageError) else f"the database does not answer ({type(error).__name__})"
        )
        return [Problem("client.yml", 0, f"not compared with other clients: {why}", "see switchboard doctor", True)]


@app.command()
def apply(
    pack: Pack,
    force_bot: Annotated[str, typer.Option(help="why the bot shall run although it is refused")] = "",
    tests: Annotated[bool, typer.Option(help="run the bot's conversation tests first")] = True,
) -> None:
    """Trains the pack and makes it the client's current version; running workers take it up within seconds. Changed
    terms and bot texts wait for the client's approval first, unless the pack in force says `approval: waived`. A bot
    that is worse than the one that runs, or fails its tests, stays out while the terms come into force (exit code 1).
    """
    from app.packs import Unusable, open_pack

    async def run(p: "Platform") -> "tuple[Applied, Proposal | None]":
        applied = await p.clients.bring(pack, "command line", tests=tests, force=force_bot)
        return applied, await p.clients.proposal(open_pack(pack).id)

    try:
        applied, proposal = on_platform(run)
    except Unusable as error:
        refuse(str(error))
    if proposal is not None and proposal.version == applied.version:
        _show(proposal)
        console.print(
            f"Version {applied.version} waits: a client admin of {proposal.client} approves it with\n"
            f"switchboard client approve {proposal.client} --version {applied.version} --by E-MAIL",
            markup=False,
            soft_wrap=True,
        )
    else:
        console.print(f"{pack.name}: version {applied.version} is active.", markup=False)
    _tell_bot(applied)


def _tell_bot(applied: "Applied") -> None:
    if applied.refused is not None:
        running = applied.refused.running
        goes_on = f"version {running} goes on" if running else "no bot runs, people get every message"
        refuse(
            f"its bot, version {applied.refused.number}, is refused, {goes_on}: {applied.refused}. "
            "Mend it, or let it run with --force-bot 'REASON'",
            code=1,
        )
    if applied.bot is not None and applied.bot.evaluation is not None:
        promise = applied.bot.evaluation.promise
        console.print(f"Its bot is version {applied.bot.number}: {promise}.", markup=False)


@app.command()
def proposal(client: Client, as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False) -> None:
    """The changed terms that wait for the client's approval, line by line."""
    found = for_client(client, lambda p, known: p.clients.proposal(known))
    if as_json:
        keys = ("path", "before", "after")
        changes = [dict(zip(keys, change, strict=True)) for change in found.difference] if found else []
        print_json({"version": found.version if found else None, "difference": changes})
    elif found is None:
        console.print("Nothing waits for approval.")
    else:
        _show(found)


@app.command()
def approve(client: Client, version: Version, by: By) -> None:
    """Puts proposed terms in force, for new conversations, from now on. Only a client admin of the client can."""
    _decide(client, version, by, approve=True)
    console.print(f"{client}: version {version} is active.", markup=False)


@app.command()
def reject(client: Client, version: Version, by: By) -> None:
    """Refuses proposed terms; those in force stay. Only a client admin of the client can."""
    _decide(client, version, by, approve=False)
    console.print(f"{client}: version {version} is rejected.", markup=False)


def _decide(client: str, version: int, by: str, *, approve: bool) -> None:
    from sla.errors import NotSettled

    try:
        for_client(client, lambda p, known: p.settlement.decide_terms(known, version, approve=approve, by=by))
    except NotSettled as error:
        refuse(str(error))


def _show(proposal: "Proposal") -> None:
    print_table(
        ("term", "in force", "proposed"), ((path, old or "", new or "") for path, old, new in proposal.difference)
    )


@app.command(name="list")
def list_clients() -> None:
    """The clients there are, their versions and their channels."""

    async def run(p: "Platform") -> "tuple[Sequence[ClientPack], Sequence[Withheld]]":
        await p.clients.refresh()
        return p.clients.packs(), p.directory.withheld()

    packs, withheld = on_platform(run)
    if not packs:
        console.print("No clients yet: switchboard client apply clients/alpenrad")
        return
    print_table(
        ("client", "name", "version", "channels"),
        ((k.id, k.name, k.version, ", ".join(_channel(channel, withheld) for channel in k.channels)) for k in packs),
    )


def _channel(channel: "ChannelConfig", withheld: "Sequence[Withheld]") -> str:
    found = next((w for w in withheld if w.channel is channel), None)
    if found is not None:
        return f"{channel.id} (off: {f'of {found.owner}' if found.owner else 'not reserved'})"
    return f"{channel.id}{'' if channel.active else ' (off)'}"
