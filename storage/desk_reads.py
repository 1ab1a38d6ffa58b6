"""The desk's questions to the database: its lists, one conversation with all around it, and how a queue stands."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, delete, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.clock import Clock as Time
from conversation.conversation import ResolvedBy, State
from conversation.ids import ClientId, ConversationId, QueueId, UserId
from conversation.message import AuthorKind
from handoff.macro import Macro
from handoff.ports import Presence, QueueBook
from handoff.views import ClockView, ConversationView, ListKind, Page
from sla.clock import Clock, ClockState, intervals
from sla.explain import LANGUAGES, explain
from sla.instants import seconds_of
from sla.policy import Policy
from storage.database import Database
from storage.desk_lists import counts, listed, searched
from storage.desk_rows import SHOWN, rows_of
from storage.macros import macros_of
from storage.schema import conversations, customers, drafts, events, messages, read_marks
from storage.sla_rows import SlaPolicies, load_clocks
from storage.statements import among, dialect_of
from storage.tenancy import ALL_CLIENTS
from storage.values import conversation_of, customer_of, event_of, message_of

TRANSCRIPT = 300
EVENTS = 1000
PAST = 20
RECENT = 50
STATS_FRESH_FOR = timedelta(seconds=5)

_c = conversations.c


class SqlDeskReads:
    """A handoff.ports.DeskReads. `policies` explain clocks, `presence` and `queues` say who is ready for a queue."""

    def __init__(
        self, database: Database, clock: Time, policies: SlaPolicies, presence: Presence, queues: QueueBook
    ) -> None:
        self._database = database
        self._clock = clock
        self._policies = policies
        self._presence = presence
        self._queues = queues
        self._means: dict[ClientId, tuple[datetime, Mapping[str, float]]] = {}

    async def page(
        self, clients: Collection[ClientId], kind: ListKind, agent: UserId, *, limit: int, search: str = ""
    ) -> Page:
        """See handoff.ports.DeskReads."""
        now = self._clock.now()
        async with self._database.reading(clients) as connection:
            if search.strip():
                found = await searched(connection, clients, search, limit + 1)
            else:
                found = await listed(connection, clients, kind, agent, now, limit + 1)
            rows = await rows_of(connection, found[:limit], agent)
            return Page(rows, await counts(connection, clients, agent, now), more=len(found) > limit)

    async def view(
        self, conversation: ConversationId, clients: Collection[ClientId], agent: UserId
    ) -> ConversationView | None:
        """See handoff.ports.DeskReads."""
        async with self._database.reading(clients) as connection:
            query = select(conversations).where(_c.id == conversation, among(connection, _c.client, clients))
            row = (await connection.execute(query)).mappings().first()
            if row is None:
                return None
            who = await connection.execute(select(customers).where(customers.c.id == row["customer"]))
            text = await connection.scalar(
                select(drafts.c.text).where(drafts.c.user == agent, drafts.c.conversation == conversation)
            )
            past = (
                select(*SHOWN)
                .where(
                    _c.customer == row["customer"],
                    _c.id != conversation,
                    among(connection, _c.client, clients),
                )
                .order_by(_c.opened_at.desc())
                .limit(PAST)
            )
            return ConversationView(
                conversation=conversation_of(row),
                customer=customer_of(who.mappings().one()),
                messages=await _newest_first(connection, messages, messages.c.thread == row["thread"], message_of),
                events=await _newest_first(connection, events, events.c.conversation == conversation, event_of),
                clocks=await self._clocks(connection, conversation),
                past=await rows_of(connection, list((await connection.execute(past)).mappings())),
                seq=row["seq"],
                draft=text or "",
            )

    async def mark_read(self, conversation: ConversationId, agent: UserId, seq: int) -> None:
        """See handoff.ports.DeskReads. What was read stays read."""
        async with self._database.transaction(ALL_CLIENTS) as connection:
            mark = _insert_of(connection, read_marks, conversation, user=agent, seq=seq)
            further = {"set_": {"seq": seq}, "where": read_marks.c.seq < seq}
            await connection.execute(mark.on_conflict_do_update(index_elements=["user", "conversation"], **further))

    async def save_draft(self, conversation: ConversationId, agent: UserId, text: str) -> None:
        """See handoff.ports.DeskReads."""
        mine = (drafts.c.user == agent, drafts.c.conversation == conversation)
        kept = {"text": text, "updated_at": self._clock.now()}
        async with self._database.transaction(ALL_CLIENTS) as connection:
            if not text:
                await connection.execute(delete(drafts).where(*mine))
                return
            draft = _insert_of(connection, drafts, conversation, user=agent, **kept)
            await connection.execute(draft.on_conflict_do_update(index_elements=["user", "conversation"], set_=kept))

    async def open_ids(self, agent: UserId) -> list[ConversationId]:
        """See handoff.ports.DeskReads."""
        query = select(_c.id).where(_c.assignee == agent, _c.state == State.ASSIGNED.value).order_by(_c.id)
        async with self._database.reading(ALL_CLIENTS) as connection:
            return [ConversationId(id_) for (id_,) in await connection.execute(query)]

    async def macros(self, clients: Collection[ClientId]) -> Sequence[Macro]:
        """See handoff.ports.DeskReads."""
        async with self._database.reading(clients) as connection:
            return await macros_of(connection, clients)

    async def queue_stats(self, client: ClientId, queue: QueueId | None) -> Mapping[str, float]:
        """See handoff.ports.DeskReads. Agents without the queue's skills do not count; means are of the client's last
        50 conversations with a person, and up to 5 seconds old.
        """
        now = self._clock.now()
        needed = next((q.skills for q in self._queues.queues(client) if q.id == queue), frozenset[str]())
        agents = [a for a in await self._presence.agents([client], now) if a.online and needed <= a.skills]
        async with self._database.reading([client]) as connection:
            ahead = select(func.count()).where(_c.client == client, _c.state == State.QUEUED.value)
            if queue is not None:
                ahead = ahead.where(_c.queue == queue)
            waiting = await connection.scalar(ahead)
            means = await self._recent_means(connection, client, now)
        return {
            "waiting": waiting or 0,
            "ready_agents": len(agents),
            "capacity": sum(agent.capacity for agent in agents),
            "free": sum(max(agent.capacity - agent.load, 0) for agent in agents),
            **means,
        }

    async def _recent_means(self, connection: AsyncConnection, client: ClientId, now: datetime) -> Mapping[str, float]:
        at, means = self._means.get(client, (None, {}))
        if at is None or not timedelta(0) <= now - at < STATS_FRESH_FOR:
            means = await _means(connection, client)
            self._means[client] = (now, means)
        return means

    async def _clocks(self, connection: AsyncConnection, conversation: ConversationId) -> list[ClockView]:
        clocks = (await load_clocks(connection, [conversation])).get(conversation, ())
        policies = await self._policies.of(connection, {(c.client, c.policy_version) for c in clocks})
        now = self._clock.now()
        return [clock_view(clock, policies[clock.client, clock.policy_version], now) for clock in clocks]


def clock_view(clock: Clock, policy: Policy, now: datetime) -> ClockView:
    """A clock as pages show it, with its own account in every language we have."""
    calendar = policy.calendar_of(clock.target)
    told = {language: explain(clock, calendar, now, language) for language in LANGUAGES}
    steps = [
        {**entry, "what": entry["state"], "texts": {language: told[language][n]["text"] for language in LANGUAGES}}
        for n, entry in enumerate(told[LANGUAGES[0]])
    ]
    elapsed = clock.elapsed
    if elapsed is None and clock.is_live and now > clock.started_at:
        paused_since = clock.pauses[-1].start if clock.state is ClockState.PAUSED else now
        elapsed = calendar.elapsed(clock.started_at, max(paused_since, clock.started_at), intervals(clock))
    state = clock.outcome if clock.state is ClockState.STOPPED and clock.outcome else clock.state
    return ClockView(
        id=clock.id,
        kind=clock.kind.value,
        state=state.value,
        started_at=clock.started_at,
        due_at=clock.due_at,
        stopped_at=clock.stopped_at,
        warned=clock.warned,
        budget_s=clock.budget.total_seconds(),
        elapsed_s=None if elapsed is None else float(seconds_of(elapsed)),
        explanation=steps,
    )


def _insert_of(connection: AsyncConnection, table: Table, conversation: ConversationId, **values: Any) -> Any:
    """An insert of a row about the conversation that belongs to its client; none if there is no such conversation."""
    bound = [literal(value, table.c[name].type) for name, value in values.items()]
    row = select(_c.id, _c.client, *bound).where(_c.id == conversation)
    return dialect_of(connection).insert(table).from_select(["conversation", "client", *values], row)


async def _newest_first(connection: AsyncConnection, table: Any, condition: Any, value_of: Any) -> list[Any]:
    """The latest rows, told oldest first."""
    order, most = (table.c.position, TRANSCRIPT) if table is messages else (table.c.seq, EVENTS)
    rows = await connection.execute(select(table).where(condition).order_by(order.desc()).limit(most))
    return [value_of(row) for row in reversed(rows.mappings().all())]


async def _means(connection: AsyncConnection, client: ClientId) -> dict[str, float]:
    """Mean seconds from claim to the next human message, and from claim to resolution."""
    answered = (
        select(func.min(messages.c.created_at))
        .where(
            messages.c.conversation == _c.id,
            messages.c.author_kind == AuthorKind.AGENT.value,
            messages.c.created_at >= _c.assigned_at,
        )
        .correlate(conversations)
        .scalar_subquery()
    )
    answers: list[float] = []
    occupied: list[float] = []
    for state in (State.ASSIGNED, State.RESOLVED):
        rows = await connection.execute(
            select(_c.assigned_at, _c.resolved_at, _c.resolved_by, answered.label("answered_at"))
            .where(_c.client == client, _c.state == state.value, _c.assigned_at.is_not(None))
            .order_by(_c.updated_at.desc())
            .limit(RECENT)
        )
        for row in rows:
            if row.answered_at is not None:
                answers.append((row.answered_at - row.assigned_at).total_seconds())
            if row.resolved_by == ResolvedBy.AGENT.value and row.resolved_at is not None:
                occupied.append((row.resolved_at - row.assigned_at).total_seconds())
    found = {"mean_handle_s": answers, "mean_occupied_s": occupied}
    return {name: sum(values) / len(values) for name, values in found.items() if values}
