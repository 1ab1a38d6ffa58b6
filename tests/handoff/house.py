"""A desk over memory, with customers who write and agents who answer."""

from collections.abc import Sequence
from datetime import timedelta

from conversation.clock import ManualClock
from conversation.conversation import Conversation
from conversation.ids import ClientId, ConversationId, QueueId, UserId
from conversation.memory import MemoryStore
from conversation.pipeline import Pipeline, handle_inbound
from handoff.agent import Agent
from handoff.desk import Desk
from handoff.macro import Macro
from handoff.memory import MemoryDesk
from handoff.queue import Queue
from tests.builders import NOON, OneQueue, ScriptedBots, inbound

ALPENRAD, KONTOR = ClientId("alpenrad"), ClientId("kontor")
QUEUES = (Queue(QueueId("workshop"), skills=frozenset({"bikes"})), Queue(QueueId("general")))
MACROS = (
    Macro(ALPENRAD, "hold", "One moment", "One moment please, {customer_name}.", holding=True),
    Macro(ALPENRAD, "bye", "Goodbye", "Tschüss!", "de"),
)


def agent(name: str, **more) -> Agent:
    known = {"clients": frozenset({ALPENRAD}), "capacity": 2}
    return Agent(UserId(name), name.title(), **(known | more))


ANN, BEN = agent("ann"), agent("ben")
BOSS = agent("boss", supervises=True)
STRANGER = agent("kim", clients=frozenset({KONTOR}))


class House:
    def __init__(self, staff: Sequence[Agent] = (ANN, BEN, BOSS, STRANGER)) -> None:
        self.clock = ManualClock(NOON)
        self.store = MemoryStore()
        self.memory = MemoryDesk(self.store, staff, MACROS)
        self.pipeline = Pipeline(self.store, ScriptedBots(), OneQueue(), self.clock)
        self.desk = Desk(self.store, self.memory, self.memory, self, self.clock)
        self._orders = 0

    def queues(self, client):
        return QUEUES

    async def write(self, text: str, thread: str = "lena", **more) -> Conversation:
        """A customer writes and the bot does what it does; the thread's conversation afterwards."""
        self._orders += 1
        self.clock.advance(timedelta(seconds=1))
        await self.store.accept([inbound(text, thread=thread, order=self._orders, at=self.clock.now(), **more)])
        await handle_inbound(
            await self.store.lease("w", self.clock.now(), limit=9, hold=timedelta(minutes=1)), self.pipeline
        )
        return next(
            c for c in reversed(self.store.conversations.values()) if self.store.threads[c.thread].ref == thread
        )

    async def queued(self, thread: str = "lena", **more) -> ConversationId:
        return (await self.write("a human please", thread, **more)).id

    async def held_by(self, who: Agent, thread: str = "lena", **more) -> ConversationId:
        conversation = await self.queued(thread, **more)
        await self.desk.claim(who, conversation)
        return conversation

    def now(self, conversation: ConversationId) -> Conversation:
        return self.store.conversations[conversation]

    def seq(self, conversation: ConversationId) -> int:
        return max(e.seq for e in self.store.events if e.conversation == conversation)

    def kinds(self, conversation: ConversationId) -> list[str]:
        return [e.kind for e in self.store.events if e.conversation == conversation]
