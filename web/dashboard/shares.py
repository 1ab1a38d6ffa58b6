"""The few formulas of the dashboard: shares, the error budget, cost. Each is defined once, here.

Kept = met / (met + missed). Budget = the misses the objective allows among those decided, rounded down, less those
missed (as sla/attainment.py has it). Containment = contained / (opened - still open). Cost = counts x the contract's
prices.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from handoff.dashboard_view import ClockCount, Prices, Volume

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
    def look(self) -> str:
        """kept, risk (less than a quarter of the budget is left) or breach."""
        if self.share is None or self.objective is None or self.left is None or self.allowed is None:
            return "none"
        if self.left < 0 or self.share < self.objective:
            return "breach"
        return "risk" if self.allowed and self.left * 4 < self.allowed else "kept"


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


def containment(volume: Volume) -> float | None:
    """Share of ended conversations that the bot resolved alone."""
    ended = volume.opened - volume.open
    return volume.contained / ended if ended > 0 else None


def cost(volume: Volume, prices: Prices | None) -> Cost | None:
    """None without prices."""
    if prices is None:
        return None
    priced = (
        ("automated", Decimal(volume.contained), prices.automated),
        ("handled", Decimal(volume.handled), prices.handled),
        ("agent_minute", volume.agent_minutes, prices.agent_minute),
    )
    lines = [CostLine(what, n, price, _cents(n * price)) for what, n, price in priced if price is not None]
    total = sum((line.amount for line in lines), Decimal(0))
    resolved = volume.contained + volume.handled
    return Cost(prices.currency, lines, total, _cents(total / resolved) if resolved else None)


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"))
