"""Loops that never die quietly: each runs until asked to stop, and comes back after an error."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from conversation.pipeline import Pipeline, close_idle, handle_inbound
from conversation.ports import Wakeups

log = structlog.get_logger(__name__)

SWEEP_SECONDS = 1.0
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0

Loop = Callable[[asyncio.Event], Awaitable[None]]


async def keep_running(name: str, loop: Loop, stop: asyncio.Event) -> None:
    """Runs `loop(stop)`; after an error logs it, waits (0.2 s doubling to 10 s) and starts it again."""
    pause = FIRST_PAUSE
    clock = asyncio.get_running_loop()
    while not stop.is_set():
        began = clock.time()
        try:
            await loop(stop)
        except Exception:
            log.exception("loop failed; starting it again", loop=name, pause_s=pause)
            if clock.time() - began > LONGEST_PAUSE:
                pause = FIRST_PAUSE
            await until(stop, pause)
            pause = min(pause * 2, LONGEST_PAUSE)


async def until(stop: asyncio.Event, seconds: float) -> bool:
    """Waits for `stop`, at most `seconds`; whether it came."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return False
    return True


def inbox_lane(
    name: str, pipeline: Pipeline, wakeups: Wakeups, *, batch: int, hold: timedelta = timedelta(seconds=60)
) -> Loop:
    """A loop that handles waiting messages, batch by batch. Asleep while there are none: woken by the `inbox` topic,
    and by a sweep each second in case the wake-up was lost. It stops between batches, at most a second after asked.
    """

    async def lane(stop: asyncio.Event) -> None:
        while not stop.is_set():
            works = await pipeline.store.lease(name, pipeline.clock.now(), limit=batch, hold=hold)
            if works:
                await handle_inbound(works, pipeline)
            else:
                await wakeups.wait("inbox", SWEEP_SECONDS)

    return lane


def sweeper(pipeline: Pipeline, idle_after: timedelta, more: Callable[[], Awaitable[object]], every: float) -> Loop:
    """A loop for what only time brings about: idle conversations, vanished agents, snoozes that end."""

    async def sweep(stop: asyncio.Event) -> None:
        while not await until(stop, every):
            await close_idle(pipeline, after=idle_after)
            await more()

    return sweep
