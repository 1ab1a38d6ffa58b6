"""Log lines stay lines: what a stranger sent does not become pages of log, nor bytes that no log file takes."""

from collections.abc import MutableMapping
from itertools import islice
from typing import Any

from conversation.limits import LOGGED, LOGGED_TRACEBACK, cut
from conversation.plain_text import clean

TRACEBACKS = frozenset({"traceback", "exception", "stack"})
ITEMS = 50
DEPTH = 5


def cut_shape(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: no list longer than ITEMS, nothing deeper than DEPTH. It comes before secrets are looked
    for, which goes through all there is.
    """
    return {key: value if key.startswith("_") else _shaped(value, DEPTH) for key, value in line.items()}


def cut_texts(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: every text at most LOGGED characters long, of a traceback the last LOGGED_TRACEBACK. It
    comes after secrets are hidden: half of one would not be recognised.
    """
    return {key: value if key.startswith("_") else _text_of(key, value) for key, value in line.items()}


def _shaped(value: Any, depth: int) -> Any:
    match value:
        case dict() | list() | tuple() | set() | frozenset() if depth == 0:
            return f"[{type(value).__name__} of {len(value)}]"
        case dict():
            return {str(key): _shaped(inner, depth - 1) for key, inner in islice(value.items(), ITEMS)}
        case list() | tuple() | set() | frozenset():
            return [_shaped(inner, depth - 1) for inner in islice(value, ITEMS)]
    return value


def _text_of(key: str, value: Any) -> Any:
    if key in TRACEBACKS and isinstance(value, str):
        text = clean(value)  # the end of a traceback says most
        return text if len(text) <= LOGGED_TRACEBACK else "[…] " + text[-LOGGED_TRACEBACK:]
    return _cut(value)


def _cut(value: Any) -> Any:
    match value:
        case str():
            return cut(clean(value), LOGGED)
        case bool() | float() | None:
            return value
        case int():
            return value if abs(value) < 2**64 else "a very large number"
        case dict():
            return {cut(clean(key), LOGGED): _cut(inner) for key, inner in value.items()}
        case list():
            return [_cut(inner) for inner in value]
    return cut(clean(repr(value)), LOGGED)
