"""What the bot remembers of a dialogue between two messages, kept as plain JSON in the conversation."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

MAX_OFFERED = 16


@dataclass(slots=True)
class Frame:
    """A running flow. `asked`: the question of this step is out; `failures` counts bad answers to it; `collected`
    are the slots this flow asked for or was given, in order; `before` are the slots of the flow this one interrupted.
    """

    flow: str
    step: str
    intent: str = ""
    started_at: str = ""
    asked: bool = False
    failures: int = 0
    collected: list[str] = field(default_factory=list)
    before: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Tracker:
    """`offered` are the latest buttons (title, payload); `clarifying` the intents of an open "Did you mean …?";
    `unclear` counts messages in a row the bot could not use; `last` is the flow that ended last with what it had
    collected; `expects` names a question of the bot's own (`anything_else`, `confirm`); `spoken`: the customer has
    written words, so the language is theirs and not the browser's.
    """

    slots: dict[str, Any] = field(default_factory=dict)
    stack: list[Frame] = field(default_factory=list)
    turns: int = 0
    unclear: int = 0
    topic: str = ""
    clarifying: list[str] = field(default_factory=list)
    offered: list[dict[str, str]] = field(default_factory=list)
    last: dict[str, Any] = field(default_factory=dict)
    expects: str = ""
    files: int = 0
    spoken: bool = False

    @classmethod
    def load(cls, kept: Mapping[str, Any]) -> "Tracker":
        """From what `dump` gave; keys of older or newer versions are ignored, missing ones take their defaults."""
        known = {name: kept[name] for name in cls.__dataclass_fields__ if name in kept and name != "stack"}
        tracker = cls(**{name: _copy(value) for name, value in known.items()})
        fields = Frame.__dataclass_fields__
        for frame in kept.get("stack", ()):
            tracker.stack.append(Frame(**{k: _copy(v) for k, v in frame.items() if k in fields}))
        return tracker

    def dump(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)

    @property
    def frame(self) -> Frame | None:
        """The flow that has the floor."""
        return self.stack[-1] if self.stack else None

    def push(self, flow: str, step: str, intent: str, now: datetime) -> Frame:
        frame = Frame(flow, step, intent, now.isoformat())
        self.stack.append(frame)
        return frame

    def offer(self, title: str, payload: str) -> None:
        button = {"title": title, "payload": payload}
        self.offered = [*[b for b in self.offered if b != button][-MAX_OFFERED + 1 :], button]

    def offered_as(self, text: str) -> str:
        """The payload of the offered button whose title the customer typed, "" if it is none."""
        titled = (b["payload"] for b in reversed(self.offered) if b["title"].casefold() == text.casefold())
        return next(titled, "")

    def forget_doubts(self) -> None:
        """Something was understood."""
        self.unclear = 0
        self.clarifying = []
        self.expects = ""


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _copy(v) for k, v in value.items()}
    return [_copy(v) for v in value] if isinstance(value, list | tuple) else value
