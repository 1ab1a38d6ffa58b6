"""Finds what looks the same for every client: e-mail addresses, IBANs, amounts of money, dates and phone numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_IBAN = re.compile(r"\b[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]{4}){2,7}(?: ?[A-Za-z0-9]{1,4})?\b")
_PHONE = re.compile(r"(?<![\w+.,/])(?:\+|00?)[1-9][\d ()/-]{5,17}\d(?![\w@])")
_AMOUNT = r"\d{1,3}(?:[.,' ]\d{3}){1,6}(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,2})?"
_CURRENCIES = {
    **dict.fromkeys(("€", "eur", "euro", "euros"), "EUR"),
    **dict.fromkeys(("£", "gbp", "pound", "pounds", "quid", "pfund"), "GBP"),
    **dict.fromkeys(("$", "usd", "dollar", "dollars"), "USD"),
    **dict.fromkeys(("chf", "franken", "francs", "fr"), "CHF"),
}
_SIGNS = "|".join(sorted((re.escape(sign) for sign in _CURRENCIES), key=len, reverse=True))
_MONEY = re.compile(
    rf"(?<![\w.,])(?:(?P<before>{_SIGNS})\s?(?P<a>{_AMOUNT})|(?P<b>{_AMOUNT})\s?(?P<after>{_SIGNS}))(?![\w]|[.,]\d)",
    re.IGNORECASE,
)
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january januar jänner jan", "february februar feber feb", "march märz maerz mar mrz",
            "april apr", "may mai",
            "june juni jun", "july juli jul", "august aug", "september sept sep", "october oktober oct okt",
            "november nov", "december dezember dec dez",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            "monday montag", "tuesday dienstag", "wednesday mittwoch", "thursday donnerstag", "friday freitag",
            "saturday samstag sonnabend", "sunday sonntag",
        )
    )
    for name in names.split()
}  # fmt: skip
_DAYS_FROM_NOW = {
    **dict.fromkeys(("today", "heute"), 0),
    **dict.fromkeys(("tomorrow", "morgen"), 1),
    **dict.fromkeys(("yesterday", "gestern"), -1),
    **dict.fromkeys(("day after tomorrow", "übermorgen", "uebermorgen"), 2),
    **dict.fromkeys(("day before yesterday", "vorgestern"), -2),
}
_YEAR = r"(?:,? (?P<year>(?:19|20)\d\d)\b)?"
"""What stands behind a month: "8 November, 1200" is a day and a sum."""
_NAMED_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_NAMED_DAY = "|".join(_WEEKDAYS)
_DATES = (
    re.compile(r"(?<![\w.-])(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})(?![\w-])"),
    re.compile(r"(?<![\w./-])(?P<day>\d{1,2})(?P<by>[./-])(?P<month>\d{1,2})(?P=by)(?P<year>\d{4}|\d{2})(?![\w-])"),
    re.compile(r"(?<![\w./-])(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?!\d)"),
    re.compile(
        rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)? (?:of )?(?P<name>{_NAMED_MONTH})\b\.?{_YEAR}",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b(?P<name>{_NAMED_MONTH})\.? (?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?!\d){_YEAR}",
        re.IGNORECASE,
    ),
)
_RELATIVE = re.compile(
    rf"\b(?:(?P<word>{'|'.join(sorted(_DAYS_FROM_NOW, key=len, reverse=True))})"
    rf"|(?P<which>next|last|nächste[nr]?|naechste[nr]?|letzte[nr]?|kommende[nr]?|on|am) (?P<weekday>{_NAMED_DAY}))\b",
    re.IGNORECASE,
)
_A_GREETING = 20
_GOOD_MORNING = re.compile(r"(?:guten|jeden|heute|gestern|am)\s+$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """A span and its value: ISO text for dates, {"amount": "12.50", "currency": "EUR"} for money, else plain text."""

    entity: str
    value: Any
    start: int
    end: int


def recognise(text: str, today: date) -> list[Found]:
    """Everything built in, by place, without overlaps; `today` anchors relative dates and missing years."""
    found = [*_emails(text), *_ibans(text), *_dates(text, today), *_money(text), *_phones(text)]
    kept: list[Found] = []
    taken = bytearray(len(text))
    for one in found:
        if not any(taken[one.start : one.end]):
            kept.append(one)
            taken[one.start : one.end] = b"\1" * (one.end - one.start)
    return sorted(kept, key=lambda one: one.start)


def _emails(text: str) -> Iterator[Found]:
    for match in _EMAIL.finditer(text):
        yield Found("email", match[0], match.start(), match.end())


def _ibans(text: str) -> Iterator[Found]:
    for match in _IBAN.finditer(text):
        # the pattern may swallow a following word: give back from the right until the check digits hold
        span = match[0]
        while span:
            compact = span.replace(" ", "").upper()
            if len(compact) >= 15 and _iban_holds(compact):
                yield Found("iban", compact, match.start(), match.start() + len(span))
                break
            span = span.rpartition(" ")[0]


def _iban_holds(iban: str) -> bool:
    """ISO 13616: country and check digits moved to the end, letters as 10..35, remainder 1 modulo 97."""
    return len(iban) <= 34 and int("".join(str(int(char, 36)) for char in iban[4:] + iban[:4])) % 97 == 1


def _phones(text: str) -> Iterator[Found]:
    for match in _PHONE.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        if 8 <= len(digits) <= 15:
            yield Found("phone", f"+{digits}" if match[0].startswith("+") else digits, match.start(), match.end())


def _money(text: str) -> Iterator[Found]:
    for match in _MONEY.finditer(text):
        amount = _amount(match["a"] or match["b"])
        currency = _CURRENCIES[(match["before"] or match["after"]).lower()]
        yield Found("money", {"amount": amount, "currency": currency}, match.start(), match.end())


def _amount(written: str) -> str:
    """`1.234,56`, `1,234.56`, `1234.5` as decimal text: a mark before one or two last digits is the decimal one."""
    match = re.fullmatch(r"(?P<whole>.*?)(?:[.,](?P<part>\d{1,2}))?", written)
    whole = re.sub(r"\D", "", match["whole"]) if match else written
    part = match["part"] if match and match["part"] else ""
    return f"{whole}.{part.ljust(2, '0')}" if part else whole


def _dates(text: str, today: date) -> Iterator[Found]:
    for pattern in _DATES:
        for match in pattern.finditer(text):
            day = _calendar_day(match.groupdict(), today)
            if day is not None:
                yield Found("date", day.isoformat(), match.start(), match.end())
    for match in _RELATIVE.finditer(text):
        if (match["word"] or "").lower() == "morgen" and _GOOD_MORNING.search(_just_before(text, match)):
            continue
        yield Found("date", _relative_day(match, today).isoformat(), match.start(), match.end())


def _just_before(text: str, match: re.Match[str]) -> str:
    return text[max(0, match.start() - _A_GREETING) : match.start()]


def _calendar_day(parts: dict[str, str | None], today: date) -> date | None:
    name = parts.get("name")
    month = _MONTHS[name.lower()] if name else int(parts["month"] or 0)
    year = parts.get("year")
    try:
        if year:
            return date(int(year) + (2000 if len(year) == 2 else 0), month, int(parts["day"] or 0))
        near = [_on(today.year + offset, month, int(parts["day"] or 0)) for offset in (-1, 0, 1)]
        days = [day for day in near if day is not None]
        return min(days, key=lambda day: abs(day - today)) if days else None
    except ValueError:
        return None


def _on(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _relative_day(match: re.Match[str], today: date) -> date:
    if match["word"]:
        return today + timedelta(days=_DAYS_FROM_NOW[match["word"].lower()])
    ahead = (_WEEKDAYS[match["weekday"].lower()] - today.weekday()) % 7
    if match["which"].lower().startswith(("last", "letzt")):
        return today + timedelta(days=ahead - 7)
    return today + timedelta(days=ahead or 7)
