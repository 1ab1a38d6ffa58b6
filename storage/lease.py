"""Taking work: the next waiting message of each thread, held by one worker at a time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Integer, RowMapping, ScalarSelect, Select, Table, bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.change import Work
from conversation.ids import InboxId, ThreadId, new_id
from conversation.message import InboxItem
from storage.schema import conversations, customers, inbox, threads
from storage.statements import WAITING, among_named
from storage.values import conversation_of, customer_of, inbound_of, thread_of


async def take_threads(
    connection: AsyncConnection, worker: str, now: datetime, limit: int, hold: timedelta
) -> tuple[str, list[str]]:
    """Holds up to `limit` free threads with waiting messages, longest waiting first; the lease and their ids.

    PostgreSQL skips rows that another worker is taking this instant; SQLite has one writer anyway.
    """
    taken = list((await connection.execute(_FREE, {"now": now, "most": limit})).scalars())
    lease = f"{worker}:{new_id(now)}"
    if taken:
        await connection.execute(_HOLD, {"taken": taken, "lease_": lease, "until": now + hold})
    return lease, taken


async def works_of(connection: AsyncConnection, lease: str, taken: Sequence[str]) -> list[Work]:
    """The first waiting message of each taken thread with all that is needed to handle it, in inbox order.

    First which rows, then the rows by key: both databases find that way without guessing.
    """
    if not taken:
        return []
    heads = (await connection.execute(_HEADS, {"taken": taken})).mappings().all()
    items = await _by_id(connection, _ITEMS, [head["item"] for head in heads])
    latest = await _by_id(connection, _CONVERSATIONS, [head["latest"] for head in heads])
    works = [
        Work(
            item=_item(items[head["item"]]),
            thread=thread_of(_part(head, threads)),
            customer=customer_of(_part(head, customers)),
            latest=conversation_of(latest[head["latest"]]) if head["latest"] else None,
            lease=lease,
        )
        for head in heads
        if head["item"] is not None
    ]
    return sorted(works, key=lambda work: (work.item.inbound.received_at, work.item.id))


def _first_waiting() -> ScalarSelect[Any]:
    return (
        select(inbox.c.id)
        .where(inbox.c.thread == threads.c.id, inbox.c.state == WAITING)
        .order_by(inbox.c.order, inbox.c.id)
        .limit(1)
        .scalar_subquery()
    )


def _latest_conversation() -> ScalarSelect[Any]:
    """The open one, else the most recent."""
    c = conversations.c
    return (
        select(c.id)
        .where(c.thread == threads.c.id)
        .order_by(c.state == "resolved", c.opened_at.desc(), c.id.desc())
        .limit(1)
        .scalar_subquery()
    )


async def _by_id(connection: AsyncConnection, query: Select[Any], ids: Sequence[str | None]) -> dict[str, RowMapping]:
    wanted = [id_ for id_ in ids if id_]
    if not wanted:
        return {}
    rows = await connection.execute(query, {"ids": wanted})
    return {row["id"]: row for row in rows.mappings()}


def _item(row: RowMapping) -> InboxItem:
    return InboxItem(InboxId(row["id"]), ThreadId(row["thread"]), inbound_of(row), row["attempts"])


def _labelled(table: Table) -> list[Any]:
    return [column.label(f"{table.name}_{column.name}") for column in table.c]


def _part(row: RowMapping, table: Table) -> Any:
    return {column.name: row[f"{table.name}_{column.name}"] for column in table.c}


_FREE = (
    select(threads.c.id)
    .where(
        threads.c.waiting_since.is_not(None),
        or_(threads.c.held_until.is_(None), threads.c.held_until <= bindparam("now")),
    )
    .order_by(threads.c.waiting_since, threads.c.id)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True, key_share=True)
)
_HOLD = (
    update(threads)
    .where(among_named(threads.c.id, "taken"))
    .values(lease=bindparam("lease_"), held_until=bindparam("until"))
)
_HEADS = (
    select(
        *_labelled(threads),
        *_labelled(customers),
        _first_waiting().label("item"),
        _latest_conversation().label("latest"),
    )
    .select_from(threads)
    .join(customers, customers.c.id == threads.c.customer)
    .where(among_named(threads.c.id, "taken"))
)
_ITEMS = select(inbox).where(among_named(inbox.c.id, "ids"))
_CONVERSATIONS = select(conversations).where(among_named(conversations.c.id, "ids"))
