"""A dashboard's facts in memory: nothing, or a plausible month."""

import random
from dataclasses import dataclass
from datetime import timedelta
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

OPEN = frozenset((day, hour) for day in range(5) for hour in range(9, 18)) | {(5, h) for h in range(10, 14)}


def terms() -> Terms:
    return Terms(0.95, 1800.0, OPEN, Prices("EUR", Decimal("0.35"), Decimal("1.90"), Decimal("0.62")))


@dataclass
class MemoryDashboards:
    reads: Any
    full: bool = True
    name: str = "Jonas Weber"
    conversation: ConversationId | None = None
    asked: Any = None

    async def figures(self, client, period, *, now, breaches=50):
        self.asked = (client, period)
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

    async def behind(self, client, period, which, *, limit):
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
