"""Times of day as people write them, as `HH:MM`."""

import re
from collections.abc import Iterator

from nlu.dialogue.tokens import tokenize
from nlu.dialogue.values.calendar import Calendar, everywhere

_HALF = rf"(?:(?P<am>{everywhere('before_noon')})|(?P<pm>{everywhere('after_noon')}))\b"
_BEHIND = rf"\s?(?:{everywhere('clock')}|{everywhere('before_noon')}|{everywhere('after_noon')})\b"
_CLOCK = re.compile(
    rf"(?<![\w.,:/-])(?P<h>\d{{1,2}})(?::(?P<m>[0-5]\d)|\.(?P<m2>[0-5]\d)(?={_BEHIND}))(?:\s?{_HALF})?(?![\w:]|[.,]\d)",
    re.IGNORECASE,
)
_HALF_DAY = re.compile(rf"(?<![\w.,:/-])(?P<h>\d{{1,2}})\s?{_HALF}", re.IGNORECASE)
_NOON = 12
Found = tuple[object, int, int]


def times(text: str, calendar: Calendar) -> Iterator[Found]:
    """`15 Uhr`, `15:30`, `3pm`, `halb vier`, `noon`."""
    for match in _CLOCK.finditer(text):
        if (found := _time(int(match["h"]), int(match["m"] or match["m2"]), match)) is not None:
            yield found, match.start(), match.end()
    for match in _HALF_DAY.finditer(text):
        if (found := _time(int(match["h"]), 0, match)) is not None:
            yield found, match.start(), match.end()
    yield from _spoken(text, calendar)


def _spoken(text: str, calendar: Calendar) -> Iterator[Found]:
    tokens = tokenize(text)
    for place, token in enumerate(tokens):
        following = tokens[place + 1] if place + 1 < len(tokens) else None
        number = calendar.number(token.folded)
        if number is not None and number <= 24 and following and calendar.has("clock", following.folded):
            minute = calendar.number(tokens[place + 2].folded) if place + 2 < len(tokens) else None
            minutes = minute if minute is not None and minute < 60 else 0
            yield f"{number % 24:02}:{minutes:02}", token.start, tokens[place + (2 if minutes else 1)].end
        elif calendar.has("half", token.folded) and following and (hour := calendar.number(following.folded)):
            yield f"{(hour - 1) % 24:02}:30", token.start, following.end
        elif calendar.has("noon", token.folded):
            yield "12:00", token.start, token.end


def _time(hour: int, minute: int, match: re.Match[str]) -> str | None:
    if (match["am"] or match["pm"]) and hour <= _NOON:
        hour = hour % _NOON + (_NOON if match["pm"] else 0)
    return f"{hour:02}:{minute:02}" if hour < 24 else None
