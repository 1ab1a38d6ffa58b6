"""A dashboard's facts in memory: nothing, or a plausible month."""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from conversation.ids import ConversationId, QueueId
from conversation.message import ChannelKind
from handoff.dashboard_view import (
    Breach,
    BreachCause,
    ChannelTimes,
    ClockCount,
    DashboardFigures,
    DayCount,
    Prices,
    QueueLoad,
    Spread,
    Terms,
    Volume,
    WallboardFigures,
)
from handoff.views import ListKind, Page
from sla.report import HalfHour
from sla.roster import Promise, roster
from sla.slices import Count, Dimension, Measure, Slice, add_up
from tests.builders import NOON
from web.reports.ports import Ahead, NoPlan, Part, PeriodFacts, Plan, Planned

OPEN = frozenset((day, hour) for day in range(5) for hour in range(9, 18)) | {(5, h) for h in range(10, 14)}


def terms() -> Terms:
    return Terms(0.95, 1800.0, OPEN, Prices("EUR", Decimal("0.35"), Decimal("1.90"), Decimal("0.62")))


class MemoryReports:
    """Answers with days made up once, the same every time: real slices, so that every formula is at work."""

    def __init__(self, full: bool = True, agent: str = "mira") -> None:
        self.full, self.agent = full, agent

    async def facts(self, client, first, last, by=()):
        days = {first + timedelta(days=n): self._day(first + timedelta(days=n)) for n in range((last - first).days + 1)}
        total = add_up(days.values())
        groups = {
            Dimension.CHANNEL: {"telegram": total, "webchat": total},
            Dimension.QUEUE: {"service": total},
            Dimension.LANGUAGE: {"de": total, "en": total},
            Dimension.AGENT: {self.agent: total},
        }
        shown = {dimension: groups[dimension] if self.full else {} for dimension in by}
        return PeriodFacts(first, last, days, total, shown, {self.agent: "Mira Holm"}, 7 if self.full else 0)

    def _day(self, day):
        one, rng = Slice(), random.Random(day.toordinal())
        if not self.full:
            return one
        for n in range(rng.randint(3, 12)):
            slot = rng.randint(16, 36)
            one.add(Count.OPENED, slot)
            ended = rng.choice(["contained", "contained", "handled", "abandoned", "merged"])
            one.add(Count.ENDINGS, ended)
            one.add(Count.TOPICS, rng.choice(["return", "order_status"]))
            one.took(Measure.BOT_RESPONSE, rng.random() * 3)
            if ended == "handled":
                one.add(Count.HANDED, slot)
                one.add(Count.FINISHED, "")
                one.add(Count.REASONS, "asked_for_person")
                one.add(Count.DISPOSITIONS, "solved")
                one.add(Count.WORKED, slot, 1200)
                one.add(Count.CSAT, rng.randint(3, 5))
                one.add("clock:first_response", "met" if n else "missed")
                for measure in (Measure.FIRST_RESPONSE, Measure.RESOLUTION, Measure.HANDLING):
                    one.took(measure, rng.expovariate(1 / 600))
        return one

    async def half_hours(self, client, first, last):
        yield [
            HalfHour("2026-11-23T12:00:00Z", "2026-11-23T13:00+01:00", client, "service", "de", 4, 2, 1, 1, 630, 0.7)
        ]

    async def conversations(self, client, first, last):
        clock = {"clock": "first_response:1", "kind": "first_response", "outcome": "met", "elapsed_s": 12.0}
        yield [{"conversation": "c1", "customer": "=evil()", "clocks": [clock, clock | {"kind": "resolution"}]}]
        yield [{"conversation": "c2", "customer": "Jonas", "clocks": []}]

    async def plan(self, clients, zone, wish):
        if not self.full:
            return NoPlan("handled")
        week = {(day, slot): 2.5 + slot % 3 for day in range(5) for slot in range(16, 36)}
        promise = Promise(900.0, 0.95, 420.0, wish.patience_s, wish.concurrency, wish.shrinkage)
        first = date(2026, 10, 26)
        online = dict.fromkeys(week, 3.0)
        return Plan(
            first, first + timedelta(days=wish.days - 1), zone, 812, promise, roster(week, promise), online, True
        )

    async def planned(self, client, day):
        within, beyond = Part(800, 776, 24, 0), Part(12, 5, 5, 2)
        return Planned(day.replace(day=1), 800, within, beyond) if self.full else None

    async def ahead(self, clients, hours):
        return [Ahead(NOON + timedelta(hours=n), 8.0 + n, 3 + n if self.full else None) for n in range(hours)]


@dataclass
class MemoryDashboards:
    reads: Any
    full: bool = True
    name: str = "Jonas Weber"
    conversation: ConversationId | None = None
    asked: Any = None

    async def figures(self, client, period, *, now, breaches=50, before=None):
        self.asked, self.beside = (client, period), before
        zone = ZoneInfo(period.timezone)
        first = period.start.astimezone(zone).date()
        last = min((period.end - timedelta(seconds=1)).astimezone(zone).date(), now.astimezone(zone).date())
        span = [first + timedelta(days=i) for i in range((last - first).days + 1)]
        if not self.full:
            empty = ClockCount()
            days = [DayCount(day) for day in span]
            return DashboardFigures(client, period, empty, empty, days, [], Spread(), {}, [], Volume(), Volume(), now)
        rng = random.Random(7)
        days = []
        for day in span:
            n = rng.randint(25, 42) if day.weekday() < 5 else rng.randint(0, 7)
            missed = min(n, rng.choice([0, 0, 1, 1, 2, 5])) if day.weekday() < 5 else 0
            if len(span) == 1:  # the first of a month: there is something to follow on that day, too
                n, missed = max(n, 3), max(missed, 1)
            count = ClockCount(n - missed, missed, 2 if day == last else 0)
            days.append(DayCount(day, count, n * 3, int(n * 1.9)))
        met, missed = sum(d.first_response.met for d in days), sum(d.first_response.missed for d in days)
        arrivals = {
            (d, h): max(0, int(rng.gauss(30 if (d, h) in OPEN else 6, 5)) - (14 if d > 4 else 0))
            for d in range(7)
            for h in range(6, 23)
        }
        broke = [
            Breach(
                self.conversation or ConversationId("missing"),
                self.name,
                rng.choice(list(ChannelKind)),
                "first_response",
                now - timedelta(hours=5 * i + 1),
                now - timedelta(hours=5 * i),
                now - timedelta(hours=5 * i - 0.2),
                None if i == 0 else 40.0 + i * 177,
                rng.choice(list(BreachCause)),
                "Mira Holm" if i % 2 else "",
                rng.choice(["return", "order_status", ""]),
                f"{self.conversation or 'missing'}:first_response:{i}",
                "proposed" if i == 1 else "",
            )
            for i in range(min(missed, breaches))
        ]
        total = sum(d.conversations for d in days)
        bot = sum(d.contained for d in days)
        volume = Volume(
            total,
            bot,
            met + missed,
            total - bot - met - missed - 9,
            4,
            5,
            total * 4,
            Decimal("1412.5"),
            {"asked_for_person": 210, "low_confidence": 160, "reserved_intent": 80, "anger": 12},
            topics={"return": 310, "order_status": 620, "warranty_claim": 88},
            used={"automated_resolution": bot, "handled_conversation": met + missed},
        )
        before = Volume(total, int(bot * 0.95), met, 100, 0, 0, total * 4, Decimal(1500), {"anger": 20})
        times = [
            ChannelTimes(ChannelKind.WEBCHAT, Spread(312, 190, 800, 1500, 4000)),
            ChannelTimes(ChannelKind.TELEGRAM, Spread(188, 320, 1500, 2400, 9000)),
            ChannelTimes(ChannelKind.SLACK, Spread(64, 95, 500, 900, 1000)),
        ]
        return DashboardFigures(
            client,
            period,
            ClockCount(met, missed, 2),
            ClockCount(),
            days,
            times,
            Spread(564, 210, 900, 1700, 9000),
            arrivals,
            broke,
            volume,
            before,
            now,
        )

    async def breaches(self, client, period, *, now, limit, clock=""):
        shown = (await self.figures(client, period, now=now, breaches=limit)).breaches
        return [breach for breach in shown if clock in ("", breach.clock)]

    async def behind(self, client, period, which, *, limit, where=None):
        rows = [self.reads.row(c, "") for c in self.reads.store.conversations.values() if c.client == client]
        return Page(rows[:limit], {}, len(rows) > limit)

    async def wallboard(self, clients, *, now, since):
        page = await self.reads.page(clients, ListKind.WAITING, "", limit=1000)
        rows = page.rows
        loads = {}
        for row in rows:
            load = loads.get((row.client, row.queue), QueueLoad(row.client, row.queue, 0))
            late = row.due_at is not None and row.due_at <= now
            loads[row.client, row.queue] = QueueLoad(
                row.client,
                QueueId(row.queue or ""),
                load.waiting + 1,
                load.warned + (row.warned > 0 and not late),
                load.breached + late,
            )
        return WallboardFigures(
            len(rows),
            min((r.waiting_since for r in rows if r.waiting_since), default=None),
            min((r.due_at for r in rows if r.due_at), default=None),
            ClockCount(48, 1, 3) if self.full else ClockCount(),
            121 if self.full else 0,
            77 if self.full else 0,
            list(loads.values()),
        )
