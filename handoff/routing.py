"""Who gets which conversation: a pure decision over a snapshot, so that it can be tested, simulated and explained."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from conversation.conversation import Priority
from conversation.ids import ClientId, ConversationId, QueueId, UserId

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A queued conversation. `skills` are its queue's, `due_at` is its earliest running clock's, `declined` are agents
    who let an offer of it pass.
    """

    conversation: ConversationId
    client: ClientId
    priority: Priority
    waiting_since: datetime
    language: str = ""
    skills: frozenset[str] = frozenset()
    queue: QueueId | None = None
    due_at: datetime | None = None
    last_agent: UserId | None = None
    declined: frozenset[UserId] = frozenset()


@dataclass(frozen=True, slots=True)
class Ready:
    """An agent who is online. `load` of `capacity` conversations are theirs; `idle_since` is when they last got one."""

    agent: UserId
    clients: frozenset[ClientId]
    languages: frozenset[str]
    skills: frozenset[str]
    load: int
    capacity: int
    idle_since: datetime

    @property
    def free(self) -> int:
        return max(self.capacity - self.load, 0)


@dataclass(frozen=True, slots=True)
class Offer:
    """This agent should take this conversation."""

    conversation: ConversationId
    agent: UserId


def urgency(waiting: Waiting) -> tuple[int, datetime, datetime, str]:
    """Sorts the most urgent first: priority, then the earliest deadline, then the longest wait."""
    return (waiting.priority.rank, waiting.due_at or _NEVER, waiting.waiting_since, waiting.conversation)


def can_serve(agent: Ready, waiting: Waiting) -> bool:
    """Whether `agent` is granted the client and has the language and the skills; says nothing of capacity."""
    return (
        waiting.client in agent.clients
        and (not waiting.language or waiting.language in agent.languages)
        and waiting.skills <= agent.skills
    )


def offers(waiting: Iterable[Waiting], ready: Sequence[Ready]) -> tuple[Offer, ...]:
    """At most one offer per conversation, most urgent first, never beyond an agent's capacity.

    A conversation goes to the agent who had it last, if they can take it, else to the one idle longest. It stays
    without an offer only when everybody who could serve it is full with offers at least as urgent.
    """
    free = {agent.agent: agent.free for agent in ready}
    given: dict[UserId, int] = {}
    made: list[Offer] = []
    for conversation in sorted(waiting, key=urgency):
        able = [
            agent
            for agent in ready
            if free[agent.agent] > 0 and agent.agent not in conversation.declined and can_serve(agent, conversation)
        ]
        if not able:
            continue
        chosen = min(
            able,
            key=lambda agent, last=conversation.last_agent: (  # type: ignore[misc]  # mypy cannot type a default here
                agent.agent != last,
                given.get(agent.agent, 0),
                agent.idle_since,
                agent.agent,
            ),
        )
        free[chosen.agent] -= 1
        given[chosen.agent] = given.get(chosen.agent, 0) + 1
        made.append(Offer(conversation.conversation, chosen.agent))
    return tuple(made)
