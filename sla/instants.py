"""Instants as whole microseconds since 1970 UTC, so that sums of business time are exact integers."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

import tzdata  # type: ignore[import-untyped]  # a data package without stubs

from sla.errors import CalendarError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000
MICROSECOND = timedelta(microseconds=1)
TZDATA_VERSION: str = tzdata.IANA_VERSION

_UNIT_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_BUDGET = re.compile(r"(?=.)" + "".join(rf"(?:(?P<{u}>[0-9]+(?:\.[0-9]+)?)\s*{u}\s*)?" for u in _UNIT_SECONDS))


def to_us(at: datetime) -> int:
    """Microseconds from the epoch to `at`; naive times are refused, since their zone would be a guess."""
    if at.tzinfo is None:
        raise CalendarError(f"{at.isoformat()} has no time zone: end it with Z or an offset such as +01:00")
    since = at - EPOCH
    return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds


def from_us(us: int) -> datetime:
    """The aware UTC datetime `us` microseconds after the epoch."""
    return EPOCH + timedelta(microseconds=us)


def format_utc(at: datetime) -> str:
    """ISO 8601 in UTC with a Z, and with a fraction only where there is one: 2026-11-24T08:29:30Z."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def parse_instant(text: str) -> datetime:
    """Read an ISO 8601 time that carries its zone (Z or an offset); digits beyond microseconds are dropped."""
    try:
        at = datetime.fromisoformat(text.strip().upper())
    except ValueError:
        raise CalendarError(f"{text!r} is not a time: write it like 2026-11-23T16:59:30Z") from None
    if at.tzinfo is None:
        raise CalendarError(f"{text!r} has no time zone: end it with Z or an offset such as +01:00")
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise CalendarError(f"{text!r} lies outside the years this calendar knows (2 to 9998)") from None


def parse_budget(text: str) -> timedelta:
    """Read an amount of elapsed time: s, m, h and d (24 hours each) from large to small, like 1h30m or 90m."""
    match = _BUDGET.fullmatch(text.strip().lower())
    if match is None:
        raise CalendarError(f"{text!r} is not an amount of time: write it like 90m, 1h30m, 45s or 2d")
    seconds = sum((Decimal(n) * _UNIT_SECONDS[u] for u, n in match.groupdict().items() if n), Decimal(0))
    whole = int(seconds * SECOND)
    if whole <= 0:
        raise CalendarError(f"{text!r} is no time at all: the budget must be more than zero")
    try:
        return timedelta(microseconds=whole)
    except OverflowError:
        raise CalendarError(f"{text!r} is longer than any calendar reaches") from None


def seconds_of(span: timedelta) -> int | float:
    """A span in seconds for JSON: an int where it is whole, else the exact microseconds as a fraction."""
    us = span // MICROSECOND
    return us // SECOND if us % SECOND == 0 else us / SECOND


@lru_cache(maxsize=256)
def zone_info(name: str) -> ZoneInfo:
    """The IANA zone `name`, read from the pinned tzdata package so that every machine computes alike."""
    if name not in zone_names():
        raise CalendarError(f"{name!r} is not an IANA time zone: write it like Europe/Berlin")
    with resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """Every zone the tzdata package knows."""
    return frozenset(resources.files("tzdata").joinpath("zones").read_text("utf-8").split())
