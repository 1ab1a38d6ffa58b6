"""Proof that the clocks on file are what the events say: every difference, field by field."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

from sla.clock import Clock


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A clock on file that differs from its replay; `field` is `missing` or `surplus` when only one of them exists."""

    clock: str
    field: str
    on_file: Any
    replayed: Any


def mismatches(on_file: Iterable[Clock], replayed: Iterable[Clock]) -> list[Mismatch]:
    """Every difference between stored clocks and the replayed ones of the same conversations; none is the proof."""
    stored, again = {clock.id: clock for clock in on_file}, {clock.id: clock for clock in replayed}
    found: list[Mismatch] = []
    for clock in sorted(stored.keys() | again.keys()):
        if clock not in stored:
            found.append(Mismatch(clock, "missing", None, clock))
        elif clock not in again:
            found.append(Mismatch(clock, "surplus", clock, None))
        else:
            found += _compare(stored[clock], again[clock])
    return found


def _compare(stored: Clock, again: Clock) -> list[Mismatch]:
    pairs = ((f.name, getattr(stored, f.name), getattr(again, f.name)) for f in fields(Clock))
    return [Mismatch(stored.id, name, old, new) for name, old, new in pairs if old != new]
