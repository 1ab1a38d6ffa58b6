"""The conversation: an episode in a thread, from first message to resolution, and which steps its state allows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from conversation.errors import IllegalTransition
from conversation.ids import ChannelId, ClientId, ConversationId, CustomerId, QueueId, ThreadId, UserId
from conversation.message import ChannelKind

REOPEN_WITHIN = timedelta(hours=24)
REVOKE_WITHIN = timedelta(hours=72)


class State(StrEnum):
    """Who has the conversation: the bot, a queue, an agent, or nobody any more."""

    BOT = "bot"
    QUEUED = "queued"
    ASSIGNED = "assigned"
    RESOLVED = "resolved"


class Priority(StrEnum):
    """How urgent; `rank` orders them, most urgent first."""

    URGENT = "urgent"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"

    @property
    def rank(self) -> int:
        return list(Priority).index(self)


class ResolvedBy(StrEnum):
    """How a conversation ended. Abandoned: the customer fell silent before the bot had resolved anything. Merged: it
    was a duplicate, and goes on in another.
    """

    BOT = "bot"
    AGENT = "agent"
    ABANDONED = "abandoned"
    MERGED = "merged"


class HandoffReason(StrEnum):
    """Why the bot gave a conversation to people."""

    ASKED = "asked_for_person"
    LOW_CONFIDENCE = "low_confidence"
    FAILURES = "two_failures"
    ACTION_DOWN = "action_down"
    RESERVED = "reserved_intent"
    ANGER = "anger"
    VIP = "vip"
    TURN_LIMIT = "turn_limit"
    FLOW = "flow"
    BOT_OFF = "bot_off"
    BOT_FAILED = "bot_failed"
    REOPENED = "reopened"
    URGENT = "urgent"
    PROBLEM = "problem"
    CHANGE = "change_after_write"


@dataclass(frozen=True, slots=True)
class Customer:
    """A person who writes to one client, as one channel knows them."""

    id: CustomerId
    client: ClientId
    reference: str
    name: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Thread:
    """One customer's chat on one channel: the unit of ordering. `ref` is the platform's address."""

    id: ThreadId
    client: ClientId
    channel: ChannelId
    channel_kind: ChannelKind
    ref: str
    customer: CustomerId
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """`version` rises with each committed change of this record, `epoch` each time the conversation passes from the
    bot to people or back. `completed`: a flow ended or the customer confirmed since the last open question.
    `waiting_since` is the oldest customer message a person has not answered. `tracker` belongs to the NLU room.
    `csat` is how far asking for the customer's satisfaction has come (conversation.satisfaction.Survey).
    """

    id: ConversationId
    client: ClientId
    channel: ChannelId
    channel_kind: ChannelKind
    thread: ThreadId
    customer: CustomerId
    customer_name: str
    opened_at: datetime
    updated_at: datetime
    state: State = State.BOT
    version: int = 0
    epoch: int = 0
    language: str = ""
    priority: Priority = Priority.NORMAL
    queue: QueueId | None = None
    topic: str = ""
    preview: str = ""
    assignee: UserId | None = None
    assignee_name: str = ""
    last_agent: UserId | None = None
    handoff_reason: HandoffReason | None = None
    handed_off_at: datetime | None = None
    queued_at: datetime | None = None
    assigned_at: datetime | None = None
    waiting_since: datetime | None = None
    snoozed_until: datetime | None = None
    completed: bool = False
    resolved_at: datetime | None = None
    resolved_by: ResolvedBy | None = None
    disposition: str = ""
    containment_revoked: bool = False
    csat: str = ""
    csat_score: int | None = None
    csat_at: datetime | None = None
    tracker: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        return self.state is not State.RESOLVED

    def takes_up(self, at: datetime) -> bool:
        """Whether a message at `at` belongs to this conversation: it is open, or was resolved within 24 hours and not
        as a duplicate.
        """
        if self.is_open or self.resolved_at is None:
            return self.is_open
        return self.resolved_by is not ResolvedBy.MERGED and at - self.resolved_at <= REOPEN_WITHIN


_ALLOWED: Mapping[str, frozenset[State]] = {
    "hand off": frozenset({State.BOT}),
    "claim": frozenset({State.QUEUED}),
    "reply to": frozenset({State.ASSIGNED}),
    "release": frozenset({State.ASSIGNED}),
    "transfer": frozenset({State.QUEUED, State.ASSIGNED}),
    "return to the bot": frozenset({State.QUEUED, State.ASSIGNED}),
    "snooze": frozenset({State.ASSIGNED}),
    "merge": frozenset({State.QUEUED, State.ASSIGNED}),
    "resolve": frozenset({State.BOT, State.QUEUED, State.ASSIGNED}),
    "reopen": frozenset({State.RESOLVED}),
}


def require(step: str, conversation: Conversation, hint: str = "") -> None:
    """Raises IllegalTransition unless the conversation's state allows `step`."""
    if conversation.state not in _ALLOWED[step]:
        raise IllegalTransition(step, conversation.state, hint)
