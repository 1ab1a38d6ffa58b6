"""Values found in a text, by kind: what a slot of that kind would get, and where it stood."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from nlu.recognisers import recognise


@dataclass(frozen=True, slots=True)
class Reading:
    """A value of a kind at `text[start:end]`. Dates are ISO, times `HH:MM`, amounts of money plain decimals."""

    kind: str
    value: Any
    start: int
    end: int


def readings(text: str, kind: str, today: date, language: str) -> list[Reading]:
    """All values of `kind` in the text, by place."""
    del language
    found = [one for one in recognise(text, today) if one.entity == kind]
    return [Reading(kind, one.value, one.start, one.end) for one in found]
