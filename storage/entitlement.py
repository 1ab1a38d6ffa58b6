"""Conversations in the hands of people who may not answer them any more."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from accounts.user import Role
from conversation.conversation import Conversation, State
from conversation.ids import UserId
from storage.presence import DESK_ROLES
from storage.schema import conversations, user_clients, users
from storage.statements import among, names
from storage.values import conversation_of

Pair = tuple[str, str]
"""An agent and a client."""

_HELD = select(conversations.c.assignee, conversations.c.client).where(
    conversations.c.state == State.ASSIGNED.value, conversations.c.assignee.is_not(None)
)


async def unentitled(connection: AsyncConnection, agent: UserId | None) -> list[Conversation]:
    """See handoff.ports.Sweeps."""
    held = _HELD.distinct() if agent is None else _HELD.distinct().where(conversations.c.assignee == agent)
    pairs = {(row.assignee, row.client) for row in await connection.execute(held)}
    if not pairs:
        return []
    c = conversations.c
    found: list[Conversation] = []
    for assignee, client in sorted(pairs - await _entitled(connection, pairs)):
        rows = await connection.execute(
            select(conversations)
            .where(c.assignee == assignee, c.client == client, c.state == State.ASSIGNED.value)
            .order_by(c.id)
        )
        found += [conversation_of(row) for row in rows.mappings()]
    return found


async def _entitled(connection: AsyncConnection, pairs: Collection[Pair]) -> set[Pair]:
    """The pairs whose agent may answer for the client."""
    agents = names(agent for agent, _ in pairs)
    rows = await connection.execute(
        select(users.c.id, users.c.roles).where(among(connection, users.c.id, agents), users.c.active.is_(True))
    )
    roles = {row.id: frozenset(row.roles) for row in rows if not DESK_ROLES.isdisjoint(row.roles)}
    grants = await connection.execute(
        select(user_clients.c.user, user_clients.c.granted).where(among(connection, user_clients.c.user, list(roles)))
    )
    granted = {(row.user, row.granted) for row in grants}
    return {pair for pair in pairs if pair[0] in roles and (pair in granted or Role.PROVIDER_ADMIN in roles[pair[0]])}
