"""Values found in a text, by kind: what a slot of that kind would get, and where it stood."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from nlu.dialogue.tokens import tokenize
from nlu.dialogue.values import addresses, amounts
from nlu.dialogue.values.calendar import Calendar, calendar
from nlu.dialogue.values.dates import Day, days
from nlu.dialogue.values.times import times
from nlu.recognisers import recognise

_Found = tuple[object, int, int]
_ID = re.compile(r"(?<![\w.,-])(?:[A-Za-z]{1,5}[- ]?)?\d[\d-]{2,}\w*(?![\w]|[.,]\d)")

_FIGURE = re.compile(r"\d")
_FIGURES = frozenset({"money", "street", "postcode", "id", "phone", "iban"})
"""Kinds whose values all have a figure."""
_COUNTED = _FIGURES | {"date", "start", "end", "time", "number", "quantity"}
"""Kinds whose values have a figure or a word of the calendar."""
_YEAR = re.compile(r"\d{4}|\d[./-]\d{1,2}[./-]\d{2}\s*$")
_RECENT = 31


@dataclass(frozen=True, slots=True)
class Reading:
    """A value of a kind at `text[start:end]`. Days are ISO, times `HH:MM`, sums and numbers plain decimals; `part`
    tells the `start` from the `end` of a span.
    """

    kind: str
    value: Any
    start: int
    end: int
    part: str = ""


def readings(text: str, kind: str, today: date, languages: tuple[str, ...]) -> list[Reading]:
    """All values of `kind` in the text, the likeliest first."""
    return list(_readings(text, kind, today, languages))


@lru_cache(maxsize=256)  # one message is read for every slot there is
def _readings(text: str, kind: str, today: date, languages: tuple[str, ...]) -> tuple[Reading, ...]:
    words = calendar(languages)
    if not _may_hold(text, kind, words):
        return ()
    if kind in ("date", "start", "end"):
        found_days = [d for d in days(text, today, words) if kind == "date" or d.part in ("", kind)]
        read = ((_planned(kind, d, text, today).isoformat(), d) for d in found_days)
        return tuple(Reading(kind, value, d.start, d.end, d.part) for value, d in read)
    if kind in _READERS:
        return tuple(Reading(kind, value, start, end) for value, start, end in _READERS[kind](text, words))
    found = (one for one in recognise(text, today) if one.entity == kind)
    return tuple(Reading(kind, one.value, one.start, one.end) for one in found)


def _may_hold(text: str, kind: str, words: Calendar) -> bool:
    """Whether a text has what all values of the kind have: in most there is neither a figure nor a word of a day or a
    number, and nothing to read.
    """
    if kind not in _COUNTED or _FIGURE.search(text) is not None:
        return True
    return kind not in _FIGURES and words.counts(tokenize(text).words)


def read_after(text: str, place: int, start: date, languages: tuple[str, ...]) -> date | None:
    """The day that begins at `place`, as the first such one from `start` on; None if it names its year or is counted
    from today ("morgen").
    """
    words = calendar(languages)
    found = next((d for d in days(text, start, words) if d.start == place), None)
    if found is None or _YEAR.search(text[found.start : found.end]):
        return None
    if any(words.offset(t.folded) is not None for t in tokenize(text[found.start : found.end])):
        return None
    return _on_or_after(found.day, start)


def _on_or_after(day: date, first: date) -> date:
    return day if day >= first else _next_year(day)


def _next_year(day: date) -> date:
    return day.replace(year=day.year + 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def _planned(kind: str, found: Day, text: str, today: date) -> date:
    """A start or an end without a year is that of a plan: one long past is meant for the coming year."""
    is_old = found.day < today - timedelta(days=_RECENT)
    if kind == "date" or not is_old or _YEAR.search(text[found.start : found.end]):
        return found.day
    return _next_year(found.day)


def _ids(text: str, words: Calendar) -> Iterator[_Found]:
    del words
    return ((match[0], match.start(), match.end()) for match in _ID.finditer(text))


def _wordless(reader: Callable[[str], Iterator[_Found]]) -> Callable[[str, Calendar], Iterator[_Found]]:
    """A reader that needs no words of a language."""

    def read(text: str, words: Calendar) -> Iterator[_Found]:
        del words
        return reader(text)

    return read


_READERS: Mapping[str, Callable[[str, Calendar], Iterator[_Found]]] = {
    "time": times,
    "money": amounts.money,
    "number": amounts.numbers,
    "quantity": amounts.quantities,
    "street": _wordless(addresses.streets),
    "postcode": _wordless(addresses.postcodes),
    "town": _wordless(addresses.towns),
    "id": _ids,
}
