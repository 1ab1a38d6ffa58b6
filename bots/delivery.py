"""Brings what is in the outbox to the platforms: many threads at once, each in order, nothing silently lost."""

import asyncio
import logging
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bots.backoff import Backoff
from bots.errors import TokenRejected
from bots.limits import Limits
from bots.ports import ChannelSender
from bots.waiting import first_of
from conversation.clock import Clock
from conversation.ids import ChannelId
from conversation.message import OutboxItem
from conversation.ports import Failed, Outbox, Retry, Settlement, Wakeups

log = logging.getLogger(__name__)

TOPIC = "outbox"
SWEEP = 1.0  # seconds; how late a lost wake-up can make us
GIVE_UP_AFTER = timedelta(hours=24)
REJECTED_WAIT = timedelta(minutes=1)
LAST_TRIES = 5


@dataclass(frozen=True, slots=True)
class Rejection:
    """A channel whose token the platform refuses; it is tried again at `until`."""

    reason: str
    until: datetime


class Deliverer:
    """Takes due messages, sends up to `limit` at a time, records what became of them in batches.

    `senders` may change while it runs. A channel whose token is rejected rests for a minute at a time, its messages
    waiting; any message undelivered for a day fails. At most `hold` passes from taking a message to its record.
    """

    def __init__(
        self,
        outbox: Outbox,
        senders: Mapping[ChannelId, ChannelSender],
        wakeups: Wakeups,
        clock: Clock,
        *,
        worker: str,
        limits: Limits,
        backoff: Backoff | None = None,
        limit: int = 100,
        hold: timedelta = timedelta(minutes=2),
        sweep: float = SWEEP,
    ) -> None:
        self._outbox = outbox
        self._senders = senders
        self._wakeups = wakeups
        self._clock = clock
        self._worker = worker
        self._limits = limits
        self._backoff = backoff or Backoff()
        self._limit = limit
        self._hold = hold
        self._sweep = sweep
        self._sending: set[asyncio.Task[None]] = set()
        self._done: asyncio.Queue[Settlement | None] = asyncio.Queue()
        self._again = asyncio.Event()
        self._stopping = False
        self.rejected: dict[ChannelId, Rejection] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Delivers until `stop` is set; then takes nothing more, finishes what it has, and returns."""
        settling = asyncio.create_task(self._settle_all())
        try:
            while not stop.is_set():
                self._again.clear()
                room = self._limit - len(self._sending)
                taken = await self._take(room) if room else []
                for item in taken:
                    self._start(item)
                if not room or len(taken) < room:
                    await self._rest(stop, took=bool(taken), full=not room)
        finally:
            self._stopping = True
            await asyncio.gather(*self._sending, return_exceptions=True)
            self._done.put_nowait(None)
            await settling

    async def _take(self, room: int) -> list[OutboxItem]:
        try:
            return await self._outbox.take(self._worker, self._clock.now(), limit=room, hold=self._hold)
        except Exception:
            log.exception("the outbox could not be read; trying again")
            return []

    async def _rest(self, stop: asyncio.Event, *, took: bool, full: bool) -> None:
        """Sleeps until there may be work: a wake-up, a due time, or a thread that became free."""
        reasons: list[Coroutine[Any, Any, Any]] = [stop.wait(), self._again.wait()]
        if not full:
            reasons.append(self._wakeups.wait(TOPIC, await self._until_due(took=took)))
        waits = [asyncio.create_task(reason) for reason in reasons]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waits:
                task.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    async def _until_due(self, *, took: bool) -> float:
        """Seconds until something is due; a whole sweep if what is due could not be taken just now (its thread is
        busy), so that we never poll hot.
        """
        now = self._clock.now()
        try:
            due = await self._outbox.next_due(now)
        except Exception:
            log.exception("the outbox could not be read; trying again")
            return self._sweep
        if due is None or (due <= now and not took):
            return self._sweep
        return min(self._sweep, max((due - now).total_seconds(), 0.01))

    def _start(self, item: OutboxItem) -> None:
        task = asyncio.create_task(self._deliver(item))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _deliver(self, item: OutboxItem) -> None:
        settlement = await self._send(item)
        if isinstance(settlement, Retry) and settlement.at > item.message.created_at + GIVE_UP_AFTER:
            settlement = Failed(item, f"not delivered for a day; at last: {settlement.error}")
        self._done.put_nowait(settlement)

    async def _send(self, item: OutboxItem) -> Settlement:
        channel = item.message.channel
        sender, rejection = self._senders.get(channel), self.rejected.get(channel)
        if sender is None:
            later = self._clock.now() + REJECTED_WAIT
            return Retry(item, later, f"channel {channel} is not active: set its token", item.maybe_sent)
        if rejection is not None and self._clock.now() < rejection.until:
            return Retry(item, rejection.until, rejection.reason, item.maybe_sent)
        await self._limits.wait(item)
        try:
            async with asyncio.timeout(self._hold.total_seconds() / 2):
                settlement = await sender.send(item)
        except TokenRejected as error:
            return self._reject(item, error)
        except TimeoutError:
            return Retry(item, self._later(item), "the platform did not answer in time", maybe_sent=True)
        except Exception as error:
            log.exception("channel %s: message %s broke its sender", channel, item.message.id)
            return Retry(item, self._later(item), f"our sender failed: {error!r}", maybe_sent=True)
        self.rejected.pop(channel, None)
        return settlement

    def _reject(self, item: OutboxItem, error: TokenRejected) -> Retry:
        channel = item.message.channel
        if channel not in self.rejected:
            log.error("%s", error)
        rejection = Rejection(str(error), self._clock.now() + REJECTED_WAIT)
        self.rejected[channel] = rejection
        return Retry(item, rejection.until, rejection.reason, item.maybe_sent)

    def _later(self, item: OutboxItem) -> datetime:
        return self._clock.now() + self._backoff.after(item.attempts)

    async def _settle_all(self) -> None:
        """Records settlements as they come, as many per transaction as have come meanwhile."""
        ended = False
        while not ended:
            batch = [await self._done.get()]
            while not self._done.empty():
                batch.append(self._done.get_nowait())
            ended = None in batch
            await self._settle([settlement for settlement in batch if settlement is not None])
            self._again.set()

    async def _settle(self, batch: Sequence[Settlement]) -> None:
        """Tries until it is recorded. While stopping it gives up after a few tries: the message's hold then runs out,
        and whoever takes it next knows that it may have been sent.
        """
        failures = 0
        while batch:
            try:
                await self._outbox.settle(batch)
            except Exception:
                log.exception("%d deliveries could not be recorded; trying again", len(batch))
                failures += 1
                if failures == LAST_TRIES and (self._stopping or len(batch) == 1):
                    log.exception("giving up on recording: %s", [s.item.message.id for s in batch])
                    return
                if failures == LAST_TRIES:  # one of them may be what the database refuses
                    for settlement in batch:
                        await self._settle([settlement])
                    return
                await first_of(asyncio.Event(), self._backoff.after(failures).total_seconds())
            else:
                return
