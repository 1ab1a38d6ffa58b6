"""Weekdays with what is said beside them: a week ("Donnerstag nächste Woche"), or the number of the day."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from nlu.dialogue.tokens import Token
from nlu.dialogue.values.calendar import Calendar

_WEEK = 7
_BREAK = re.compile(r"[.;!?\n]")
_NEAR = 2
"""So many small words may stand between a weekday and its week."""
_FAR = 52
_DAY = re.compile(r"[1-9]|[12]\d|3[01]")


@dataclass(frozen=True, slots=True)
class Week:
    """The tokens `first` to `last` name a week, `ahead` of this one. `follows`: counted from a day that was spoken of
    ("the week after").
    """

    first: int
    last: int
    ahead: int
    follows: bool = False


def weekdays(text: str, tokens: Sequence[Token], today: date, calendar: Calendar) -> Iterator[tuple[date, int, int]]:
    """Each weekday with the place where it stands with its week: the next such day, or that of the week named."""
    named = weeks(text, tokens, calendar)
    for place, token in enumerate(tokens):
        weekday = calendar.weekday(token.folded)
        if weekday is None:
            continue
        before = tokens[place - 1].folded if place else ""
        if calendar.is_word(token.folded, before):
            continue  # "so", "do", "mar": words of their own
        numbered = _numbered(text, tokens, place, weekday, today, calendar)
        week = _week_of(text, tokens, place, named, calendar)
        if numbered is not None:
            yield numbered[0], token.start, numbered[1]
        elif week is not None:
            found, first, last = week
            monday = today - timedelta(days=today.weekday())
            day = monday + timedelta(days=weekday + found.ahead * _WEEK)
            yield day, tokens[first].start, tokens[last].end
        else:
            begin, ahead = _alone(tokens, place, (weekday - today.weekday()) % _WEEK, calendar)
            yield today + timedelta(days=ahead), tokens[begin].start, token.end


def weeks(text: str, tokens: Sequence[Token], calendar: Calendar) -> list[Week]:
    """The weeks that a text names."""
    places = (n for n, token in enumerate(tokens) if calendar.unit(token.folded) == _WEEK)
    return [week for n in places if (week := _week_at(text, tokens, n, calendar)) is not None]


def _week_at(text: str, tokens: Sequence[Token], place: int, calendar: Calendar) -> Week | None:
    """`nächste Woche`, `this week`, `in two weeks`, `the week after`, `the week after next`, `eine Woche später`."""
    before = tokens[place - 1].folded if place else ""
    after = [t.folded for t in tokens[place + 1 : place + 3]]
    if len(after) > 1 and calendar.has("after", after[0]) and calendar.has("next", after[1]):
        return Week(place, place + 2, 2)
    for name, ahead in (("next", 1), ("after_next", 2), ("this", 0)):
        if calendar.has(name, before):
            return Week(place - 1, place, ahead)
    count = calendar.number(before) if before else None
    if count is not None and count > _FAR:
        return None
    if count is not None and place > 1 and calendar.has("in", tokens[place - 2].folded):
        return Week(place - 2, place, count)
    if after and calendar.has("week_after", after[0]) and not _goes_on(text, tokens, place + 1, calendar):
        return Week(place - 1 if before else place, place + 1, count or 1, follows=True)
    return None


def _goes_on(text: str, tokens: Sequence[Token], place: int, calendar: Calendar) -> bool:
    """Whether it says after what: "the week after the 15th"."""
    if place + 1 >= len(tokens) or not calendar.has("after", tokens[place].folded):
        return False
    follows = tokens[place + 1]
    named = follows.is_number or calendar.has("of", follows.folded) or calendar.month(follows.folded) is not None
    return named and not text[tokens[place].end : follows.start].strip()


def _week_of(
    text: str, tokens: Sequence[Token], place: int, named: Sequence[Week], calendar: Calendar
) -> tuple[Week, int, int] | None:
    """The week beside a weekday, with the tokens from which to which both stand; of two days that are joined
    ("Thursday to Friday next week") also the first is of that week, and stands alone.
    """
    for week in named:
        first, last = (place, week.first) if place < week.first else (week.last, place)
        between = [tokens[n].folded for n in range(first + 1, last)]
        if len(between) > _NEAR + _NEAR or _BREAK.search(text, tokens[first].end, tokens[max(first, last)].start):
            continue
        days = [word for word in between if calendar.weekday(word) is not None]
        if not all(_is_small(word, calendar) for word in between if word not in days):
            continue
        joined = any(calendar.joins(word) for word in between)
        if not days and len(between) <= _NEAR and not joined:
            return week, min(place, week.first), max(place, week.last)
        if joined and len(days) == (place < week.first):
            return week, place, place
    return None


def _is_small(word: str, calendar: Calendar) -> bool:
    return any(calendar.has(name, word) for name in ("on", "of", "in", "from", "until")) or calendar.joins(word)


def _alone(tokens: Sequence[Token], place: int, ahead: int, calendar: Calendar) -> tuple[int, int]:
    """Where a weekday without a week begins, and in how many days it is."""
    before = tokens[place - 1].folded if place else ""
    if calendar.has("last", before):
        return place - 1, ahead - _WEEK
    return (place - 1 if calendar.has("next", before) else place), ahead or _WEEK


def _numbered(
    text: str, tokens: Sequence[Token], place: int, weekday: int, today: date, calendar: Calendar
) -> tuple[date, int] | None:
    """`Thursday 17`: the day of that number, if it is such a weekday and the number is of nothing else."""
    if place + 1 >= len(tokens) or not _DAY.fullmatch(tokens[place + 1].folded):
        return None
    number, behind = tokens[place + 1], tokens[place + 2].folded if place + 2 < len(tokens) else ""
    clock = any(calendar.has(name, behind) for name in ("clock", "am", "pm")) or calendar.month(behind) is not None
    if clock or text[tokens[place].end : number.start].strip() or text[number.end : number.end + 1] in (":", ".", "/"):
        return None
    for ahead in range(2):
        month = today.month - 1 + ahead
        day = _made(today.year + month // 12, month % 12 + 1, int(number.folded))
        if day is not None and day >= today and day.weekday() == weekday:
            return day, number.end
    return None


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
