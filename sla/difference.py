"""What a new version of the terms changes, line by line, for the client admin who has to approve it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sla.calendar import Calendar
from sla.forecast import Forecast
from sla.hours import DAYS, write_windows
from sla.policy import Policy
from sla.prices import Prices


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """One changed term by its dotted path; None where it did not or does not exist."""

    path: str
    before: str | None
    after: str | None


def policy_difference(before: Policy | None, after: Policy | None) -> list[Difference]:
    """The terms in which two policies differ, holiday by holiday and target by target, in order of path."""
    return _differences(_policy_row(before) if before else {}, _policy_row(after) if after else {})


def price_difference(before: Prices | None, after: Prices | None) -> list[Difference]:
    """The prices in which two lists differ."""
    return _differences(_price_row(before) if before else {}, _price_row(after) if after else {})


def forecast_difference(before: Forecast | None, after: Forecast | None) -> list[Difference]:
    """The planned volumes in which two contracts differ."""
    return _differences(before.to_row() if before else {}, after.to_row() if after else {})


def _policy_row(policy: Policy) -> dict[str, Any]:
    """The policy's row with its times as people write them."""
    calendar, row = policy.calendar, policy.to_row()
    row["calendar"] |= _written(calendar)
    for target, own in zip(row["targets"], policy.targets, strict=True):
        if own.calendar is not None:
            target["calendar"] |= _written(own.calendar)
        target["budgets"] = {kind: f"{seconds / 60:g} min" for kind, seconds in target["budgets"].items()}
    return row


def _written(calendar: Calendar) -> dict[str, Any]:
    return {
        "week": {day: write_windows(w) for day, w in zip(DAYS, calendar.hours.week, strict=True) if w},
        "openings": {day.isoformat(): write_windows(windows) for day, windows in calendar.openings.items()},
    }


def _price_row(prices: Prices) -> dict[str, Any]:
    return {
        "currency": prices.currency,
        "minimum": prices.minimum,
        **{item.value: price for item, price in prices.units.items()},
        "tiers": {
            item.value: {f"above {tier.above}": tier.price for tier in tiers} for item, tiers in prices.tiers.items()
        },
        "credits": {f"{c.clock.value} below {c.below}": f"{c.percent} %" for c in prices.credits},
    }


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    old, new = dict(_flat(before)), dict(_flat(after))
    changed = (path for path in old.keys() | new.keys() if old.get(path) != new.get(path))
    return sorted(Difference(path, old.get(path), new.get(path)) for path in changed)


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, child in value.items():
            yield from _flat(child, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and any(isinstance(child, Mapping) for child in value):
        for number, child in enumerate(value, 1):
            yield from _flat(child, f"{path}.{number}")
    elif value not in ({}, [], None):
        yield path, str(value)
