"""Agents needed for each half hour of a week, from how many customers usually come then."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from sla.staffing import Forecast, Load, agents_needed, forecast, with_shrinkage

HALF_HOUR_S = 1800


@dataclass(frozen=True, slots=True)
class Promise:
    """What staffing must keep: `share` (0..1) of customers answered within `target_s`; how chats take up agents."""

    target_s: float
    share: float
    handling_s: float
    patience_s: float | None = None
    concurrency: int = 1
    shrinkage: float = 0.0
    most_busy: float = 1.0


@dataclass(frozen=True, slots=True)
class Need:
    """One half hour of the week (`weekday` 0 is Monday, `slot` 0..47): arrivals expected, agents to schedule, and
    what those of them who are at their desks achieve.
    """

    weekday: int
    slot: int
    arrivals: float
    agents: int
    expected: Forecast


def roster(profile: Mapping[tuple[int, int], float], promise: Promise) -> list[Need]:
    """The need of every half hour in `profile` (mean arrivals by (weekday, slot), see week.week_of), in order.

    Each half hour is taken as settled by itself; a backlog carried over from the one before is not modelled.
    """
    return [_need(cell, arrivals, promise) for cell, arrivals in sorted(profile.items())]


def _need(cell: tuple[int, int], arrivals: float, promise: Promise) -> Need:
    scheduled, expected = _sized(arrivals, promise)
    return Need(*cell, arrivals, scheduled, expected)


@lru_cache(maxsize=4096)
def _sized(arrivals: float, promise: Promise) -> tuple[int, Forecast]:
    """Many half hours of a week have the same mean, since it comes from a few weeks' whole numbers."""
    load = Load(arrivals / HALF_HOUR_S, promise.handling_s, promise.patience_s, promise.concurrency)
    present = agents_needed(load, promise.target_s, promise.share, most_busy=promise.most_busy)
    return with_shrinkage(present, promise.shrinkage), forecast(load, present, promise.target_s)
