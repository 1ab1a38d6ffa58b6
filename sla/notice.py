"""What leaves the house when promises or people are in danger: alarms as facts, and the messages that carry them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sla.alarm import BREACH_POINT, Tell


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody with an address. `key` names them among all and says whose they are, and never holds a secret: `slack`
    and `email:<address>` are the provider's own, who hear of several clients; `webhook:<client>` and
    `email:<client>:<address>` a client's. No address has a colon.
    """

    tell: Tell
    key: str

    @classmethod
    def email(cls, address: str, client: str | None = None) -> "Recipient":
        """Somebody with a mailbox. Two clients who name the same one have two recipients."""
        return cls(Tell.EMAIL, f"email:{address}" if client is None else f"email:{client}:{address}")

    @classmethod
    def webhook(cls, client: str) -> "Recipient":
        """A client's own system."""
        return cls(Tell.WEBHOOK, f"webhook:{client}")

    @classmethod
    def of_key(cls, key: str) -> "Recipient":
        """Whom a key names. Raises ValueError if it names nobody."""
        return cls(Tell(key.partition(":")[0]), key)

    @property
    def address(self) -> str:
        """A mailbox, a client's id, nothing."""
        return self.key.rpartition(":")[2] if ":" in self.key else ""

    @property
    def client(self) -> str | None:
        """The client whose people these are; None for the provider's own."""
        parts = self.key.split(":")[1:]
        return parts[0] if self.tell is Tell.WEBHOOK or len(parts) > 1 else None


SLACK = Recipient(Tell.SLACK, "slack")

DANGER = "danger"
"""In place of a clock: a customer reported danger. Nothing was promised for that, and nothing waits for hours."""
DANGER_POINT = BREACH_POINT + 1
"""Worse than any breach."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """One warning, breach or danger as told outside: no customer's name and no word of what was written. `fired_at` is
    when it was recorded; `due_at` when the promise runs out or ran out, None for danger.
    """

    client: str
    conversation: str
    clock: str
    clock_kind: str
    percent: int
    due_at: datetime | None
    fired_at: datetime
    priority: str = ""
    queue: str = ""
    topic: str = ""
    channel_kind: str = ""
    language: str = ""
    assignee: str = ""
    agents_online: int | None = None
    free_places: int | None = None

    @property
    def is_breach(self) -> bool:
        """Whether the promise is broken already."""
        return self.percent == BREACH_POINT

    @property
    def is_danger(self) -> bool:
        """Whether somebody may come to harm, by what the customer wrote."""
        return self.percent == DANGER_POINT

    @property
    def kind(self) -> str:
        """`danger`, `breach` or `warning`."""
        if self.is_danger:
            return DANGER
        return "breach" if self.is_breach else "warning"

    @property
    def id(self) -> str:
        """The same for the same alarm, wherever and however often it is told."""
        return f"{self.clock}:{self.percent}"

    def to_row(self) -> dict[str, Any]:
        """Plain JSON values without what a row has in columns of its own."""
        return {
            "clock_kind": self.clock_kind,
            "due_at": self.due_at.isoformat() if self.due_at else None,
            "priority": self.priority,
            "queue": self.queue,
            "topic": self.topic,
            "channel_kind": self.channel_kind,
            "language": self.language,
            "assignee": self.assignee,
            "agents_online": self.agents_online,
            "free_places": self.free_places,
        }

    @classmethod
    def from_row(
        cls, data: Mapping[str, Any], *, client: str, conversation: str, clock: str, percent: int, fired_at: datetime
    ) -> "Alarm":
        """The alarm that `to_row` wrote, beside its columns."""
        due = data.get("due_at")
        facts = {key: value for key, value in data.items() if key != "due_at"}
        return cls(
            client=client,
            conversation=conversation,
            clock=clock,
            percent=percent,
            fired_at=fired_at,
            due_at=datetime.fromisoformat(due) if due else None,
            **facts,
        )


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to one recipient, with one alarm or, as a digest, with many. `id` is the same at every try: the
    receiver knows a repeated one by it. `maybe_sent`: an earlier try was cut off after it began.
    """

    id: str
    recipient: Recipient
    alarms: tuple[Alarm, ...]
    attempts: int = 0
    maybe_sent: bool = False

    @property
    def is_digest(self) -> bool:
        return len(self.alarms) > 1

    @property
    def breaches(self) -> int:
        return sum(alarm.is_breach for alarm in self.alarms)

    @property
    def dangers(self) -> int:
        return sum(alarm.is_danger for alarm in self.alarms)

    @property
    def warnings(self) -> int:
        return len(self.alarms) - self.breaches - self.dangers

    def worst(self, most: int) -> list[Alarm]:
        """Dangers first, then breaches, then the highest warnings; the earliest due time first among equals."""
        return sorted(self.alarms, key=_by_badness)[:most]


def _by_badness(alarm: Alarm) -> tuple[int, bool, datetime, str]:
    return -alarm.percent, alarm.due_at is None, alarm.due_at or alarm.fired_at, alarm.id
