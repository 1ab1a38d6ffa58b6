"""Proof that the rows on file are what the events say: every difference, field by field."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from conversation.events import Event, EventKind
from sla.clock import BREACH, Clock
from sla.episode import Episode


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Something on file (`clock`: a clock's id, or a conversation's for its episode) that differs from its replay;
    `field` is `missing` or `surplus` when only one of them exists.
    """

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
            found.append(Mismatch(clock, "missing", None, again[clock].state.value))
        elif clock not in again:
            found.append(Mismatch(clock, "surplus", stored[clock].state.value, None))
        else:
            pairs = ((f.name, getattr(stored[clock], f.name), getattr(again[clock], f.name)) for f in fields(Clock))
            found += _differing(clock, pairs)
    return found


def row_mismatches(id_: str, on_file: Mapping[str, Any], replayed: Mapping[str, Any]) -> list[Mismatch]:
    """The columns in which a stored row differs from the one that its replay would write."""
    return _differing(id_, ((name, on_file.get(name), value) for name, value in replayed.items()))


def episode_mismatches(on_file: Episode | None, replayed: Episode) -> list[Mismatch]:
    """What the fold remembers between events, compared apart from its clocks."""
    if on_file is None:
        return [Mismatch(replayed.conversation, "missing", None, f"episode at {replayed.seq}")]
    return row_mismatches(replayed.conversation, on_file.to_row(), replayed.to_row())


def alarms_in(events: Iterable[Event]) -> set[tuple[str, str]]:
    """The (clock, kind) of every warning and breach in the log, as alerts are named."""
    rung = (event for event in events if event.kind in (EventKind.SLA_WARNING, EventKind.SLA_BREACH))
    return {
        (str(e.data["clock"]), alert_kind(BREACH if e.kind is EventKind.SLA_BREACH else int(e.data["percent"])))
        for e in rung
    }


def alert_kind(percent: int) -> str:
    """How an alert of so many percent is called."""
    return "breach" if percent == BREACH else f"warning:{percent}"


def _differing(id_: str, pairs: Iterable[tuple[str, Any, Any]]) -> list[Mismatch]:
    return [Mismatch(id_, name, old, new) for name, old, new in pairs if old != new]
