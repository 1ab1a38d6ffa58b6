"""Commands that need the database: one platform for one command, and a client that exists."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from app.cli.output import refuse
from app.cli.troubles import told_in_a_line

if TYPE_CHECKING:  # commands import what they need when they run
    from app.wiring import Platform
    from conversation.ids import ClientId

T = TypeVar("T")


def on_platform(work: "Callable[[Platform], Awaitable[T]]") -> T:
    """What `work` makes of the platform that the settings describe. Broken settings and an old schema end the command
    with one clear line.
    """
    from app import logs
    from app.settings import LogFormat, Settings
    from app.wiring import platform

    logs.configure("WARNING", LogFormat.CONSOLE)

    async def run() -> T:
        async with platform(Settings()) as built:
            return await work(built)

    with told_in_a_line():
        return asyncio.run(run())


def for_client(client: str, work: "Callable[[Platform, ClientId], Awaitable[T]]") -> T:
    """Like `on_platform`, for one client that must exist."""

    async def run(built: "Platform") -> T:
        known = await built.clients.ids()
        found = next((id_ for id_ in known if id_ == client), None)
        if found is None:
            refuse(f"there is no client {client!r}: known are {', '.join(sorted(known)) or 'none yet'}")
        return await work(built, found)

    return on_platform(run)
