"""A whole Switchboard in memory behind the pages: real accounts, real desk, real pipeline, customers who write."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from accounts.displays import Displays
from accounts.known_device import KnownDevices
from accounts.memory import (
    MemoryAttempts,
    MemoryAudit,
    MemoryDisplayLinks,
    MemoryHalfSignIns,
    MemoryLiveSessions,
    MemorySessions,
    MemoryUsers,
)
from accounts.password import Argon2Hasher
from accounts.service import Accounts
from accounts.user import Role, User
from accounts.watch import SessionWatch
from conversation.clock import Clock, ManualClock
from conversation.conversation import Conversation, HandoffReason, State
from conversation.events import Event, EventKind
from conversation.ids import ChannelId, ClientId, ConversationId, EventId, QueueId, UserId, new_id
from conversation.memory import MemoryStore
from conversation.message import ChannelKind, Reply
from conversation.pipeline import Pipeline, handle_inbound
from conversation.ports import Changed, Delivered, Failed
from conversation.resolution import Answered, HandoffPlan, NeedsHuman, Resolution, Turn
from conversation.understanding import RankedIntent, Understanding
from handoff.agent import Agent
from handoff.dashboard_view import ChannelHealth, ChannelStatus
from handoff.desk import Desk
from handoff.macro import Macro
from handoff.memory import MemoryDesk
from handoff.queue import Queue
from handoff.views import AgentView, ClientView, ClockView, ConversationRow, ConversationView, ListKind, Page
from tests.builders import NOON, inbound
from tests.web.figures import MemoryDashboards, MemoryReports, terms
from web.services import Services

ALPENRAD, KONTOR = ClientId("alpenrad"), ClientId("kontor")
PASSWORD = "correct horse battery"
CLIENTS = {
    ALPENRAD: ClientView(
        ALPENRAD,
        "Alpenrad",
        "#1f7a4d",
        ("de", "en"),
        "Europe/Berlin",
        {"de": "Du, warm und knapp. Nie „leider“ zweimal.", "en": "Warm and brief, first names."},
        {
            QueueId("service"): {"de": "Kundendienst", "en": "Customer service"},
            QueueId("workshop"): {"de": "Werkstatt", "en": "Workshop"},
        },
        {"return": {"de": "Rückgabe", "en": "Return"}, "order_status": {"de": "Bestellstatus", "en": "Order status"}},
        bot_name="Velo",
    ),
    KONTOR: ClientView(
        KONTOR,
        "Kontor",
        "#7a3fa0",
        ("en", "de"),
        "Europe/Berlin",
        {"en": "Formal, precise.", "de": "Sie, sachlich."},
        {QueueId("hr"): {"de": "Personal", "en": "HR"}},
        {"hr_request": {"de": "Personalfrage", "en": "HR question"}},
        bot_name="Kontor assistant",
    ),
}
MACROS = (
    Macro(
        ALPENRAD, "moment", "Einen Moment", "Einen Moment bitte, {customer_name}, ich sehe nach.", "de", holding=True
    ),
    Macro(ALPENRAD, "label", "Rücksendeetikett", "Das Etikett findest du in deinem Konto unter „Rücksendungen“.", "de"),
    Macro(ALPENRAD, "moment", "One moment", "One moment please, {customer_name}.", "en", holding=True),
)
QUEUES = {ALPENRAD: (Queue(QueueId("service")), Queue(QueueId("workshop"))), KONTOR: (Queue(QueueId("hr")),)}


class Bots:
    """Answers what it is asked, and gives up on the word human or Mensch, with what it knows."""

    async def understand(self, turns: Sequence[Turn]) -> list[Understanding]:
        return [self._understand(turn.inbound.text) for turn in turns]

    async def respond(self, turn: Turn, understanding: Understanding) -> Resolution:
        text = turn.inbound.text
        if "human" in text or "Mensch" in text:
            reply = "Ich hole jemanden dazu." if understanding.language == "de" else "I am getting somebody for you."
            slots = {"order_id": "100234", "reason": "zu groß"}
            return NeedsHuman(HandoffReason.ASKED, {}, (Reply(reply),), topic="return", slots=slots)
        return Answered((Reply("Deine Bestellung 100234 ist unterwegs und kommt morgen an."),), {}, completed=True)

    def say(self, turn: Turn, response: str, variables: dict) -> tuple[Reply, ...]:
        return ()

    @staticmethod
    def _understand(text: str) -> Understanding:
        language = "en" if set(text.lower().split()) & {"the", "human", "my", "please"} else "de"
        ranking = (RankedIntent("return", 0.62), RankedIntent("order_status", 0.21), RankedIntent("warranty", 0.07))
        return Understanding(text, language, ranking[0], ranking, answerable=True, engine="embedded")


class Planner:
    async def plan(self, conversation: Conversation, need: NeedsHuman, now: datetime) -> HandoffPlan:
        queue = QueueId("hr") if conversation.client == KONTOR else QueueId("service")
        return HandoffPlan(queue, need.priority or conversation.priority, "utter_handoff_in_hours", {})


class LiveStore(MemoryStore):
    """A store that tells its listeners."""

    def __init__(self) -> None:
        super().__init__()
        self.listeners: list[tuple[Collection[ClientId], asyncio.Queue[Changed]]] = []

    async def commit(self, changes):
        outcomes = await super().commit(changes)
        for change in changes:
            if (conversation := getattr(change, "conversation", None)) is not None:
                self.tell(conversation)
        return outcomes

    def tell(self, c: Conversation) -> None:
        for clients, queue in self.listeners:
            if c.client in clients:
                queue.put_nowait(Changed(c.client, c.thread, c.id, self.seq(c.id)))

    def seq(self, conversation: ConversationId) -> int:
        return max((e.seq for e in self.events if e.conversation == conversation), default=0)

    async def subscribe(self, clients: Collection[ClientId]) -> AsyncIterator[Changed]:
        queue: asyncio.Queue[Changed] = asyncio.Queue()
        self.listeners.append((clients, queue))
        try:
            while True:
                yield await queue.get()
        finally:
            self.listeners.remove((clients, queue))


@dataclass
class MemoryReads:
    """DeskReads over the store in memory."""

    store: LiveStore
    desk: MemoryDesk
    clocks: dict[ConversationId, ClockView] = field(default_factory=dict)
    read: dict[tuple[ConversationId, UserId], int] = field(default_factory=dict)

    async def page(
        self, clients: Collection[ClientId], kind: ListKind, agent: UserId, *, limit: int, search: str = ""
    ) -> Page:
        mine = [c for c in self.store.conversations.values() if c.client in clients]
        counts = {k: sum(self._in(c, k, agent) for c in mine) for k in ListKind}
        found = [
            c for c in mine if self._in(c, kind, agent) and search.lower() in f"{c.customer_name} {c.preview}".lower()
        ]
        rows = sorted((self.row(c, agent) for c in found), key=lambda r: (r.due_at is None, r.due_at or r.updated_at))
        return Page(rows[:limit], counts, len(rows) > limit)

    async def view(
        self, conversation: ConversationId, clients: Collection[ClientId], agent: UserId
    ) -> ConversationView | None:
        c = await self.store.load(conversation, clients)
        if c is None:
            return None
        messages = [m for m in self.store.messages.values() if m.thread == c.thread]
        events = [e for e in self.store.events if e.conversation == c.id]
        past = [
            self.row(o, agent) for o in self.store.conversations.values() if o.customer == c.customer and o.id != c.id
        ]
        clocks = [self.clocks[c.id]] if c.id in self.clocks else []
        draft = self.desk.drafts.get((agent, c.id), "")
        customer = replace(self.store.customers[c.customer], name=c.customer_name)
        return ConversationView(c, customer, messages, events, clocks, past, self.store.seq(c.id), draft)

    async def mark_read(self, conversation: ConversationId, agent: UserId, seq: int) -> None:
        self.read[conversation, agent] = seq

    async def save_draft(self, conversation: ConversationId, agent: UserId, text: str) -> None:
        if text or (agent, conversation) in self.desk.drafts:
            await self.desk.save_draft(conversation, agent, text)

    async def open_ids(self, agent: UserId) -> list[ConversationId]:
        return await self.desk.open_ids(agent)

    async def queue_stats(self, client: ClientId, queue: QueueId | None) -> dict[str, float]:
        return {}

    async def macros(self, clients: Collection[ClientId]) -> Sequence[Macro]:
        return [m for m in MACROS if m.client in clients]

    def row(self, c: Conversation, agent: UserId) -> ConversationRow:
        clock = self.clocks.get(c.id)
        seq = self.store.seq(c.id)
        running = clock if clock and clock.state == "running" else None
        return ConversationRow(
            c.id,
            c.client,
            c.channel_kind,
            c.customer_name,
            c.state,
            c.language,
            c.topic,
            c.preview,
            c.priority,
            c.queue,
            c.assignee,
            c.assignee_name,
            c.waiting_since,
            c.updated_at,
            due_at=running.due_at if running else None,
            clock=running.kind if running else "",
            warned=running.warned if running else 0,
            unread=seq > self.read.get((c.id, agent), 0),
            snoozed_until=c.snoozed_until,
            seq=seq,
        )

    @staticmethod
    def _in(c: Conversation, kind: ListKind, agent: UserId) -> bool:
        return {
            ListKind.MINE: c.state is State.ASSIGNED and c.assignee == agent,
            ListKind.WAITING: c.state is State.QUEUED,
            ListKind.BOT: c.state is State.BOT,
            ListKind.TEAM: c.state is State.ASSIGNED and c.assignee != agent,
            ListKind.RESOLVED: c.state is State.RESOLVED,
        }[kind]


class MemoryClients:
    async def of(self, clients):
        return {client: CLIENTS[client] for client in clients if client in CLIENTS}

    async def terms(self, client, period):
        return terms()


class MemoryBlobs:
    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    async def read(self, client: ClientId, reference: str) -> bytes | None:
        return self.kept.get(reference) if reference.startswith(f"{client}/") else None

    async def write(self, client: ClientId, data: bytes) -> str:
        reference = f"{client}/{len(self.kept)}"
        self.kept[reference] = data
        return reference


class MemoryAdmin:
    def __init__(self, users: MemoryUsers) -> None:
        self._users = users

    async def channels(self, clients):
        return [
            ChannelStatus(
                ChannelId("alpenrad-web"), ALPENRAD, ChannelKind.WEBCHAT, "Webshop", ChannelHealth.CONNECTED, NOON
            ),
            ChannelStatus(
                ChannelId("alpenrad-tg"),
                ALPENRAD,
                ChannelKind.TELEGRAM,
                "@alpenrad_bot",
                ChannelHealth.FAILING,
                problem="Telegram refuses the token (401). Make a new one with @BotFather and set it in the pack.",
            ),
        ]

    async def users(self):
        return await self._users.list()


PEOPLE = (
    ("mira", "Mira Holm", Role.AGENT, (ALPENRAD, KONTOR), "de"),
    ("ben", "Ben Adler", Role.AGENT, (ALPENRAD,), "en"),
    ("sofie", "Sofie Brandt", Role.SUPERVISOR, (ALPENRAD, KONTOR), "en"),
    ("carl", "Carl Client", Role.CLIENT_ADMIN, (ALPENRAD,), "en"),
    ("root", "Rita Root", Role.PROVIDER_ADMIN, (), "en"),
)


class World:
    """Build one with `await World.make()`."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or ManualClock(NOON)
        self.store = LiveStore()
        self.staff = [
            Agent(UserId(who), name, frozenset(clients), 4)
            for who, name, role, clients, _ in PEOPLE
            if role is not Role.CLIENT_ADMIN
        ]
        self.memory = MemoryDesk(self.store, self.staff, MACROS)
        self.reads = MemoryReads(self.store, self.memory)
        self.pipeline = Pipeline(self.store, Bots(), Planner(), self.clock)
        self.users = MemoryUsers(lambda: list(CLIENTS))
        self.hasher = Argon2Hasher(time_cost=1, memory_kib=64, parallelism=1)
        self.audit = MemoryAudit()
        self.sessions = MemorySessions(self.users)
        self.accounts = Accounts(
            self.users,
            self.sessions,
            MemoryHalfSignIns(),
            MemoryAttempts(),
            self.audit,
            self.hasher,
            KnownDevices(["a key of tests"]),
        )
        self.displays = Displays(MemoryDisplayLinks(self.users, self.audit))
        self.watch = SessionWatch(MemoryLiveSessions(self.users, self.sessions))
        self.blobs = MemoryBlobs()
        self.dashboards = MemoryDashboards(self.reads)
        self.reports = MemoryReports()
        self._orders = 0

    @classmethod
    async def make(cls, clock: Clock | None = None) -> "World":
        world = cls(clock)
        for who, name, role, clients, locale in PEOPLE:
            await world.users.save(
                User(
                    UserId(who),
                    f"{who}@example.org",
                    name,
                    frozenset({role}),
                    frozenset(clients),
                    locale=locale,
                    password_hash=world.hasher.hash(PASSWORD),
                )
            )
        return world

    def services(self, **more) -> Services:
        known = {
            "desk": Desk(self.store, self.memory, self.memory, self, self.clock),
            "reads": self.reads,
            "presence": self.memory,
            "accounts": self.accounts,
            "watch": self.watch,
            "displays": self.displays,
            "clients": MemoryClients(),
            "dashboards": self.dashboards,
            "reports": self.reports,
            "admin": MemoryAdmin(self.users),
            "live": self.store,
            "blobs": self.blobs,
            "clock": self.clock,
            "timezone": "Europe/Berlin",
        }
        return Services(**(known | more))

    def queues(self, client: ClientId) -> Sequence[Queue]:
        return QUEUES[client]

    def tick(self, **length: float) -> None:
        if isinstance(self.clock, ManualClock):
            self.clock.advance(timedelta(**length))

    async def write(self, text: str, name: str = "Lena K.", *, thread: str = "", **more) -> Conversation:
        """A customer writes and the bot does what it does; their conversation afterwards."""
        self._orders += 1
        self.tick(seconds=1)
        thread = thread or name
        client = more.pop("client", ALPENRAD)
        at = self.clock.now()
        item = inbound(text, thread=thread, order=self._orders, at=at, name=name, client=client, **more)
        await self.store.accept([item])
        works = await self.store.lease("w", at, limit=9, hold=timedelta(minutes=1))
        await handle_inbound(works, self.pipeline)
        return next(
            c for c in reversed(self.store.conversations.values()) if self.store.threads[c.thread].ref == thread
        )

    async def waiting(
        self, name: str = "Lena K.", text: str = "Ich möchte das Rad zurückgeben, bitte ein Mensch", **more
    ):
        """A conversation in the queue, its clock running: `due` from now, `warned` percent."""
        due, warned = more.pop("due", timedelta(minutes=12)), more.pop("warned", 0)
        c = await self.write(text, name, **more)
        now = self.clock.now()
        budget = timedelta(minutes=30)
        told = {"at": now.isoformat(), "state": "started", "text": "Started with the handoff. Budget: 30 min."}
        clock = ClockView(
            f"clock-{c.id}",
            "first_response",
            "running",
            now + due - budget,
            now + due,
            warned=warned,
            budget_s=budget.total_seconds(),
            explanation=(told,),
        )
        self.reads.clocks[c.id] = clock
        self.store.tell(c)
        return c

    async def held(self, who: str = "mira", **more) -> Conversation:
        c = await self.waiting(**more)
        agent = next(a for a in self.staff if a.id == who)
        await self.services().desk.claim(agent, c.id)
        return self.store.conversations[c.id]

    async def deliver(self, fail: str = "") -> None:
        """The platform takes what is in the outbox, or refuses it for good."""
        now = self.clock.now()
        while items := await self.store.take("d", now, limit=500, hold=timedelta(minutes=1)):
            for item in items:
                await self.store.settle([Failed(item, fail) if fail else Delivered(item, f"p-{item.message.id}", now)])
                self.store.tell(self.store.conversations[item.message.conversation])

    def breach_event(self, c: Conversation) -> None:
        seq = self.store.seq(c.id) + 1
        self.store.events.append(
            Event(
                EventId(new_id(self.clock.now())),
                c.client,
                c.channel,
                c.thread,
                c.id,
                EventKind.SLA_BREACH,
                self.clock.now(),
                data={"clock": "first_response"},
                seq=seq,
            )
        )

    async def agents_online(self) -> list[AgentView]:
        for agent in self.staff:
            await self.memory.beat(agent.id, "online", self.clock.now())
        return await self.memory.agents(list(CLIENTS), self.clock.now())
