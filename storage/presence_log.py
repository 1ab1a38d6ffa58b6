"""Who was online when, as facts: each heartbeat moves a span on, a gap between heartbeats begins the next one."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.ids import ClientId, UserId
from handoff.presence import ONLINE_WITHIN
from storage.database import Database
from storage.schema import user_clients, users
from storage.schema_alarms import presence_log
from storage.statements import among_named, insert_new
from storage.tenancy import ALL_CLIENTS

_log = presence_log.c
_newer = presence_log.alias("newer")
_LAST_OF_ITS_AGENT = ~exists().where(
    _newer.c.client == _log.client, _newer.c.agent == _log.agent, _newer.c.started_at > _log.started_at
)
_STILL_GRANTED = exists().where(user_clients.c.user == _log.agent, user_clients.c.granted == _log.client)
_MOVE_ON = (
    update(presence_log)
    .where(
        among_named(_log.agent, "agents"),
        _log.seen_at >= bindparam("since"),
        _log.seen_at <= bindparam("now"),
        _LAST_OF_ITS_AGENT,
        _STILL_GRANTED,
    )
    .values(seen_at=bindparam("now"))
)
_UNLOGGED = (
    select(user_clients.c.granted, user_clients.c.user, users.c.skills)
    .join(users, users.c.id == user_clients.c.user)
    .where(
        among_named(user_clients.c.user, "agents"),
        users.c.active.is_(True),
        ~exists().where(
            _log.client == user_clients.c.granted, _log.agent == user_clients.c.user, _log.seen_at == bindparam("now")
        ),
    )
)


@dataclass(frozen=True, slots=True)
class Attendance:
    """An agent online for a client from `start` to `end`, with the skills they had when it began: the queues they could
    serve are those whose skills are among these.
    """

    client: ClientId
    agent: UserId
    start: datetime
    end: datetime
    skills: frozenset[str] = frozenset()

    def serves(self, skills: Collection[str]) -> bool:
        """Whether this agent could be given what a queue with these skills holds."""
        return frozenset(skills) <= self.skills


async def log_beats(
    connection: AsyncConnection, continuing: Collection[str], online: Collection[str], now: datetime
) -> None:
    """Keeps heartbeats. `continuing`: agents whose last one, less than `ONLINE_WITHIN` ago, said online; they were
    there until now. `online`: those who are online from now on; each grant of theirs without a span gets one.
    """
    if continuing:
        await connection.execute(_MOVE_ON, {"agents": sorted(continuing), "since": now - ONLINE_WITHIN, "now": now})
    if not online:
        return
    rows = await connection.execute(_UNLOGGED, {"agents": sorted(online), "now": now})
    begun = [
        {"client": row.granted, "agent": row.user, "started_at": now, "seen_at": now, "skills": row.skills}
        for row in rows
    ]
    if begun:
        await connection.execute(insert_new(connection.dialect.name, presence_log, _log.agent), begun)


class SqlPresenceLog:
    """Reads and imports attendance. A span ends with its agent's last heartbeat: nobody says goodbye when a laptop
    closes, and what is not proven is not counted.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def spans(
        self, clients: Collection[ClientId], period: tuple[datetime, datetime], now: datetime
    ) -> list[Attendance]:
        """Who was online for these clients in the period, in order of time, cut at its ends. A span with a heartbeat
        less than `ONLINE_WITHIN` ago reaches until now.
        """
        async with self._database.reading(list(clients)) as connection:
            return await spans_in(connection, clients, period, now)

    async def import_spans(self, attended: Iterable[Attendance]) -> None:
        """Adds finished spans from elsewhere (a simulated past, another tool); one that is there already stays."""
        rows: list[dict[str, Any]] = [
            {
                "client": span.client,
                "agent": span.agent,
                "started_at": span.start,
                "seen_at": span.end,
                "skills": sorted(span.skills),
            }
            for span in attended
        ]
        if rows:
            async with self._database.transaction(ALL_CLIENTS) as connection:
                await connection.execute(insert_new(connection.dialect.name, presence_log, _log.agent), rows)


async def spans_in(
    connection: AsyncConnection, clients: Collection[ClientId], period: tuple[datetime, datetime], now: datetime
) -> list[Attendance]:
    """`SqlPresenceLog.spans` inside somebody's transaction."""
    start, end = period
    rows = await connection.execute(
        select(presence_log)
        .where(among_named(_log.client, "clients"), _log.started_at < end, _log.seen_at > start - ONLINE_WITHIN)
        .order_by(_log.started_at, _log.client, _log.agent),
        {"clients": sorted(clients)},
    )
    found = (_attendance(row, now) for row in rows)
    cut = (
        Attendance(span.client, span.agent, max(span.start, start), min(span.end, end), span.skills) for span in found
    )
    return [span for span in cut if span.start < span.end]


async def logged_from(connection: AsyncConnection, client: ClientId) -> datetime | None:
    """Since when attendance is kept for a client; None before the first heartbeat."""
    first: datetime | None = await connection.scalar(select(func.min(_log.started_at)).where(_log.client == client))
    return first


def online_by_agent(attended: Sequence[Attendance]) -> dict[str, list[tuple[datetime, datetime]]]:
    """The spans of each agent, as half-hour rows want them."""
    online: dict[str, list[tuple[datetime, datetime]]] = {}
    for span in attended:
        online.setdefault(span.agent, []).append((span.start, span.end))
    return online


def _attendance(row: Any, now: datetime) -> Attendance:
    fresh = row.seen_at > now - ONLINE_WITHIN
    return Attendance(
        ClientId(row.client),
        UserId(row.agent),
        row.started_at,
        max(now, row.seen_at) if fresh else row.seen_at,
        frozenset(row.skills),
    )
