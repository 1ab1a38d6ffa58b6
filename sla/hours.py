"""The written week ("mon-fri 08:00-18:00; sat 09:00-13:00", "24/7") as windows of wall-clock minutes."""

import re
from dataclasses import dataclass
from typing import NamedTuple

from sla.errors import CalendarError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 24 * 60
_LONG = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY_NUMBER = {name: n for names in (DAYS, _LONG) for n, name in enumerate(names)}
_WINDOW = re.compile(r"([0-9]{1,2}):([0-9]{2})\s*[-–]\s*([0-9]{1,2}):([0-9]{2})")


class Window(NamedTuple):
    """Wall-clock minutes after a date's 00:00; an `end` above 1440 lies on the next date."""

    start: int
    end: int


Windows = tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class Hours:
    """A written week: windows by weekday (Monday first), or `always_open` for 24/7."""

    week: tuple[Windows, ...] = ((),) * 7
    always_open: bool = False


def parse_hours(text: str) -> Hours:
    """Read a week such as `mon-fri 08:00-12:00,13:30-18:00; sat 09:00-13:00; sun 22:00-06:00`, or `24/7`.

    Case does not matter; day ranges may wrap (fri-mon); a window whose end is not after its start runs past
    midnight; 24:00 is an end. Overlapping windows are united. Raises CalendarError naming the part at fault.
    """
    if text.strip() == "24/7":
        return Hours(always_open=True)
    week: list[list[Window]] = [[] for _ in DAYS]
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        days, windows = _parse_part(part)
        for day in days:
            week[day] += windows
    if not any(week):
        raise CalendarError(f"the week {text!r} has no window: name at least one, like 'mon-fri 08:00-18:00'")
    return Hours(tuple(unite(windows) for windows in week))


def parse_windows(text: str, part: str | None = None) -> Windows:
    """Read the windows of one date, like `10:00-14:00, 15:00-18:00`; `part` is what an error names."""
    return unite([_parse_window(piece.strip(), part or text) for piece in text.split(",")])


def unite(windows: list[Window]) -> Windows:
    """The same wall time as few windows as possible, in order."""
    united: list[Window] = []
    for window in sorted(windows):
        if united and window.start <= united[-1].end:
            united[-1] = Window(united[-1].start, max(united[-1].end, window.end))
        else:
            united.append(window)
    return tuple(united)


def _parse_part(part: str) -> tuple[list[int], Windows]:
    match = re.match(r"[^0-9]*", part)
    days = match.group().strip() if match else ""
    ranges = part[len(match.group()) :] if match else part
    if part.strip() == "24/7":
        raise CalendarError("'24/7' stands alone: leave out the other parts, or write the days' windows")
    if not days or not ranges:
        raise CalendarError(f"{part!r} needs days and windows: write it like 'mon-fri 08:00-12:00,13:30-18:00'")
    return _parse_days(days, part), parse_windows(ranges, part)


def _parse_days(text: str, part: str) -> list[int]:
    days: list[int] = []
    for piece in text.split(","):
        ends = [_parse_day(name, part) for name in re.split("[-–]", piece)]
        if len(ends) > 2:
            raise CalendarError(f"{piece.strip()!r} in {part!r} is not a range of days: write it like mon-fri")
        span = (ends[-1] - ends[0]) % 7
        days += [(ends[0] + step) % 7 for step in range(span + 1)]
    return days


def _parse_day(name: str, part: str) -> int:
    number = _DAY_NUMBER.get(name.strip().lower())
    if number is None:
        raise CalendarError(f"{name.strip()!r} in {part!r} is not a day: use {' '.join(DAYS)}")
    return number


def _parse_window(text: str, part: str) -> Window:
    match = _WINDOW.fullmatch(text)
    if match is None:
        raise CalendarError(f"{text!r} in {part!r} is not a window: write it like 08:00-12:00")
    hour, minute, to_hour, to_minute = map(int, match.groups())
    if hour > 23 or minute > 59 or to_minute > 59 or to_hour * 60 + to_minute > DAY_MINUTES:
        raise CalendarError(f"{text!r} in {part!r} is not on the clock: times run from 00:00 to 24:00, the end only")
    start, end = hour * 60 + minute, to_hour * 60 + to_minute
    if start == end:
        raise CalendarError(f"{text!r} in {part!r} starts where it ends: for a whole day write 00:00-24:00")
    return Window(start, end if end > start else end + DAY_MINUTES)


def open_cells(hours: Hours) -> frozenset[tuple[int, int]]:
    """The (weekday, hour) cells of a plain week, Monday 0, that are open for at least half of the hour."""
    if hours.always_open:
        return frozenset((day, hour) for day in range(7) for hour in range(24))
    minutes = {
        (day * DAY_MINUTES + m) % (7 * DAY_MINUTES) for day in range(7) for w in hours.week[day] for m in range(*w)
    }
    cells = ((day, hour) for day in range(7) for hour in range(24))
    return frozenset(
        (day, hour) for day, hour in cells if sum((day * 24 + hour) * 60 + m in minutes for m in range(60)) >= 30
    )


def write_windows(windows: Windows) -> str:
    """Windows as they would be written: 08:00-12:00,13:30-18:00; past midnight, the next day's time."""
    return ",".join(
        f"{_clock(w.start)}-{_clock(w.end if w.end <= DAY_MINUTES else w.end - DAY_MINUTES)}" for w in windows
    )


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
