"""What can go wrong in SLA arithmetic, told in sentences a person can act on.

SlaError
├── CalendarError   hours, zones, holidays, times that cannot be read
│   └── NeverOpens  a calendar with no open time left after an instant
├── PolicyError     the sla, calendar or prices part of a client pack
└── NotSettled      an act between client and provider that cannot be done
"""

from typing import Any


class SlaError(ValueError):
    """Anything the SLA room refuses; `str(error)` is one clear line."""


class CalendarError(SlaError):
    """Hours, a zone, a holiday code, a time or a budget cannot be read or makes no sense."""


class NeverOpens(CalendarError):
    """The calendar has no open time left after the instant asked about."""


class PolicyError(SlaError):
    """A contract part of a client pack is wrong; the message names file and line."""


class NotSettled(SlaError):
    """Something between client and provider cannot be done; the text is one clear line that says why. `key` and `facts`
    let a page say it in its reader's language.
    """

    def __init__(self, told: str, key: str = "", **facts: Any) -> None:
        super().__init__(told)
        self.key = key
        self.facts = facts
