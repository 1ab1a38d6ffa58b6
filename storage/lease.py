"""Taking work: the next waiting message of each thread, held by one worker at a time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.change import Work
from conversation.conversation import Conversation
from conversation.ids import InboxId, ThreadId, new_id
from conversation.message import InboxItem
from storage.schema import conversations, customers, inbox, threads
from storage.statements import among
from storage.values import conversation_of, customer_of, inbound_of, thread_of


async def take_threads(
    connection: AsyncConnection, worker: str, now: datetime, limit: int, hold: timedelta
) -> tuple[str, list[str]]:
    """Holds up to `limit` free threads with waiting messages, longest waiting first; the lease and their ids.

    PostgreSQL skips rows that another worker is taking this instant; SQLite has one writer anyway.
    """
    free = (
        select(threads.c.id)
        .where(
            threads.c.waiting_since.is_not(None),
            or_(threads.c.held_until.is_(None), threads.c.held_until <= now),
        )
        .order_by(threads.c.waiting_since, threads.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    )
    taken = list((await connection.execute(free)).scalars())
    lease = f"{worker}:{new_id(now)}"
    if taken:
        await connection.execute(
            update(threads).where(among(connection, threads.c.id, taken)).values(lease=lease, held_until=now + hold)
        )
    return lease, taken


async def works_of(connection: AsyncConnection, lease: str, taken: Sequence[str]) -> list[Work]:
    """The first waiting message of each taken thread with all that is needed to handle it, in inbox order."""
    if not taken:
        return []
    earlier = inbox.alias("earlier")
    first = (
        select(earlier.c.id)
        .where(earlier.c.thread == threads.c.id, earlier.c.state == "waiting")
        .order_by(earlier.c.order, earlier.c.id)
        .limit(1)
        .scalar_subquery()
    )
    rows = await connection.execute(
        select(*_labelled(inbox), *_labelled(threads), *_labelled(customers))
        .select_from(threads)
        .join(customers, customers.c.id == threads.c.customer)
        .join(inbox, and_(inbox.c.id == first, inbox.c.thread == threads.c.id))
        .where(among(connection, threads.c.id, taken))
    )
    latest = await latest_conversations(connection, taken)
    works = []
    for row in rows.mappings():
        item = _part(row, inbox)
        thread = thread_of(_part(row, threads))
        works.append(
            Work(
                item=InboxItem(InboxId(item["id"]), ThreadId(item["thread"]), inbound_of(item), item["attempts"]),
                thread=thread,
                customer=customer_of(_part(row, customers)),
                latest=latest.get(thread.id),
                lease=lease,
            )
        )
    return sorted(works, key=lambda work: (work.item.inbound.received_at, work.item.id))


async def latest_conversations(connection: AsyncConnection, of_threads: Sequence[str]) -> dict[str, Conversation]:
    """Each thread's open conversation, else its most recent one."""
    other = conversations.alias("other")
    best = (
        select(other.c.id)
        .where(other.c.thread == threads.c.id)
        .order_by((other.c.state == "resolved"), other.c.opened_at.desc(), other.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = await connection.execute(
        select(conversations)
        .select_from(threads)
        .join(conversations, and_(conversations.c.id == best, conversations.c.thread == threads.c.id))
        .where(among(connection, threads.c.id, of_threads))
    )
    return {row["thread"]: conversation_of(row) for row in rows.mappings()}


def _labelled(table: Table) -> list[Any]:
    return [column.label(f"{table.name}_{column.name}") for column in table.c]


def _part(row: Any, table: Table) -> Any:
    return {column.name: row[f"{table.name}_{column.name}"] for column in table.c}
