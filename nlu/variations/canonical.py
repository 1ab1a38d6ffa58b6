"""Values as they are compared: how they are written does not count."""

import re
from collections.abc import Mapping
from typing import Any

_SPACES = re.compile(r"\s+")
_DECIMAL = re.compile(r"\d+\.\d+")
_EDGES = " .,;:!?\"'„“”"


def canonical(value: Any) -> str:
    """A value as text without capitals, double spaces and marks at its ends; 3.0 and 3.00 are 3."""
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, list | tuple):
        return ", ".join(sorted(canonical(one) for one in value))
    text = _SPACES.sub(" ", str(value)).strip(_EDGES).casefold()
    return text.rstrip("0").rstrip(".") if _DECIMAL.fullmatch(text) else text


def canonical_all(values: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """All values that are there, in order of their names."""
    return tuple(sorted((name, canonical(value)) for name, value in values.items() if value is not None))
