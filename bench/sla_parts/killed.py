"""How late alarms ring when a worker is killed with rows in its hands, and when all were down and one comes up.

`python -m bench.sla_parts.killed` makes a database of its own and prints the table; `killed(made)` measures on an
empty, migrated PostgreSQL database.
"""

import asyncio
import statistics
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from sqlalchemy import text

from bench.sla_parts.history import CLIENT, policy_of, waiting
from bench.sla_parts.house import fresh
from bench.sla_parts.lateness import FIRST_WARNING
from bench.sla_parts.loading import copy, finish, prepare
from bench.sla_parts.ringing import CONTRACT, PATIENCE_S, said, worker
from bench.sla_parts.rows import rows_of
from storage.database import Database
from storage.tenancy import ALL_CLIENTS
from tests import servers

LEAD = timedelta(seconds=15)  # both workers are up by then, also on a busy machine
DOWN = timedelta(seconds=3)
HEAD = (
    "| a worker is killed | alarms | rung once | p50 | p99 | latest |",
    "|---|---:|---:|---:|---:|---:|",
)


@dataclass(frozen=True)
class Killed:
    """One measurement; lateness in seconds, counted from when an alarm was due, or from when a worker was up again."""

    case: str
    due: int
    rung: int
    p50: float
    p99: float
    worst: float

    @property
    def row(self):
        """Its line of the table."""
        times = " | ".join(f"{seconds:.3f} s" for seconds in (self.p50, self.p99, self.worst))
        return f"| {self.case} | {self.due:,} | {self.rung:,} | {times} |"


async def killed(made, due=1_000, over_s=10.0):
    """Both cases, one after the other, in real processes with `kill -9`."""
    policy = policy_of(CONTRACT)
    await finish(made.admin, await prepare(made.admin, datetime.now(UTC) - timedelta(days=1), policy))
    database = Database(made.app)
    try:
        return [
            await _one_of_two(made, database, policy, due, over_s),
            await _all_down(made, database, policy, int(due / over_s * DOWN.seconds)),
        ]
    finally:
        await database.dispose()


async def _one_of_two(made, database, policy, due, over_s):
    """Two workers; half-way one stops inside its transaction and is killed there."""
    ring = datetime.now(UTC) + LEAD
    times = {f"one{n}": ring + timedelta(seconds=over_s * n / due) for n in range(due)}
    await _wait(made, times, policy)
    half = ring + timedelta(seconds=over_s / 2)
    async with worker(made.app) as other, worker(made.app, half) as mortal:
        await said(other, "up")
        await said(mortal, "up")
        await said(mortal, "stuck")
        mortal.kill()
        rung = await _all_rung(database, times)
    return _measured("one of two, in mid-transaction", times, rung)


async def _all_down(made, database, policy, due):
    """The only worker is killed in mid-transaction; what falls due meanwhile waits for the next to come up."""
    ring = datetime.now(UTC) + LEAD
    times = {f"all{n}": ring + DOWN * n / due for n in range(due)}
    await _wait(made, times, policy)
    async with worker(made.app, ring) as mortal:
        await said(mortal, "stuck")
        mortal.kill()
    await asyncio.sleep((ring + DOWN - datetime.now(UTC)).total_seconds())
    async with worker(made.app) as other:
        up = datetime.fromisoformat(await said(other, "up"))
        rung = await _all_rung(database, times)
    return _measured(
        f"the only one; another comes up {DOWN.seconds} s later", {n: max(at, up) for n, at in times.items()}, rung
    )


def _measured(case, times, rung):
    late = sorted((at - times[n]).total_seconds() for n, at in rung)
    return Killed(case, len(times), len(late), statistics.median(late), late[int(len(late) * 0.99)], late[-1])


async def _wait(made, times, policy):
    """Conversations whose first warning is due at these times."""
    await copy(made.admin, [row for n, at in times.items() for row in rows_of(*waiting(n, at - FIRST_WARNING, policy))])


async def _all_rung(database, times):
    """Every first warning that was recorded for these conversations, once all are there or it takes too long."""
    for _ in range(PATIENCE_S * 5):
        async with database.reading(ALL_CLIENTS) as connection:
            rows = await connection.execute(
                text(
                    "SELECT substr(conversation, 2), at FROM events WHERE client = :client AND kind = 'sla_warning' "
                    "AND data->>'clock_kind' = 'first_response' AND data->>'percent' = '50'"
                ),
                {"client": CLIENT},
            )
            found = [(n, at) for n, at in rows if n in times]
        if len(found) >= len(times):
            return found
        await asyncio.sleep(0.2)
    return found


async def _main():
    with servers.postgres_url() as server:
        async with fresh(server) as made:
            print("\n".join([*HEAD, *(one.row for one in await killed(made))]))


if __name__ == "__main__":
    asyncio.run(_main())
