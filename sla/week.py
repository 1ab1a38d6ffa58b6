"""The usual week: how many customers come to people in each half hour of it, and how many agents are there then."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from sla.day import day_start
from sla.instants import SECOND, to_us, zone_info
from sla.report import HALF_HOUR, half_hour_of
from sla.slices import Count, Slice
from sla.span import Range, unite

Cell = tuple[int, int]
"""A weekday, Monday 0, and a half hour of its wall clock, 0..47."""

HALF_HOUR_S = HALF_HOUR.total_seconds()


def week_of(days: Mapping[date, Slice], count: Count) -> dict[Cell, float]:
    """The mean of a count in each half hour of the week, over the days given; half hours without any are left out."""
    number = Counter(day.weekday() for day in days)
    sums: dict[Cell, float] = defaultdict(float)
    for day, one in days.items():
        for slot, value in one.slots(count).items():
            sums[day.weekday(), slot] += value
    return {cell: value / number[cell[0]] for cell, value in sorted(sums.items())}


def online_week(
    spans: Mapping[str, Sequence[tuple[datetime, datetime]]], zone: str, first: date, last: date
) -> dict[Cell, float]:
    """The mean number of agents online in each half hour of the week, from the times each was online."""
    info, half = zone_info(zone), int(HALF_HOUR_S) * SECOND
    start, end = day_start(first, zone), day_start(last + timedelta(days=1), zone)
    days = Counter((first + timedelta(days=n)).weekday() for n in range((last - first).days + 1))
    there: dict[Cell, int] = defaultdict(int)
    for mine in spans.values():
        for low, high in _within(mine, start, end):
            moment = start + timedelta(microseconds=low - to_us(start))
            begun = half_hour_of(moment, zone)
            at = to_us(begun)
            while at < high:
                local = begun.astimezone(info)
                cell = local.weekday(), local.hour * 2 + local.minute // 30
                there[cell] += min(high, at + half) - max(low, at)
                begun, at = begun + HALF_HOUR, at + half
    return {cell: us / half / days[cell[0]] for cell, us in sorted(there.items()) if days[cell[0]]}


def moved(week: Mapping[Cell, float], half_hours: int) -> dict[Cell, float]:
    """The same week on a wall clock that is so many half hours ahead."""
    found = {}
    for (weekday, slot), value in week.items():
        at = (weekday * 48 + slot + half_hours) % (7 * 48)
        found[at // 48, at % 48] = value
    return dict(sorted(found.items()))


def added(weeks: Iterable[Mapping[Cell, float]]) -> dict[Cell, float]:
    """Several weeks as one."""
    total: dict[Cell, float] = defaultdict(float)
    for week in weeks:
        for cell, value in week.items():
            total[cell] += value
    return dict(sorted(total.items()))


def _within(spans: Sequence[tuple[datetime, datetime]], start: datetime, end: datetime) -> list[Range]:
    cut = ((max(a, start), min(b, end)) for a, b in spans)
    return unite((to_us(a), to_us(b)) for a, b in cut if a < b)
