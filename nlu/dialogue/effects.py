"""What a step of the dialogue wants done outside: a call, or the end of the turn."""

from dataclasses import dataclass
from datetime import datetime

from conversation.conversation import HandoffReason, Priority
from nlu.action import ActionRequest


@dataclass(frozen=True, slots=True)
class CallAction:
    """Run this action, then step on with its result. `writes`: it changes something in the client's systems."""

    request: ActionRequest
    writes: bool


@dataclass(frozen=True, slots=True)
class Reply:
    """The turn ends with what was said. `completed` and `close`: see conversation.resolution.Answered."""

    completed: bool | None = None
    close: bool = False


@dataclass(frozen=True, slots=True)
class GiveToPerson:
    """The turn ends with a person. `since` is when the need was first there, if that was earlier than now."""

    reason: HandoffReason
    priority: Priority | None = None
    since: datetime | None = None


Effect = CallAction | Reply | GiveToPerson
