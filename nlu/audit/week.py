"""The weeks that are audited: ISO weeks of the client's own zone, from Monday 00:00 to the next."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SETTLED_AFTER = timedelta(minutes=10)
"""A message taken in before midnight is answered soon after it; a week is drawn when that is surely over."""


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """An ISO 8601 week; its text is `2026-W47`."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> "Week":
        """The week a day belongs to."""
        year, number, _ = day.isocalendar()
        return cls(year, number)

    @classmethod
    def parse(cls, text: str) -> "Week":
        """The week written as `2026-W47`. Raises ValueError in one clear line."""
        try:
            return cls.of(date.fromisoformat(f"{text}-1"))
        except ValueError as error:
            raise ValueError(f"{text!r} is not a week; write it as 2026-W47") from error

    @classmethod
    def last_over(cls, now: datetime, zone: str) -> "Week":
        """The newest week that is over at `now`, with `SETTLED_AFTER` to spare."""
        monday = cls.of((now - SETTLED_AFTER).astimezone(ZoneInfo(zone)).date()).first
        return cls.of(monday - timedelta(days=7))

    @property
    def first(self) -> date:
        """Its Monday."""
        return date.fromisocalendar(self.year, self.number, 1)

    @property
    def last(self) -> date:
        """Its Sunday."""
        return self.first + timedelta(days=6)

    def span(self, zone: str) -> tuple[datetime, datetime]:
        """From when (inclusive) to when (exclusive), in UTC."""
        return _midnight(self.first, zone), _midnight(self.first + timedelta(days=7), zone)

    def __str__(self) -> str:
        return f"{self.year:04}-W{self.number:02}"


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
