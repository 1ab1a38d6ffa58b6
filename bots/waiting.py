"""Waits that end early when the process is asked to stop."""

import asyncio


async def first_of(stop: asyncio.Event, seconds: float) -> bool:
    """Sleeps `seconds`, or until `stop` is set; whether it was set."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return False
    return True
