"""Reads the short durations of a pack (`500ms`, `3s`, `2m`, `6h`, `14d`)."""

import re

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_WRITTEN = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>ms|s|m|h|d)?")


def seconds(text: str) -> float:
    """`text` in seconds; a bare number counts as seconds. Raises ValueError with what would be right."""
    match = _WRITTEN.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a duration; write 500ms, 3s, 2m, 6h or 14d")
    return float(match["number"]) * _UNITS[match["unit"] or "s"]
