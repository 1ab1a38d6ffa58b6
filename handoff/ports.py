"""What handing off asks of the rooms around it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from conversation.change import Change
from conversation.conversation import Conversation
from conversation.ids import ClientId, ConversationId, QueueId, UserId
from conversation.ports import Outcome
from handoff.views import AgentView, ConversationView, ListKind, Page


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
        """Rows ordered by what runs out first (due_at, then waiting_since; resolved: newest first)."""
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
        """`waiting` (conversations ahead), `ready_agents`, `mean_handle_s` (recent mean from claim to first answer)."""
        ...


class Presence(Protocol):
    """Who is at the desk, by heartbeat."""

    async def beat(self, agent: UserId, status: str, now: datetime) -> None: ...

    async def agents(self, clients: Collection[ClientId], now: datetime) -> list[AgentView]: ...

    async def vanished(self, before: datetime) -> list[UserId]:
        """Agents who hold conversations and were last seen before `before`."""
        ...
