"""How fast a client's pages are over a long history, and how late alarms ring. Run: python bench/sla_pages.py

A PostgreSQL of its own is started (or SWITCHBOARD_TEST_DATABASE_URL used), filled in bulk through the same fold that
live events go through, and asked the questions the dashboard and the wallboard ask.
"""

import argparse
import asyncio
import platform
import secrets
import statistics
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from conversation.clock import ManualClock, SystemClock
from conversation.events import Event, EventKind
from conversation.ids import ChannelId, ClientId, ConversationId, EventId, ThreadId
from conversation.packfile import Node, Problems
from handoff.dashboard_view import Period
from sla.attainment import month_of
from sla.clock import advance
from sla.pack import parse_policy
from sla.projection import begin, project
from storage import migrations
from storage.dashboard_reads import SqlDashboardReads
from storage.database import Database
from storage.rollups import SqlRollups
from storage.schema import (
    clients,
    conversations,
    customers,
    events,
    messages,
    sla_clocks,
    sla_episodes,
    sla_policies,
    threads,
)
from storage.sla_alarms import SlaAlarms
from storage.sla_rows import SlaPolicies, clock_row
from storage.tenancy import ALL_CLIENTS
from storage.values import event_row
from tests import servers

CLIENT, ZONE = ClientId("bench"), "Europe/Berlin"
CONTRACT = {
    "calendar": {"timezone": ZONE, "hours": "mon-fri 08:00-18:00; sat 09:00-13:00", "holidays": "DE-BY"},
    "sla": {"objective": 95, "targets": [{"first_response": "15m", "next_response": "30m", "resolution": "1d"}]},
}
SHARE_HANDED_OFF = 0.4
AGENTS = 20


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=5_000, help="100_000 take ten minutes to load")
    parser.add_argument("--days", type=int, default=90, help="over so many days up to now")
    parser.add_argument(
        "--open", type=int, nargs="*", default=[1_000, 10_000, 100_000], help="open clocks for lateness"
    )
    parser.add_argument("--due", type=int, default=1_000, help="of which so many become due within ten seconds")
    options = parser.parse_args()
    with servers.postgres_url() as server:
        asyncio.run(bench(server, options))


async def bench(server, options):
    print(f"{platform.machine()}, Python {platform.python_version()}, PostgreSQL on the same machine\n")
    async with fresh(server) as database:
        await pages(database, options.conversations, options.days)
    print("| open clocks | alarms in 10 s, 2 workers | p50 | p99 | max |\n|---:|---:|---:|---:|---:|")
    for count in options.open:
        async with fresh(server) as database:
            await lateness(database, count, min(options.due, count))


class fresh:  # noqa: N801  reads as what it gives
    """A migrated database of its own."""

    def __init__(self, server):
        self.server, self.name = server, f"switchboard_bench_{secrets.token_hex(6)}"

    async def administer(self, statement):
        engine = create_async_engine(
            make_url(self.server).set(drivername="postgresql+asyncpg"), isolation_level="AUTOCOMMIT"
        )
        async with engine.connect() as connection:
            await connection.execute(text(statement))
        await engine.dispose()

    async def __aenter__(self):
        await self.administer(f"CREATE DATABASE {self.name}")
        url = make_url(self.server).set(database=self.name).render_as_string(hide_password=False)
        await migrations.upgrade(url)
        self.database = Database(url)
        return self.database

    async def __aexit__(self, *_):
        await self.database.dispose()
        await self.administer(f"DROP DATABASE {self.name} WITH (FORCE)")


async def pages(database, count, days):
    policy = parse_policy(Node.of(CONTRACT), Problems())
    now = datetime.now(UTC)
    begun = time.perf_counter()
    await fill(
        database,
        (one(n, Random(n), now - timedelta(days=days), timedelta(days=days), policy) for n in range(count)),
        policy,
        now,
    )
    loaded = time.perf_counter() - begun
    clock = ManualClock(now)
    rollups, board = SqlRollups(database, clock, lambda _: ZONE), SqlDashboardReads(database, clock)
    begun = time.perf_counter()
    while await rollups.catch_up():
        pass
    counted = time.perf_counter() - begun
    this = Period(*month_of(now.date(), ZONE), ZONE)
    last = Period(*month_of((this.start - timedelta(days=1)).date(), ZONE), ZONE)
    quarter = Period(now - timedelta(days=days), now, ZONE)
    print(f"{count:,} conversations over {days} days: loaded in {loaded:.0f} s, rolled up in {counted:.1f} s\n")
    print("| page | median | slowest of 7 |\n|---|---:|---:|")
    for name, period in (
        ("dashboard, this month", this),
        ("dashboard, last month", last),
        (f"dashboard, {days} days", quarter),
    ):
        await report(name, lambda period=period: board.figures(CLIENT, period, now=now))
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    await report("wallboard", lambda: board.wallboard([CLIENT], now=now, since=midnight))
    print()


async def report(name, ask):
    times = []
    for _ in range(7):
        begun = time.perf_counter()
        await ask()
        times.append((time.perf_counter() - begun) * 1000)
    print(f"| {name} | {statistics.median(times):.0f} ms | {max(times):.0f} ms |")


async def lateness(database, count, due):
    """Clocks whose next alarm is spread over ten seconds, `due` of them; the others run for days."""
    policy = parse_policy(Node.of(CONTRACT | {"calendar": {"timezone": ZONE, "hours": "24/7"}}), Problems())
    half = timedelta(minutes=7.5)

    def waiting(n, began):
        return told(n, began, [(EventKind.HANDOFF_REQUESTED, 0, {"queue": "q", "priority": "normal"})], policy)

    later = datetime.now(UTC) + timedelta(hours=1)
    await fill(database, (waiting(n, later) for n in range(due, count)), policy, later)
    ring = datetime.now(UTC) + timedelta(seconds=due / 50 + 5)
    soon = (waiting(n, ring + timedelta(seconds=10 * n / due) - half) for n in range(due))
    async with database.transaction(ALL_CLIENTS) as connection:
        await write(connection, list(soon))
    left = (ring - datetime.now(UTC)).total_seconds()
    clock, quiet = SystemClock(), Quiet()
    workers = [SlaAlarms(database, SlaPolicies(lambda _: policy), clock, quiet, quiet) for _ in range(2)]
    stop = asyncio.Event()
    tasks = [asyncio.create_task(worker.run(stop)) for worker in workers]
    await asyncio.sleep(max(left, 0) + 13)
    stop.set()
    await asyncio.gather(*tasks)
    async with database.reading(ALL_CLIENTS) as connection:
        rows = (
            await connection.execute(
                text(
                    "SELECT a.at, c.data FROM events a JOIN sla_clocks c ON c.id = a.data->>'clock' "
                    "WHERE a.kind = 'sla_warning'"
                )
            )
        ).all()
    budget = timedelta(minutes=15)
    late = sorted(
        (at - datetime.fromisoformat(data["started_at"]) - budget / 2).total_seconds()
        for at, data in rows
        if data["kind"] == "first_response"
    )
    p50, p99 = (late[min(int(len(late) * share), len(late) - 1)] for share in (0.5, 0.99))
    print(f"| {count:,} | {len(late):,} | {p50:.3f} s | {p99:.3f} s | {late[-1]:.3f} s |")


class Quiet:
    """Nobody to tell, and a wait that only waits."""

    async def announce(self, *_):
        return None

    async def wait(self, _, timeout):
        await asyncio.sleep(timeout)
        return False

    async def publish(self, _):
        return None


def one(n, random, start, span, policy):
    """A conversation as customers have them: most end with the bot, the others with one of twenty agents."""
    at = start + span * random.random()
    steps = [(EventKind.CUSTOMER_MESSAGE, 0, {}), (EventKind.CUSTOMER_MESSAGE, 40, {})]
    if random.random() > SHARE_HANDED_OFF:
        return told(
            n, at, [*steps, (EventKind.RESOLVED, 30, {"by": random.choice(["bot", "bot", "abandoned"])})], policy
        )
    agent = f"agent-{random.randrange(AGENTS)}"
    wait = int(random.expovariate(1 / 300))
    replied = [(EventKind.ASSIGNED, wait, {"agent": agent})]
    for turn in range(random.randrange(1, 4)):
        replied += [
            (EventKind.AGENT_REPLIED, 40, {"message_id": f"{n}-{turn}"}),
            (EventKind.DELIVERED, 1, {"message_id": f"{n}-{turn}", "author": "agent", "agent": agent}),
            (EventKind.CUSTOMER_MESSAGE, 60, {}),
        ]
    asked = (
        EventKind.HANDOFF_REQUESTED,
        5,
        {"queue": random.choice(["orders", "care"]), "priority": "normal", "reason": "asked_for_person"},
    )
    return told(n, at, [*steps, asked, *replied, (EventKind.RESOLVED, 90, {"by": "agent", "agent": agent})], policy)


def told(n, at, steps, policy):
    """The events of one conversation with the alarms that rang, its episode, and the conversation's row."""
    made, episode = [], None

    def record(kind, data):
        nonlocal episode
        event = Event(
            EventId(f"{n}-{len(made)}"),
            CLIENT,
            ChannelId("web"),
            ThreadId(f"t{n}"),
            ConversationId(f"c{n:08}"),
            kind,
            at,
            data=data,
            seq=len(made) + 1,
        )
        made.append(event)
        episode = project(episode or begin(event), [event], policy).episode

    record(EventKind.OPENED, {"channel_kind": "webchat", "language": "de", "priority": "normal"})
    for kind, seconds, data in steps:
        ends = at + timedelta(seconds=seconds)
        while due := sorted(
            (c.next_wakeup_at, c.id)
            for c in episode.clocks
            if c.next_wakeup_at is not None and c.next_wakeup_at <= ends
        ):
            at = max(at, due[0][0])
            for clock in episode.clocks:
                for fact in advance(clock, at):
                    record(fact.kind, dict(fact.data))
        at = ends
        record(
            kind,
            {
                **data,
                "platform_at": at.isoformat(),
                "received_at": at.isoformat(),
                "accepted_at": at.isoformat(),
                "triggered_at": at.isoformat(),
            },
        )
    return made, episode


async def fill(database, histories, policy, now):
    async with database.transaction(ALL_CLIENTS) as connection:
        await connection.execute(clients.insert().values(id=CLIENT, name="Bench", created_at=now))
        await connection.execute(
            sla_policies.insert().values(
                client=CLIENT, version=policy.version, terms=policy.to_row(), created_at=now - timedelta(days=4000)
            )
        )
    for chunk in batched_of(histories, 2000):
        async with database.transaction(ALL_CLIENTS) as connection:
            await write(connection, chunk)
    engine = database.engine
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("ANALYZE"))


def batched_of(items, size):
    group = []
    for item in items:
        group.append(item)
        if len(group) == size:
            yield group
            group = []
    if group:
        yield group


async def write(connection, chunk):
    firsts = [made[0] for made, _ in chunk]
    await connection.execute(
        customers.insert(),
        [
            {
                "id": f"u{e.thread}",
                "client": CLIENT,
                "channel": "web",
                "reference": e.thread,
                "name": "Customer",
                "created_at": e.at,
            }
            for e in firsts
        ],
    )
    await connection.execute(
        threads.insert(),
        [
            {
                "id": e.thread,
                "client": CLIENT,
                "channel": "web",
                "channel_kind": "webchat",
                "ref": e.thread,
                "customer": f"u{e.thread}",
                "created_at": e.at,
            }
            for e in firsts
        ],
    )
    await connection.execute(conversations.insert(), [conversation(made) for made, _ in chunk])
    await connection.execute(events.insert(), [event_row(e) for made, _ in chunk for e in made])
    said = [message(e) for made, _ in chunk for e in made if e.kind is EventKind.DELIVERED]
    if said:
        await connection.execute(messages.insert(), said)
    handed = [(made, episode) for made, episode in chunk if episode.clocks]
    if handed:
        await connection.execute(
            sla_episodes.insert(),
            [{"conversation": e.conversation, "client": CLIENT, "data": e.to_row()} for _, e in handed],
        )
        await connection.execute(sla_clocks.insert(), [clock_row(c) for _, e in handed for c in e.clocks])


def conversation(made):
    last = made[-1]
    ended = next((e for e in reversed(made) if e.kind is EventKind.RESOLVED), None)
    claim = next((e for e in made if e.kind is EventKind.ASSIGNED), None)
    handed = next((e for e in made if e.kind is EventKind.HANDOFF_REQUESTED), None)
    return {
        "id": last.conversation,
        "client": CLIENT,
        "channel": "web",
        "channel_kind": "webchat",
        "thread": last.thread,
        "customer": f"u{last.thread}",
        "customer_name": "Customer",
        "opened_at": made[0].at,
        "updated_at": last.at,
        "state": "resolved" if ended else "queued",
        "version": 5,
        "priority": "normal",
        "language": "de",
        "topic": f"topic_{last.seq % 12}",
        "queue": handed.data["queue"] if handed else None,
        "handoff_reason": handed.data.get("reason") if handed else None,
        "handed_off_at": handed.at if handed else None,
        "queued_at": handed.at if handed else None,
        "waiting_since": handed.at if handed and not ended else None,
        "assigned_at": claim.at if claim else None,
        "last_agent": claim.data["agent"] if claim else None,
        "resolved_at": ended.at if ended else None,
        "resolved_by": ended.data["by"] if ended else None,
        "seq": len(made),
        "tracker": {},
    }


def message(e):
    return {
        "id": e.data["message_id"],
        "client": CLIENT,
        "channel": "web",
        "thread": e.thread,
        "conversation": e.conversation,
        "author_kind": "agent",
        "author_id": e.data["agent"],
        "author_name": "Agent",
        "created_at": e.at,
        "text": "Here you are.",
        "kind": "text",
        "visibility": "public",
        "state": "delivered",
        "delivered_at": e.at,
    }


if __name__ == "__main__":
    main()
