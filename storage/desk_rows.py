"""Lines of the desk's lists, from conversations, their running clocks and what the agent has read."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping, ScalarSelect, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.conversation import Priority
from conversation.events import EventKind
from conversation.ids import ClientId, ConversationId, QueueId, UserId
from conversation.message import ChannelKind
from handoff.views import ConversationRow
from sla.clock import ClockState
from storage.schema import conversations, events, read_marks, sla_clocks
from storage.statements import among

SHOWN = (
    conversations.c.id,
    conversations.c.client,
    conversations.c.channel_kind,
    conversations.c.customer_name,
    conversations.c.state,
    conversations.c.language,
    conversations.c.topic,
    conversations.c.preview,
    conversations.c.priority,
    conversations.c.queue,
    conversations.c.assignee,
    conversations.c.assignee_name,
    conversations.c.waiting_since,
    conversations.c.updated_at,
    conversations.c.snoozed_until,
    conversations.c.seq,
)
"""What a line needs of a conversation; its tracker, which may be long, stays where it is."""

PRIORITIES = {priority.value: priority.rank for priority in Priority}


def due_at() -> ScalarSelect[Any]:
    """The due time of the conversation's clock that runs out first, as a correlated subquery."""
    return (
        select(func.min(sla_clocks.c.due_at))
        .where(sla_clocks.c.conversation == conversations.c.id, sla_clocks.c.state == ClockState.RUNNING.value)
        .correlate(conversations)
        .scalar_subquery()
    )


async def rows_of(
    connection: AsyncConnection, found: Sequence[RowMapping], agent: UserId | None = None
) -> list[ConversationRow]:
    """The lines of `found` (rows with the columns SHOWN), in their order; unread is what the customer wrote since
    `agent` last looked.
    """
    ids = [row["id"] for row in found]
    first = await _first_clocks(connection, ids)
    unread = await _unread(connection, ids, agent) if agent is not None else set()
    return [_line(row, first.get(row["id"]), row["id"] in unread) for row in found]


async def _first_clocks(connection: AsyncConnection, ids: Sequence[str]) -> dict[str, Any]:
    c = sla_clocks.c
    rows = await connection.execute(
        select(c.conversation, c.kind, c.due_at, c.warned)
        .where(among(connection, c.conversation, ids), c.state == ClockState.RUNNING.value, c.due_at.is_not(None))
        .order_by(c.due_at.desc(), c.id)
    )
    return {row.conversation: row for row in rows}  # the earliest comes last and stays


async def _unread(connection: AsyncConnection, ids: Sequence[str], agent: UserId) -> set[str]:
    mark = and_(read_marks.c.conversation == events.c.conversation, read_marks.c.user == agent)
    rows = await connection.execute(
        select(events.c.conversation)
        .distinct()
        .outerjoin(read_marks, mark)
        .where(
            among(connection, events.c.conversation, ids),
            events.c.kind == EventKind.CUSTOMER_MESSAGE.value,
            or_(read_marks.c.seq.is_(None), events.c.seq > read_marks.c.seq),
        )
    )
    return {row.conversation for row in rows}


def _line(row: RowMapping, clock: Any, unread: bool) -> ConversationRow:
    return ConversationRow(
        id=ConversationId(row["id"]),
        client=ClientId(row["client"]),
        channel_kind=ChannelKind(row["channel_kind"]),
        customer_name=row["customer_name"],
        state=row["state"],
        language=row["language"],
        topic=row["topic"],
        preview=row["preview"],
        priority=row["priority"],
        queue=QueueId(row["queue"]) if row["queue"] else None,
        assignee=UserId(row["assignee"]) if row["assignee"] else None,
        assignee_name=row["assignee_name"],
        waiting_since=row["waiting_since"],
        updated_at=row["updated_at"],
        due_at=clock.due_at if clock else None,
        clock=clock.kind if clock else "",
        warned=clock.warned if clock else 0,
        unread=unread,
        snoozed_until=row["snoozed_until"],
        seq=row["seq"],
    )
