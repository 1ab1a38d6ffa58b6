"""What can break between us and a platform; each error says which channel and how to mend it.

ChannelError
├── TokenRejected   the platform no longer accepts the channel's token; nothing of the channel can be sent
├── FileRefused     a file is too large, of a kind we do not carry, or gone
└── Unreadable      what arrived is of no shape that the platform sends
"""

from dataclasses import dataclass

from conversation.ids import ChannelId


class ChannelError(Exception):
    """The root of this room's errors."""


@dataclass
class TokenRejected(ChannelError):
    """The platform answered that the token is wrong, revoked or belongs to a removed account."""

    channel: ChannelId
    reason: str

    def __str__(self) -> str:
        return f"channel {self.channel}: the platform rejects its token ({self.reason}); set a valid one and restart"


@dataclass
class FileRefused(ChannelError):
    """`reason` is a sentence for the person who sent or wants the file; `code` is stable for programs."""

    code: str
    reason: str

    def __str__(self) -> str:
        return self.reason


class Unreadable(ChannelError):
    """The call or update cannot be read; delivering it again would change nothing."""
