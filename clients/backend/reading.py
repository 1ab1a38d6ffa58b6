"""Reads days and amounts as people type them in German and English, because the bot passes their words on untouched."""

import re
from datetime import date, timedelta
from decimal import Decimal

_WEEKDAYS = (
    ("montag", "monday", "mo", "mon"),
    ("dienstag", "tuesday", "di", "tue"),
    ("mittwoch", "wednesday", "mi", "wed"),
    ("donnerstag", "thursday", "do", "thu"),
    ("freitag", "friday", "fr", "fri"),
    ("samstag", "saturday", "sa", "sat", "sonnabend"),
    ("sonntag", "sunday", "so", "sun"),
)
_MONTHS = (
    ("januar", "january", "jan", "jänner"),
    ("februar", "february", "feb"),
    ("märz", "march", "mär", "mar", "maerz"),
    ("april", "apr"),
    ("mai", "may"),
    ("juni", "june", "jun"),
    ("juli", "july", "jul"),
    ("august", "aug"),
    ("september", "sep", "sept"),
    ("oktober", "october", "okt", "oct"),
    ("november", "nov"),
    ("dezember", "december", "dez", "dec"),
)
_RELATIVE = {
    "heute": 0,
    "today": 0,
    "morgen": 1,
    "tomorrow": 1,
    "übermorgen": 2,
    "uebermorgen": 2,
    "gestern": -1,
    "yesterday": -1,
}
_ISO = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b")
_DOTTED = re.compile(r"\b(\d{1,2})[./](\d{1,2})(?:[./](\d{4}|\d{2}))?\b")
_DAY_MONTH = re.compile(r"\b(\d{1,2})(?:\.|st|nd|rd|th)?\s*(?:of\s+)?([a-zäöü]{3,9})\.?(?:\s+(\d{4}))?")
_MONTH_DAY = re.compile(r"\b([a-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?\b(?:,?\s+(\d{4}))?")
_WORD = re.compile(r"[a-zäöüß]+")
_LONGEST_AMOUNT = 24
_AMOUNT = re.compile(r"\d{1,3}(?:[.,' ]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,2})?")


def read_day(text: str, today: date) -> date | None:
    """The day meant by `text`, the next such day from `today` on where the year or week is left open; None if unclear.

    Numbers are read day first, as both languages do here: 12.03. and 12/03 are the twelfth of March.
    """
    words = text.casefold()
    return _iso(words) or _dotted(words, today) or _with_month(words, today) or _by_name(words, today)


def read_month(text: str, today: date) -> str | None:
    """The month meant by `text` as `2026-10`, the latest such month up to `today` where the year is left open."""
    words = text.casefold()
    if found := re.search(r"\b(\d{4})-(\d{1,2})\b", words):
        return _month(int(found[1]), int(found[2]))
    if found := re.search(r"\b(\d{1,2})[./](\d{4})\b", words):
        return _month(int(found[2]), int(found[1]))
    if "letzte" in words or "last" in words or "vorige" in words:
        previous = today.replace(day=1) - timedelta(days=1)
        return _month(previous.year, previous.month)
    year = re.search(r"\b(20\d{2})\b", words)
    for word in _WORD.findall(words):
        if number := _month_number(word):
            return _month(int(year[1]) if year else today.year - (number > today.month), number)
    return None


def read_amount(text: str) -> Decimal | None:
    """The sum of money in `text`: 1.250,50 and 1,250.50 are the same; None without a number, or with one
    that is no sum of this world.
    """
    found = _AMOUNT.search(text)
    if found is None or len(found[0]) > _LONGEST_AMOUNT:
        return None
    digits = found[0].replace("'", "").replace(" ", "")
    fraction = re.search(r"[.,](\d{1,2})$", digits)
    whole = re.sub(r"[.,]", "", digits[: fraction.start()] if fraction else digits)
    return Decimal(f"{whole}.{fraction[1] if fraction else '0'}").quantize(Decimal("0.01"))


def _iso(words: str) -> date | None:
    found = _ISO.search(words)
    return _day(int(found[1]), int(found[2]), int(found[3])) if found else None


def _dotted(words: str, today: date) -> date | None:
    found = _DOTTED.search(words)
    return _coming(int(found[1]), int(found[2]), found[3], today) if found else None


def _with_month(words: str, today: date) -> date | None:
    for found in _DAY_MONTH.finditer(words):
        if month := _month_number(found[2]):
            return _coming(int(found[1]), month, found[3], today)
    for found in _MONTH_DAY.finditer(words):
        if month := _month_number(found[1]):
            return _coming(int(found[2]), month, found[3], today)
    return None


def _by_name(words: str, today: date) -> date | None:
    later = 7 if re.search(r"(nächste|naechste|kommende|next)\w{0,2} (woche|week)", words) else 0
    for word in _WORD.findall(words):
        if word in _RELATIVE:
            return today + timedelta(days=_RELATIVE[word])
        for number, names in enumerate(_WEEKDAYS):
            if word in names or word.removesuffix("s") in names[:2]:
                return today + timedelta(days=(number - today.weekday() - 1) % 7 + 1 + later)
    if later:
        return today + timedelta(days=7 - today.weekday())
    return None


def _coming(day: int, month: int, year: str | None, today: date) -> date | None:
    if year:
        return _day(int(year) + (2000 if len(year) == 2 else 0), month, day)
    this_year = _day(today.year, month, day)
    return _day(today.year + 1, month, day) if this_year is not None and this_year < today else this_year


def _month_number(word: str) -> int | None:
    return next((number for number, names in enumerate(_MONTHS, start=1) if word in names), None)


def _month(year: int, month: int) -> str | None:
    return f"{year}-{month:02d}" if 1 <= month <= 12 else None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
