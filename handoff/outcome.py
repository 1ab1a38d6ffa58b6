"""What can come of an act at the desk: values, because "somebody was faster" is no error."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from conversation.conversation import Conversation
from conversation.ids import UserId
from conversation.message import Message


@dataclass(frozen=True, slots=True)
class Done:
    """It happened. `message` is the one that was written, if any; `repeated` says it had been sent before."""

    conversation: Conversation
    message: Message | None = None
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Claimed:
    """The conversation is the agent's now."""

    conversation: Conversation


@dataclass(frozen=True, slots=True)
class AlreadyTaken:
    """Another agent has it."""

    by: UserId
    name: str


@dataclass(frozen=True, slots=True)
class NotFound:
    """There is no such conversation among the agent's clients."""


@dataclass(frozen=True, slots=True)
class OverCapacity:
    """The agent (or the one it was to go to) holds as many conversations as they can."""

    load: int
    capacity: int


@dataclass(frozen=True, slots=True)
class NotYours:
    """Only its assignee or a supervisor may do this."""

    assignee: UserId | None
    name: str


@dataclass(frozen=True, slots=True)
class NotAllowed:
    """The conversation's state, or what was asked, does not allow it; `why` is a sentence."""

    why: str


@dataclass(frozen=True, slots=True)
class Newer:
    """The customer wrote while the agent was typing: nothing was sent. Show these, then send with `force`."""

    messages: Sequence[Message]


@dataclass(frozen=True, slots=True)
class Nothing:
    """Nobody waits whom this agent could help. `beyond` counts those who wait for other skills or languages."""

    beyond: int = 0


@dataclass(frozen=True, slots=True)
class Busy:
    """The conversation changed faster than we could; nothing happened, try again."""

    at: datetime


Refusal = NotFound | NotYours | NotAllowed | Busy
Result = Done | Refusal
ClaimResult = Claimed | AlreadyTaken | OverCapacity | Refusal
TakeResult = Claimed | Nothing | OverCapacity
SendResult = Result | Newer
TransferResult = Result | OverCapacity
