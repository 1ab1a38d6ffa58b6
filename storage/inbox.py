"""The durable inbox: where an update becomes safe before its platform hears "ok"."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Executable, bindparam, func, update
from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.ids import new_id
from conversation.message import Inbound
from conversation.plain_text import clean
from conversation.ports import Wakeups
from storage.database import Database
from storage.schema import customers, inbox, threads
from storage.statements import dialect_named, insert_new, names
from storage.values import inbound_json


class SqlInbox:
    """The core's Inbox. One transaction per call, whatever the number of updates; send many together."""

    def __init__(self, database: Database, wakeups: Wakeups) -> None:
        self._database = database
        self._wakeups = wakeups

    async def accept(self, inbounds: Sequence[Inbound]) -> int:
        """See conversation.ports.Inbox."""
        accepted = 0
        for part in _parts(inbounds):
            async with self._database.transaction({i.client for i in part}) as connection:
                accepted += await _accept(connection, part)
        if accepted:
            await self._wakeups.announce("inbox")
        return accepted


def _parts(inbounds: Sequence[Inbound], size: int = 400) -> Iterable[Sequence[Inbound]]:
    for start in range(0, len(inbounds), size):
        yield inbounds[start : start + size]


async def _accept(connection: AsyncConnection, inbounds: Sequence[Inbound]) -> int:
    """Locks run customers, threads, then inbox: the same order everywhere, so that nobody waits in a circle."""
    people = await _customers(connection, inbounds)
    chats = await _threads(connection, inbounds, people)
    rows = [_row(i, chats[_chat(i)]) for i in _first_of_each_key(inbounds)]
    made = set((await connection.execute(_add_new(connection.dialect.name), rows)).scalars())
    new = [row for row in rows if row["id"] in made]
    if new:
        since: dict[str, Any] = {}
        for row in new:
            since[row["thread"]] = min(since.get(row["thread"], row["received_at"]), row["received_at"])
        await connection.execute(
            _NOTE_WAITING, [{"b_thread": thread, "b_since": since[thread]} for thread in names(since)]
        )
    return len(new)


def _first_of_each_key(inbounds: Sequence[Inbound]) -> Iterable[Inbound]:
    return {(i.client, i.channel, clean(i.key)): i for i in reversed(inbounds)}.values()


def _person(i: Inbound) -> tuple[str, str, str]:
    return (i.client, i.channel, clean(i.sender.reference))


def _chat(i: Inbound) -> tuple[str, str, str]:
    return (i.client, i.channel, clean(i.thread_ref))


def _row(i: Inbound, thread: str) -> dict[str, Any]:
    return {
        "id": new_id(i.received_at),
        "client": i.client,
        "channel": i.channel,
        "key": i.key,
        "thread": thread,
        "order": i.order,
        "inbound": inbound_json(i),
        "received_at": i.received_at,
    }


async def _customers(connection: AsyncConnection, inbounds: Sequence[Inbound]) -> dict[tuple[str, str, str], str]:
    """The ids of the senders, made or brought up to date: the last name and attributes a platform showed count."""
    rows: dict[tuple[str, str, str], dict[str, Any]] = {}
    for i in inbounds:
        earlier = rows.get(_person(i))
        rows[_person(i)] = {
            "id": earlier["id"] if earlier else new_id(i.received_at),
            "client": i.client,
            "channel": i.channel,
            "reference": clean(i.sender.reference),
            "name": i.sender.name or (earlier["name"] if earlier else ""),
            "attributes": i.sender.attributes or (earlier["attributes"] if earlier else {}),
            "created_at": i.received_at,
        }
    result = await connection.execute(_keep_customers(connection.dialect.name), [rows[key] for key in sorted(rows)])
    found = {(r.client, r.channel, r.reference): r.id for r in result}
    claims = [
        {"b_id": found[key], "b_attributes": row["attributes"]}
        for key, row in sorted(rows.items())
        if row["attributes"]
    ]
    if claims:
        await connection.execute(_KEEP_ATTRIBUTES, claims)
    return found


async def _threads(
    connection: AsyncConnection, inbounds: Sequence[Inbound], people: dict[tuple[str, str, str], str]
) -> dict[tuple[str, str, str], str]:
    """The ids of the chats, made if new. All are locked: a commit that runs meanwhile cannot overlook our rows."""
    rows: dict[tuple[str, str, str], dict[str, Any]] = {}
    for i in inbounds:
        rows.setdefault(
            _chat(i),
            {
                "id": new_id(i.received_at),
                "client": i.client,
                "channel": i.channel,
                "channel_kind": i.channel_kind.value,
                "ref": clean(i.thread_ref),
                "customer": people[_person(i)],
                "language": (i.sender.language or "").split("-")[0].lower() or None,
                "created_at": i.received_at,
            },
        )
    result = await connection.execute(_lock_threads(connection.dialect.name), [rows[key] for key in sorted(rows)])
    return {(r.client, r.channel, r.ref): r.id for r in result}


_NOTE_WAITING = (
    update(threads)
    .where(threads.c.id == bindparam("b_thread"))
    .values(waiting_since=func.coalesce(threads.c.waiting_since, bindparam("b_since")))
)
_KEEP_ATTRIBUTES = (
    update(customers).where(customers.c.id == bindparam("b_id")).values(attributes=bindparam("b_attributes"))
)


@cache
def _add_new(dialect: str) -> Executable:
    return insert_new(dialect, inbox, inbox.c.id)


@cache
def _keep_customers(dialect: str) -> Executable:
    c = customers.c
    insert = dialect_named(dialect).insert(customers)
    kept: Executable = insert.on_conflict_do_update(
        index_elements=[c.client, c.channel, c.reference],
        set_={"name": func.coalesce(func.nullif(insert.excluded.name, ""), c.name)},
    ).returning(c.id, c.client, c.channel, c.reference)
    return kept


@cache
def _lock_threads(dialect: str) -> Executable:
    c = threads.c
    insert = dialect_named(dialect).insert(threads)
    locked: Executable = insert.on_conflict_do_update(
        index_elements=[c.client, c.channel, c.ref], set_={"customer": c.customer}
    ).returning(c.id, c.client, c.channel, c.ref)
    return locked
