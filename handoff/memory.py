"""The desk's ports in memory, over the store in memory: for tests, pack tests and simulations of one process."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from conversation.conversation import Conversation, State
from conversation.events import EventKind
from conversation.ids import ClientId, ConversationId, ThreadId, UserId
from conversation.memory import MemoryStore
from conversation.message import AuthorKind, DeliveryState, Message
from handoff.agent import Agent
from handoff.duplicates import likely_duplicates
from handoff.macro import Macro
from handoff.ports import Promises
from handoff.presence import Status, counts_as_seen, is_online, standing
from handoff.routing import Waiting, urgency
from handoff.views import AgentView


@dataclass
class MemoryDesk:
    """DeskFacts, Presence and Sweeps in one object. `staff` are the agents there are."""

    store: MemoryStore
    staff: Sequence[Agent] = ()
    prepared: Sequence[Macro] = ()
    drafts: dict[tuple[UserId, ConversationId], str] = field(default_factory=dict)
    _beats: dict[UserId, tuple[str, datetime]] = field(default_factory=dict)

    async def open_ids(self, agent: UserId) -> list[ConversationId]:
        return [c.id for c in await self.held(agent)]

    async def save_draft(self, conversation: ConversationId, agent: UserId, text: str) -> None:
        self.drafts[agent, conversation] = text
        if not text:
            del self.drafts[agent, conversation]

    async def waiting(self, clients: Collection[ClientId], *, limit: int) -> list[Waiting]:
        found = self._conversations(lambda c: c.state is State.QUEUED and c.client in clients)
        rows = [
            Waiting(
                c.id,
                c.client,
                c.priority,
                c.waiting_since or c.queued_at or c.opened_at,
                c.language,
                queue=c.queue,
                last_agent=c.last_agent,
            )
            for c in found
        ]
        return sorted(rows, key=urgency)[:limit]

    async def sent(self, conversation: ConversationId, key: str) -> Message | None:
        kinds = (EventKind.AGENT_REPLIED, EventKind.NOTE_ADDED)
        for event in self.store.events:
            if event.conversation == conversation and event.kind in kinds and event.data.get("key") == key:
                return self.store.messages[event.data["message_id"]]
        return None

    async def customer_messages_after(self, conversation: ConversationId, seq: int) -> list[Message]:
        return [
            self.store.messages[event.data["message_id"]]
            for event in self.store.events
            if event.conversation == conversation and event.seq > seq and event.kind is EventKind.CUSTOMER_MESSAGE
        ]

    async def open_in_thread(self, thread: ThreadId) -> ConversationId | None:
        return next((c.id for c in self._conversations(lambda c: c.thread == thread and c.is_open)), None)

    async def open_elsewhere(self, conversation: Conversation, *, limit: int = 10) -> list[Conversation]:
        open_ones = self._conversations(
            lambda c: c.client == conversation.client and c.state in (State.QUEUED, State.ASSIGNED)
        )
        return likely_duplicates(conversation, open_ones, limit)

    async def promises(
        self,
        duplicate: ConversationId,
        other: ConversationId,  # noqa: ARG002  there are no clocks in memory
        client: ClientId,  # noqa: ARG002
    ) -> Promises:
        answers = (
            m.state is DeliveryState.DELIVERED and m.author.kind is AuthorKind.AGENT
            for m in self.store.transcript(duplicate)
        )
        return Promises(handled=any(answers))

    async def sending(self, conversation: ConversationId) -> bool:
        return any(
            m.state in (DeliveryState.PENDING, DeliveryState.SENDING) and m.author.kind is AuthorKind.AGENT
            for m in self.store.transcript(conversation)
        )

    async def macro(self, client: ClientId, macro: str, language: str) -> Macro | None:
        fits = [m for m in self.prepared if (m.client, m.key) == (client, macro)]
        return min(fits, key=lambda m: (m.language != language, m.language != ""), default=None)

    async def held(self, agent: UserId) -> list[Conversation]:
        return self._conversations(lambda c: c.state is State.ASSIGNED and c.assignee == agent)

    async def unentitled(self, agent: UserId | None = None) -> list[Conversation]:
        granted = {one.id: one.clients for one in self.staff}
        return self._conversations(
            lambda c: (
                c.state is State.ASSIGNED
                and agent in (None, c.assignee)
                and (c.assignee is None or c.client not in granted.get(c.assignee, ()))
            )
        )

    async def snoozed_due(self, now: datetime, limit: int) -> list[Conversation]:
        found = self._conversations(lambda c: c.snoozed_until is not None and c.snoozed_until <= now)
        return sorted(found, key=lambda c: (c.snoozed_until or now, c.id))[:limit]

    async def beat(self, agent: UserId, status: str, now: datetime) -> None:
        _, seen = self._beats.get(agent, ("", now))
        self._beats[agent] = (status, now if counts_as_seen(status) else seen)

    async def end(self, agent: UserId, now: datetime) -> None:  # noqa: ARG002  a beat of before stays the last one
        if agent in self._beats:
            self._beats[agent] = (Status.OFFLINE, self._beats[agent][1])

    async def agents(self, clients: Collection[ClientId], now: datetime) -> list[AgentView]:
        views: list[AgentView] = []
        for agent in self.staff:
            if not agent.clients.isdisjoint(clients):
                status, seen = self._beats.get(agent.id, ("", None))
                load = len(await self.held(agent.id))
                online, shown = is_online(status, seen, now), standing(status, seen, now)
                views.append(
                    AgentView(
                        id=agent.id,
                        name=agent.name,
                        online=online,
                        status=shown,
                        load=load,
                        capacity=agent.capacity,
                        clients=agent.clients,
                        skills=agent.skills,
                        languages=agent.languages,
                    )
                )
        return views

    async def vanished(self, before: datetime) -> list[UserId]:
        holders = {
            c.assignee
            for c in self.store.conversations.values()
            if c.assignee is not None and c.assigned_at is not None and c.assigned_at < before
        }
        seen = {agent: at for agent, (_, at) in self._beats.items()}
        return sorted(agent for agent in holders if agent not in seen or seen[agent] < before)

    def _conversations(self, wanted: Callable[[Conversation], bool]) -> list[Conversation]:
        return [c for c in self.store.conversations.values() if wanted(c)]
