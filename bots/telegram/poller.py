"""Fetches updates by long polling: one process per token, and never past what is safely committed."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from aiogram import Bot
from aiogram.exceptions import (
    AiogramError,
    TelegramConflictError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramUnauthorizedError,
)
from aiogram.methods.base import TelegramMethod

from bots.backoff import Backoff
from bots.channels import TelegramChannel
from bots.ports import PollState
from bots.telegram.translate import ALLOWED_UPDATES
from bots.waiting import first_of
from conversation.clock import Clock

log = logging.getLogger(__name__)

BATCH = 100
POLL_SECONDS = 25
HOLD = timedelta(seconds=90)
FORGET_OFFSET_AFTER = timedelta(days=6)
REJECTED_WAIT = timedelta(minutes=1)

Accept = Callable[[Sequence[Mapping[str, Any]]], Awaitable[None]]


class RawUpdates(TelegramMethod[list[dict[str, Any]]]):
    """getUpdates without reading what is in the updates: one that aiogram does not know must not block the rest."""

    __returning__: ClassVar[Any] = list[dict[str, Any]]
    __api_method__: ClassVar[str] = "getUpdates"

    offset: int | None = None
    limit: int = BATCH
    timeout: int = POLL_SECONDS
    allowed_updates: list[str] = ALLOWED_UPDATES


class TelegramPoller:
    """Polls while it holds the token's lease, waits while another process does.

    `update_id` restarts at random after a week without updates, so an offset older than six days is not used;
    what is delivered twice because of that, the inbox drops by its key. `polled` hears of every poll that succeeded
    and whose updates are committed.
    """

    def __init__(
        self,
        bot: Bot,
        channel: TelegramChannel,
        accept: Accept,
        polled: Callable[[], Awaitable[None]],
        state: PollState,
        clock: Clock,
        *,
        holder: str,
        backoff: Backoff,
        poll_seconds: int = POLL_SECONDS,
    ) -> None:
        self._bot = bot
        self._channel = channel
        self._accept = accept
        self._polled = polled
        self._state = state
        self._clock = clock
        self._holder = holder
        self._backoff = backoff
        self._poll_seconds = poll_seconds
        self._name = f"telegram:{bot.id}"

    async def run(self, stop: asyncio.Event) -> None:
        """Polls until `stop` is set, then gives the lease back. Failures are logged and tried again."""
        failures = 0
        try:
            while not stop.is_set():
                try:
                    waited = await self._round(stop)
                    failures = 0
                except Exception as error:  # noqa: BLE001  the poller outlives every failure of network and database
                    waited = self._wait_after(error, failures)
                    failures += 1
                if waited:
                    await first_of(stop, waited.total_seconds())
        finally:
            await self._state.release(self._name, self._holder)

    async def _round(self, stop: asyncio.Event) -> timedelta | None:
        """One poll; how long to wait before the next, if at all."""
        if not await self._state.acquire(self._name, self._holder, self._clock.now(), HOLD):
            return HOLD / 6
        position = await self._state.position(self._name)
        fresh = position is not None and self._clock.now() - position.saved_at < FORGET_OFFSET_AFTER
        offset = position.offset if position is not None and fresh else None
        updates = await self._fetch(offset, stop)
        if not updates:
            if not stop.is_set():
                await self._polled()
            return None
        await self._accept(updates)
        following = max(int(update["update_id"]) for update in updates) + 1
        moved: datetime = self._clock.now()
        if not await self._state.advance(self._name, self._holder, following, moved):
            log.warning("channel %s: another process took over polling; waiting", self._channel.id)
            return HOLD / 6
        await self._polled()
        return None

    async def _fetch(self, offset: int | None, stop: asyncio.Event) -> list[dict[str, Any]]:
        """The next updates; none if `stop` is set first. A cut poll loses nothing: it did not confirm anything new."""
        method = RawUpdates(offset=offset, timeout=self._poll_seconds)
        call = asyncio.ensure_future(self._bot(method, request_timeout=self._poll_seconds + 10))
        stopped = asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait({call, stopped}, return_when=asyncio.FIRST_COMPLETED)
            return await call if call.done() else []
        finally:
            stopped.cancel()
            if not call.done():
                call.cancel()
            await asyncio.gather(call, stopped, return_exceptions=True)

    def _wait_after(self, error: Exception, failures: int) -> timedelta:
        name = self._channel.id
        match error:
            case TelegramRetryAfter():
                return timedelta(seconds=error.retry_after)
            case TelegramUnauthorizedError() | TelegramNotFound():
                log.error("channel %s: Telegram rejects its token; set a valid one (BotFather: /token)", name)
                return REJECTED_WAIT
            case TelegramConflictError():
                log.error("channel %s: something else receives this bot's updates: %s", name, error.message)
                return REJECTED_WAIT / 6
            case AiogramError() | TimeoutError():
                log.warning("channel %s: polling failed, trying again: %s", name, error)
            case _:
                log.error("channel %s: updates stay unconfirmed and are fetched again", name, exc_info=error)
        return self._backoff.after(failures)
