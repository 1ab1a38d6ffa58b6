"""How late alarms ring, with many clocks open and several workers, and whether each rings exactly once."""

import asyncio
import contextlib
import statistics
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from bench.sla_parts.history import CLIENT, policy_of, waiting
from bench.sla_parts.loading import copy, finish, prepare
from bench.sla_parts.ringing import CONTRACT, said, worker
from bench.sla_parts.rows import rows_of
from storage.database import Database
from storage.tenancy import ALL_CLIENTS

FIRST_WARNING = timedelta(minutes=7.5)
LEAD = timedelta(seconds=8)
CHUNK = 5_000


@dataclass(frozen=True)
class Late:
    """One measurement; times in seconds."""

    open: int
    workers: int
    due: int
    over_s: float
    rung: int
    p50: float
    p99: float
    worst: float


async def lateness(made, count, workers, due, over_s):
    """`count` conversations wait (two clocks each); `due` of them reach a warning within `over_s` seconds from now."""
    policy = policy_of(CONTRACT)
    now = datetime.now(UTC)
    later = await prepare(made.admin, now - timedelta(days=1), policy)
    for first in range(due, count, CHUNK):
        far = now + timedelta(hours=2)
        numbers = range(first, min(first + CHUNK, count))
        await copy(made.admin, [r for n in numbers for r in rows_of(*waiting(f"far{n}", far, policy))])
    await finish(made.admin, later)
    async with contextlib.AsyncExitStack() as running:
        for one in [await running.enter_async_context(worker(made.app)) for _ in range(workers)]:
            await said(one, "up")
        ring = datetime.now(UTC) + LEAD
        soon = (ring + timedelta(seconds=over_s * n / due) - FIRST_WARNING for n in range(due))
        await copy(made.admin, [r for n, at in enumerate(soon) for r in rows_of(*waiting(f"due{n}", at, policy))])
        await asyncio.sleep((ring - datetime.now(UTC)).total_seconds() + over_s + 4)
    database = Database(made.app)
    late = await _late(database)
    await database.dispose()
    return Late(count, workers, due, over_s, len(late), statistics.median(late), late[int(len(late) * 0.99)], late[-1])


async def _late(database):
    """How long after its time each first warning was recorded, the worst last."""
    async with database.reading(ALL_CLIENTS) as connection:
        rows = await connection.execute(
            text(
                "SELECT e.at, c.started_at FROM events e JOIN sla_clocks c ON c.id = e.data->>'clock' "
                "WHERE e.client = :client AND e.kind = 'sla_warning' AND c.kind = 'first_response'"
            ),
            {"client": CLIENT},
        )
        return sorted((at - started - FIRST_WARNING).total_seconds() for at, started in rows)
