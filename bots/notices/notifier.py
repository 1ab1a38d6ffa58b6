"""Tells what alarms say outside: takes notices, sends them at once, records what became of each, and never dies."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import timedelta

from bots.backoff import Backoff
from bots.notices.ports import Accepted, Never, Notices, NoticeSender, NotNow, Told
from bots.waiting import first_of
from conversation.clock import Clock
from conversation.ports import Wakeups
from sla.alarm import Tell
from sla.notice import Notice

log = logging.getLogger(__name__)

TOPIC = "alarms"
SWEEP_SECONDS = 1.0
LOCKED_PAUSE_SECONDS = 0.2  # what is due but was not taken is in another worker's hands just now
AT_ONCE = 20
SEND_SECONDS = 30.0
HOLD = timedelta(minutes=2)


class Notifier:
    """Any number may run; a slow recipient delays no other. `senders` has one for each kind of recipient; a kind
    without one is tried again later, since a setting may be missing in this process only.
    """

    def __init__(
        self,
        notices: Notices,
        senders: Mapping[Tell, NoticeSender],
        wakeups: Wakeups,
        clock: Clock,
        backoff: Backoff | None = None,
    ) -> None:
        self._notices = notices
        self._senders = senders
        self._wakeups = wakeups
        self._clock = clock
        self._backoff = backoff or Backoff(first=timedelta(seconds=2), longest=timedelta(minutes=10))

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; what is being sent then is finished first."""
        telling: set[asyncio.Task[None]] = set()
        try:
            while not stop.is_set():
                if len(telling) >= AT_ONCE:
                    await asyncio.wait(telling, return_when=asyncio.FIRST_COMPLETED)
                notices = await self._notices.take(self._clock.now(), hold=HOLD)
                for notice in notices:
                    task = asyncio.create_task(self._tell(notice))
                    telling.add(task)
                    task.add_done_callback(telling.discard)
                if not notices:
                    await self._wakeups.wait(TOPIC, await self._pause())
        finally:
            await asyncio.gather(*telling, return_exceptions=True)

    async def tell_due(self) -> int:
        """Sends what is due now and waits until all of it is recorded; how many messages that were."""
        notices = await self._notices.take(self._clock.now(), hold=HOLD)
        await asyncio.gather(*(self._tell(notice) for notice in notices))
        return len(notices)

    async def _pause(self) -> float:
        due = await self._notices.next_due()
        if due is None:
            return SWEEP_SECONDS
        left = (due - self._clock.now()).total_seconds()
        return min(left, SWEEP_SECONDS) if left > 0 else LOCKED_PAUSE_SECONDS

    async def _tell(self, notice: Notice) -> None:
        told = await self._send(notice)
        for failures in range(3):
            try:
                await self._record(notice, told)
            except Exception:
                log.exception("notice %s could not be recorded; trying again", notice.id)
                await first_of(asyncio.Event(), self._backoff.after(failures).total_seconds())
            else:
                return
        log.error("notice %s stays unrecorded; its hold runs out and it is told again, flagged", notice.id)

    async def _send(self, notice: Notice) -> Told:
        sender = self._senders.get(notice.recipient.tell)
        if sender is None:
            return NotNow(f"nothing is set up to tell by {notice.recipient.tell}", wait=timedelta(minutes=1))
        try:
            async with asyncio.timeout(SEND_SECONDS):
                return await sender.send(notice)
        except TimeoutError:
            return NotNow(f"no answer within {SEND_SECONDS:g} s", maybe_sent=True)
        except Exception as error:
            log.exception("notice %s broke its sender", notice.id)
            return NotNow(f"our sender failed: {type(error).__name__}", maybe_sent=True)

    async def _record(self, notice: Notice, told: Told) -> None:
        now = self._clock.now()
        match told:
            case Accepted():
                await self._notices.sent(notice, now)
            case NotNow():
                wait = max(self._backoff.after(notice.attempts), told.wait)
                log.warning("%s not told of %d alarms: %s", notice.recipient.tell, len(notice.alarms), told.error)
                await self._notices.failed(notice, told.error, now, retry_at=now + wait, maybe_sent=told.maybe_sent)
            case Never():
                log.error(
                    "%s can never be told of %d alarms: %s", notice.recipient.tell, len(notice.alarms), told.error
                )
                await self._notices.refused(notice, told.error, now, for_good=told.for_good)
