"""What a customer says in a test conversation, with what it does there; and a conversation derived from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Does(StrEnum):
    """What a message does in its conversation."""

    SAYS = "says"
    STATES = "states"
    AGREES = "agrees"
    REFUSES = "refuses"
    CHATS = "chats"


class Kind(StrEnum):
    """What must come of a variation, compared with the conversation it was made of."""

    SAME = "same"
    CORRECTED = "corrected"
    REFUSED = "refused"
    HANDED = "handed"


@dataclass(frozen=True, slots=True)
class Line:
    """One message. `origin` is its place in the conversation as written (-1: added); `answers` the question it answers
    there (`collect:<slot>`, `consent`, `own:<name>`, empty: none); `states` the values it gives; `kept` the stretches
    of the text that are values; `intent` what it was understood as. `twice`: its update is delivered a second time.
    `refused`: the slot whose value in it was no good; `unclear`: the bot does not know what it means as written;
    `wrong`: words for a slot that will be put right later.
    """

    text: str
    origin: int = -1
    does: Does = Does.SAYS
    answers: str = ""
    states: Mapping[str, Any] = field(default_factory=dict)
    kept: tuple[tuple[int, int], ...] = ()
    intent: str = ""
    twice: bool = False
    refused: str = ""
    unclear: bool = False
    wrong: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_typed(self) -> bool:
        """Whether it is words, and no pressed button or command."""
        return not self.text.startswith("/")

    @property
    def is_informative(self) -> bool:
        """Whether something should come of it."""
        return self.does is not Does.CHATS

    @property
    def slot(self) -> str:
        """The slot it is asked for, empty if it is not."""
        return self.answers.removeprefix("collect:") if self.answers.startswith("collect:") else ""


@dataclass(frozen=True, slots=True)
class Variation:
    """A conversation derived from one as written. `fails`: the action whose backend fails. `patient`: the customer
    answers questions that are put again, and says yes again; else the conversation ends with its lines. `basis`: the
    lines of the conversation it is compared with, which is the part before a refusal or a handoff.
    """

    operator: str
    kind: Kind
    lines: Sequence[Line]
    basis: Sequence[Line]
    fails: str = ""
    patient: bool = True
