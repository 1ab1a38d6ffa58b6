"""What handing off asks of the rooms around it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from conversation.change import Change
from conversation.conversation import Conversation
from conversation.ids import ClientId, ConversationId, QueueId, ThreadId, UserId
from conversation.message import Message
from conversation.ports import Outcome
from handoff.macro import Macro
from handoff.queue import Queue
from handoff.routing import Waiting
from handoff.views import AgentView, ConversationView, ListKind, Page


@dataclass(frozen=True, slots=True)
class Promises:
    """What a merge hands over: the duplicate's clocks as `Draft.merge` takes them, whether people handled it, and since
    when a message in it is unanswered, also where an answer was given up on its way.
    """

    clocks: Sequence[Mapping[str, Any]] = ()
    handled: bool = False
    unanswered_since: datetime | None = None


class Hours(Protocol):
    """A client's opening hours and promises (implemented over sla/, injected by the wiring)."""

    def is_open(self, client: ClientId, at: datetime) -> bool: ...

    def next_opening(self, client: ClientId, at: datetime) -> datetime | None: ...

    def first_response_due(self, client: ClientId, conversation: Conversation, at: datetime) -> datetime | None: ...


class Conversations(Protocol):
    """Load one conversation, commit changes: the desk's single way to change anything."""

    async def load(self, conversation: ConversationId, clients: Collection[ClientId]) -> Conversation | None: ...

    async def commit(self, changes: Sequence[Change]) -> list[Outcome]: ...


class DeskReads(Protocol):
    """The desk's questions to the database; every one is limited to `clients`."""

    async def page(
        self, clients: Collection[ClientId], kind: ListKind, agent: UserId, *, limit: int, search: str = ""
    ) -> Page:
        """Rows ordered by what runs out first (due_at, then waiting_since, snoozed last; resolved: newest first). With
        `search`, conversations of every list whose customer, topic or messages hold all its words, newest first.
        """
        ...

    async def view(
        self, conversation: ConversationId, clients: Collection[ClientId], agent: UserId
    ) -> ConversationView | None: ...

    async def mark_read(self, conversation: ConversationId, agent: UserId, seq: int) -> None: ...

    async def save_draft(self, conversation: ConversationId, agent: UserId, text: str) -> None:
        """Keeps an unsent reply; an empty text removes it."""
        ...

    async def open_ids(self, agent: UserId) -> list[ConversationId]:
        """The conversations an agent holds."""
        ...

    async def queue_stats(self, client: ClientId, queue: QueueId | None) -> Mapping[str, float]:
        """`waiting` (conversations ahead), `ready_agents`, `capacity` and `free` (theirs, in conversations), and where
        known `mean_handle_s` (recent mean from claim to first answer) and `mean_occupied_s` (from claim to the end).
        """
        ...

    async def macros(self, clients: Collection[ClientId]) -> Sequence[Macro]:
        """Prepared answers, by client and title."""
        ...


class DeskFacts(Protocol):
    """What the desk's use cases need to know beside the conversation itself."""

    async def open_ids(self, agent: UserId) -> list[ConversationId]: ...

    async def save_draft(self, conversation: ConversationId, agent: UserId, text: str) -> None: ...

    async def waiting(self, clients: Collection[ClientId], *, limit: int) -> list[Waiting]:
        """Queued conversations, most urgent first (routing.urgency). Their `skills` are left for the caller to fill."""
        ...

    async def sent(self, conversation: ConversationId, key: str) -> Message | None:
        """The agents' message or note that was sent under this key, if it was."""
        ...

    async def customer_messages_after(self, conversation: ConversationId, seq: int) -> list[Message]:
        """What the customer wrote after event `seq`, oldest first."""
        ...

    async def open_in_thread(self, thread: ThreadId) -> ConversationId | None:
        """The thread's open conversation."""
        ...

    async def open_elsewhere(self, conversation: Conversation, *, limit: int = 10) -> list[Conversation]:
        """Conversations that people of the same client have, which may be the same customer's: of the same person on
        another thread, under the same name, or about the same fact (an order number, an e-mail address). Best first.
        """
        ...

    async def promises(self, duplicate: ConversationId, other: ConversationId, client: ClientId) -> Promises:
        """What a merge hands over."""
        ...

    async def sending(self, conversation: ConversationId) -> bool:
        """Whether a person's answer in the conversation is on its way to the platform."""
        ...

    async def macro(self, client: ClientId, macro: str, language: str) -> Macro | None:
        """The client's macro with that key, in `language` if there is one, else in any."""
        ...


class Sweeps(Protocol):
    """What workers look for on behalf of everybody."""

    async def held(self, agent: UserId) -> list[Conversation]:
        """The conversations an agent holds."""
        ...

    async def unentitled(self, agent: UserId | None = None) -> list[Conversation]:
        """The conversations held by somebody (or by `agent`) who may not answer them any more: who is disabled, has no
        role with a desk, or is not granted the client.
        """
        ...

    async def snoozed_due(self, now: datetime, limit: int) -> list[Conversation]:
        """Conversations whose snooze has ended, earliest first."""
        ...


class QueueStats(Protocol):
    """How a queue stands (a part of DeskReads)."""

    async def queue_stats(self, client: ClientId, queue: QueueId | None) -> Mapping[str, float]: ...


class QueueBook(Protocol):
    """The queues of each client's active pack, in the pack's order."""

    def queues(self, client: ClientId) -> Sequence[Queue]: ...


class Presence(Protocol):
    """Who is at the desk, by heartbeat."""

    async def beat(self, agent: UserId, status: str, now: datetime) -> None: ...

    async def end(self, agent: UserId, now: datetime) -> None:
        """The agent is offline at once, without a heartbeat of theirs; nothing for one who never was there."""
        ...

    async def agents(self, clients: Collection[ClientId], now: datetime) -> list[AgentView]: ...

    async def vanished(self, before: datetime) -> list[UserId]:
        """Agents who hold conversations since before `before` and were last seen before it, or never."""
        ...
