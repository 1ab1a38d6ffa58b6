"""Finds out when a channel could not hear its customers for longer than the platform repeats itself, and mends it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from bots.backoff import Backoff
from bots.ports import Gap, GapReports, PollState, Recovered
from bots.waiting import first_of
from conversation.clock import Clock
from conversation.ids import ChannelId, ClientId

log = logging.getLogger(__name__)

BEAT_EVERY = timedelta(minutes=1)
HOLD = timedelta(minutes=2)
LOOK_EVERY = 30.0  # seconds, while the channel hears
LOOK_SOON = 1.0  # seconds, while it does not

Recover = Callable[[datetime, datetime], Awaitable[Recovered]]
Hears = Callable[[], Awaitable[bool]]


class Heartbeat:
    """Keeps "last alive" of one channel, shared by all processes that hear it.

    The mark never jumps over a gap: a mark older than `retries` (how long the platform repeats what it could not
    bring) is moved only after `recover(since, until)` has fetched what can be fetched and the gap was reported. A
    process killed on the way leaves the gap for the next one. Of several processes one recovers, by a lease.
    """

    def __init__(
        self,
        channel: ChannelId,
        client: ClientId,
        *,
        retries: timedelta,
        recover: Recover,
        state: PollState,
        reports: GapReports,
        clock: Clock,
        holder: str,
        backoff: Backoff,
        look_every: float = LOOK_EVERY,
        look_soon: float = LOOK_SOON,
    ) -> None:
        self._channel = channel
        self._client = client
        self._retries = retries
        self._recover = recover
        self._state = state
        self._reports = reports
        self._clock = clock
        self._holder = holder
        self._backoff = backoff
        self._look_every = look_every
        self._look_soon = look_soon
        self._name = f"alive:{channel}"
        self._beaten: datetime | None = None

    async def run(self, stop: asyncio.Event, hears: Hears) -> None:
        """Beats while `hears()` until `stop`. Failures are logged and tried again: the mark then stays where it is."""
        failures = 0
        while not stop.is_set():
            wait = self._look_soon
            try:
                if await hears():
                    wait = self._look_every if await self._beat_or_stop(stop, hears) else self._look_soon
                failures = 0
            except Exception as error:  # noqa: BLE001  whatever network, platform or database refuse, the gap stays known
                wait = self._backoff.after(failures).total_seconds()
                failures += 1
                log.warning("channel %s: a gap could not be closed yet, trying again: %s", self._channel, error)
            await first_of(stop, wait)

    async def beat(self, hears: Hears) -> bool:
        """Says that the channel hears now, at most once a minute; a gap that ends here is recovered first. False while
        another process recovers it.
        """
        now = self._clock.now()
        if self._beaten is not None and timedelta(0) <= now - self._beaten < BEAT_EVERY:
            return True
        since = await self._state.beat(self._name, now, self._retries)
        if since is None:
            self._beaten = now
            return True
        return await self._close(hears)

    async def _beat_or_stop(self, stop: asyncio.Event, hears: Hears) -> bool:
        beating = asyncio.ensure_future(self.beat(hears))
        stopped = asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait({beating, stopped}, return_when=asyncio.FIRST_COMPLETED)
            return await beating if beating.done() else False
        finally:
            for task in (beating, stopped):
                task.cancel()
            await asyncio.gather(beating, stopped, return_exceptions=True)

    async def _close(self, hears: Hears) -> bool:
        if not await self._state.acquire(self._name, self._holder, self._clock.now(), HOLD):
            return False
        try:
            until = self._clock.now()
            since = await self._state.beat(self._name, until, self._retries)
            if since is not None:  # nobody closed it while we waited for the lease
                log.warning("channel %s heard nothing from %s to %s", self._channel, since, until)
                recovered, heard = await self._recovered(since, until, hears)
                await self._reports.report(Gap(self._client, self._channel, since, until, recovered))
                await self._state.caught_up(self._name, since, heard)
            return True
        finally:
            await self._state.release(self._name, self._holder)

    async def _recovered(self, since: datetime, until: datetime, hears: Hears) -> tuple[Recovered, datetime]:
        """What could be fetched, and until when the channel surely heard meanwhile: recovering may take minutes."""
        work, heard, hearing = asyncio.ensure_future(self._recover(since, until)), until, True
        try:
            while not (await asyncio.wait({work}, timeout=HOLD.total_seconds() / 4))[0]:
                now = self._clock.now()
                await self._state.acquire(self._name, self._holder, now, HOLD)
                hearing = hearing and await hears()
                heard = now if hearing else heard
            return await work, heard
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
