"""Sorted runs of open time with running totals: the shape that makes a due time two binary searches."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

Range = tuple[int, int]


def unite(ranges: Iterable[Range]) -> list[Range]:
    """The same instants as few half-open ranges as possible, in order; empty ranges vanish."""
    united: list[Range] = []
    for start, end in sorted(ranges):
        if end <= start:
            continue
        if united and start <= united[-1][1]:
            united[-1] = (united[-1][0], max(united[-1][1], end))
        else:
            united.append((start, end))
    return united


def subtract(ranges: list[Range], removed: list[Range]) -> list[Range]:
    """What is left of united `ranges` without united `removed`, in order."""
    left: list[Range] = []
    first = 0
    for start, end in ranges:
        while first < len(removed) and removed[first][1] <= start:
            first += 1
        at, position = first, start
        while at < len(removed) and removed[at][0] < end:
            if removed[at][0] > position:
                left.append((position, removed[at][0]))
            position = max(position, removed[at][1])
            at += 1
        if position < end:
            left.append((position, end))
    return left


@dataclass(frozen=True, slots=True)
class Span:
    """The open ranges between `lo` and `hi` (microseconds), with the open time `until` the end of each."""

    lo: int
    hi: int
    starts: list[int]
    ends: list[int]
    until: list[int]

    @classmethod
    def of(cls, lo: int, hi: int, ranges: list[Range]) -> "Span":
        """Clip united `ranges` to `lo`..`hi` and add them up."""
        clipped = [(max(start, lo), min(end, hi)) for start, end in ranges if start < hi and end > lo]
        until: list[int] = []
        total = 0
        for start, end in clipped:
            total += end - start
            until.append(total)
        return cls(lo, hi, [start for start, _ in clipped], [end for _, end in clipped], until)

    @property
    def total(self) -> int:
        """All the open time there is."""
        return self.until[-1] if self.until else 0

    def open_before(self, at: int) -> int:
        """The open time between `lo` and `at`."""
        index = bisect_right(self.starts, at) - 1
        if index < 0:
            return 0
        return self.until[index] - max(self.ends[index] - at, 0)

    def instant_of(self, amount: int) -> int:
        """The earliest instant by which `amount` (more than 0, at most `total`) of open time has passed."""
        index = bisect_left(self.until, amount)
        return self.ends[index] - (self.until[index] - amount)

    def is_open(self, at: int) -> bool:
        """Whether `at` lies inside an open range; an end is already closed."""
        index = bisect_right(self.starts, at) - 1
        return index >= 0 and at < self.ends[index]

    def opening_from(self, at: int) -> int | None:
        """The first open instant not before `at`, if there is one."""
        index = bisect_right(self.ends, at)
        return max(self.starts[index], at) if index < len(self.starts) else None
