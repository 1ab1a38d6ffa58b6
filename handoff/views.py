"""What the desk and the wallboard show, as plain values: storage fills them, web draws them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from conversation.conversation import Conversation, Customer
from conversation.events import Event
from conversation.ids import ClientId, ConversationId, QueueId, UserId
from conversation.message import ChannelKind, Message


class ListKind(StrEnum):
    """The lists of the desk."""

    MINE = "mine"
    WAITING = "waiting"
    BOT = "bot"
    TEAM = "team"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class ClockView:
    """One SLA clock of a conversation. `kind` is first_response, next_response or resolution; `state` running, paused,
    met, missed or cancelled; `warned` the highest warning percent reached, 100 once breached.
    """

    id: str
    kind: str
    state: str
    started_at: datetime
    due_at: datetime | None
    stopped_at: datetime | None = None
    warned: int = 0
    budget_s: float = 0.0
    elapsed_s: float | None = None
    explanation: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """A line in a list, most urgent first. `due_at` is the earliest running clock's due time, `clock` its kind."""

    id: ConversationId
    client: ClientId
    channel_kind: ChannelKind
    customer_name: str
    state: str
    language: str
    topic: str
    preview: str
    priority: str
    queue: QueueId | None
    assignee: UserId | None
    assignee_name: str
    waiting_since: datetime | None
    updated_at: datetime
    due_at: datetime | None = None
    clock: str = ""
    warned: int = 0
    unread: bool = False
    snoozed_until: datetime | None = None
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """Rows with the counts of every list, and whether there are more than shown."""

    rows: Sequence[ConversationRow]
    counts: Mapping[ListKind, int]
    more: bool = False


@dataclass(frozen=True, slots=True)
class ConversationView:
    """Everything the desk shows about one conversation. `messages` is the whole thread's recent transcript, oldest
    first, notes included; `past` the customer's earlier conversations, newest first.
    """

    conversation: Conversation
    customer: Customer
    messages: Sequence[Message]
    events: Sequence[Event]
    clocks: Sequence[ClockView]
    past: Sequence[ConversationRow]
    seq: int
    draft: str = ""


@dataclass(frozen=True, slots=True)
class ClientView:
    """What pages need to know of a client."""

    id: ClientId
    name: str
    accent: str = "#2456a6"
    languages: Sequence[str] = ("en",)
    timezone: str = "UTC"
    tone: Mapping[str, str] = field(default_factory=dict)
    queues: Mapping[QueueId, Mapping[str, str]] = field(default_factory=dict)
    topics: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    macros: Sequence[Mapping[str, str]] = ()
    bot_name: str = "Bot"


@dataclass(frozen=True, slots=True)
class AgentView:
    """An agent as supervisors and the transfer menu see them."""

    id: UserId
    name: str
    online: bool
    status: str
    load: int
    capacity: int
    clients: frozenset[ClientId] = frozenset()
    skills: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
