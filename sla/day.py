"""One local day of one client in numbers that add up: what roll-ups keep, so that a year is not counted anew."""

import sys
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any, TypeAlias

from sla.instants import zone_info

Times: TypeAlias = "array[float]"
"""Of doubles: a year has a million of them, and they are kept as they lie in memory."""

_COUNTERS = ("endings", "reasons", "channels", "topics", "usage")


@dataclass(frozen=True, slots=True)
class Piece:
    """A local day as instants, or the part of it that lies in a period (then it is not `whole`)."""

    day: date
    start: datetime
    end: datetime
    whole: bool = True


@dataclass
class DayFacts:
    """Conversations opened on the day by ending, handoff reason, channel kind and topic; customer messages by local
    hour; clocks started on the day by kind and `met`, `missed`, `open`, `cancelled`; the seconds that stopped first
    responses took by channel kind, in order; chargeable facts dated on the day by item (sla.prices.Item), less those
    taken back; agent minutes, None while somebody may still add to them.
    """

    endings: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    channels: Counter[str] = field(default_factory=Counter)
    topics: Counter[str] = field(default_factory=Counter)
    usage: Counter[str] = field(default_factory=Counter)
    messages: Counter[int] = field(default_factory=Counter)
    clocks: dict[str, Counter[str]] = field(default_factory=dict)
    elapsed: dict[str, Times] = field(default_factory=dict)
    minutes: Fraction | None = None

    @property
    def opened(self) -> int:
        return self.endings.total()

    def to_row(self) -> dict[str, Any]:
        """Plain JSON values, with the times only counted: see `times_row`."""
        row: dict[str, Any] = {name: dict(getattr(self, name)) for name in _COUNTERS}
        row["messages"] = {str(hour): count for hour, count in self.messages.items()}
        row["clocks"] = {kind: dict(counts) for kind, counts in self.clocks.items()}
        row["timed"] = {channel: len(times) for channel, times in self.elapsed.items()}
        row["minutes"] = None if self.minutes is None else str(self.minutes)
        return row

    def times_row(self) -> bytes:
        """The times as little-endian doubles, channel after channel as `to_row` counts them."""
        every = array("d")
        for times in self.elapsed.values():
            every.extend(times)
        return _little(every).tobytes()

    @classmethod
    def from_row(cls, row: Mapping[str, Any], times: bytes | None = None) -> "DayFacts":
        """The facts that `to_row` and `times_row` wrote; without `times` they have none."""
        return cls(
            **{name: Counter(row[name]) for name in _COUNTERS},
            messages=Counter({int(hour): count for hour, count in row["messages"].items()}),
            clocks={kind: Counter(counts) for kind, counts in row["clocks"].items()},
            elapsed={} if times is None else _times(row["timed"], times),
            minutes=None if row["minutes"] is None else Fraction(row["minutes"]),
        )


def _times(counts: Mapping[str, int], packed: bytes) -> dict[str, Times]:
    every, found, first = array("d"), {}, 0
    every.frombytes(packed)
    every = _little(every)
    for channel, count in counts.items():
        found[channel] = every[first : first + count]
        first += count
    return found


def _little(times: Times) -> Times:
    if sys.byteorder == "big":
        times = array("d", times)
        times.byteswap()
    return times


def add_up(days: Iterable[DayFacts]) -> DayFacts:
    """All the days as one; its minutes are of those days that know theirs."""
    total = DayFacts(minutes=Fraction(0))
    for day in days:
        for name in (*_COUNTERS, "messages"):
            getattr(total, name).update(getattr(day, name))
        for kind, counts in day.clocks.items():
            total.clocks.setdefault(kind, Counter()).update(counts)
        for channel, times in day.elapsed.items():
            total.elapsed.setdefault(channel, array("d")).extend(times)
        total.minutes = (total.minutes or Fraction(0)) + (day.minutes or 0)
    return total


def day_start(day: date, zone: str) -> datetime:
    """The instant at which a local day begins, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=zone_info(zone)).astimezone(UTC)


def whole_day(day: date, zone: str) -> Piece:
    """A local day from its midnight to the next, however many hours that is."""
    return Piece(day, day_start(day, zone), day_start(day + timedelta(days=1), zone))


def local_day(at: datetime, zone: str) -> date:
    """The local date of an instant."""
    return at.astimezone(zone_info(zone)).date()


def pieces(start: datetime, end: datetime, zone: str) -> list[Piece]:
    """The local days of a period in order, the first and the last cut where the period is."""
    found: list[Piece] = []
    day = local_day(start, zone)
    while (full := whole_day(day, zone)).start < end:
        low, high = max(full.start, start), min(full.end, end)
        if low < high:
            found.append(Piece(day, low, high, low == full.start and high == full.end))
        day += timedelta(days=1)
    return found


def runs(parts: Iterable[Piece]) -> list[list[Piece]]:
    """Pieces in order, grouped into stretches without a gap, so that each stretch is one query."""
    grouped: list[list[Piece]] = []
    for part in sorted(parts, key=lambda p: p.start):
        if grouped and grouped[-1][-1].end == part.start:
            grouped[-1].append(part)
        else:
            grouped.append([part])
    return grouped
