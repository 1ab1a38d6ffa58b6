"""Spans of days: an end comes after its start, and a day by itself is no end until one is asked for."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from nlu.dialogue.tokens import tokenize
from nlu.dialogue.values.calendar import calendar
from nlu.dialogue.values.candidates import Filled
from nlu.dialogue.values.dates import days
from nlu.dialogue.values.kinds import Wanted
from nlu.dialogue.values.readings import read_after
from nlu.dialogue.values.weekdays import weeks

_A_TURN = 60
_SUFFIXES = frozenset({"st", "nd", "rd", "th"})
_NUMBER = re.compile(r"(?P<d>\d{1,2})(?:\.|st|nd|rd|th)?")


def without_loose_ends(found: list[Filled], wish: Wanted, all_found: Mapping[str, Sequence[Filled]]) -> list[Filled]:
    """Of an end that nobody asked for: only what says so ("bis Freitag"), or the later of two days when the other is
    its start. "Ich kann heute nicht kommen" ends nothing.
    """
    if "end" not in wish.kinds:
        return found
    starts = [one for name, several in all_found.items() if name != wish.slot.name for one in several]
    return [one for one in found if one.part == "end" or any(s.part != "end" and s.end <= one.start for s in starts)]


def unordered(
    chosen: list[Filled], text: str, slots: Sequence[Wanted], start: Any, languages: tuple[str, ...]
) -> list[Filled]:
    """The chosen values with an end that would lie before its start read as the next such day after it; without one
    that would make nearly a year of it: rather one of the two was not meant. `start`: the day it begins, if the text
    has none.
    """
    kinds = {wish.slot.name: wish.kinds for wish in slots}
    day = _day(next((one.value for one in chosen if "start" in kinds[one.slot]), start))
    if day is None:
        return chosen
    turned = {one.slot for one in chosen if "end" in kinds[one.slot] and _is_turned(one, text, day, languages)}
    if turned:
        return [one for one in chosen if one.slot not in turned and "start" not in kinds[one.slot]]
    return [
        replace(one, value=_after(one, text, day, languages)) if "end" in kinds[one.slot] else one for one in chosen
    ]


def turns(end: date, start: date) -> bool:
    """Whether an end lies so shortly before its start that the next such day would make nearly a year of the span."""
    return 0 < (start - end).days < _A_TURN


def _is_turned(one: Filled, text: str, start: date, languages: tuple[str, ...]) -> bool:
    before, after = _day(one.value), _day(_after(one, text, start, languages))
    if before is None or after is None or not turns(before, start):
        return False
    return after == before or (after - start).days > _A_TURN


def _after(one: Filled, text: str, start: date, languages: tuple[str, ...]) -> Any:
    day = _day(one.value)
    if day is None or day >= start:
        return one.value
    later = read_after(text, one.start, start, languages)
    return later.isoformat() if later is not None else one.value


def near_held(found: list[Filled], text: str, held: Any, today: date, languages: tuple[str, ...]) -> list[Filled]:
    """Days that put another day right: given by their number alone ("no, the 6th") they are in its month, by a weekday
    alone in its week.
    """
    before = _day(held)
    if before is None:
        return found
    return [
        replace(one, value=_near(text[one.start : one.end], before, today, languages) or one.value) for one in found
    ]


def _near(written: str, before: date, today: date, languages: tuple[str, ...]) -> str | None:
    words, known = tokenize(written), calendar(languages)
    if any(week.follows for week in weeks(written, words, known)):
        return next((day.day.isoformat() for day in days(written, before, known)), None)
    weekday = next((known.weekday(w.folded) for w in words if known.weekday(w.folded) is not None), None)
    numbered = [match for w in words if (match := _NUMBER.fullmatch(w.folded)) is not None]
    rest = [
        w.folded for w in words if not w.is_number and known.weekday(w.folded) is None and w.folded not in _SUFFIXES
    ]
    if len(numbered) == 1 and all(known.has("on", word) for word in rest):
        return _numbered(before, numbered[0]["d"], weekday)
    if weekday is None or len(words) != 1:
        return None
    day = before + timedelta(days=weekday - before.weekday())
    return None if before >= today > day else day.isoformat()


def _numbered(before: date, number: str, weekday: int | None) -> str | None:
    """The day of that number in the month of another, unless it is said to be a weekday which that is not."""
    found = _with_number(before, number)
    fits = found is not None and weekday in (None, date.fromisoformat(found).weekday())
    return found if fits else None


def _with_number(before: date, number: str) -> str | None:
    try:
        return before.replace(day=int(number)).isoformat()
    except ValueError:
        return None


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None
