"""Deletes what nobody can use any more: expired sessions, refused sign-ins of long ago, wake-ups all have heard."""

import asyncio
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from app.lanes import until
from conversation.clock import Clock

log = structlog.get_logger(__name__)

EVERY_SECONDS = 600.0
OLD_WAKEUPS = timedelta(hours=1)


class SweptAccounts(Protocol):
    """What signing in leaves behind."""

    async def sweep(self, now: datetime) -> int:
        """Deletes what has expired; how many rows that were."""
        ...


class SweptWakeups(Protocol):
    """What announcing work leaves behind."""

    async def sweep(self, age: timedelta) -> int:
        """Deletes what is older; how many entries that were."""
        ...


class Housekeeping:
    """Every worker does it; what another has deleted is simply gone."""

    def __init__(self, accounts: SweptAccounts, wakeups: SweptWakeups, clock: Clock) -> None:
        self._accounts = accounts
        self._wakeups = wakeups
        self._clock = clock

    async def run(self, stop: asyncio.Event) -> None:
        """Sweeps at once and every ten minutes until `stop`."""
        while True:
            await self.sweep()
            if await until(stop, EVERY_SECONDS):
                return

    async def sweep(self) -> int:
        """Deletes everything that is over, once; how much that was."""
        swept = await self._accounts.sweep(self._clock.now()) + await self._wakeups.sweep(OLD_WAKEUPS)
        if swept:
            log.info("swept", count=swept)
        return swept
