"""How often each length of time was measured, in arrays: a year by agents has hundreds of thousands of lengths."""

from collections.abc import Iterable
from math import ceil
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sla.attainment import Spread

Whole: TypeAlias = NDArray[np.uint32]
_KEPT = np.dtype("<u4")


class Times:
    """Lengths in whole seconds, each with how often it was measured. They are put in order only when asked for."""

    __slots__ = ("_measured", "_parts")

    def __init__(self, parts: Iterable[tuple[Whole, Whole]] = ()) -> None:
        self._parts = list(parts)
        self._measured: dict[int, int] = {}

    def add(self, seconds: int) -> None:
        """One more of this length."""
        self._measured[seconds] = self._measured.get(seconds, 0) + 1

    def merge(self, other: "Times") -> None:
        """Adds everything of another one."""
        self._parts += other.parts()

    def counted(self) -> tuple[Whole, Whole]:
        """The lengths in order, each once, and how often each was measured."""
        parts = self.parts()
        if len(parts) != 1:
            self._parts = parts = [_united(parts)]
        return parts[0]

    def pack(self) -> bytes:
        """As bytes that `unpack` reads: the lengths, then their numbers."""
        return b"".join(part.astype(_KEPT).tobytes() for part in self.counted())

    @classmethod
    def unpack(cls, packed: bytes) -> "Times":
        """What `pack` wrote."""
        lengths, numbers = np.frombuffer(packed, _KEPT).reshape(2, -1)
        return cls([(lengths, numbers)])

    def spread(self) -> Spread:
        """Nearest-rank percentiles."""
        lengths, numbers = self.counted()
        if not len(lengths):
            return Spread(0, None, None, None, None)
        upto = np.cumsum(numbers, dtype=np.int64)
        count = int(upto[-1])
        ranks = [max(ceil(count * percent / 100), 1) for percent in (50, 90, 95)]
        p50, p90, p95 = (float(lengths[place]) for place in np.searchsorted(upto, ranks))
        return Spread(count, p50, p90, p95, float(lengths[-1]))

    def __len__(self) -> int:
        return int(self.counted()[1].sum(dtype=np.int64))

    def parts(self) -> list[tuple[Whole, Whole]]:
        """All that was measured, in any order, a length in several parts or in one."""
        if self._measured:
            ordered = sorted(self._measured.items())
            lengths, numbers = np.array(ordered, np.uint32).T
            self._parts.append((lengths, numbers))
            self._measured = {}
        return self._parts


def _united(parts: list[tuple[Whole, Whole]]) -> tuple[Whole, Whole]:
    if not parts:
        return np.empty(0, np.uint32), np.empty(0, np.uint32)
    lengths, place = np.unique(np.concatenate([lengths for lengths, _ in parts]), return_inverse=True)
    numbers: Any = np.bincount(place, np.concatenate([numbers for _, numbers in parts]))
    return lengths, numbers.astype(np.uint32)
