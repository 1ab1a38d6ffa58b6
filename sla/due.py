"""The due time of one clock from written options: what `switchboard sla due` answers."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sla.calendar import Calendar, Pause, Segment
from sla.errors import CalendarError
from sla.holiday import parse_date, public_holidays
from sla.hours import Hours, parse_hours
from sla.instants import format_utc, parse_budget, parse_instant, seconds_of

_YEARS_AHEAD = 2


def due_report(
    *,
    timezone: str,
    hours: str,
    start: str,
    budget: str,
    holiday: Sequence[str] = (),
    holidays: str | None = None,
    pause: Sequence[str] = (),
    until: str | None = None,
) -> dict[str, Any]:
    """Compute `{"due", "timeline"}` and, with `until`, `"elapsed_s"`, from options as they were typed.

    `holiday` are closed dates, `holidays` is a region code (`DE-BY`), `pause` are `START/END`. The timeline runs from
    start to due; each entry has `from`, `to`, `state` (running, paused, closed), a `reason` where nothing ran, and
    `elapsed_s`, the business seconds that ran in it. `elapsed_s` of the whole is the business seconds from start to
    `until` less pauses, 0 when `until` is before the start. Raises CalendarError with one clear line.
    """
    begin, amount = parse_instant(start), parse_budget(budget)
    pauses = [_parse_pause(text) for text in pause]
    end = parse_instant(until) if until is not None else None
    own = {parse_date(text): "holiday" for text in holiday}
    week = parse_hours(hours)
    calendar, due = _calendar_reaching(timezone, week, own, holidays, begin, amount, pauses, end)
    report: dict[str, Any] = {
        "due": format_utc(due),
        "timeline": [segment_json(segment) for segment in calendar.timeline(begin, due, pauses)],
    }
    if end is not None:
        report["elapsed_s"] = seconds_of(calendar.elapsed(begin, end, pauses))
    return report


def segment_json(segment: Segment) -> dict[str, Any]:
    """One stretch of a timeline as plain JSON values."""
    entry: dict[str, Any] = {
        "from": format_utc(segment.start),
        "to": format_utc(segment.end),
        "state": segment.state.value,
    }
    if segment.reason is not None:
        entry["reason"] = segment.reason
    return entry | {"elapsed_s": seconds_of(segment.elapsed)}


def _calendar_reaching(
    zone: str,
    week: Hours,
    own: dict[date, str],
    region: str | None,
    begin: datetime,
    amount: timedelta,
    pauses: list[Pause],
    end: datetime | None,
) -> tuple[Calendar, datetime]:
    """A calendar whose public holidays reach beyond the due time and `end`; more of them may move it further."""
    last = max(begin, end or begin).year + _YEARS_AHEAD
    while True:
        public = dict(public_holidays(region, begin.year - 1, last)) if region else {}
        calendar = Calendar(zone, week, closed=public | own)
        due = calendar.due(begin, amount, pauses)
        if not region or due.year < last:
            return calendar, due
        last = due.year + _YEARS_AHEAD


def _parse_pause(text: str) -> Pause:
    start, slash, end = text.partition("/")
    if not slash:
        raise CalendarError(f"{text!r} is not a pause: write START/END, two times with a slash between them")
    pause = parse_instant(start), parse_instant(end)
    if pause[1] < pause[0]:
        raise CalendarError(f"the pause {text!r} ends before it starts")
    return pause
