"""Numbers, dates and durations as a person of that language reads them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_time, match_skeleton
from babel.numbers import format_currency, format_decimal, format_percent

from web.i18n import Words

MINUTE, HOUR, DAY = 60, 3600, 86400


def _by_skeleton(skeleton: str, moment: date | datetime, locale: str) -> str:
    """What babel's format_skeleton gives, which looks the pattern up anew for every date."""
    pattern = _pattern(skeleton, locale)
    if isinstance(moment, datetime):
        return str(format_datetime(moment, pattern, tzinfo=moment.tzinfo, locale=locale))
    return str(format_date(moment, pattern, locale=locale))


@lru_cache
def _pattern(skeleton: str, locale: str) -> str:
    known = Locale.parse(locale).datetime_skeletons
    found = skeleton if skeleton in known else match_skeleton(skeleton, known)
    return str(known[found])


class Formats:
    """Formats for one language and one time zone."""

    def __init__(self, words: Words, timezone: str = "UTC") -> None:
        self.words = words
        self.locale = words.language if words.language != "en" else "en_GB"
        self.zone = ZoneInfo(timezone)

    def number(self, value: float | Decimal, digits: int = 0) -> str:
        return format_decimal(value, format=f"#,##0.{'0' * digits}" if digits else "#,##0", locale=self.locale)

    def percent(self, share: float | None, digits: int = 1) -> str:
        """`share` is 0..1; a dash when there is nothing to divide."""
        if share is None:
            return "–"
        pattern = {"de": "#,##0{} %"}.get(self.words.language, "#,##0{}%")
        return str(
            format_percent(share, format=pattern.format(f".{'0' * digits}" if digits else ""), locale=self.locale)
        )

    def money(self, amount: Decimal | None, currency: str) -> str:
        return "–" if amount is None else format_currency(amount, currency, locale=self.locale)

    def day(self, moment: date | datetime) -> str:
        return _by_skeleton("yMMMd", self._local(moment), locale=self.locale)

    def day_month(self, moment: date) -> str:
        return _by_skeleton("dMMM", moment, locale=self.locale)

    def weekday(self, index: int) -> str:
        """0 = Monday, short."""
        return format_date(date(2024, 1, 1 + index), format="ccc", locale=self.locale).rstrip(".")

    def weekday_name(self, index: int) -> str:
        """0 = Monday, in full."""
        return format_date(date(2024, 1, 1 + index), format="cccc", locale=self.locale)

    def month(self, moment: date | datetime) -> str:
        return _by_skeleton("yMMMM", self._local(moment), locale=self.locale)

    def time(self, moment: datetime) -> str:
        return format_time(moment, format="short", tzinfo=self.zone, locale=self.locale)

    def moment(self, moment: datetime) -> str:
        """Day and time, for lists and tooltips."""
        return format_datetime(moment, format="medium", tzinfo=self.zone, locale=self.locale)

    def when(self, moment: datetime, now: datetime) -> str:
        """Only the time on the same local day, else day and time."""
        if self._local(moment) == self._local(now):
            return self.time(moment)
        return f"{_by_skeleton('dMMM', moment.astimezone(self.zone), locale=self.locale)}, {self.time(moment)}"

    def spoken_day(self, moment: datetime, now: datetime) -> str:
        """Today, yesterday, or the date."""
        days = (self._local(now) - self._local(moment)).days
        if days in (0, 1):
            return self.words("day.today" if days == 0 else "day.yesterday")
        return _by_skeleton("yMMMEd", moment.astimezone(self.zone), locale=self.locale)

    def clock(self, seconds: float) -> str:
        """A countdown: 2:41, 1:02:41, 3 d 04 h; a real minus when it is over."""
        sign, left = ("−" if seconds < 0 else ""), int(abs(seconds))
        if left >= DAY:
            return f"{sign}{left // DAY} {self.words('unit.d')} {left % DAY // HOUR:02} {self.words('unit.h')}"
        if left >= HOUR:
            return f"{sign}{left // HOUR}:{left % HOUR // MINUTE:02}:{left % MINUTE:02}"
        return f"{sign}{left // MINUTE}:{left % MINUTE:02}"

    def span(self, seconds: float | None) -> str:
        """A duration in words: 41 s, 12 min, 3 h 05 min, 2 d 4 h."""
        if seconds is None:
            return "–"
        left, unit = round(abs(seconds)), self.words
        if left < MINUTE:
            return f"{left} {unit('unit.s')}"
        if left < HOUR:
            return f"{left // MINUTE} {unit('unit.min')}"
        if left < DAY:
            return f"{left // HOUR} {unit('unit.h')} {left % HOUR // MINUTE:02} {unit('unit.min')}"
        return f"{left // DAY} {unit('unit.d')} {left % DAY // HOUR} {unit('unit.h')}"

    def duration(self, seconds: float) -> str:
        """A span as a contract writes it, whole units only: 1 d, 1 h 30 min, 45 s."""
        left, told = round(seconds), []
        for unit, length in (("d", DAY), ("h", HOUR), ("min", MINUTE), ("s", 1)):
            count, left = divmod(left, length)
            told += [f"{count} {self.words(f'unit.{unit}')}"] if count else []
        return " ".join(told) or f"0 {self.words('unit.s')}"

    def size(self, count: int | None) -> str:
        if count is None:
            return ""
        for unit in ("B", "kB", "MB"):
            if count < 1000 or unit == "MB":
                return f"{self.number(count)} {unit}"
            count = round(count / 1000)
        raise AssertionError

    def iso(self, moment: datetime) -> str:
        return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def _local(self, moment: date | datetime) -> date:
        return moment.astimezone(self.zone).date() if isinstance(moment, datetime) else moment
