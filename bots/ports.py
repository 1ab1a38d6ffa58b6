"""What the channel adapters ask of the rooms around them, beyond the core's Inbox, Outbox and Wakeups."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from conversation.ids import ChannelId, ClientId, ThreadId
from conversation.message import Button, OutboxItem
from conversation.ports import Settlement

WebhookHandler = Callable[[Mapping[str, str], bytes], Awaitable[tuple[int, bytes]]]
"""Takes a request's headers (any case) and raw body, returns status and body. The web includes it as it is."""


class ChannelSender(Protocol):
    """Sends one channel's messages."""

    async def send(self, item: OutboxItem) -> Settlement:
        """Sends the message and says what became of it. Raises TokenRejected when the whole channel is refused."""
        ...


class Threads(Protocol):
    """Which threads we are part of."""

    async def thread_of(self, channel: ChannelId, ref: str) -> ThreadId | None:
        """The thread behind a platform's address, None if nothing of it was ever accepted."""
        ...

    async def recent(self, channel: ChannelId, since: datetime, limit: int) -> Sequence[str]:
        """Addresses of the channel's threads in which something happened after `since`, the latest first."""
        ...


class Offered(Protocol):
    """What we offered a customer: a pressed button whose payload is too long for the platform is found here again."""

    async def offered(self, channel: ChannelId, thread_ref: str) -> Sequence[Button]:
        """Buttons of the last messages written to this thread, newest first; a few hundred are enough."""
        ...


@dataclass(frozen=True, slots=True)
class Position:
    """Where a poller stands: the next update it wants, and when that was last moved."""

    offset: int
    saved_at: datetime


class PollState(Protocol):
    """Which process polls a token, and how far it has come. `poller` names the token without telling it."""

    async def acquire(self, poller: str, holder: str, now: datetime, hold: timedelta) -> bool:
        """Takes or renews the lease until now + hold; False while another holder's lease runs."""
        ...

    async def release(self, poller: str, holder: str) -> None:
        """Gives the lease back, if `holder` has it."""
        ...

    async def position(self, poller: str) -> Position | None:
        """The position saved last, None at the very first start."""
        ...

    async def advance(self, poller: str, holder: str, offset: int, now: datetime) -> bool:
        """Saves the position if `holder` still has the lease at `now`; False otherwise."""
        ...

    async def beat(self, poller: str, now: datetime, within: timedelta) -> datetime | None:
        """Marks `poller` as alive at `now`, unless its last mark is older than `within`: then that mark stays, and is
        returned. The very first mark is always set.
        """
        ...

    async def caught_up(self, poller: str, since: datetime, until: datetime) -> bool:
        """Moves the mark from exactly `since` to `until`; False if it stands elsewhere by now."""
        ...


@dataclass(frozen=True, slots=True)
class Recovered:
    """What became of a gap: how many messages were fetched, and, if some may be lost, in words which and why."""

    fetched: int = 0
    lost: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which a channel could not hear its customers, longer than its platform repeats itself."""

    client: ClientId
    channel: ChannelId
    since: datetime
    until: datetime
    recovered: Recovered


class GapReports(Protocol):
    """Who is told of gaps."""

    async def report(self, gap: Gap) -> None:
        """Keeps the gap for those who must know. May be told the same gap twice, after a crash."""
        ...


class Blobs(Protocol):
    """Files of conversations, by client and reference."""

    async def write(self, client: ClientId, data: bytes) -> str:
        """Keeps `data`; returns its reference."""
        ...

    async def read(self, client: ClientId, reference: str) -> bytes | None:
        """The client's file, None when it is gone or another client's."""
        ...
