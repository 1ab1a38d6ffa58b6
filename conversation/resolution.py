"""What the bot made of a turn: values, because needing a person is an outcome and not an error."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from conversation.conversation import Conversation, Customer, HandoffReason, Priority
from conversation.events import EventKind
from conversation.ids import QueueId
from conversation.message import Inbound, Reply


@dataclass(frozen=True, slots=True)
class Turn:
    """One customer message in its conversation, ready for the bot. `key` is the same on every retry of this message,
    so actions called while handling it can carry it as their idempotency key.
    """

    conversation: Conversation
    inbound: Inbound
    customer: Customer
    language: str | None
    key: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened while the bot worked, to be kept as an event."""

    kind: EventKind
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answered:
    """The bot has an answer, a question, or nothing to say. `completed`: True when a flow ended or the customer
    confirmed, False when something is open, None to leave it as it was. `close`: the customer said goodbye.
    """

    replies: tuple[Reply, ...]
    tracker: Mapping[str, Any]
    facts: tuple[Fact, ...] = ()
    completed: bool | None = None
    close: bool = False
    topic: str = ""


@dataclass(frozen=True, slots=True)
class NeedsHuman:
    """A person must take over, with everything collected. `queue` and `priority` are the pack's wish, if it has one;
    `since` is the first trigger of the handoff when slots were collected in between.
    """

    reason: HandoffReason
    tracker: Mapping[str, Any]
    replies: tuple[Reply, ...] = ()
    facts: tuple[Fact, ...] = ()
    topic: str = ""
    queue: QueueId | None = None
    priority: Priority | None = None
    slots: Mapping[str, Any] = field(default_factory=dict)
    since: datetime | None = None


Resolution = Answered | NeedsHuman


@dataclass(frozen=True, slots=True)
class HandoffPlan:
    """Where a handoff goes and what the customer is told: the response `notice` (`utter_handoff_in_hours` or
    `utter_handoff_out_of_hours`) filled with `variables`.
    """

    queue: QueueId
    priority: Priority
    notice: str
    variables: Mapping[str, Any] = field(default_factory=dict)
