"""Time enters the core as a value; this is where it comes from."""

import functools
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import available_timezones


class Clock(Protocol):
    """Tells the time as an aware UTC datetime."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class ManualClock:
    """A clock that stands until it is moved: for simulations, replays and tests."""

    def __init__(self, start: datetime) -> None:
        self._now = utc(start)

    def now(self) -> datetime:
        return self._now

    def set(self, moment: datetime) -> None:
        self._now = utc(moment)

    def advance(self, by: timedelta) -> None:
        self._now += by


def utc(moment: datetime) -> datetime:
    """`moment` in UTC. Raises ValueError for a naive time: guessing a zone is how SLAs go wrong."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone; give one, for example {moment.isoformat()}Z")
    return moment.astimezone(UTC)


def is_zone(name: str) -> bool:
    """Whether this is an IANA zone such as Europe/Berlin. The machine is asked for its zones once: it takes 30 ms."""
    return name in _zones()


@functools.cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
