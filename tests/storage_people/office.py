"""A process whose conversations carry SLA clocks, with agents who act directly on drafts."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select

from conversation.clock import ManualClock
from conversation.conversation import Conversation
from conversation.draft import Draft
from conversation.ids import ClientId, UserId
from conversation.message import Author, AuthorKind
from conversation.packfile import Node, Problems
from conversation.ports import Outcome
from sla.clock import Clock
from sla.pack import parse_policy
from sla.policy import Policy
from sla.projection import replay
from storage.database import Database
from storage.schema import conversations, sla_alerts, sla_clocks, threads
from storage.sla_alarms import SlaAlarms
from storage.sla_projection import SlaProjection
from storage.sla_rows import SlaPolicies, clock_of, load_history
from storage.tenancy import ALL_CLIENTS
from storage.values import conversation_of
from tests.builders import NOON, inbound
from tests.storage.harness import Process

ANN = Author(AuthorKind.AGENT, "u-ann", "Ann")


def policy(**sla) -> Policy:
    node = Node.of(
        {
            "calendar": {"timezone": "Europe/Berlin", "hours": "24/7"},
            "sla": {"targets": [{"first_response": "10m", "next_response": "20m", "resolution": "4h"}], "objective": 95}
            | sla,
        }
    )
    problems = Problems()
    parsed = parse_policy(node, problems)
    assert parsed is not None, problems.found
    return parsed


class Office(Process):
    def __init__(self, database: Database, clock: ManualClock | None = None, active: Policy | None = None) -> None:
        self.active: Policy | None = active or policy()
        self.policies = SlaPolicies(self._active)
        super().__init__(database, clock, SlaProjection(self.policies))
        self.alarms = SlaAlarms(database, self.policies, self.clock, self.told, self.told)
        self._orders = 0

    def _active(self, client: ClientId) -> Policy | None:
        return self.active

    async def write(self, text: str, thread: str = "lena", **more) -> Conversation:
        """A customer writes, the bot does its part, whatever is due is delivered."""
        self._orders += 1
        message = inbound(text, thread=thread, order=self._orders, at=self.clock.now(), **more)
        await self.receive(message)
        await self.handle_all()
        await self.deliver_all()
        return await self.of(message.channel, thread)

    async def of(self, channel: str, thread: str) -> Conversation:
        """The newest conversation of a thread."""
        query = (
            select(conversations)
            .join(threads, threads.c.id == conversations.c.thread)
            .where(threads.c.channel == channel, threads.c.ref == thread)
        )
        found = [conversation_of(row) for row in await self._all(query)]
        return max(found, key=lambda c: (c.is_open, c.opened_at, c.id))

    async def act(self, conversation: Conversation, *steps: Callable[[Draft], object]) -> Conversation:
        """An agent's steps, committed."""
        found = await self.store.load(conversation.id, [conversation.client])
        assert found is not None
        draft = Draft(found, self.clock.now())
        for step in steps:
            step(draft)
        change = draft.change()
        assert await self.store.commit([change]) == [Outcome.COMMITTED]
        return change.conversation

    async def claim(self, conversation: Conversation, agent: Author = ANN) -> Conversation:
        return await self.act(conversation, lambda d: d.claim(UserId(agent.id), agent.name))

    async def reply(self, conversation: Conversation, text: str = "Hello", agent: Author = ANN) -> Conversation:
        done = await self.act(conversation, lambda d: d.agent_says(agent, text))
        await self.deliver_all()
        return done

    async def clocks(self) -> dict[str, Clock]:
        """By kind and number, like `first_response:1`; of the only conversation that has any."""
        rows = await self._all(select(sla_clocks).order_by(sla_clocks.c.started_at))
        return {row["id"].split(":", 1)[1]: clock_of(row) for row in rows}

    async def all_clocks(self) -> list[Clock]:
        """Every clock of every conversation."""
        return [clock_of(row) for row in await self._all(select(sla_clocks).order_by(sla_clocks.c.id))]

    async def alerts(self) -> list[tuple[str, str]]:
        rows = await self._all(select(sla_alerts).order_by(sla_alerts.c.fired_at, sla_alerts.c.id))
        return [(row["clock"].split(":", 1)[1], row["kind"]) for row in rows]

    async def fire_at(self, minutes: float) -> int:
        """Moves the clock to so many minutes after noon and fires what is due."""
        self.clock.set(NOON + timedelta(minutes=minutes))
        fired = 0
        while now := await self.alarms.fire_due():
            fired += now
        return fired

    async def assert_replay_is_the_same(self) -> None:
        """Every clock row is what its events make of it from nothing."""
        kept = {c.id: c for c in (clock_of(row) for row in await self._all(select(sla_clocks)))}
        async with self.database.reading(ALL_CLIENTS) as connection:
            histories = await load_history(connection, sorted({c.conversation for c in kept.values()}))
        replayed = {}
        for history in histories.values():
            assert self.active is not None
            episode = replay(history, self.active)
            assert episode is not None
            replayed |= {c.id: c for c in episode.clocks}
        assert kept == replayed
