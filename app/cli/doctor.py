"""`switchboard doctor`: what is set up, what is wrong, and how to mend it."""

import asyncio
import secrets
from typing import Annotated

import typer

from app.cli.output import console
from app.cli.troubles import told_in_a_line

MARKS = {True: "[green]ok[/]  ", None: "[yellow]note[/]", False: "[red]bad[/] "}


def doctor(
    new_key: Annotated[bool, typer.Option("--new-key", help="print a new secret key and do nothing else")] = False,
) -> None:
    """Checks settings, database, Redis, engine and the tokens of every channel. Exit code 1 if something is bad."""
    from app.doctor import Finding, examine
    from app.settings import Settings, new_secret_key

    if new_key:
        typer.echo(new_secret_key(secrets.token_bytes(32)))
        return

    async def run() -> list[Finding]:
        findings = []
        async for finding in examine(Settings()):
            console.print(MARKS[finding.ok], f"{finding.name}: {finding.detail}", soft_wrap=True)
            if finding.mend:
                console.print(f"       → {finding.mend}", markup=False, soft_wrap=True)
            findings.append(finding)
        return findings

    with told_in_a_line():
        findings = asyncio.run(run())
    raise typer.Exit(1 if any(f.ok is False for f in findings) else 0)
