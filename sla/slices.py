"""Counts and times of one day, of all or of one channel, queue, language or agent, that add up to any period."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import ceil

from msgspec import msgpack

from sla.attainment import Spread
from sla.times import Times

_EXACT_BELOW = 1000
_NONE = Times()
_PACKED = msgpack.Decoder(dict[str, bytes])


class Dimension(StrEnum):
    """What figures are broken down by; `ALL` has the one group ''."""

    ALL = "all"
    CHANNEL = "channel"
    QUEUE = "queue"
    LANGUAGE = "language"
    AGENT = "agent"


class Measure(StrEnum):
    """What takes time. The first three are clocks in opening time, the others real time."""

    FIRST_RESPONSE = "first_response"
    NEXT_RESPONSE = "next_response"
    RESOLUTION = "resolution"
    HANDLING = "handling"
    BOT_RESPONSE = "bot_response"


CLOCKS = (Measure.FIRST_RESPONSE, Measure.NEXT_RESPONSE, Measure.RESOLUTION)


class Count(StrEnum):
    """What is counted, by which key. Slots are half hours of the local day, 0..47."""

    ENDINGS = "endings"
    REASONS = "reasons"
    TOPICS = "topics"
    DISPOSITIONS = "dispositions"
    CSAT = "csat"  # by score
    OPENED = "opened"  # by slot
    HANDED = "handed"  # by slot
    FINISHED = "finished"  # '': conversations people had that were resolved on the day
    WORKED = "worked"  # by slot: seconds of agents who had conversations


Counts = dict[str, float]
"""Numbers by key; whole, except sums of seconds."""


def bucket(seconds: float) -> int:
    """A time as it is kept: whole seconds, rounded up; from 1,000 on to three significant digits, rounded up, so a
    percentile of long times may read up to 1 % high and never low.
    """
    whole = max(ceil(round(seconds, 6)), 0)
    if whole < _EXACT_BELOW:
        return whole
    unit = int(10 ** (len(str(whole)) - 3))
    return -(-whole // unit) * unit


@dataclass
class Slice:
    """Counters by name and key, and measured times. Names are those of `Count`, `clock:KIND` (met, missed, open) and
    `seconds` (the exact sum by measure); times are counted by `bucket`, by measure. Every value adds up. `counts` are
    plain JSON values.
    """

    counts: dict[str, Counts] = field(default_factory=dict)
    times: dict[str, Times] = field(default_factory=dict)

    def times_row(self) -> bytes:
        """The times as bytes, to be kept beside `counts`: most readers need only these."""
        return msgpack.encode({measure: times.pack() for measure, times in self.times.items()}) if self.times else b""

    @classmethod
    def from_row(cls, counts: dict[str, Counts], times: bytes | None) -> "Slice":
        """What `counts` and `times_row` were; without `times` it has none."""
        packed = _PACKED.decode(times) if times else {}
        return cls(counts, {measure: Times((one,)) for measure, one in packed.items()})

    def add(self, name: str, key: object, number: float = 1) -> None:
        """`number` more of `key`."""
        counts = self.counts.setdefault(name, {})
        counts[str(key)] = counts.get(str(key), 0) + number

    def took(self, measure: str, seconds: float) -> None:
        """One more measured time."""
        self._times(measure).add(bucket(seconds))
        self.add("seconds", measure, round(seconds, 3))

    def merge(self, other: "Slice") -> None:
        """Adds everything of another one."""
        for name, counts in other.counts.items():
            known = self.counts.get(name)
            if known is None:
                self.counts[name] = dict(counts)
                continue
            get = known.get
            for key, number in counts.items():
                known[key] = get(key, 0) + number

        for measure, times in other.times.items():
            self._times(measure).merge(times)

    def of(self, count: Count) -> Counter[str]:
        """One counter by key; empty if nothing was counted."""
        return _whole(self.counts.get(count, {}))

    def slots(self, count: Count) -> dict[int, float]:
        """A counter by half hour of the day."""
        return {int(slot): number for slot, number in self.counts.get(count, {}).items()}

    def clock(self, kind: str) -> Counter[str]:
        """Met, missed and open clocks of one kind."""
        return _whole(self.counts.get(f"clock:{kind}", {}))

    def spread(self, measure: str) -> Spread:
        """Nearest-rank percentiles over the kept times."""
        return self.times.get(measure, _NONE).spread()

    def mean(self, measure: str) -> float | None:
        """The exact mean of a measure in seconds."""
        number = len(self.times.get(measure, _NONE))
        return self.counts["seconds"][measure] / number if number else None

    @property
    def conversations(self) -> int:
        """Conversations opened."""
        return self.of(Count.ENDINGS).total()

    def _times(self, measure: str) -> Times:
        found = self.times.get(measure)
        if found is None:
            found = self.times[measure] = Times()
        return found


def add_up(slices: Iterable[Slice]) -> Slice:
    """Many slices as one."""
    total = Slice()
    for one in slices:
        total.merge(one)
    return total


def _whole(counts: Mapping[str, float]) -> Counter[str]:
    return Counter({key: int(number) for key, number in counts.items()})
