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


class Blobs(Protocol):
    """Files of conversations, by reference."""

    async def write(self, client: ClientId, data: bytes) -> str:
        """Keeps `data`; returns its reference."""
        ...

    async def read(self, reference: str) -> bytes | None:
        """The file's content, None when it is gone."""
        ...
