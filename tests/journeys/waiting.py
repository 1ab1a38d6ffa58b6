"""Waiting for what must happen, never for time to pass."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE_S = 45.0


async def eventually(
    look: Callable[[], Awaitable[T]], what: str | Callable[[], object], *, within: float = PATIENCE_S
) -> T:
    """Looks again and again until there is something (truthy) to see; fails with `what` was hoped for, or was there."""
    deadline = asyncio.get_running_loop().time() + within
    while not (found := await look()):
        if asyncio.get_running_loop().time() > deadline:
            hoped = what if isinstance(what, str) else what()
            raise AssertionError(f"not within {within:g} s: {hoped}; last seen: {found!r}")
        await asyncio.sleep(0.02)
    return found
