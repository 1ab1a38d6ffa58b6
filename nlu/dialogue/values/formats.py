"""Sums and numbers as they are written in the customer's language; kept they are plain decimals."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from babel.numbers import format_decimal

from nlu.pack import Pack

_PLAIN = re.compile(r"-?\d{1,12}(?:\.\d{1,4})?")
_LOCALES = {"de": "de_DE"}
_ROUND, _CENTS, _EXACT = "#,##0", "#,##0.00", "#,##0.####"


def formatted(value: Any, kind: str, language: str) -> Any:
    """A sum or number of that kind in the language's way (`84,50`, `1.200`); any other value as it is."""
    if kind not in ("money", "number") or not isinstance(value, str) or not _PLAIN.fullmatch(value):
        return value
    number = Decimal(value)
    pattern = _ROUND if number == number.to_integral_value() and "." not in value else _EXACT
    if kind == "money" and "." in value:
        pattern = _CENTS
    return format_decimal(number, pattern, locale=_LOCALES.get(language, "en_GB"))


def all_formatted(slots: Mapping[str, Any], pack: Pack, language: str) -> dict[str, Any]:
    """Slots as responses show them."""
    sums = {name: kind for name, kind in pack.value_kinds.items() if name in slots}
    return {**slots, **{name: formatted(slots[name], kind, language) for name, kind in sums.items()}}
