"""Months named `2026-10`: their days, and the one before and after."""

from calendar import monthrange
from datetime import date


def month_day(month: str, *, last: bool = False) -> date:
    """The first or the last day of a month that is known to be one."""
    first = date.fromisoformat(f"{month}-01")
    return first.replace(day=monthrange(first.year, first.month)[1]) if last else first
