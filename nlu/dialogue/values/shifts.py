"""How far a day is moved from where it is: "one week later", "zwei Tage nach vorne", "extend by a day"."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from nlu.dialogue.tokens import Token, tokenize
from nlu.dialogue.values.calendar import Calendar, calendar

_MOST = 400
_MONTH = 30
_LAST_DAY = 28
_ARTICLE = 3
_BEHIND, _BEFORE = 2, 4
"""So near a count of days stands what says in which direction."""
_DIRECTIONS = (("earlier", -1, False), ("shorter", -1, True), ("longer", 1, True), ("later", 1, False))


@dataclass(frozen=True, slots=True)
class Shift:
    """`text[start:end]` moves a day by `count` times `unit` days (30: a month); `end_only`: it makes a span longer or
    shorter.
    """

    count: int
    unit: int
    end_only: bool
    start: int
    end: int

    def moved(self, day: date) -> date:
        """The day where it is then."""
        if self.unit != _MONTH:
            return day + timedelta(days=self.count * self.unit)
        month = day.month - 1 + self.count
        year, number = day.year + month // 12, month % 12 + 1
        try:
            return date(year, number, day.day)
        except ValueError:
            return date(year, number, _LAST_DAY)


def shift(text: str, languages: tuple[str, ...]) -> Shift | None:
    """The first shift that a text names, None if none."""
    tokens, words = tokenize(text), calendar(languages)
    units = (n for n, token in enumerate(tokens) if words.unit(token.folded))
    return next((found for n in units if (found := _shift_at(text, tokens, n, words)) is not None), None)


def _shift_at(text: str, tokens: Sequence[Token], place: int, words: Calendar) -> Shift | None:
    unit = words.unit(tokens[place].folded)
    before = tokens[place - 1].folded if place else ""
    lead = tokens[place - 2].folded if place > 1 else ""
    count = words.number(before) if before else None
    behind = _direction(text, tokens, range(place + 1, min(place + 1 + _BEHIND, len(tokens))), words)
    if any(words.has("ago", word) for word in (lead, *(t.folded for t in tokens[place + 1 : place + 2]))):
        return None
    if count is None and not (behind and words.has("week_after", tokens[place + 1].folded) and len(before) <= _ARTICLE):
        return None
    if count is not None and count * unit > _MOST:
        return None
    if behind is None and count is not None:
        ahead = range(max(0, place - 1 - _BEFORE), place - 1)
        around = (*ahead, *range(place + 1, min(place + 1 + _BEFORE, len(tokens))))
        by = words.has("by", lead)
        behind = _direction(text, tokens, around if by else ahead[-_BEHIND:], words)
        behind = behind or ((1, False, place) if by else None)
    if behind is None:
        return None
    sign, end_only, last = behind
    first = max(0, place - 2 if words.has("by", lead) else place - 1)
    return Shift((count or 1) * sign, unit, end_only, tokens[min(first, last)].start, tokens[max(place, last)].end)


def _direction(
    text: str, tokens: Sequence[Token], places: Sequence[int], words: Calendar
) -> tuple[int, bool, int] | None:
    """Which way one of these words moves a day, whether only the end of a span, and where it stands."""
    for n in places:
        for name, sign, end_only in _DIRECTIONS:
            if words.has(name, tokens[n].folded) and not _says_of_what(text, tokens, n, words):
                return sign, end_only, n
    return None


def _says_of_what(text: str, tokens: Sequence[Token], place: int, words: Calendar) -> bool:
    """Whether `after` or `before` goes on to say after what ("two weeks after I ordered")."""
    if not (words.has("after", tokens[place].folded) or words.has("before", tokens[place].folded)):
        return False
    return place + 1 < len(tokens) and not text[tokens[place].end : tokens[place + 1].start].strip()
