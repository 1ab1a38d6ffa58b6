"""Days as people write them: calendar dates, weekdays, days from now, and both ends of a span."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from nlu.dialogue.tokens import Token, tokenize
from nlu.dialogue.values.calendar import Calendar
from nlu.dialogue.values.taken import Taken
from nlu.dialogue.values.weekdays import weekdays

_NUMERIC = re.compile(
    r"(?<![\w.,/-])(?:(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})"
    r"|(?P<d2>\d{1,2})(?P<by>[./])(?P<m2>\d{1,2})(?:(?P=by)(?P<y2>\d{4}|\d{2})?)?)(?![\w/]|[.,-]\d)"
)
_SPAN = re.compile(
    r"(?<![\w.,/-])(?P<d>\d{1,2})\.?(?:(?P<m>\d{1,2})\.?)?\s*(?:-|–|bis|to|until|till|and|und)\s*"
    r"(?P<d2>\d{1,2})\.(?P<m2>\d{1,2})\.?(?P<y>\d{4}|\d{2})?(?![\w/]|[.,-]\d)",
    re.IGNORECASE,
)
_DASHED = re.compile(
    r"(?<![\w.,/-])(?P<d>\d{1,2})(?:st|nd|rd|th|\.)?[ ]?[-–][ ]?(?P<d2>\d{1,2})(?:st|nd|rd|th|\.)?(?![\w/]|[.,-]\d)",
    re.IGNORECASE,
)
_BARE_SPAN = re.compile(
    r"(?<!\w)(?P<by>\w+)\s+(?P<d>\d{1,2})\s+(?P<to>\w+)\s+(?:\w{3}\s+)?(?P<d2>\d{1,2})"
    r"(?=[,;!?\s]*$|[,;!?.](?!\d))",
    re.IGNORECASE,
)
_ORDINAL = re.compile(r"(?<![\w.,/-])(?P<d>\d{1,2})(?:\.(?!\d)|st\b|nd\b|rd\b|th\b)", re.IGNORECASE)
_BREAK = re.compile(r"[;!?\n]")
_MAX_AHEAD = 400
_SUFFIXES = frozenset({"st", "nd", "rd", "th"})


@dataclass(frozen=True, slots=True)
class Day:
    """A day and where it stood. `part` of a span: `start`, `end` or empty; `is_weekday`: told by its name alone."""

    day: date
    start: int
    end: int
    part: str = ""
    is_weekday: bool = False


def days(text: str, today: date, calendar: Calendar) -> list[Day]:
    """All days in a text, by place, without overlaps. A date without a year is the nearest one; a weekday the next to
    come; `3.-7.5.` and `3 to 7 May` are two days.
    """
    tokens = [token for token in tokenize(text) if token.folded not in _SUFFIXES]
    found: list[Day] = []
    taken = Taken(text)
    for reader in (_spans, _named_spans, _numeric, _named, _weekdays, _relative, _bare_spans, _ordinals):
        found += [day for day in reader(text, tokens, today, calendar) if taken.take(day.start, day.end)]
    return _in_order(text, sorted(found, key=lambda one: one.start), calendar)


def _in_order(text: str, found: list[Day], calendar: Calendar) -> list[Day]:
    """A weekday beside its date says nothing more; two days joined by "to" are a span that ends after it starts."""
    return [_labelled(text, day, calendar) for day in _joined(text, _without_twins(text, found, calendar), calendar)]


def _without_twins(text: str, found: list[Day], calendar: Calendar) -> list[Day]:
    """The days with a weekday and the date beside it as one."""
    kept: list[Day] = []
    for day in found:
        before = kept[-1] if kept else None
        gap = text[before.end : day.start] if before is not None else ""
        same = before is not None and before.is_weekday != day.is_weekday and not _BREAK.search(gap)
        if before is not None and same and all(calendar.has("on", t.folded) for t in tokenize(gap)):
            kept[-1] = _one(before, day)
        else:
            kept.append(day)
    return kept


def _joined(text: str, found: list[Day], calendar: Calendar) -> list[Day]:
    """The days with the two ends of a span told apart: its last day is the first such after the first."""
    kept: list[Day] = []
    for day in found:
        before = kept[-1] if kept else None
        if before is not None and before.part == day.part == "" and _reaches(text[before.end : day.start], calendar):
            kept[-1] = replace(before, day=_in_month_of(day.day, text, before, calendar), part="start")
            first = kept[-1].day
            early = day.is_weekday and day.day < first <= day.day + timedelta(days=7)
            end = day.day + timedelta(days=7) if early else day.day
            kept.append(replace(day, day=end, part="end"))
        else:
            kept.append(day)
    return kept


def _reaches(gap: str, calendar: Calendar) -> bool:
    """Whether only "to" stands between two days, with an article at most."""
    words = [t.folded for t in tokenize(gap)]
    ends = [word for word in words if calendar.has("until", word)]
    return len(ends) == 1 and all(word in ends or calendar.has("on", word) for word in words)


def _in_month_of(last: date, text: str, first: Day, calendar: Calendar) -> date:
    """The first day of a span; given by its number alone it is in the month of the last ("the 4th to 8 January")."""
    words = tokenize(text[first.start : first.end])
    numbers = [t.folded for t in words if t.is_number]
    named = any(calendar.month(t.folded) is not None or calendar.offset(t.folded) is not None for t in words)
    if first.is_weekday or named or len(numbers) != 1 or not numbers[0].isdigit():
        return first.day
    return _before(last, numbers[0], None) or first.day


def _one(before: Day, day: Day) -> Day:
    """A weekday and its date as the one day they are: the date's."""
    dated = day if before.is_weekday else before
    return Day(dated.day, before.start, day.end, before.part or day.part)


def _labelled(text: str, day: Day, calendar: Calendar) -> Day:
    """`bis Freitag` is the end of something, `ab 3. Mai` the start."""
    words = [t.folded for t in tokenize(text[max(0, day.start - 30) : day.start])]
    while words and calendar.has("on", words[-1]):
        words.pop()
    if day.part or not words:
        return day
    if calendar.has("until", words[-1]) or calendar.nearly("until", words[-1]):
        return replace(day, part="end")
    return replace(day, part="start") if calendar.has("from", words[-1]) else day


def _spans(text: str, tokens: Sequence[Token], today: date, calendar: Calendar) -> Iterator[Day]:
    del tokens, calendar
    for match in _SPAN.finditer(text):
        last = _date(match["y"], match["m2"], match["d2"], today)
        first = _before(last, match["d"], match["m"]) if last is not None else None
        if first is not None and last is not None:
            yield Day(first, match.start(), match.start("d2"), "start")
            yield Day(last, match.start("d2"), match.end(), "end")


def _before(last: date, day: str, month: str | None) -> date | None:
    """The first day of a span that ends on `last`: in its month unless another is named."""
    number = int(month) if month else last.month
    if not month and int(day) > last.day:
        number = last.month - 1 or 12
    year = last.year if number <= last.month else last.year - 1
    return _made(year, number, int(day))


def _named_spans(text: str, tokens: Sequence[Token], today: date, calendar: Calendar) -> Iterator[Day]:
    """`3. bis 7. Mai`, `3 to 7 May`, `May 3 to 7`, and with a dash: `3-7 May`, `3.-7. Mai`."""
    yield from _dashed_spans(text, tokens, today, calendar)
    for place, token in enumerate(tokens):
        month = calendar.month(token.folded)
        if month is None:
            continue
        before = tokens[max(0, place - 3) : place]
        after = tokens[place + 1 : place + 4]
        for trio in (before, after):
            if len(trio) == 3 and _is_day(trio[0]) and _is_day(trio[2]) and calendar.joins(trio[1].folded):
                year = _year_after(tokens, place if trio is before else place + 3)
                last = _date(year, str(month), _digits(trio[2]), today)
                first = _before(last, _digits(trio[0]), None) if last is not None else None
                if first is not None and last is not None:
                    whole = (trio[0], token) if trio is before else (token, trio[2])
                    yield Day(first, whole[0].start, trio[2].start, "start")
                    yield Day(last, trio[2].start, whole[1].end, "end")


def _dashed_spans(text: str, tokens: Sequence[Token], today: date, calendar: Calendar) -> Iterator[Day]:
    """Two days with a dash between them, right before or behind the name of their month."""
    starts = [t.start for t in tokens]
    for match in _DASHED.finditer(text):
        behind = bisect_left(starts, match.end())
        ahead = next((n for n in range(behind - 1, -1, -1) if tokens[n].end <= match.start()), -1)
        place = next((n for n in (behind, ahead) if 0 <= n < len(tokens) and calendar.month(tokens[n].folded)), None)
        if place is None or text[min(match.end(), tokens[place].end) : max(match.start(), tokens[place].start)].strip():
            continue
        year = _year_after(tokens, place if place == behind else behind - 1)
        last = _date(year, str(calendar.month(tokens[place].folded)), match["d2"], today)
        first = _before(last, match["d"], None) if last is not None else None
        if first is not None and last is not None:
            yield Day(first, min(match.start(), tokens[place].start), match.start("d2"), "start")
            yield Day(last, match.start("d2"), max(match.end(), tokens[place].end), "end")


def _numeric(text: str, tokens: Sequence[Token], today: date, calendar: Calendar) -> Iterator[Day]:
    del tokens, calendar
    for match in _NUMERIC.finditer(text):
        if match["d2"] and match["by"] == "." and match[0].count(".") == 1 and not match["y2"]:
            if int(match["m2"]) > 12 or (len(match["m2"]) == 2 and not match["m2"].startswith(("0", "1"))):
                continue  # 94.50 is an amount
            if match["m2"] == "00" or (match["m2"].endswith("0") and match["m2"] != "10"):
                continue
        day = _date(match["y"] or match["y2"], match["m"] or match["m2"], match["d"] or match["d2"], today)
        if day is not None:
            yield Day(day, match.start(), match.end())


def _named(text: str, tokens: Sequence[Token], today: date, calendar: Calendar) -> Iterator[Day]:
    """`3. Mai`, `May 3rd 2027`, `the 3rd of May`."""
    del text
    for place, token in enumerate(tokens):
        month = calendar.month(token.folded)
        if month is None:
            continue
        for day_place in (place - 1, place - 2, place + 1):
            if not 0 <= day_place < len(tokens) or not _is_day(tokens[day_place]):
                continue
            if day_place == place - 2 and not calendar.is_of(tokens[place - 1].folded):
                continue
            last = max(place, day_place)
            year = _year_after(tokens, last)
            day = _date(year, str(month), _digits(tokens[day_place]), today)
            if day is not None:
                end = tokens[last + 1].end if year else tokens[last].end
                yield Day(day, tokens[min(place, day_place)].start, end)
                break


def _relative(text: str, tokens: Sequence[Token], today: date, calendar: Calendar) -> Iterator[Day]:
    for place, token in enumerate(tokens):
        offset = calendar.offset(token.folded)
        if offset is not None and not _greets(text, tokens, place, calendar):
            further = _further(tokens, place, offset, calendar)
            first = tokens[place - 2] if further else token
            yield Day(today + timedelta(days=offset + further), first.start, token.end)
            continue
        reach = _in_some(tokens, place, today, calendar)
        if reach is not None:
            day, last = reach
            yield Day(day, token.start, tokens[last].end)


def _further(tokens: Sequence[Token], place: int, offset: int, calendar: Calendar) -> int:
    """`the day before yesterday`, `the day after tomorrow`: one day further."""
    if place < 2 or calendar.unit(tokens[place - 2].folded) != 1:
        return 0
    before = tokens[place - 1].folded
    if offset == -1 and calendar.has("before", before):
        return -1
    return 1 if offset == 1 and calendar.has("after", before) else 0


def _in_some(tokens: Sequence[Token], place: int, today: date, calendar: Calendar) -> tuple[date, int] | None:
    """`in 3 Tagen`, `in two weeks`, `Ende des Monats`, `end of next month`, `nächste Woche`."""
    word = tokens[place].folded
    rest = [t.folded for t in tokens[place + 1 : place + 4]]
    if calendar.has("in", word) and len(rest) >= 2:
        number, unit = calendar.number(rest[0]), calendar.unit(rest[1])
        if number is not None and unit and number * unit <= _MAX_AHEAD:
            return today + timedelta(days=number * unit), place + 2
    if calendar.has("end", word) or calendar.has("start", word):
        for step in range(1, min(4, len(tokens) - place)):
            if calendar.unit(tokens[place + step].folded) == 30:
                coming = any(calendar.has("next", t.folded) for t in tokens[place + 1 : place + step])
                return _edge_of_month(today, end=calendar.has("end", word), ahead=coming), place + step
            month = calendar.month(tokens[place + step].folded)
            if month is not None:
                first = _date(None, str(month), "1", today)
                if first is not None:
                    return _edge_of_month(first, end=calendar.has("end", word), ahead=False), place + step
    return None


def _weekdays(text: str, tokens: Sequence[Token], today: date, calendar: Calendar) -> Iterator[Day]:
    for day, start, end in weekdays(text, tokens, today, calendar):
        yield Day(day, start, end, is_weekday=not text[start:end][-1].isdigit())


def _bare_spans(text: str, tokens: Sequence[Token], today: date, calendar: Calendar) -> Iterator[Day]:
    """`the 22 and 23`: numbers alone, led and joined as only days are."""
    del tokens
    for match in _BARE_SPAN.finditer(text):
        by, to = match["by"].casefold(), match["to"].casefold()
        led = calendar.has("on", by) and calendar.joins(to) and int(match["d"]) < int(match["d2"])
        last = _next_on(today, int(match["d2"])) if led else None
        first = _before(last, match["d"], None) if last is not None else None
        if first is not None and last is not None:
            yield Day(first, match.start("d"), match.start("d2"), "start")
            yield Day(last, match.start("d2"), match.end(), "end")


def _ordinals(text: str, tokens: Sequence[Token], today: date, calendar: Calendar) -> Iterator[Day]:
    """`am 5.`, `the 12th`: the next such day."""
    del tokens, calendar
    for match in _ORDINAL.finditer(text):
        day = _next_on(today, int(match["d"]))
        if day is not None:
            yield Day(day, match.start(), match.end())


def _next_on(today: date, number: int) -> date | None:
    for ahead in range(3):
        month = today.month - 1 + ahead
        found = _made(today.year + month // 12, month % 12 + 1, number)
        if found is not None and found >= today:
            return found
    return None


def _date(year: str | None, month: str | None, day: str | None, today: date) -> date | None:
    """With a year that day; without one the nearest to today."""
    number, of = int(month or 0), int(day or 0)
    if year:
        return _made(int(year) + (2000 if len(year) == 2 else 0), number, of)
    near = [found for offset in (-1, 0, 1) if (found := _made(today.year + offset, number, of)) is not None]
    return min(near, key=lambda one: abs(one - today), default=None)


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _edge_of_month(day: date, *, end: bool, ahead: bool) -> date:
    first = (day.replace(day=1) + timedelta(days=32)).replace(day=1) if ahead else day.replace(day=1)
    return (first + timedelta(days=32)).replace(day=1) - timedelta(days=1) if end else first


def _year_after(tokens: Sequence[Token], place: int) -> str | None:
    following = tokens[place + 1].folded if place + 1 < len(tokens) else ""
    return following if re.fullmatch(r"(?:19|20)\d\d", following) else None


def _is_day(token: Token) -> bool:
    return re.fullmatch(r"\d{1,2}", token.folded) is not None and 1 <= int(token.folded) <= 31


def _digits(token: Token) -> str:
    return token.folded


def _greets(text: str, tokens: Sequence[Token], place: int, calendar: Calendar) -> bool:
    """`guten Morgen`, `heute morgen`: not the day after this one."""
    if calendar.offset(tokens[place].folded) != 1 or not place:
        return False
    before = tokens[place - 1].folded
    return before in ("guten", "jeden", "am", "good") or calendar.offset(before) is not None or not text
