"""Stops calling a system that keeps failing, so that customers hear at once that it is down."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

FAILURES = 5
REST_S = 30.0


@dataclass
class Breaker:
    """Opens after `failures` failed calls in a row; after `rest` seconds one call may try, and its result decides."""

    failures: int = FAILURES
    rest: float = REST_S
    clock: Callable[[], float] = time.monotonic
    _failed: int = field(default=0, init=False)
    _opened_at: float | None = field(default=None, init=False)

    def allows(self) -> bool:
        """Whether a call may be made now. While open, one caller per rest period gets through."""
        if self._opened_at is None:
            return True
        if self.clock() - self._opened_at < self.rest:
            return False
        self._opened_at = self.clock()
        return True

    @property
    def is_open(self) -> bool:
        """Whether calls are refused, but for the one that tries."""
        return self._opened_at is not None

    @property
    def rests(self) -> bool:
        """Whether not even that one would be let through now."""
        return self._opened_at is not None and self.clock() - self._opened_at < self.rest

    def succeeded(self) -> None:
        self._failed, self._opened_at = 0, None

    def failed(self) -> None:
        self._failed += 1
        if self._failed >= self.failures:
            self._opened_at = self.clock()


@dataclass
class Breakers:
    """One breaker for each client and each system it calls, by host and port."""

    clock: Callable[[], float] = time.monotonic
    _known: dict[tuple[str, str], Breaker] = field(default_factory=dict, init=False)

    def of(self, client: str, system: str) -> Breaker:
        return self._known.setdefault((client, system), Breaker(clock=self.clock))
