"""What a customer's message tells the dialogue to do: commands with the words that are their evidence."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conversation.conversation import HandoffReason
from nlu.knowledge import Passage


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a command was made: the words of its clause, how sure that is (0..1), and by what it was found (`engine`,
    `value`, `words`, `button`).
    """

    clause: str = ""
    confidence: float = 1.0
    source: str = "words"


@dataclass(frozen=True, slots=True)
class Command:
    """The base of all commands."""

    evidence: Evidence = field(default_factory=Evidence, kw_only=True)


@dataclass(frozen=True, slots=True)
class StartFlow(Command):
    """Begin a flow (or serve an intent that has only a response) with what the message says. `again`: the flow that is
    open or was just done, once more with these values; `later`: what is shown to be confirmed comes first.
    """

    intent: str
    slots: Mapping[str, Any] = field(default_factory=dict)
    again: bool = False
    later: bool = False


@dataclass(frozen=True, slots=True)
class Guess(Command):
    """What a part of the message probably asks for, beside parts that are sure: offered once those are served."""

    intent: str
    slots: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SetSlot(Command):
    """A value for a slot that is asked for or still empty."""

    slot: str
    value: Any


@dataclass(frozen=True, slots=True)
class AskDone(Command):
    """Whether the write with this key was done."""

    key: str


@dataclass(frozen=True, slots=True)
class SetParts(Command):
    """Some parts of a value that is put together (the street of an address), by their kind."""

    slot: str
    parts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CorrectSlot(Command):
    """Another value for a slot that had one."""

    slot: str
    value: Any


@dataclass(frozen=True, slots=True)
class Affirm(Command):
    """Yes to the open question. `consent` names the one a pressed button showed, empty for words."""

    consent: str = ""


@dataclass(frozen=True, slots=True)
class Deny(Command):
    """No to the open question."""

    consent: str = ""


@dataclass(frozen=True, slots=True)
class Skip(Command):
    """No value to give, or any will do."""

    indifferent: bool = False


@dataclass(frozen=True, slots=True)
class Cancel(Command):
    """Leave what is going on."""


@dataclass(frozen=True, slots=True)
class Hold(Command):
    """A moment, please; nothing is answered."""


@dataclass(frozen=True, slots=True)
class Ask(Command):
    """A question about something: `passage` is the article that answers it, None if there is none; `intent` the
    process it is near to, which may be offered.
    """

    intent: str = ""
    passage: Passage | None = None


@dataclass(frozen=True, slots=True)
class Report(Command):
    """A problem; with what was just reported, if something was."""

    problem: str


@dataclass(frozen=True, slots=True)
class Refuse(Command):
    """A matter that waits is not wanted."""

    intent: str


@dataclass(frozen=True, slots=True)
class Protest(Command):
    """The customer contradicts the bot, or says that it does not listen, and nothing else that could be done."""


@dataclass(frozen=True, slots=True)
class Urgent(Command):
    """Danger: a person first."""

    intent: str


@dataclass(frozen=True, slots=True)
class Handoff(Command):
    """A person is wanted, or must take over."""

    reason: HandoffReason
    intent: str = ""


@dataclass(frozen=True, slots=True)
class Undo(Command):
    """Take back what was done. `intent`: a matter that is named as not wanted any more; `key`: which write, if it is
    not the last.
    """

    intent: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Change(Command):
    """What was done, with other values. `key`: which write, if it is not the last."""

    slots: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""


@dataclass(frozen=True, slots=True)
class WhichWrite(Command):
    """Take back or change (`what`: `undo`, `change`) one of several writes, and nobody says which: by the key of each
    the values that it would get.
    """

    what: str
    slots: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Clarify(Command):
    """Ask which of these intents was meant."""

    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choose(Command):
    """One of the options of "did you mean" was chosen."""

    intent: str


@dataclass(frozen=True, slots=True)
class Courtesy(Command):
    """`thanks`, `goodbye`, `greet` or a mood, and nothing else in the clause."""

    kind: str


@dataclass(frozen=True, slots=True)
class SetLanguage(Command):
    """Go on in another language."""

    language: str


@dataclass(frozen=True, slots=True)
class CannotHandle(Command):
    """Nothing of ours fits. `why`: `no_value` for an answer that is none, `rest` for a yes that says more, `part` for a
    part of a message whose rest was understood, `unknown` for anything else.
    """

    why: str = "unknown"
