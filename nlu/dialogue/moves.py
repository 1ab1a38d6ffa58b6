"""Days moved from where they are: of values that are held, and of what the client's system told of a thing."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from nlu.dialogue.turn import TurnContext
from nlu.dialogue.values.kinds import Wanted
from nlu.dialogue.values.readings import readings
from nlu.dialogue.values.shifts import Shift, shift
from nlu.dialogue.values.that_week import that_week
from nlu.flows import Collect

DAYS = frozenset({"date", "start", "end"})
NAME = "shift"
"""Under this name the words that move a day wait until the process knows from where."""


def moved(wishes: Sequence[Wanted], held: Mapping[str, Any], by: Shift) -> dict[str, str]:
    """The days that these slots hold, moved; only the ends of spans, if the shift makes one longer."""
    values: dict[str, str] = {}
    for wish in wishes:
        kinds = set(wish.kinds) & DAYS
        day = _day(held.get(wish.slot.name)) if kinds and (not by.end_only or "end" in kinds) else None
        if day is not None:
            values[wish.slot.name] = by.moved(day).isoformat()
    return values


def moved_as(kinds: Sequence[str], days: Sequence[date], by: Shift) -> str | None:
    """The day of these kinds among the first and last day of a thing, moved."""
    if not days:
        return None
    if "start" in kinds:
        return (days[0] if by.end_only else by.moved(days[0])).isoformat()
    if "end" in kinds and len(days) > 1:
        return by.moved(days[-1]).isoformat()
    return by.moved(days[0]).isoformat() if "date" in kinds and len(days) == 1 and not by.end_only else None


def told(context: TurnContext) -> list[date]:
    """The day or the two days that the client's system told last of what is talked about; none if it told others."""
    tracker = context.tracker
    for name in reversed([n for n in tracker.slots if tracker.sources.get(n) == "action"]):
        value = tracker.slots[name]
        if not isinstance(value, str) or not any(map(str.isdigit, value)):
            continue
        found = readings(value, "date", context.today, context.languages)
        if 0 < len(found) <= 2 and not _without(value, [(one.start, one.end) for one in found]):
            return sorted(date.fromisoformat(str(one.value)) for one in found)
    return []


def asked(context: TurnContext, collect: Collect) -> str | None:
    """The day for a question whose answer was given as a shift before the process knew from where."""
    words = context.tracker.parked.get(NAME, [None])[0]
    if not isinstance(words, str) or collect.value not in DAYS:
        return None
    by, week = shift(words, context.languages), that_week(words, context.languages)
    value = moved_as((collect.value,), told(context), by) if by is not None else None
    if week is not None and (days := told(context)):
        value = week.beside(days[0]).isoformat()
    if value is not None and collect.value != "start":
        del context.tracker.parked[NAME]
    return value


def _without(text: str, stretches: Sequence[tuple[int, int]]) -> str:
    for start, end in reversed(stretches):
        text = text[:start] + text[end:]
    return text.strip(" -–—/,.")


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None
