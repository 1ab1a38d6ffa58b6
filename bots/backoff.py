"""Waits longer after each failure, and never in step with others."""

import random
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True)
class Backoff:
    """Doubles from `first` to `longest`; half of each wait is chance ("equal jitter", AWS Architecture Blog 2015)."""

    first: timedelta = timedelta(seconds=1)
    longest: timedelta = timedelta(minutes=5)
    chance: random.Random = field(default_factory=random.Random, repr=False, compare=False)

    def after(self, failures: int) -> timedelta:
        """The wait after that many failures in a row (0 counts as the first)."""
        full = min(self.longest, self.first * (1 << min(max(failures, 0), 16)))
        share: float = 0.5 + self.chance.random() / 2
        return full * share
