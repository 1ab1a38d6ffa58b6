"""The few formulas of the dashboard: shares, the error budget, the pace, cost. Each is defined once, here.

Kept = met / (met + missed). Budget = the misses the objective allows among those decided, rounded down, less those
missed (as sla/attainment.py has it). Pace = what a month comes to if its remaining days go like its last seven.
Containment = contained / (opened - still open - merged). Cost = what was used x the contract's prices.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from handoff.dashboard_view import ClockCount, DayCount, Prices, Volume
from sla.prices import Item

RECENT_DAYS = 7
ROUNDING = 9
"""Digits after which a share is what it was meant to be: 0.05 * 100 misses are 5, not 5.000000000000004."""


@dataclass(frozen=True, slots=True)
class Kept:
    """How a promise was kept. `share` and `budget` are None when there is nothing to judge or no objective."""

    count: ClockCount
    objective: float | None
    share: float | None
    allowed: int | None
    left: int | None

    @property
    def left_share(self) -> float | None:
        """The part of the budget that is left, 0..1."""
        return max(self.left, 0) / self.allowed if self.allowed and self.left is not None else None

    @property
    def look(self) -> str:
        """kept, risk (less than a quarter of the budget is left) or breach."""
        if self.share is None or self.objective is None or self.left is None or self.allowed is None:
            return "none"
        if self.left < 0 or self.share < self.objective:
            return "breach"
        return "risk" if self.allowed and self.left * 4 < self.allowed else "kept"


@dataclass(frozen=True, slots=True)
class Pace:
    """Where a running month goes: `rate` is the share missed over the share that may be missed (None if nothing may
    be); `missed` of `allowed` at its end, and the `share` kept then, if the days left go like the last `days`.
    """

    rate: float | None
    days: int
    missed: int
    allowed: int
    share: float
    objective: float

    @property
    def will_miss(self) -> bool:
        """Whether the month ends below its objective at this pace."""
        return self.share < self.objective


@dataclass(frozen=True, slots=True)
class CostLine:
    """One position: `count` x `price` = `amount`."""

    what: str
    count: Decimal
    price: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Cost:
    """What the period costs so far at the contract's prices, and per resolved conversation."""

    currency: str
    lines: Sequence[CostLine]
    total: Decimal
    each: Decimal | None


def kept(count: ClockCount, objective: float | None) -> Kept:
    decided = count.met + count.missed
    share = count.met / decided if decided else None
    if objective is None:
        return Kept(count, None, share, None, None)
    allowed = math.floor(round(decided * (1 - objective), ROUNDING))
    return Kept(count, objective, share, allowed, allowed - count.missed)


def pace(days: Sequence[DayCount], objective: float | None, days_left: int) -> Pace | None:
    """For the days of a month so far, today the last; None without an objective or anything decided lately.

    Misses at the end = missed so far + missed in the last seven days / those days x days left; decided likewise.
    """
    recent = days[-RECENT_DAYS:]
    decided, missed = _decided(days)
    lately, lately_missed = _decided(recent)
    if objective is None or not lately:
        return None
    more = days_left / len(recent)
    end, end_missed = decided + lately * more, missed + lately_missed * more
    tolerance = round(1 - objective, ROUNDING)
    return Pace(
        rate=missed / decided / tolerance if tolerance else None,
        days=len(recent),
        missed=round(end_missed),
        allowed=math.floor(round(end * tolerance, ROUNDING)),
        share=round(1 - end_missed / end, ROUNDING),
        objective=objective,
    )


def _decided(days: Sequence[DayCount]) -> tuple[int, int]:
    met = sum(day.first_response.met for day in days)
    missed = sum(day.first_response.missed for day in days)
    return met + missed, missed


def containment(volume: Volume) -> float | None:
    """Share of ended conversations that the bot resolved alone; duplicates count in the conversation they went into."""
    ended = volume.opened - volume.open - volume.merged
    return volume.contained / ended if ended > 0 else None


def cost(volume: Volume, prices: Prices | None) -> Cost | None:
    """None without prices. Counts what a statement of the same days would, so that both show one amount."""
    if prices is None:
        return None
    used = volume.used
    priced = (
        ("automated", Decimal(used.get(Item.AUTOMATED_RESOLUTION, 0)), prices.automated),
        ("handled", Decimal(used.get(Item.HANDLED_CONVERSATION, 0)), prices.handled),
        ("agent_minute", volume.agent_minutes, prices.agent_minute),
    )
    lines = [CostLine(what, n, price, _cents(n * price)) for what, n, price in priced if price is not None]
    total = sum((line.amount for line in lines), Decimal(0))
    resolved = sum(used.get(item, 0) for item in (Item.AUTOMATED_RESOLUTION, Item.HANDLED_CONVERSATION))
    return Cost(prices.currency, lines, total, _cents(total / resolved) if resolved else None)


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"))
