"""What the channel adapters ask of the rooms around them, beyond the core's Inbox, Outbox and Wakeups."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from conversation.ids import ChannelId
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
    """What is already known of a customer's thread on a channel."""

    async def knows(self, channel: ChannelId, thread_ref: str) -> bool:
        """Whether anything of this thread was ever accepted: then we are part of it, and replies there concern us."""
        ...

    async def offered(self, channel: ChannelId, thread_ref: str) -> Sequence[Button]:
        """Buttons of the messages written to this thread, newest first; a few hundred are enough. A pressed button
        whose payload is too long for the platform is found here again.
        """
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
    """Where files live: a database or a directory."""

    async def put(self, content: bytes, *, name: str, media_type: str) -> str:
        """Keeps a file, returns its reference."""
        ...

    async def get(self, reference: str) -> bytes | None:
        """The file's content, None when it is gone."""
        ...
