"""The periods a dashboard can show, cut at midnights of the client's own time zone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from handoff.dashboard_view import Period


class Span(StrEnum):
    """The choices in the period switch."""

    MONTH = "month"
    LAST = "last"
    WEEK = "7"
    THIRTY = "30"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A choice with its bounds; `first` and `last` are local days, both inside."""

    span: Span
    period: Period
    first: date
    last: date


def chosen(span: Span, now: datetime, timezone: str) -> Chosen:
    """The period as of `now`. Running ones end with the current day."""
    today = now.astimezone(ZoneInfo(timezone)).date()
    first_of_month = today.replace(day=1)
    match span:
        case Span.MONTH:
            first, last = first_of_month, today
        case Span.LAST:
            last = first_of_month - timedelta(days=1)
            first = last.replace(day=1)
        case Span.WEEK:
            first, last = today - timedelta(days=6), today
        case Span.THIRTY:
            first, last = today - timedelta(days=29), today
    period = Period(midnight(first, timezone), midnight(last + timedelta(days=1), timezone), timezone)
    return Chosen(span, period, first, last)


def midnight(day: date, timezone: str) -> datetime:
    """When the local day begins, in UTC."""
    return datetime.combine(day, time(), ZoneInfo(timezone)).astimezone(UTC)
