"""What can break in the core; each error carries its facts.

CoreError
├── IllegalTransition   a conversation was asked for a step its state does not allow
├── Conflict            somebody else changed the conversation first; load it again
└── PackInvalid         a client pack has problems, each with file, line, what is wrong and what would be right
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conversation.packfile import Problem


class CoreError(Exception):
    """The root of this room's errors."""


@dataclass
class IllegalTransition(CoreError):
    """`step` is not allowed while the conversation is `state`."""

    step: str
    state: str
    hint: str = ""

    def __str__(self) -> str:
        return f"cannot {self.step} a conversation that is {self.state}{f': {self.hint}' if self.hint else ''}"


@dataclass
class Conflict(CoreError):
    """The conversation moved on since it was loaded."""

    conversation: str
    expected_version: int

    def __str__(self) -> str:
        return f"conversation {self.conversation} is no longer at version {self.expected_version}; load it again"


class PackInvalid(CoreError):
    """A client pack cannot be used as it is; `problems` says why, one by one."""

    def __init__(self, problems: "Sequence[Problem]") -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
