"""What the fold of a conversation's events remembers between two of them, as a value and as a row."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from sla.clock import Clock
from sla.instants import format_utc
from sla.policy import ClockKind, Subject


@dataclass(frozen=True)
class Sent:
    """An answer on its way: how many customer messages it answers, and when it was sent off."""

    answers: int
    sent_at: datetime
    question: bool = False
    holding: bool = False


@dataclass(frozen=True)
class Episode:
    """What the fold remembers of a conversation between events. `received` counts customer messages; `unanswered`
    are the numbers and times of those a person still owes an answer; `answered` is whether people ever gave one.
    `raised_to` is the priority an alarm gave the conversation: it orders the work and changes no promise.
    """

    client: str
    channel: str
    thread: str
    conversation: str
    policy_version: str = ""
    subject: Subject = field(default_factory=Subject)
    raised_to: str = ""
    with_people: bool = False
    answered: bool = False
    first_message_at: datetime | None = None
    last_message_at: datetime | None = None
    handoff_at: datetime | None = None
    bot_answered_at: datetime | None = None
    received: int = 0
    unanswered: tuple[tuple[int, datetime], ...] = ()
    sent: Mapping[str, Sent] = field(default_factory=dict)
    clocks: tuple[Clock, ...] = ()
    seq: int = 0

    def live(self, kind: ClockKind) -> Clock | None:
        """The running or paused clock of a kind; there is at most one."""
        return next((clock for clock in self.clocks if clock.kind is kind and clock.is_live), None)

    def to_row(self) -> dict[str, Any]:
        """All but the clocks, as plain JSON values; the clocks have rows of their own."""
        row = {name: _plain(getattr(self, name)) for name in _NAMES if name not in _OWN_ROWS}
        row["subject"] = {name: getattr(self.subject, name) for name in _SUBJECT}
        row["unanswered"] = [[number, format_utc(at)] for number, at in self.unanswered]
        row["sent"] = {
            message: {
                "answers": s.answers,
                "sent_at": format_utc(s.sent_at),
                "question": s.question,
                "holding": s.holding,
            }
            for message, s in self.sent.items()
        }
        return row

    @classmethod
    def from_row(cls, row: Mapping[str, Any], clocks: tuple[Clock, ...]) -> "Episode":
        """The episode that `to_row` wrote, with all clocks of its conversation."""
        values = {name: row[name] for name in _NAMES if name in row}
        for name in ("first_message_at", "last_message_at", "handoff_at", "bot_answered_at"):
            values[name] = datetime.fromisoformat(values[name]) if values[name] else None
        values["subject"] = Subject(**row["subject"])
        values["unanswered"] = tuple((number, datetime.fromisoformat(at)) for number, at in row["unanswered"])
        values["sent"] = {
            message: Sent(**{**sent, "sent_at": datetime.fromisoformat(sent["sent_at"])})
            for message, sent in row["sent"].items()
        }
        return cls(**values, clocks=clocks)


_NAMES = tuple(f.name for f in fields(Episode))
_SUBJECT = tuple(f.name for f in fields(Subject))
_OWN_ROWS = ("clocks", "subject", "unanswered", "sent")


def _plain(value: Any) -> Any:
    return format_utc(value) if isinstance(value, datetime) else value
