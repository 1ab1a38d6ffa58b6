"""Who is at the desk: one row per agent, moved on by heartbeats."""

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Executable, Row, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from accounts.user import RIGHTS, Right, Role
from conversation.conversation import State
from conversation.ids import ClientId, UserId
from handoff.presence import ONLINE_WITHIN, Status, counts_as_seen, is_online, standing
from handoff.views import AgentView
from storage.database import Database
from storage.presence_log import log_beats
from storage.schema import conversations, presence, user_clients, users
from storage.statements import among, among_named, dialect_named
from storage.tenancy import ALL_CLIENTS

DESK_ROLES = frozenset(role for role in Role if Right.DESK in RIGHTS[role])
_RENEW_AFTER = ONLINE_WITHIN / 10

_KNOWN = select(presence).where(among_named(presence.c.user, "agents"))


async def desks_at(connection: AsyncConnection, clients: Collection[str], now: datetime) -> dict[str, tuple[int, int]]:
    """Per client the agents who are at their desks now, and how many more conversations they could hold in all. Clients
    without anybody are left out.
    """
    held = (
        select(conversations.c.assignee, func.count().label("load"))
        .where(conversations.c.state == State.ASSIGNED.value, conversations.c.assignee.is_not(None))
        .group_by(conversations.c.assignee)
        .subquery()
    )
    rows = await connection.execute(
        select(user_clients.c.granted, users.c.capacity, func.coalesce(held.c.load, 0).label("load"))
        .join(users, users.c.id == user_clients.c.user)
        .join(presence, presence.c.user == users.c.id)
        .outerjoin(held, held.c.assignee == users.c.id)
        .where(
            among(connection, user_clients.c.granted, clients),
            users.c.active.is_(True),
            presence.c.status == Status.ONLINE.value,
            presence.c.last_seen > now - ONLINE_WITHIN,
        )
    )
    found: dict[str, tuple[int, int]] = {}
    for client, capacity, load in rows:
        online, free = found.get(client, (0, 0))
        found[client] = (online + 1, free + max(capacity - load, 0))
    return found


class SqlPresence:
    """A handoff.ports.Presence."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def beat(self, agent: UserId, status: str, now: datetime) -> None:
        """See handoff.ports.Presence. A heartbeat that says nothing new right after another is not written."""
        await self.beats([agent], status, now)

    async def beats(self, agents: Collection[UserId], status: str, now: datetime) -> None:
        """The heartbeats of several agents at once; the log of who was online when moves on with them."""
        async with self._database.reading(ALL_CLIENTS) as connection:
            rows = await connection.execute(_KNOWN, {"agents": agents})
            known = {row.user: row for row in rows}
        beats = [_beat(agent, status, now, known.get(agent)) for agent in sorted(agents)]
        written = [beat for beat in beats if beat is not None]
        if written:
            there = [beat["user"] for beat in written]
            continuing = [agent for agent in there if _was_online(known.get(agent), now)]
            async with self._database.transaction(ALL_CLIENTS) as connection:
                await connection.execute(_keep(connection.dialect.name), written)
                await log_beats(connection, continuing, there if status == Status.ONLINE else (), now)

    async def end(self, agent: UserId, now: datetime) -> None:
        """See handoff.ports.Presence."""
        there = (presence.c.user == agent, presence.c.status != Status.OFFLINE.value)
        async with self._database.transaction(ALL_CLIENTS) as connection:
            await connection.execute(update(presence).where(*there).values(status=Status.OFFLINE.value, since=now))

    async def agents(self, clients: Collection[ClientId], now: datetime) -> list[AgentView]:
        """Active people with a desk who are granted one of `clients`, the online ones first, then by name."""
        u, p = users.c, presence.c
        async with self._database.reading(ALL_CLIENTS) as connection:
            people = (
                await connection.execute(
                    select(u.id, u.name, u.roles, u.capacity, u.skills, u.languages, p.status, p.last_seen)
                    .outerjoin(presence, p.user == u.id)
                    .where(u.active.is_(True))
                )
            ).all()
            people = [row for row in people if not DESK_ROLES.isdisjoint(row.roles)]
            ids = [row.id for row in people]
            grants = await connection.execute(
                select(user_clients.c.user, user_clients.c.granted).where(among(connection, user_clients.c.user, ids))
            )
            granted: dict[str, set[ClientId]] = {}
            for user, client in grants:
                granted.setdefault(user, set()).add(ClientId(client))
            loads = await connection.execute(
                select(conversations.c.assignee, func.count())
                .where(among(connection, conversations.c.assignee, ids), conversations.c.state == State.ASSIGNED.value)
                .group_by(conversations.c.assignee)
            )
            load = {assignee: count for assignee, count in loads}  # noqa: C416  rows are no pairs to dict()
        views = []
        for row in people:
            theirs = set(clients) if Role.PROVIDER_ADMIN in row.roles else granted.get(row.id, set())
            if theirs.isdisjoint(clients):
                continue
            status = standing(row.status or Status.OFFLINE, row.last_seen, now)
            online = is_online(row.status or Status.OFFLINE, row.last_seen, now)
            views.append(
                AgentView(
                    id=UserId(row.id),
                    name=row.name,
                    online=online,
                    status=status,
                    load=load.get(row.id, 0),
                    capacity=row.capacity,
                    clients=frozenset(theirs),
                    skills=frozenset(row.skills),
                    languages=frozenset(row.languages),
                )
            )
        return sorted(views, key=lambda view: (not view.online, view.name.casefold(), view.id))

    async def vanished(self, before: datetime) -> list[UserId]:
        """See handoff.ports.Presence."""
        c, p = conversations.c, presence.c
        query = (
            select(c.assignee)
            .distinct()
            .outerjoin(presence, p.user == c.assignee)
            .where(
                c.assignee.is_not(None),
                c.state == State.ASSIGNED.value,
                c.assigned_at < before,
                or_(p.last_seen.is_(None), p.last_seen < before),
            )
            .order_by(c.assignee)
        )
        async with self._database.reading(ALL_CLIENTS) as connection:
            return [UserId(agent) for (agent,) in await connection.execute(query)]


def _was_online(known: Row[Any] | None, now: datetime) -> bool:
    return known is not None and is_online(known.status, known.last_seen, now)


def _beat(agent: UserId, status: str, now: datetime, known: Row[Any] | None) -> dict[str, Any] | None:
    """The agent's row after this heartbeat, None if it need not be written."""
    if known is None:
        return {"user": agent, "status": status, "since": now, "last_seen": now}
    if known.status == status and timedelta(0) <= now - known.last_seen < _RENEW_AFTER:
        return None
    return {
        "user": agent,
        "status": status,
        "since": known.since if known.status == status else now,
        "last_seen": now if counts_as_seen(status) else known.last_seen,
    }


@cache
def _keep(dialect: str) -> Executable:
    insert = dialect_named(dialect).insert(presence)
    kept: Executable = insert.on_conflict_do_update(
        index_elements=["user"], set_={name: insert.excluded[name] for name in ("status", "since", "last_seen")}
    )
    return kept
