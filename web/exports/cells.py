"""One cell of CSV: numbers stay numbers, and no text runs as a formula, whichever separator a spreadsheet expects."""

import math
import re
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

_SHARE = Decimal("0.000001")
_SIGNS = "=+@%|−＝＋－＠％｜﹢﹣﹦﹪﹫\\-"  # the last is the hyphen
_INVISIBLE = (  # all of Unicode's spaces, controls and format characters but \t, \r and \n, and what fonts leave blank
    "\x00-\x08\x0b\x0c\x0e-\x20\x7f-\xa0\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160"
    "\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e01ef"
)
_FORMULA = f"[{_INVISIBLE}]*[{_SIGNS}]"
_GUARDED = re.compile(
    rf"\A(?='*(?:{_FORMULA}|[{_INVISIBLE}]*[\t\r\n]))"  # a cell
    rf"|(?<=[;\t\r\n|])(?='*[\"'{_INVISIBLE}]*[{_SIGNS}])"  # what another separator, or a line break, would make a cell
)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def cell(value: object) -> str:
    """The value as a file of CSV holds it. Numbers stand as they are, exact shares with six decimals; nothing, and what
    is no number, is empty. Truth, times (ISO 8601) and all else is quoted, defused text.
    """
    match value:
        case None:
            return ""
        case bool():
            return quoted(str(value).lower())
        case str():  # also enumerations of texts
            return quoted(str(value))
        case int() | float() | Decimal() | Fraction():
            return _number(value)
        case datetime():
            return quoted(value.isoformat().replace("+00:00", "Z"))
    return quoted(str(value))


def _number(value: float | Decimal | Fraction) -> str:
    if isinstance(value, Fraction):
        value = (Decimal(value.numerator) / Decimal(value.denominator)).quantize(_SHARE)
    if not math.isfinite(value):
        return ""
    return f"{value:f}" if isinstance(value, Decimal) else repr(value)


def quoted(text: str) -> str:
    """Text between quotation marks, with `defused` content."""
    doubled = defused(text).replace('"', '""')
    return f'"{doubled}"'


def defused(text: str) -> str:
    """The text with an apostrophe before whatever a spreadsheet could take for the beginning of a formula.

    That is a sign (`= + - @ % |`, also full-width) at the beginning, or after a semicolon, a tab, a `|` or a line
    break, where a spreadsheet that expects another separator begins a new cell; blanks and invisible characters before
    the sign do not hide it, and a tab or line break at the beginning counts as one. A text that has an apostrophe there
    already gets one more, so that taking away one apostrophe at each of these places gives the text back.
    """
    return _GUARDED.sub("'", _UNSTORABLE.sub("\ufffd", text))
