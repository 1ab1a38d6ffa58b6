"""Keeps within what platforms allow, so that they need not push back."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from conversation.message import ChannelKind, OutboxItem

_MANY = 10_000


@dataclass
class Bucket:
    """A token bucket, kept as the time at which it would be full again (GCRA, ITU-T I.371)."""

    rate: float
    burst: int
    full_at: float = 0.0

    def reserve(self, now: float) -> float:
        """Takes one token, at the latest when it comes; seconds until then."""
        start = max(self.full_at, now)
        wait = max(0.0, start - now - (self.burst - 1) / self.rate)
        self.full_at = start + 1 / self.rate
        return wait


@dataclass(frozen=True, slots=True)
class Allowance:
    """Messages per second, and how many at once, for one chat and for the whole channel."""

    chat_rate: float
    chat_burst: int
    channel_rate: float
    channel_burst: int


ALLOWANCES = {
    # https://core.telegram.org/bots/faq: about one a second in a chat, short bursts are fine; 30 a second overall
    ChannelKind.TELEGRAM: Allowance(1.0, 3, 30.0, 30),
    # https://docs.slack.dev/apis/web-api/rate-limits/: one a second in a channel, short bursts are fine
    ChannelKind.SLACK: Allowance(1.0, 3, 20.0, 20),
}


@dataclass
class Limits:
    """Spaces messages out, per chat and per channel, for this process. Several processes that send for one token meet
    the platform's own limit, and its retry-after is honoured.
    """

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _chats: dict[tuple[str, str], Bucket] = field(default_factory=dict)
    _channels: dict[str, Bucket] = field(default_factory=dict)

    async def wait(self, item: OutboxItem) -> None:
        """Returns when the item may be sent. The web chat is our own and never waits."""
        allowance = ALLOWANCES.get(item.channel_kind)
        if allowance is None:
            return
        now = self.clock()
        channel, chat = item.message.channel, item.thread_ref.partition(":")[0]
        self._forget_idle(now)
        narrow = self._chats.setdefault((channel, chat), Bucket(allowance.chat_rate, allowance.chat_burst))
        wide = self._channels.setdefault(channel, Bucket(allowance.channel_rate, allowance.channel_burst))
        pause = max(narrow.reserve(now), wide.reserve(now))
        if pause > 0:
            await self.sleep(pause)

    def _forget_idle(self, now: float) -> None:
        if len(self._chats) > _MANY:
            self._chats = {key: bucket for key, bucket in self._chats.items() if bucket.full_at > now}
