"""Types of the values that addresses and forms carry: bounded, so that no arithmetic and no column meets what it cannot
hold. Whatever lies outside is answered with 422 and what would be right.
"""

from datetime import date
from typing import Annotated

from annotated_types import Ge, Le, MaxLen
from fastapi import Form
from pydantic import AfterValidator

from conversation import limits

FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2999, 12, 31)
"""No figure lies outside, and there is room on both sides for the period before, time zones and calendars."""
LARGEST = 2**31 - 1


def known_day(day: date) -> date:
    """The day. Raises ValueError for one outside FIRST_DAY to LAST_DAY."""
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(f"days from {FIRST_DAY} to {LAST_DAY} are known")
    return day


Day = Annotated[date, AfterValidator(known_day)]
Number = Annotated[int, Ge(0), Le(LARGEST)]
"""A count, a place, a version."""
PageNumber = Annotated[int, Ge(-LARGEST), Le(LARGEST)]
"""A page of a list; one before the first is the first, one behind the last is the last (web.paging)."""

ReplyText = Annotated[str, Form(max_length=limits.REPLY)]
NoteText = Annotated[str, Form(max_length=limits.NOTE)]
DraftText = Annotated[str, Form(max_length=limits.DRAFT)]
ShortText = Annotated[str, Form(max_length=limits.SHORT)]
ReasonText = Annotated[str, Form(max_length=limits.REASON)]
Labels = Annotated[list[Annotated[str, MaxLen(limits.SHORT)]], Form(max_length=limits.FIELDS)]
"""Ids that were ticked in a list."""
