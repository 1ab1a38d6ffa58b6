"""`switchboard user`: people."""

from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.on_platform import on_platform
from app.cli.output import console, refuse

if TYPE_CHECKING:  # commands import what they need when they run
    from app.wiring import Platform

app = typer.Typer(help="People and their roles.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """People and their roles."""


@app.command()
def add(
    email: Annotated[str, typer.Argument()],
    name: Annotated[str, typer.Option(help="as colleagues and customers see it")],
    role: Annotated[
        list[str], typer.Option(help="agent, supervisor, trainer, client_admin, provider_admin; repeatable")
    ],
    client: Annotated[list[str] | None, typer.Option(help="a client's id they may see, repeatable")] = None,
    capacity: Annotated[int, typer.Option(help="conversations an agent holds at once", min=1, max=50)] = 4,
    locale: Annotated[str, typer.Option(help="language of the pages: de or en")] = "en",
    password: Annotated[
        str, typer.Option(prompt=True, confirmation_prompt=True, hide_input=True, envvar="SWITCHBOARD_NEW_PASSWORD")
    ] = "",
) -> None:
    """Adds a person. The password is asked for (or read from SWITCHBOARD_NEW_PASSWORD)."""
    from accounts.errors import AccountsError
    from accounts.user import Role
    from conversation.ids import ClientId

    unknown = [r for r in role if r not in list(Role)]
    if unknown:
        refuse(f"there is no role {unknown[0]!r}: choose from {', '.join(Role)}")

    async def save(p: "Platform") -> None:
        known = await p.clients.ids()
        missing = [c for c in client or () if c not in known]
        if missing:
            refuse(f"there is no client {missing[0]!r}: known are {', '.join(sorted(known)) or 'none yet'}")
        await p.accounts.add_user(
            email,
            name,
            password,
            p.clock.now(),
            roles=[Role(r) for r in role],
            clients=[ClientId(c) for c in client or ()],
            capacity=capacity,
            locale=locale,
        )

    try:
        on_platform(save)
    except AccountsError as error:
        refuse(str(error))
    console.print(f"{name} <{email}> can sign in now.", markup=False, soft_wrap=True)
