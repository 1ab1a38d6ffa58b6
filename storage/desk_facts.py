"""What the desk's acts and the sweeps need to know beside the conversation itself."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import case, select
from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.conversation import Conversation, Priority, State
from conversation.events import EventKind
from conversation.ids import ClientId, ConversationId, QueueId, ThreadId, UserId
from conversation.message import AuthorKind, DeliveryState, Message
from handoff.duplicates import likely_duplicates
from handoff.macro import Macro
from handoff.ports import Promises
from handoff.routing import Waiting
from sla.merging import handed_over
from sla.prices import Item
from sla.usage import counted
from storage.database import Database
from storage.desk_reads import SqlDeskReads
from storage.desk_rows import PRIORITIES, due_at
from storage.entitlement import unentitled
from storage.macros import macros_of
from storage.schema import conversations, events, messages
from storage.sla_rows import load_clocks, load_episodes, load_history
from storage.statements import among
from storage.tenancy import ALL_CLIENTS
from storage.values import conversation_of, message_of

_c = conversations.c
COMPARED = 200
_WRITTEN = (EventKind.AGENT_REPLIED.value, EventKind.NOTE_ADDED.value)


class SqlDeskFacts:
    """A handoff.ports.DeskFacts and Sweeps."""

    def __init__(self, database: Database, reads: SqlDeskReads) -> None:
        self._database = database
        self._reads = reads

    async def open_ids(self, agent: UserId) -> list[ConversationId]:
        """See handoff.ports.DeskFacts."""
        return await self._reads.open_ids(agent)

    async def save_draft(self, conversation: ConversationId, agent: UserId, text: str) -> None:
        """See handoff.ports.DeskFacts."""
        await self._reads.save_draft(conversation, agent, text)

    async def waiting(self, clients: Collection[ClientId], *, limit: int) -> list[Waiting]:
        """See handoff.ports.DeskFacts."""
        due, rank = due_at(), case(PRIORITIES, value=_c.priority, else_=len(PRIORITIES))
        async with self._database.reading(clients) as connection:
            query = (
                select(_c.id, _c.client, _c.priority, _c.waiting_since, _c.queued_at, _c.opened_at, _c.language)
                .add_columns(_c.queue, _c.last_agent, due.label("due_at"))
                .where(among(connection, _c.client, clients), _c.state == State.QUEUED.value)
                .order_by(rank, due.asc().nulls_last(), _c.waiting_since.asc().nulls_last(), _c.id)
                .limit(limit)
            )
            rows = (await connection.execute(query)).all()
        return [
            Waiting(
                conversation=ConversationId(row.id),
                client=ClientId(row.client),
                priority=Priority(row.priority),
                waiting_since=row.waiting_since or row.queued_at or row.opened_at,
                language=row.language,
                queue=QueueId(row.queue) if row.queue else None,
                due_at=row.due_at,
                last_agent=UserId(row.last_agent) if row.last_agent else None,
            )
            for row in rows
        ]

    async def sent(self, conversation: ConversationId, key: str) -> Message | None:
        """See handoff.ports.DeskFacts."""
        e = events.c
        async with self._database.reading(ALL_CLIENTS) as connection:
            written = await connection.scalar(
                select(e.data["message_id"].as_string()).where(
                    e.conversation == conversation, e.kind.in_(_WRITTEN), e.data["key"].as_string() == key
                )
            )
            found = await _messages(connection, [written]) if written else []
            return found[0] if found else None

    async def customer_messages_after(self, conversation: ConversationId, seq: int) -> list[Message]:
        """See handoff.ports.DeskFacts."""
        e = events.c
        async with self._database.reading(ALL_CLIENTS) as connection:
            rows = await connection.execute(
                select(e.data["message_id"].as_string()).where(
                    e.conversation == conversation, e.seq > seq, e.kind == EventKind.CUSTOMER_MESSAGE.value
                )
            )
            return await _messages(connection, [id_ for (id_,) in rows])

    async def open_in_thread(self, thread: ThreadId) -> ConversationId | None:
        """See handoff.ports.DeskFacts."""
        query = select(_c.id).where(_c.thread == thread, _c.state != State.RESOLVED.value)
        async with self._database.reading(ALL_CLIENTS) as connection:
            found = await connection.scalar(query)
            return ConversationId(found) if found else None

    async def open_elsewhere(self, conversation: Conversation, *, limit: int = 10) -> list[Conversation]:
        """See handoff.ports.DeskFacts."""
        query = (
            select(conversations)
            .where(
                _c.client == conversation.client,
                _c.state.in_([State.QUEUED.value, State.ASSIGNED.value]),
                _c.id != conversation.id,
            )
            .order_by(_c.updated_at.desc(), _c.id)
            .limit(COMPARED)
        )
        async with self._database.reading([conversation.client]) as connection:
            rows = (await connection.execute(query)).mappings().all()
        return likely_duplicates(conversation, map(conversation_of, rows), limit)

    async def promises(self, duplicate: ConversationId, other: ConversationId, client: ClientId) -> Promises:
        """See handoff.ports.DeskFacts."""
        async with self._database.snapshot([client]) as connection:
            clocks = await load_clocks(connection, [duplicate, other])
            episode = (await load_episodes(connection, [duplicate])).get(duplicate)
            history = (await load_history(connection, [duplicate])).get(duplicate, [])
        used = sum(usage.quantity for usage in counted(history) if usage.item is Item.HANDLED_CONVERSATION)
        owed = episode.unanswered if episode is not None else ()
        told = handed_over(clocks.get(duplicate, ()), clocks.get(other, ()))
        return Promises(told, used > 0, owed[0][1] if owed else None)

    async def sending(self, conversation: ConversationId) -> bool:
        """See handoff.ports.DeskFacts."""
        m = messages.c
        on_its_way = select(m.id).where(
            m.conversation == conversation,
            m.author_kind == AuthorKind.AGENT.value,
            m.state.in_([DeliveryState.PENDING.value, DeliveryState.SENDING.value]),
        )
        async with self._database.reading(ALL_CLIENTS) as connection:
            return await connection.scalar(on_its_way.limit(1)) is not None

    async def macro(self, client: ClientId, macro: str, language: str) -> Macro | None:
        """See handoff.ports.DeskFacts."""
        async with self._database.reading([client]) as connection:
            found = await macros_of(connection, [client], macro)
        return min(found, key=lambda m: (m.language != language, m.language != ""), default=None)

    async def held(self, agent: UserId) -> list[Conversation]:
        """See handoff.ports.Sweeps."""
        query = select(conversations).where(_c.assignee == agent, _c.state == State.ASSIGNED.value).order_by(_c.id)
        async with self._database.reading(ALL_CLIENTS) as connection:
            return [conversation_of(row) for row in (await connection.execute(query)).mappings()]

    async def unentitled(self, agent: UserId | None = None) -> list[Conversation]:
        """See handoff.ports.Sweeps."""
        async with self._database.reading(ALL_CLIENTS) as connection:
            return await unentitled(connection, agent)

    async def snoozed_due(self, now: datetime, limit: int) -> list[Conversation]:
        """See handoff.ports.Sweeps."""
        query = (
            select(conversations)
            .where(_c.snoozed_until.is_not(None), _c.snoozed_until <= now)
            .order_by(_c.snoozed_until, _c.id)
            .limit(limit)
        )
        async with self._database.reading(ALL_CLIENTS) as connection:
            return [conversation_of(row) for row in (await connection.execute(query)).mappings()]


async def _messages(connection: AsyncConnection, ids: list[str]) -> list[Message]:
    rows = await connection.execute(
        select(messages).where(among(connection, messages.c.id, ids)).order_by(messages.c.position)
    )
    return [message_of(row) for row in rows.mappings()]
