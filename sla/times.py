"""How often each length of time was measured: a year by agents has hundreds of thousands of lengths."""

from collections.abc import Iterable
from math import ceil
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from sla.attainment import Spread

Whole: TypeAlias = NDArray[np.uint32]
_KEPT = np.dtype("<u4")


class Times:
    """Lengths in whole seconds, each with how often it was measured. They stay as they were packed, pair after pair of
    length and number, and are put in order only when asked for: then many times packed are one array.
    """

    __slots__ = ("_measured", "_packed")

    def __init__(self, packed: Iterable[bytes] = ()) -> None:
        self._packed = list(packed)
        self._measured: dict[int, int] = {}

    def add(self, seconds: int) -> None:
        """One more of this length."""
        self._measured[seconds] = self._measured.get(seconds, 0) + 1

    def merge(self, other: "Times") -> None:
        """Adds everything of another one."""
        self._packed += other.parts()

    def counted(self) -> tuple[Whole, Whole]:
        """The lengths in order, each once, and how often each was measured."""
        lengths, numbers = np.frombuffer(b"".join(self.parts()), _KEPT).reshape(-1, 2).T
        if np.all(lengths[1:] > lengths[:-1]):
            return lengths, numbers
        once, place = np.unique(lengths, return_inverse=True)
        return once, np.bincount(place, numbers).astype(_KEPT)

    def pack(self) -> bytes:
        """The pairs as little-endian whole numbers of 32 bits, which the constructor takes."""
        return np.stack(self.counted(), axis=1).astype(_KEPT).tobytes()

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

    def parts(self) -> list[bytes]:
        """All that was measured, packed in any order, a length once or several times."""
        if self._measured:
            self._packed.append(np.array(sorted(self._measured.items()), _KEPT).tobytes())
            self._measured = {}
        return self._packed
