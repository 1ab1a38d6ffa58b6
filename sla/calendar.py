"""When a client's contract runs: wall-clock windows, holidays and zones turned into exact elapsed time."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import MINYEAR, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sla.errors import CalendarError, NeverOpens
from sla.hours import DAY_MINUTES, Hours, Window, Windows, parse_hours
from sla.instants import MICROSECOND, SECOND, from_us, to_us, zone_info
from sla.span import Range, Span, subtract, unite

Pause = tuple[datetime, datetime]

_EPOCH_DAY = date(1970, 1, 1).toordinal()
_FIRST_YEAR, _LAST_YEAR = MINYEAR + 1, 9998
_MEAN_YEAR = 31_556_952 * SECOND
_MARGIN_DAYS = 3  # windows carry over midnight, and a zone may skip a whole date


class State(StrEnum):
    """What a stretch of a clock's life was."""

    RUNNING = "running"
    PAUSED = "paused"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of one state, half-open; `elapsed` is the business time that ran in it."""

    start: datetime
    end: datetime
    state: State
    reason: str | None
    elapsed: timedelta


@dataclass(frozen=True)
class Calendar:
    """A client's opening times in one IANA zone.

    Windows are wall-clock, results are exact elapsed time across DST. A missing wall time is read as PEP 495
    fold=0 does (02:30 becomes 03:30); a doubled one is its first occurrence. A `closed` date (holiday or closure)
    removes that local date, 00:00-24:00, also from 24/7 and from what an earlier date's window carries into it; what
    its own evening window would carry into the next date lies on the next date and stays. `openings` are added to
    their date and stand even where that date is closed; what they carry into a closed date is removed like the rest.
    Overlapping windows are united on the wall clock, before they become instants.
    """

    zone: str
    hours: Hours
    closed: Mapping[date, str] = field(default_factory=dict)
    openings: Mapping[date, Windows] = field(default_factory=dict)
    _years: dict[int, Span] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse a zone nobody knows and a calendar that is never open."""
        zone_info(self.zone)
        if not (self.hours.always_open or any(self.hours.week) or any(self.openings.values())):
            raise CalendarError("the week has no window: name at least one, like 'mon-fri 08:00-18:00', or 24/7")

    @classmethod
    def of(cls, zone: str, hours: str, closed: Mapping[date, str] | None = None) -> "Calendar":
        """A calendar from its written week and the closed dates with their names."""
        return cls(zone, parse_hours(hours), closed or {})

    def due(self, start: datetime, budget: timedelta, pauses: Iterable[Pause] = ()) -> datetime:
        """The earliest instant by which `budget` of open, unpaused time has passed since `start`, in UTC.

        A budget that ends exactly at closing time is due at closing time. Raises CalendarError for a budget that is
        not positive and NeverOpens when the calendar has not enough open time left.
        """
        left = budget // MICROSECOND
        if left <= 0:
            raise CalendarError("the budget must be more than zero")
        position = to_us(start)
        for pause_start, pause_end in _united(pauses):
            if pause_end <= position:
                continue
            ran = self._elapsed(position, pause_start)
            if ran >= left:
                break
            left -= ran
            position = pause_end
        return from_us(self._advance(position, left))

    def elapsed(self, start: datetime, until: datetime, pauses: Iterable[Pause] = ()) -> timedelta:
        """The open, unpaused time from `start` to `until`; nothing when `until` is not after `start`."""
        lo, hi = to_us(start), to_us(until)
        paused = sum(self._elapsed(max(a, lo), min(b, hi)) for a, b in _united(pauses))
        return timedelta(microseconds=self._elapsed(lo, hi) - paused)

    def is_open(self, at: datetime) -> bool:
        """Whether the calendar is open at `at`; closing time itself is closed."""
        us = to_us(at)
        return self._year_of(us).is_open(us)

    def next_opening(self, at: datetime) -> datetime:
        """The first open instant not before `at` (which is `at` itself inside a window), in UTC."""
        us = to_us(at)
        for year in self._years_from(us):
            opening = year.opening_from(us)
            if opening is not None:
                return from_us(opening)
        raise NeverOpens(f"the calendar never opens after {at.isoformat()}")

    def timeline(self, start: datetime, end: datetime, pauses: Iterable[Pause] = ()) -> list[Segment]:
        """What ran, was paused and was closed between `start` and `end`, without gaps.

        A pause outside hours is closed time, since nothing would have run.
        """
        lo, hi = to_us(start), to_us(end)
        paused = _united(pauses)
        opened = list(self._open_between(lo, hi))
        running = subtract(opened, paused)
        halted = subtract(opened, running)
        shut = subtract([(lo, hi)] if lo < hi else [], opened)
        named = self._closed_between(start, end)
        segments = [_segment(a, b, State.RUNNING, None) for a, b in running]
        segments += [_segment(a, b, State.PAUSED, "pause") for a, b in halted]
        segments += [piece for a, b in shut for piece in _closed_segments(a, b, named)]
        return sorted(segments, key=lambda segment: segment.start)

    def local(self, at: datetime) -> datetime:
        """`at` on this calendar's wall clock."""
        return at.astimezone(zone_info(self.zone))

    def _elapsed(self, start: int, end: int) -> int:
        if end <= start:
            return 0
        year = self._year_of(start)
        ran = -year.open_before(start)
        if end <= year.hi:
            return ran + year.open_before(end)
        self._year_number(end)  # an end beyond all years is refused, even where nothing opens any more
        ran += year.total
        for later in self._years_from(year.hi):
            if end <= later.hi:
                return ran + later.open_before(end)
            ran += later.total
        return ran

    def _advance(self, start: int, budget: int) -> int:
        if budget > (_LAST_YEAR + 1 - MINYEAR) * 366 * 86_400 * SECOND:
            raise NeverOpens(f"the budget reaches beyond the year {_LAST_YEAR}")
        year = self._year_of(start)
        needed = budget + year.open_before(start)
        if needed <= year.total:  # the common case; a budget rarely crosses New Year
            return year.instant_of(needed)
        for later in self._years_from(year.hi):
            needed -= year.total
            year = later
            if needed <= year.total:
                return year.instant_of(needed)
        raise NeverOpens("the calendar has too little open time left: the budget is never used up")

    def _open_between(self, lo: int, hi: int) -> Iterator[Range]:
        if lo >= hi:
            return
        before: Range | None = None
        for year in self._years_from(lo):
            for start, end in zip(year.starts, year.ends, strict=True):
                if end <= lo or start >= hi:
                    continue
                piece = max(start, lo), min(end, hi)
                if before and before[1] == piece[0]:  # open across New Year
                    before = before[0], piece[1]
                    continue
                if before:
                    yield before
                before = piece
            if year.hi >= hi:
                break
        if before:
            yield before

    def _closed_between(self, start: datetime, end: datetime) -> list[tuple[int, int, str]]:
        """The closed dates that may touch `start`..`end`, as instants with their names, in order."""
        zone = zone_info(self.zone)
        first, last = self.local(start).toordinal() - 1, self.local(end).toordinal() + 1
        days = sorted(day for day in self.closed if first <= day.toordinal() <= last)
        return [(*self._day_range(day, zone), self.closed[day]) for day in days]

    def _years_from(self, at: int) -> Iterator[Span]:
        """The spans of the year `at` lies in and all later ones, as long as anything can still open."""
        first = self._year_number(at)
        last = _LAST_YEAR
        if not self.hours.always_open and not any(self.hours.week):
            last = max(first, max(day.year for day in self.openings) + 1)
        for number in range(first, last + 1):
            yield self._year(number)

    def _year_of(self, at: int) -> Span:
        return self._year(self._year_number(at))

    def _year_number(self, at: int) -> int:
        guess = min(max(1970 + at // _MEAN_YEAR, _FIRST_YEAR), _LAST_YEAR)
        year = self._year(guess)
        if at < year.lo:
            return guess - 1
        return guess + 1 if at >= year.hi else guess

    def _year(self, number: int) -> Span:
        span = self._years.get(number)
        if span is None:
            if not _FIRST_YEAR <= number <= _LAST_YEAR:
                raise CalendarError(f"the calendar knows the years {_FIRST_YEAR} to {_LAST_YEAR}, not {number}")
            span = self._years[number] = self._span(number)
        return span

    def _span(self, year: int) -> Span:
        """One local calendar year of open ranges."""
        zone = zone_info(self.zone)
        first, last = date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()
        lo, hi = _instant(first, 0, zone), _instant(last, 0, zone)
        reach = range(first - _MARGIN_DAYS, last + _MARGIN_DAYS)
        open_week = [(lo, hi)] if self.hours.always_open else self._week_ranges(reach, zone)
        removed = self._removed(reach, zone)
        ranges = subtract(open_week, unite(removed.values()))
        for day, windows in self.openings.items():
            if day.toordinal() in reach:
                own = unite(_ranges(day.toordinal(), windows, zone))
                ranges += subtract(own, unite(r for closed, r in removed.items() if closed != day))
        return Span.of(lo, hi, unite(ranges))

    def _week_ranges(self, reach: range, zone: ZoneInfo) -> list[Range]:
        wall: list[Window] = []
        for day in reach:
            base = day * DAY_MINUTES
            for start, end in self.hours.week[(day + 6) % 7]:
                if wall and base + start <= wall[-1].end:
                    wall[-1] = Window(wall[-1].start, max(wall[-1].end, base + end))
                else:
                    wall.append(Window(base + start, base + end))
        return unite(_ranges(0, wall, zone))

    def _removed(self, reach: range, zone: ZoneInfo) -> dict[date, Range]:
        return {day: self._day_range(day, zone) for day in self.closed if day.toordinal() in reach}

    def _day_range(self, day: date, zone: ZoneInfo) -> Range:
        return _instant(day.toordinal(), 0, zone), _instant(day.toordinal() + 1, 0, zone)


def _ranges(day: int, windows: Sequence[Window], zone: ZoneInfo) -> list[Range]:
    return [(_instant(day, window.start, zone), _instant(day, window.end, zone)) for window in windows]


def _instant(day: int, minute: int, zone: ZoneInfo) -> int:
    """The instant of a wall time, `minute` minutes after the 00:00 of the proleptic ordinal `day`, by fold=0."""
    days, minute = divmod(minute, DAY_MINUTES)
    wall = datetime.fromordinal(day + days).replace(hour=minute // 60, minute=minute % 60, tzinfo=zone)
    offset = wall.utcoffset() or timedelta()
    return ((day + days - _EPOCH_DAY) * 86_400 + minute * 60) * SECOND - offset // MICROSECOND


def _united(pauses: Iterable[Pause]) -> list[Range]:
    ranges = []
    for start, end in pauses:
        lo, hi = to_us(start), to_us(end)
        if hi < lo:
            raise CalendarError(f"the pause {start.isoformat()}/{end.isoformat()} ends before it starts")
        ranges.append((lo, hi))
    return unite(ranges)


def _segment(start: int, end: int, state: State, reason: str | None) -> Segment:
    ran = end - start if state is State.RUNNING else 0
    return Segment(from_us(start), from_us(end), state, reason, timedelta(microseconds=ran))


def _closed_segments(lo: int, hi: int, named: list[tuple[int, int, str]]) -> Iterator[Segment]:
    """Split closed time into closed dates by name and plain closed hours."""
    position = lo
    for start, end, name in named[bisect_right(named, lo, key=lambda day: day[1]) :]:
        if start >= hi:
            break
        if position < start:
            yield _segment(position, start, State.CLOSED, "outside hours")
        position = max(position, start)
        if position < min(end, hi):
            yield _segment(position, min(end, hi), State.CLOSED, name)
        position = max(position, min(end, hi))
    if position < hi:
        yield _segment(position, hi, State.CLOSED, "outside hours")
