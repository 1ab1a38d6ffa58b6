"""Keeps one visitor from drowning the others."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable


class Throttle:
    """Per key, `burst` acts at once and `rate` a second after that, in this process. Remembers `limit` keys."""

    def __init__(
        self, rate: float, burst: int, *, limit: int = 50_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = rate
        self._burst = burst
        self._limit = limit
        self._clock = clock
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def wait(self, key: str) -> int:
        """0 if the act may happen now (it then counts), else whole seconds until it may."""
        now = self._clock()
        start = max(self._full_at.get(key, now), now)
        late = start - now - (self._burst - 1) / self._rate
        if late > 1e-9:
            return math.ceil(late)
        self._full_at[key] = start + 1 / self._rate
        self._full_at.move_to_end(key)
        while len(self._full_at) > self._limit:
            self._full_at.popitem(last=False)
        return 0
