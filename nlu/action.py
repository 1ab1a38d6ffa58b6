"""The port through which a flow reaches a client's systems, and the values that cross it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from conversation.message import Reply


@dataclass(frozen=True, slots=True)
class ActionRequest:
    """One call. `key` is the same on every retry of the same step of the same message, and of no other."""

    name: str
    slots: Mapping[str, Any]
    language: str
    key: str
    now: datetime
    sender: str = ""
    channel: str = ""
    text: str = ""
    intent: str = ""
    entities: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class ActionResult:
    """What came back. Not `ok` means the system behind the action is down or answered nonsense: the bot may not go on
    as if it had an answer. `slots` are to be set (None empties), `utter` names responses to say, `replies` are texts
    the action server wrote itself.
    """

    ok: bool
    slots: Mapping[str, Any] = field(default_factory=dict)
    utter: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    replies: tuple[Reply, ...] = ()
    status: int | None = None
    milliseconds: float = 0.0
    error: str = ""


class Actions(Protocol):
    """A client's actions."""

    async def run(self, request: ActionRequest) -> ActionResult:
        """Calls the action named in the request. Never raises for what the other side does wrong."""
        ...
