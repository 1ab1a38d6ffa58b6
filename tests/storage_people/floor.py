"""An office with a desk: real stores, agents in the database, the desk's acts over all of it."""

from collections.abc import Sequence

from accounts.user import Role, User
from conversation.clock import ManualClock
from conversation.conversation import Conversation
from conversation.ids import ClientId, ConversationId, QueueId, UserId
from handoff.agent import Agent
from handoff.desk import Desk
from handoff.queue import Queue
from storage.database import Database
from storage.desk_facts import SqlDeskFacts
from storage.desk_reads import SqlDeskReads
from storage.presence import SqlPresence
from storage.users import SqlUsers
from tests.builders import NOON
from tests.storage_people.conftest import ALPENRAD, KONTOR, VAULT, add_clients
from tests.storage_people.office import Office

QUEUES = (Queue(QueueId("workshop"), skills=frozenset({"bikes"})), Queue(QueueId("general")))


def agent(name: str, **more) -> Agent:
    known = {"clients": frozenset({ALPENRAD}), "capacity": 2}
    return Agent(UserId(f"u-{name}"), name.title(), **(known | more))


ANN, BEN = agent("ann"), agent("ben", skills=frozenset({"bikes"}))
BOSS = agent("boss", supervises=True, clients=frozenset({ALPENRAD, KONTOR}))
KIM = agent("kim", clients=frozenset({KONTOR}))
STAFF = (ANN, BEN, BOSS, KIM)


class Floor(Office):
    def __init__(self, database: Database, clock: ManualClock | None = None) -> None:
        super().__init__(database, clock)
        self.presence = SqlPresence(database)
        self.reads = SqlDeskReads(database, self.clock, self.policies, self.presence, self)
        self.facts = SqlDeskFacts(database, self.reads)
        self.desk = Desk(self.store, self.facts, self.presence, self, self.clock)

    def queues(self, client: ClientId) -> Sequence[Queue]:
        return QUEUES

    async def hire(self, staff: Sequence[Agent] = STAFF) -> None:
        await add_clients(self.database)
        users = SqlUsers(self.database, VAULT)
        for one in staff:
            role = Role.SUPERVISOR if one.supervises else Role.AGENT
            await users.save(
                User(
                    id=one.id,
                    email=f"{one.id}@example.org",
                    name=one.name,
                    roles=frozenset({role}),
                    clients=one.clients,
                    capacity=one.capacity,
                    skills=one.skills,
                    languages=one.languages,
                    created_at=NOON,
                )
            )

    async def waits(self, thread: str = "lena", text: str = "a human please", **more) -> ConversationId:
        return (await self.write(text, thread, **more)).id

    async def held(self, who: Agent, thread: str = "lena", **more) -> ConversationId:
        conversation = await self.waits(thread, **more)
        await self.desk.claim(who, conversation)
        return conversation

    async def now_is(self, conversation: ConversationId) -> Conversation:
        found = await self.store.load(conversation, [ALPENRAD, KONTOR])
        assert found is not None
        return found

    async def seq(self, conversation: ConversationId) -> int:
        return max(e.seq for e in await self.events() if e.conversation == conversation)
