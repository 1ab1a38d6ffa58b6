"""The desk's lists: which conversations stand in each, in which order, and how many there are."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, and_, case, func, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.conversation import State
from conversation.ids import ClientId, UserId
from handoff.views import ListKind
from storage.desk_rows import SHOWN, due_at
from storage.schema import conversations, messages
from storage.statements import among

RESOLVED_COUNT_WITHIN = timedelta(hours=24)
SEARCHED_MESSAGES = 200_000
MOST_WORDS = 5

_c = conversations.c
_STATES = {
    ListKind.WAITING: State.QUEUED,
    ListKind.BOT: State.BOT,
    ListKind.TEAM: State.ASSIGNED,
    ListKind.RESOLVED: State.RESOLVED,
}


async def listed(
    connection: AsyncConnection, clients: Collection[ClientId], kind: ListKind, agent: UserId, now: datetime, limit: int
) -> list[RowMapping]:
    """The first `limit` rows of a list. Open ones by what runs out first, snoozed ones last; resolved newest first."""
    if kind is ListKind.RESOLVED:
        query = _newest(clients, State.RESOLVED, limit)
    else:
        asleep = case((_c.snoozed_until > now, 1), else_=0)
        query = (
            select(*SHOWN)
            .where(among(connection, _c.client, clients), *_members(kind, agent))
            .order_by(
                asleep, due_at().asc().nulls_last(), _c.waiting_since.asc().nulls_last(), _c.updated_at.desc(), _c.id
            )
            .limit(limit)
        )
    return list((await connection.execute(query)).mappings())


async def searched(
    connection: AsyncConnection, clients: Collection[ClientId], search: str, limit: int
) -> list[RowMapping]:
    """Conversations in any state in which every word of `search` is found: in the customer's name, the topic, or a
    message among the latest 200,000. Newest first.
    """
    found = [_holds(connection, clients, word) for word in search.split()[:MOST_WORDS]]
    query = (
        select(*SHOWN)
        .where(among(connection, _c.client, clients), *found)
        .order_by(_c.updated_at.desc(), _c.id.desc())
        .limit(limit)
    )
    return list((await connection.execute(query)).mappings())


async def counts(
    connection: AsyncConnection, clients: Collection[ClientId], agent: UserId, now: datetime
) -> Mapping[ListKind, int]:
    """How many stand in each list; of the resolved ones those of the last 24 hours."""
    mine = func.sum(case((and_(*_members(ListKind.MINE, agent)), 1), else_=0))
    rows = await connection.execute(
        select(_c.state, func.count(), mine)
        .where(
            among(connection, _c.client, clients),
            or_(
                _c.state.in_([State.BOT.value, State.QUEUED.value, State.ASSIGNED.value]),
                and_(_c.state == State.RESOLVED.value, _c.updated_at >= now - RESOLVED_COUNT_WITHIN),
            ),
        )
        .group_by(_c.state)
    )
    by_state: dict[str, int] = {}
    own = 0
    for state, count, mine_of in rows:
        by_state[state] = int(count)
        own += int(mine_of or 0)
    return {ListKind.MINE: own} | {kind: by_state.get(state.value, 0) for kind, state in _STATES.items()}


def _members(kind: ListKind, agent: UserId) -> tuple[ColumnElement[bool], ...]:
    if kind is ListKind.MINE:
        return (_c.state == State.ASSIGNED.value, _c.assignee == agent)
    return (_c.state == _STATES[kind].value,)


def _newest(clients: Collection[ClientId], state: State, limit: int) -> Select[Any]:
    """Each client's newest by the index, then the newest of all: a long history costs nothing."""
    if not clients:
        return select(*SHOWN).where(_c.id.is_(None))
    each = [
        select(_c.id)
        .where(_c.client == client, _c.state == state.value)
        .order_by(_c.updated_at.desc())
        .limit(limit)
        .subquery()
        for client in sorted(clients)
    ]
    ids = union_all(*(select(one.c.id) for one in each)).subquery()
    return select(*SHOWN).join(ids, ids.c.id == _c.id).order_by(_c.updated_at.desc(), _c.id.desc()).limit(limit)


def _holds(connection: AsyncConnection, clients: Collection[ClientId], word: str) -> ColumnElement[bool]:
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    pattern = f"%{escaped}%"
    newest = select(func.max(messages.c.position)).scalar_subquery()
    said = select(messages.c.conversation).where(
        among(connection, messages.c.client, clients),
        messages.c.position > newest - SEARCHED_MESSAGES,
        messages.c.text.ilike(pattern, escape="\\"),
    )
    return or_(
        _c.customer_name.ilike(pattern, escape="\\"),
        _c.topic.ilike(pattern, escape="\\"),
        _c.id == word,
        _c.id.in_(said),
    )
