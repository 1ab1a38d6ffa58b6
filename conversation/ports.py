"""What the core asks of the rooms around it. Each port has two real implementations and one contract test."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from conversation.change import Change, Ignored, Work
from conversation.conversation import Conversation
from conversation.events import Event
from conversation.ids import ClientId, ConversationId, ThreadId
from conversation.message import Inbound, OutboxItem, Reply
from conversation.resolution import HandoffPlan, NeedsHuman, Resolution, Turn
from conversation.understanding import Understanding


class Outcome(StrEnum):
    """What became of a Change: committed, or not applied because the conversation or the lease had moved on."""

    COMMITTED = "committed"
    CONFLICT = "conflict"


class Inbox(Protocol):
    """Where updates become safe before the platform hears "ok"."""

    async def accept(self, inbounds: Sequence[Inbound]) -> int:
        """Commits the updates (and their threads and customers); returns how many were new. A key seen before on the
        same channel is skipped. When this returns, nothing of them can be lost.
        """
        ...


class Store(Protocol):
    """The pipeline's side of the database."""

    async def lease(self, worker: str, now: datetime, *, limit: int, hold: timedelta) -> list[Work]:
        """The next waiting message of up to `limit` threads nobody else holds, in inbox order, held until now + hold.
        An expired hold is anybody's.
        """
        ...

    async def commit(self, changes: Sequence[Change | Ignored]) -> list[Outcome]:
        """Applies each change that still fits, all in one transaction, together with events, outbox rows and
        projections; settles their inbox items and frees their threads. Outcomes are in the order of `changes`.
        A conflicting change leaves its inbox item waiting and its thread free.
        """
        ...

    async def give_back(self, works: Sequence[Work], *, retry_at: datetime, error: str) -> None:
        """Frees the threads; each item counts one more attempt and waits until `retry_at`."""
        ...

    async def load(self, conversation: ConversationId, clients: Collection[ClientId]) -> Conversation | None:
        """The conversation if it belongs to one of `clients`, else None."""
        ...

    async def idle(self, before: datetime, limit: int) -> list[Conversation]:
        """Conversations in the bot's hands without activity since `before`, oldest first."""
        ...


class Bots(Protocol):
    """Every client's bot."""

    async def understand(self, turns: Sequence[Turn]) -> list[Understanding]:
        """One understanding per turn, batched per client. Never raises for a single bad text."""
        ...

    async def respond(self, turn: Turn, understanding: Understanding) -> Resolution:
        """Decides the turn. May call the client's actions over HTTP; no transaction is open meanwhile."""
        ...

    def say(self, turn: Turn, response: str, variables: dict[str, Any]) -> tuple[Reply, ...]:
        """Renders one of the pack's responses (or the built-in default of that name) for the turn's channel."""
        ...


class Files(Protocol):
    """Brings customers' files from the platforms to us."""

    async def fetch(self, inbound: Inbound) -> Inbound:
        """The inbound with its files stored; one that cannot be says why (Attachment.refused). Never raises."""
        ...


class NoFiles:
    """For channels whose files are with us already, and for tests."""

    async def fetch(self, inbound: Inbound) -> Inbound:
        return inbound


class HandoffPlanner(Protocol):
    """Decides where a handoff goes and what can honestly be promised."""

    async def plan(self, conversation: Conversation, need: NeedsHuman, now: datetime) -> HandoffPlan: ...


@dataclass(frozen=True, slots=True)
class Delivered:
    """The platform accepted the message; `accepted_at` is when it said so."""

    item: OutboxItem
    platform_message_id: str
    accepted_at: datetime


@dataclass(frozen=True, slots=True)
class Retry:
    """The attempt failed for now. `maybe_sent` is true when the platform may have taken it all the same."""

    item: OutboxItem
    at: datetime
    error: str
    maybe_sent: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """The message can never arrive (blocked bot, archived channel); `error` is shown to the agent."""

    item: OutboxItem
    error: str


Settlement = Delivered | Retry | Failed


class Outbox(Protocol):
    """The deliverer's side of the database."""

    async def take(self, worker: str, now: datetime, *, limit: int, hold: timedelta) -> list[OutboxItem]:
        """The oldest due message of up to `limit` threads, marked `sending` and committed before this returns.
        Bot messages of an earlier epoch are dropped (and recorded) instead of returned.
        """
        ...

    async def settle(self, settlements: Sequence[Settlement]) -> None:
        """Records what happened, with its events, in one transaction."""
        ...

    async def next_due(self, now: datetime) -> datetime | None:
        """When the next message becomes due, None if nothing waits."""
        ...


class Projection(Protocol):
    """Something kept in step with events, inside the same transaction (SLA clocks, roll-ups, search)."""

    async def apply(self, transaction: Any, changes: Sequence[Change], events: Sequence[Event]) -> None:
        """Called once per transaction with its events, numbered. Raising rolls the transaction back."""
        ...


@dataclass(frozen=True, slots=True)
class Changed:
    """Conversation X is at sequence N: what live pages and workers are told after a commit."""

    client: ClientId
    thread: ThreadId
    conversation: ConversationId
    seq: int


class Wakeups(Protocol):
    """Wakes sleeping workers after a commit. Losing one costs time, never work: sweeps find everything."""

    async def announce(self, *topics: str) -> None:
        """Wakes whoever waits on a topic (`inbox`, `outbox`, `sla`, `packs`). Never raises when Redis is down."""
        ...

    async def wait(self, topic: str, timeout: float) -> bool:
        """Sleeps until the topic is announced (True) or `timeout` seconds passed (False)."""
        ...
