"""How much one person, address or client may have at once and in a time: counted before anything is done, all at once.

`Quotas` is the port: `storage.quotas` counts for several processes together in Redis, `LocalQuotas` for one.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Charge:
    """`cost` of what `key` may spend: `limit` within `seconds`, all at once or spread out (a token bucket that is full
    after `seconds`). A cost above the limit counts as all of it.
    """

    key: str
    limit: int
    seconds: float
    cost: int = 1


@dataclass(frozen=True, slots=True)
class Place:
    """One of `limit` places that `key` may hold at once."""

    key: str
    limit: int


@dataclass(frozen=True, slots=True)
class Refused:
    """`key` has no more; it is worth trying again after `seconds`."""

    key: str
    seconds: float

    @property
    def retry_after(self) -> int:
        """Whole seconds, at least one."""
        return max(1, math.ceil(self.seconds - 1e-6))


class Quotas(Protocol):
    """Counting is atomic: of acts that happen at the same moment, in one process or several, no more get through than
    the limits say. All charges or places of a call are taken, or none.
    """

    async def spend(self, charges: Sequence[Charge]) -> Refused | None:
        """Takes every charge; or none, and says which key refused (the one that keeps waiting longest)."""
        ...

    async def occupy(self, holder: str, places: Sequence[Place], seconds: float) -> Refused | None:
        """Holds one place of each key for `seconds`, unless one is full."""
        ...

    async def prolong(self, holders: Mapping[str, Sequence[str]], seconds: float) -> None:
        """Holds the places (keys by holder) for `seconds` from now, also if they were forgotten in the meantime."""
        ...

    async def leave(self, holder: str, keys: Sequence[str]) -> None:
        """Gives the places back; a holder that has none changes nothing."""
        ...


@dataclass
class LocalQuotas:
    """Counts for this process alone. Remembers `most` keys of each kind; the least recently used go first."""

    clock: Callable[[], float] = time.monotonic
    most: int = 100_000
    _full_at: OrderedDict[str, float] = field(default_factory=OrderedDict)
    _places: dict[str, dict[str, float]] = field(default_factory=dict)

    async def spend(self, charges: Sequence[Charge]) -> Refused | None:
        """See Quotas."""
        now, after, worst = self.clock(), {}, None
        for charge in charges:
            full_at = max(self._full_at.get(charge.key, now), now)
            full_at += min(charge.cost, charge.limit) * charge.seconds / charge.limit
            after[charge.key] = full_at
            wait = full_at - charge.seconds - now
            if wait > 1e-6 and (worst is None or wait > worst.seconds):
                worst = Refused(charge.key, wait)
        if worst is None:
            for key, full_at in after.items():
                self._full_at[key] = full_at
                self._full_at.move_to_end(key)
            while len(self._full_at) > self.most:
                self._full_at.popitem(last=False)
        return worst

    async def occupy(self, holder: str, places: Sequence[Place], seconds: float) -> Refused | None:
        """See Quotas."""
        now = self.clock()
        for place in places:
            held = self._held(place.key, now)
            if holder not in held and len(held) >= place.limit:
                return Refused(place.key, min(held.values(), default=now + seconds) - now)
        for place in places:
            self._places.setdefault(place.key, {})[holder] = now + seconds
        return None

    async def prolong(self, holders: Mapping[str, Sequence[str]], seconds: float) -> None:
        """See Quotas."""
        until = self.clock() + seconds
        for holder, keys in holders.items():
            for key in keys:
                self._places.setdefault(key, {})[holder] = until

    async def leave(self, holder: str, keys: Sequence[str]) -> None:
        """See Quotas."""
        for key in keys:
            held = self._places.get(key, {})
            held.pop(holder, None)
            if not held:
                self._places.pop(key, None)

    def _held(self, key: str, now: float) -> dict[str, float]:
        """Who holds places of the key, without those whose time is over."""
        held = {holder: until for holder, until in self._places.get(key, {}).items() if until > now}
        if held:
            self._places[key] = held
        else:
            self._places.pop(key, None)
        return held
