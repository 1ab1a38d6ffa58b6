"""How long the figures of each page take over a long history, and how soon a new fact is in them."""

import statistics
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from app.packs import read_client_pack
from bench.sla_parts.history import CLIENT, ZONE, policy_of
from bench.sla_parts.ringing import Quiet
from conversation.clock import ManualClock
from sla.attainment import month_of
from sla.day import day_start, local_day
from sla.slices import Dimension
from storage.dashboard_reads import SqlDashboardReads
from storage.database import Database
from storage.replay import SqlReplay
from storage.report_figures import SqlReportFigures
from storage.rollups import RollupMarks, SqlRollups
from storage.schema import conversations
from storage.settlements import SqlStatements
from storage.sla_alarms import SlaAlarms
from storage.sla_rows import SlaPolicies
from storage.tenancy import ALL_CLIENTS
from tests.settlement.packs import small_pack
from web.dashboard.periods import Span, between, chosen

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
ASKED = 7
CHANGED = 200


@dataclass(frozen=True)
class Timed:
    """One page: the median and the slowest of its askings, in milliseconds."""

    page: str
    median: float
    slowest: float


async def timed(page, ask, times=ASKED):
    took = []
    for _ in range(times):
        begun = time.perf_counter()
        await ask()
        took.append((time.perf_counter() - begun) * 1000)
    return Timed(page, statistics.median(took), max(took))


async def pages(url):
    """Counts the history's days, then asks every page's question. Yields sentences and Timed rows."""
    database, clock = Database(url), ManualClock(NOW)
    await _ring(database, clock)
    rollups = SqlRollups(database, clock, lambda _: ZONE)
    begun, days = time.perf_counter(), 0
    while counted := await rollups.catch_up():
        days += counted
    if days:
        yield f"{days} days counted once for good in {time.perf_counter() - begun:.0f} s"
    async for row in _asked(database, clock):
        yield row
    await _change(database)
    board = SqlDashboardReads(database, clock)
    note = f"{CHANGED} of today's conversations just changed"
    yield await timed(f"dashboard, this month, {note}", _dashboard(board, chosen(Span.MONTH, NOW, ZONE)))
    async for row in _statements(database):
        if "open" in row.page:
            yield replace(row, page=f"{row.page}, {note}")
    begun = time.perf_counter()
    await rollups.catch_up()
    yield f"today's changes counted for good in {time.perf_counter() - begun:.1f} s; dashboards show them at once"
    await database.dispose()


async def _ring(database, clock):
    """What is due by now has rung, as wherever a worker is up."""
    policy = policy_of()
    alarms = SlaAlarms(database, SlaPolicies(lambda _: policy), clock, Quiet(), Quiet(), (RollupMarks(),))
    while await alarms.fire_due():
        pass


async def _asked(database, clock):
    """What each page asks for, over the periods that its switch offers."""
    board, figures = SqlDashboardReads(database, clock), SqlReportFigures(database)
    for name, span in (("this month", Span.MONTH), ("last month", Span.LAST), ("30 days", Span.THIRTY)):
        yield await timed(f"dashboard, {name}", _dashboard(board, chosen(span, NOW, ZONE)))
    year = between(local_day(NOW, ZONE) - timedelta(days=364), local_day(NOW, ZONE), ZONE)
    yield await timed("dashboard, a year by hand", _dashboard(board, year))
    this = chosen(Span.MONTH, NOW, ZONE).period
    yield await timed("breach list, this month, 200", lambda: board.breaches(CLIENT, this, now=NOW, limit=200))
    midnight = day_start(local_day(NOW, ZONE), ZONE)
    yield await timed("wallboard", lambda: board.wallboard([CLIENT], now=NOW, since=midnight))
    for name, period in (
        ("this month", chosen(Span.MONTH, NOW, ZONE)),
        ("this quarter", chosen(Span.QUARTER, NOW, ZONE)),
        ("a year by hand", year),
    ):
        yield await timed(f"report by agent, {name}", _report(figures, period))
    async for row in _statements(database):
        yield row


def _dashboard(board, period):
    return lambda: board.figures(CLIENT, period.period, now=NOW, before=period.earlier)


def _report(figures, period):
    """As the page asks: the period and the one before by one dimension, agents being the most."""

    async def ask():
        for first, last in ((period.first, period.last), period.before):
            await figures.figures(CLIENT, ZONE, first, last, (Dimension.AGENT,), NOW)
            await figures.backlog(CLIENT, ZONE, last, NOW)

    return ask


async def _statements(database):
    money = SqlStatements(database)
    prices, objectives = read_client_pack(small_pack(), {})[0].prices, policy_of().objective

    def month(span):
        period = chosen(span, NOW, ZONE).period
        whole = month_of(local_day(period.start, ZONE), ZONE)
        return lambda: money.settle(CLIENT, whole, prices, NOW, objectives, zone=ZONE)

    yield await timed("statement, the open month", month(Span.MONTH))
    yield await timed("statement, last month, not closed yet", month(Span.LAST))


async def _change(database):
    """A delivered bot answer more in some of today's conversations: what marks days for counting."""
    async with database.transaction(ALL_CLIENTS) as connection:
        found = await connection.execute(
            conversations.select().where(conversations.c.opened_at >= NOW - timedelta(hours=5)).limit(CHANGED)
        )
        touched = [row.id for row in found]
        await connection.execute(
            text("INSERT INTO rollup_marks (client, conversation) VALUES (:client, :id)"),
            [{"client": CLIENT, "id": id_} for id_ in touched],
        )


async def verified(url, batches=10):
    """Replays some of what was loaded: how many clocks, and every difference (there must be none)."""
    database = Database(url)
    clocks, differences = 0, []
    checking = SqlReplay(database, SlaPolicies(lambda _: None)).verify(CLIENT, batch=500)
    for _ in range(batches):
        found = await anext(checking, None)
        if found is None:
            break
        clocks += found.clocks
        differences += found.differences
    await checking.aclose()
    await database.dispose()
    return clocks, differences
