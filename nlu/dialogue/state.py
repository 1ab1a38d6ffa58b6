"""What the bot remembers of a dialogue between two messages: plain JSON with a version, kept in the conversation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

VERSION = 2
MAX_OFFERED = 16
MAX_DONE = 10
MAX_MATTERS = 3
MAX_STATED = 40
MAX_QUOTED = 20
PARKED_TURNS = 5
"""So many turns a fact that no slot asked for is remembered."""
_SIMPLE = frozenset({str, int, bool, float, type(None)})
_OPEN = ("version", "stack", "consent", "expects")


@dataclass(slots=True)
class Frame:
    """A running flow. `asked` counts how often the question of its step was put without a digression in between,
    `failures` the answers that were none; `collected` are the slots it asked for or was given, in order; `before` the
    slots of the flow that it interrupted; `put` the slots whose question was put; `corrected` how often a value was put
    right.
    """

    id: int
    flow: str
    step: str
    intent: str = ""
    started_at: str = ""
    asked: int = 0
    failures: int = 0
    collected: list[str] = field(default_factory=list)
    before: dict[str, Any] = field(default_factory=dict)
    put: list[str] = field(default_factory=list)
    called: bool = False
    pack: str = ""
    corrected: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Consent:
    """What the customer agreed to, or is being asked to: the actions of a frame with a digest of their values.
    `given` is False while the question is out. `id` stands in the buttons of the question.
    """

    id: str
    frame: int
    actions: list[str]
    digest: str
    shown: dict[str, Any] = field(default_factory=dict)
    given: bool = False


@dataclass(slots=True)
class PendingCall:
    """A call that was begun and whose result is not known here yet. `key` names it for the other side."""

    frame: int
    step: str
    action: str
    key: str
    attempt: int = 1


@dataclass(slots=True)
class DoneWrite:
    """A write that was done, for changing or taking it back: with what values, until when that is possible."""

    flow: str
    intent: str
    action: str
    key: str
    at: str
    slots: dict[str, Any] = field(default_factory=dict)
    until: str = ""
    undone: bool = False


@dataclass(slots=True)
class Matter:
    """Something else the customer wants, served when the current matter ends (or offered, if only asked about).
    `again`: it is the current matter once more, and keeps of its values what may be kept.
    """

    intent: str
    text: str
    slots: dict[str, Any] = field(default_factory=dict)
    offered: bool = False
    again: bool = False


@dataclass(slots=True)
class Tracker:
    """What is known of a dialogue.

    `expects` names the bot's own open question (`anything_else`, `helped`, `change_what`, `offer`, `watch`, `undo`,
    `change`, `person`, `outdated`) and `expecting` what it is about; `reported` is what the last finished flow told;
    `last` is the flow that ended last and `past` those before it;
    `problem`: the last thing the customer said was one; `unclear` counts messages in a row the bot could not use;
    `offered` are the latest buttons; `parts` the known parts of composite values, by slot and kind; `parked` facts no
    slot asked for, with the turns they still have; `spoken`: the language is the customer's own and not the browser's;
    `foreign` counts messages in a row in another language; `heard` is the last text with its time, and whether it
    answered a question; `stated` are the latest values the customer gave, also those of finished flows; `trouble`
    weighs the messages in a row that came to nothing; `quoted` are the passages of articles that were sent;
    `noted` are the latest messages that a person should read as they were written.
    """

    version: int = VERSION
    slots: dict[str, Any] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    stack: list[Frame] = field(default_factory=list)
    frames: int = 0
    consent: Consent | None = None
    pending: PendingCall | None = None
    done: list[DoneWrite] = field(default_factory=list)
    matters: list[Matter] = field(default_factory=list)
    parked: dict[str, list[Any]] = field(default_factory=dict)
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)
    reported: dict[str, Any] = field(default_factory=dict)
    last: dict[str, Any] = field(default_factory=dict)
    past: list[dict[str, Any]] = field(default_factory=list)
    problem: bool = False
    turns: int = 0
    unclear: int = 0
    topic: str = ""
    expects: str = ""
    expecting: dict[str, Any] = field(default_factory=dict)
    clarifying: list[str] = field(default_factory=list)
    offered: list[dict[str, str]] = field(default_factory=list)
    said: dict[str, int] = field(default_factory=dict)
    files: int = 0
    spoken: bool = False
    foreign: int = 0
    heard: list[str] = field(default_factory=list)
    stated: dict[str, Any] = field(default_factory=dict)
    trouble: int = 0
    quoted: list[str] = field(default_factory=list)
    noted: list[str] = field(default_factory=list)

    @classmethod
    def load(cls, kept: Mapping[str, Any]) -> "Tracker":
        """From what dump() gave. One of an older version keeps its facts; its open flows are dropped (`outdated`)."""
        return cls._of({name: _copied(kept[name]) for name in cls.__dataclass_fields__ if name in kept})

    @classmethod
    def _of(cls, known: dict[str, Any]) -> "Tracker":
        if known.get("version") != VERSION:
            facts = ("slots", "turns", "topic", "files", "spoken", "offered")
            tracker = cls(**{name: value for name, value in known.items() if name in facts})
            tracker.expects = "outdated" if known.get("stack") else ""
            return tracker
        known["stack"] = [Frame(**frame) for frame in known.get("stack", ())]
        known["done"] = [DoneWrite(**one) for one in known.get("done", ())]
        known["matters"] = [Matter(**one) for one in known.get("matters", ())]
        known["consent"] = Consent(**known["consent"]) if known.get("consent") else None
        known["pending"] = PendingCall(**known["pending"]) if known.get("pending") else None
        return cls(**known)

    @classmethod
    def opened(cls, kept: Mapping[str, Any]) -> "Tracker":
        """As load(), but only with what is open, to be read and not changed: enough to tell the open question."""
        return cls._of({name: kept[name] for name in _OPEN if name in kept})

    def dump(self) -> dict[str, Any]:
        """Plain JSON. Shares its values with the tracker, which is not used any more."""
        plain: dict[str, Any] = {name: getattr(self, name) for name in self.__dataclass_fields__}
        for name in ("stack", "done", "matters"):
            plain[name] = [_fields_of(one) for one in plain[name]]
        for name in ("consent", "pending"):
            plain[name] = _fields_of(plain[name]) if plain[name] is not None else None
        return plain

    @property
    def frame(self) -> Frame | None:
        """The flow that has the floor."""
        return self.stack[-1] if self.stack else None

    def root_of(self, frame: Frame) -> Frame:
        """The frame that began what `frame` is a part of: itself, or the caller of its callers."""
        place = next(n for n, one in enumerate(self.stack) if one.id == frame.id)
        while place > 0 and self.stack[place].called:
            place -= 1
        return self.stack[place]

    def push(self, flow: str, step: str, intent: str, at: str, *, called: bool = False) -> Frame:
        self.frames += 1
        frame = Frame(self.frames, flow, step, intent, at, called=called)
        self.stack.append(frame)
        return frame

    def offer(self, title: str, payload: str) -> None:
        button = {"title": title, "payload": payload}
        self.offered = [*[b for b in self.offered if b != button][-MAX_OFFERED + 1 :], button]

    def offered_as(self, text: str) -> str:
        """The payload of the offered button whose title the customer typed, or one of the names its title has ("Other /
        a person"); "" if it is none.
        """
        typed = text.casefold().strip(" .!")
        for button in reversed(self.offered):
            title = button["title"].casefold()
            if typed in (title, *(name.strip() for name in title.split("/"))):
                return button["payload"]
        return ""

    def state(self, name: str, value: Any) -> None:
        """Keeps what the customer said of a slot; the oldest goes."""
        self.stated.pop(name, None)
        self.stated[name] = value
        if len(self.stated) > MAX_STATED:
            del self.stated[next(iter(self.stated))]

    def ask(self, expects: str, **more: Any) -> None:
        """The bot's own question is open from now on; `id` stands in its buttons."""
        self.expects, self.expecting = expects, {**more, "id": f"{expects}-{self.turns}"}

    def understood(self) -> None:
        """Something was understood: doubts and the bot's own question are gone."""
        self.unclear = 0
        self.clarifying = []
        self.expects, self.expecting = "", {}


def _fields_of(part: Any) -> dict[str, Any]:
    return {name: getattr(part, name) for name in part.__dataclass_fields__}


def _copied(plain: Any) -> Any:
    """A copy of plain JSON that shares nothing which can be changed."""
    if isinstance(plain, dict):
        return {name: value if type(value) in _SIMPLE else _copied(value) for name, value in plain.items()}
    if isinstance(plain, list | tuple):
        return [value if type(value) in _SIMPLE else _copied(value) for value in plain]
    return plain
