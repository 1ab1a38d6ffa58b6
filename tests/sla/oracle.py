"""A slow, independent reading of the calendar rules: every real second of ten days, asked what the wall clock says."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

import numpy as np

from sla.instants import zone_info

REACH = 5  # days each side
MINUTE = timedelta(minutes=1)


def origin(day):
    return datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=REACH)


@lru_cache
def wall_clock(zone_name, day):
    """The first real minute of each wall minute around `day`, by walking through the minutes."""
    zone, first = zone_info(zone_name), {}
    for minute in range(2 * REACH * 1440):
        wall = (origin(day) + minute * MINUTE).astimezone(zone).replace(tzinfo=None)
        first.setdefault(wall, minute)
    return first


def first_minute(zone_name, day, wall):
    """The first real minute of a naive wall time; a missing one by the offset of the last minute before the gap."""
    walls = wall_clock(zone_name, day)
    if wall in walls:
        return walls[wall]
    earlier = wall
    while earlier not in walls:
        earlier -= MINUTE
    before = max(m for w, m in walls.items() if w <= wall and w == earlier)
    return before + (wall - earlier) // MINUTE


def open_seconds(zone_name, day, week, closed):
    """One byte per real second from `origin(day)` on: 1 is open. `week` is None for 24/7."""
    dates = [day + timedelta(days=n) for n in range(-REACH + 1, REACH - 1)]
    wall_minutes = set()
    for date in dates:
        midnight = datetime.combine(date, datetime.min.time())
        for start, end in [(0, 1440)] if week is None else week[date.weekday()]:
            wall_minutes |= {midnight + m * MINUTE for m in range(start, end)}
    seconds = np.zeros(2 * REACH * 86_400, dtype=np.uint8)
    for start, end in runs_of(sorted(wall_minutes)):
        a, b = first_minute(zone_name, day, start), first_minute(zone_name, day, end)
        seconds[a * 60 : b * 60] = 1
    for date in closed:
        midnight = datetime.combine(date, datetime.min.time())
        a = first_minute(zone_name, day, midnight)
        b = first_minute(zone_name, day, midnight + timedelta(days=1))
        seconds[a * 60 : b * 60] = 0
    return seconds


def runs_of(minutes):
    runs = []
    for minute in minutes:
        if runs and runs[-1][1] == minute:
            runs[-1][1] = minute + MINUTE
        else:
            runs.append([minute, minute + MINUTE])
    return runs


def offset(day, at):
    return (at - origin(day)) // timedelta(seconds=1)


def without_pauses(day, seconds, pauses):
    seconds = seconds.copy()
    for start, end in pauses:
        seconds[offset(day, start) : offset(day, end)] = 0
    return seconds


def due_by_counting(day, seconds, start, budget_s):
    """The instant after the `budget_s`-th open second from `start`; None when the ten days hold too few."""
    counted = np.flatnonzero(seconds[offset(day, start) :])
    return start + timedelta(seconds=int(counted[budget_s - 1]) + 1) if len(counted) >= budget_s else None
