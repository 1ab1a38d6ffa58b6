"""In whose name a command manages people."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from accounts.actor import Actor
    from app.wiring import Platform

By = Annotated[
    str,
    typer.Option("--by", help="e-mail address of the provider admin in whose name; else operator:<your login>"),
]


async def acting(built: "Platform", by: str) -> "Actor":
    """The person, who must be an active provider admin, or the operator at this machine. The login at the operating
    system stands in the audit log in both cases.
    """
    from accounts.actor import operator
    from app.people import os_login

    return await built.people.actor(by, os_login()) if by else operator(os_login())
