"""Spans of days: an end comes after its start, and a day by itself is no end until one is asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from nlu.dialogue.values.candidates import Filled
from nlu.dialogue.values.kinds import Wanted
from nlu.dialogue.values.readings import read_after


def without_loose_ends(found: list[Filled], wish: Wanted, all_found: Mapping[str, Sequence[Filled]]) -> list[Filled]:
    """Of an end that nobody asked for: only what says so ("bis Freitag"), or the later of two days when the other is
    its start. "Ich kann heute nicht kommen" ends nothing.
    """
    if "end" not in wish.kinds:
        return found
    starts = [one for name, several in all_found.items() if name != wish.slot.name for one in several]
    return [one for one in found if one.part == "end" or any(s.part != "end" and s.end <= one.start for s in starts)]


def unordered(
    chosen: list[Filled], text: str, slots: Sequence[Wanted], held: Mapping[str, Any], languages: tuple[str, ...]
) -> list[Filled]:
    """The chosen values with an end that would lie before its start read as the next such day after it."""
    kinds = {wish.slot.name: wish.kinds for wish in slots}
    start = next((one.value for one in chosen if "start" in kinds[one.slot]), None)
    if start is None:
        start = next((held[w.slot.name] for w in slots if "start" in w.kinds and w.slot.name in held), None)
    day = _day(start)
    if day is None:
        return chosen
    return [
        replace(one, value=_after(one, text, day, languages)) if "end" in kinds[one.slot] else one for one in chosen
    ]


def _after(one: Filled, text: str, start: date, languages: tuple[str, ...]) -> Any:
    day = _day(one.value)
    if day is None or day >= start:
        return one.value
    later = read_after(text, one.start, start, languages)
    return later.isoformat() if later is not None else one.value


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None
