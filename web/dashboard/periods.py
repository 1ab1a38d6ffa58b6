"""The periods pages can show, cut at midnights of the client's own time zone, each with the one it is compared to."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Query

from handoff.dashboard_view import Period
from web.parameters import Day

LONGEST = timedelta(days=400)


class Span(StrEnum):
    """The choices in the period switch."""

    DAY = "day"
    WEEK = "7"
    THIRTY = "30"
    MONTH = "month"
    LAST = "last"
    QUARTER = "quarter"


SWITCH = (Span.MONTH, Span.LAST, Span.WEEK, Span.THIRTY)
REPORT_SWITCH = (Span.DAY, Span.WEEK, Span.MONTH, Span.LAST, Span.QUARTER)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A choice with its bounds; `first` and `last` are local days, both inside, and `before` those of the period it is
    compared to. Without a span the dates were chosen by hand.
    """

    span: Span | None
    period: Period
    first: date
    last: date
    before: tuple[date, date]

    @property
    def query(self) -> str:
        """How a link asks for the same period."""
        return f"?period={self.span}" if self.span else f"?from={self.first}&to={self.last}"

    @property
    def earlier(self) -> Period:
        """The period it is compared to."""
        return _period(*self.before, self.period.timezone)

    @property
    def days_left(self) -> int:
        """The days of its last day's month that are still to come."""
        return (_month_after(self.last.replace(day=1)) - self.last).days - 1

    @property
    def is_month(self) -> bool:
        """Whether it lies within one calendar month and begins with it."""
        whole = self.first.day == 1 and (self.last + timedelta(days=1)).day == 1
        return self.span in (Span.MONTH, Span.LAST) or (whole and self.first.month == self.last.month)


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks for: a span, or dates by hand, which go first."""

    period: Annotated[Span, Query()] = Span.MONTH
    first: Annotated[Day | None, Query(alias="from")] = None
    last: Annotated[Day | None, Query(alias="to")] = None

    def at(self, now: datetime, timezone: str) -> Chosen:
        """The period as of `now`."""
        if self.first is None and self.last is None:
            return chosen(self.period, now, timezone)
        today = now.astimezone(ZoneInfo(timezone)).date()
        return between(self.first or today, self.last or today, timezone)


def chosen(span: Span, now: datetime, timezone: str) -> Chosen:
    """The period as of `now`. Running ones end with the current day."""
    today = now.astimezone(ZoneInfo(timezone)).date()
    first, last = _bounds(span, today)
    return Chosen(span, _period(first, last, timezone), first, last, _before(span, first, last))


def between(first: date, last: date, timezone: str) -> Chosen:
    """Dates by hand, in either order; the later part of one that is longer than LONGEST."""
    first, last = max(min(first, last), max(first, last) - LONGEST), max(first, last)
    whole_month = first.day == 1 and last + timedelta(days=1) == _month_after(first)
    before = _before(Span.LAST if whole_month else None, first, last)
    return Chosen(None, _period(first, last, timezone), first, last, before)


def midnight(day: date, timezone: str) -> datetime:
    """When the local day begins, in UTC."""
    return datetime.combine(day, time(), ZoneInfo(timezone)).astimezone(UTC)


def _bounds(span: Span, today: date) -> tuple[date, date]:
    first_of_month = today.replace(day=1)
    match span:
        case Span.DAY:
            return today, today
        case Span.WEEK:
            return today - timedelta(days=6), today
        case Span.THIRTY:
            return today - timedelta(days=29), today
        case Span.MONTH:
            return first_of_month, today
        case Span.LAST:
            last = first_of_month - timedelta(days=1)
            return last.replace(day=1), last
        case Span.QUARTER:
            return today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1), today


def _before(span: Span | None, first: date, last: date) -> tuple[date, date]:
    """The whole month before, the same days of the month or quarter before, or as many days right before."""
    length = last - first
    if span is Span.LAST:
        end = first - timedelta(days=1)
        return end.replace(day=1), end
    if span in (Span.MONTH, Span.QUARTER):
        months = 1 if span is Span.MONTH else 3
        start = _months_back(first, months)
        return start, min(start + length, first - timedelta(days=1))
    return first - length - timedelta(days=1), first - timedelta(days=1)


def _months_back(first: date, months: int) -> date:
    index = first.year * 12 + first.month - 1 - months
    return date(index // 12, index % 12 + 1, 1)


def _month_after(first: date) -> date:
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1)


def _period(first: date, last: date, timezone: str) -> Period:
    return Period(midnight(first, timezone), midnight(last + timedelta(days=1), timezone), timezone)
