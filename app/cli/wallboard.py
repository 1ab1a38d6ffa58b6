"""`switchboard wallboard link`: the links of the screens on the wall."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.on_platform import on_platform
from app.cli.output import console, print_json, print_table, refuse
from app.cli.user_fields import AsJson, listed

if TYPE_CHECKING:  # commands import what they need when they run
    from accounts.displays import Owned
    from app.wiring import Platform

app = typer.Typer(help="The wallboard's display links.", no_args_is_help=True)
link = typer.Typer(help="Links that show the wallboard on a screen where nobody is signed in.", no_args_is_help=True)
app.add_typer(link, name="link")

COLUMNS = ("id", "screen", "clients", "made by", "until", "last used", "state")


@link.command()
def add(
    name: Annotated[str, typer.Option(help="which screen it is for")],
    by: Annotated[str, typer.Option("--by", help="e-mail address of the supervisor whose link it is")],
    client: Annotated[list[str] | None, typer.Option("--client", help="one of theirs; repeatable; else all")] = None,
    days: Annotated[int | None, typer.Option(help="ends after so many days; else never")] = None,
    language: Annotated[str, typer.Option(help="language of the page: de or en")] = "en",
) -> None:
    """Makes a link and shows its address this once. It shows what that supervisor may see, at most these clients."""
    from accounts.actor import Actor
    from accounts.errors import Unknown
    from app.people import os_login
    from web.i18n import LANGUAGES

    async def work(built: "Platform") -> str:
        if language not in LANGUAGES:
            raise Unknown("language", language, LANGUAGES)
        creator = await built.people.get(by)
        actor = Actor(creator.name, creator.id, os_login())
        token, _ = await built.displays.create(
            creator, name, built.clock.now(), actor, clients=client, locale=language, days=days
        )
        return f"{built.settings.base_url}/display/{token}"

    address = on_platform(work)
    console.print("Open this address on the screen; it is shown only now:", markup=False)
    console.print(address, markup=False, soft_wrap=True)


@link.command(name="list")
def list_links(as_json: AsJson = False) -> None:
    """Lists all links, newest first."""

    async def work(built: "Platform") -> list[dict[str, Any]]:
        return [_row(owned, built) for owned in await built.displays.list(None)]

    found = on_platform(work)
    if as_json:
        print_json(found)
        return
    print_table(COLUMNS, ([listed(v) if isinstance(v, list) else v or "–" for v in row.values()] for row in found))


@link.command()
def revoke(
    id: Annotated[str, typer.Argument(help="the link's id, as `list` shows it")],  # noqa: A002
    by: Annotated[str, typer.Option("--by", help="a supervisor who may see all it shows; else operator:<login>")] = "",
) -> None:
    """Ends a link; screens with it go dark within ten seconds."""
    from accounts.actor import Actor, operator
    from app.people import os_login

    async def work(built: "Platform") -> bool:
        viewer = await built.people.get(by) if by else None
        actor = Actor(viewer.name, viewer.id, os_login()) if viewer else operator(os_login())
        return await built.displays.revoke(id, viewer, actor, built.clock.now())

    if not on_platform(work):
        whose = f" that {by} may revoke" if by else ""
        refuse(f"there is no living display link {id!r}{whose}; `switchboard wallboard link list` shows them")
    console.print("The link is revoked.", markup=False)


def _row(owned: "Owned", built: "Platform") -> dict[str, Any]:
    from accounts.watch import EndedBecause

    one, creator = owned
    shown = one.shown(creator, built.clock.now())
    return {
        "id": one.id,
        "screen": one.name,
        "clients": sorted(one.clients),
        "made by": creator.email,
        "until": one.expires_at.isoformat(timespec="seconds") if one.expires_at else None,
        "last used": one.last_used_at.isoformat(timespec="seconds") if one.last_used_at else None,
        "state": shown.value if isinstance(shown, EndedBecause) else "alive",
    }
