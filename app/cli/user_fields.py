"""What commands take of a person, and how they show one."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from accounts.edit import SetEdit
    from accounts.session import Session
    from accounts.user import Role, User

Email = Annotated[str, typer.Argument(help="whose e-mail address")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]
Capacity = Annotated[int | None, typer.Option(help="conversations an agent holds at once, 1 to 50")]
Locale = Annotated[str | None, typer.Option(help="language of the pages: de or en")]
Words = list[str] | None


def edit_of(
    instead: Sequence[str] | None = None,
    add: Sequence[str] | None = None,
    remove: Sequence[str] | None = None,
    *,
    none: bool = False,
) -> "SetEdit[Any]":
    """The change that the options of one set describe; `none` empties it first."""
    from accounts.edit import SetEdit

    replaced = frozenset(instead) if instead else frozenset() if none else None
    return SetEdit(replaced, frozenset(add or ()), frozenset(remove or ()))


def roles_of(names: Words) -> "list[Role] | None":
    """Raises Unknown."""
    from accounts.errors import Unknown
    from accounts.user import Role

    for name in names or ():
        if name not in list(Role):
            raise Unknown("role", name, Role)
    return [Role(name) for name in names] if names else None


def row(user: "User") -> dict[str, Any]:
    """A person as `list --json` prints them; passwords and second factors stay where they are."""
    from accounts.user import Role

    return {
        "email": user.email,
        "name": user.name,
        "id": user.id,
        "active": user.active,
        "roles": sorted(user.roles),
        "all_clients": Role.PROVIDER_ADMIN in user.roles,
        "clients": sorted(user.clients),
        "skills": sorted(user.skills),
        "languages": sorted(user.languages),
        "capacity": user.capacity,
        "locale": user.locale,
        "two_factor": bool(user.totp_secret),
        "created_at": user.created_at.isoformat() if user.created_at else None,
    }


def session_row(session: "Session") -> dict[str, Any]:
    """Where and since when somebody is signed in; the session's own id stays out."""
    return {
        "since": session.created_at.isoformat(timespec="seconds"),
        "last_seen": session.last_seen_at.isoformat(timespec="seconds"),
        "ends": session.expires_at.isoformat(timespec="seconds"),
        "address": session.address,
        "browser": session.browser,
    }


def listed(words: Iterable[object]) -> str:
    return ", ".join(map(str, words)) or "–"


def lines(row: dict[str, Any]) -> Sequence[tuple[str, str]]:
    """A person in words, one line each."""
    return [
        ("name", row["name"]),
        ("state", "active" if row["active"] else "disabled"),
        ("roles", listed(row["roles"])),
        ("clients", "all" if row["all_clients"] else listed(row["clients"])),
        ("skills", listed(row["skills"])),
        ("languages", listed(row["languages"])),
        ("capacity", str(row["capacity"])),
        ("locale", row["locale"]),
        ("second factor", "yes" if row["two_factor"] else "no"),
        ("added", row["created_at"] or "–"),
    ]
