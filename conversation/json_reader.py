"""Reads JSON that strangers send: whatever comes out can be walked, stored and compared without surprises."""

import json
import math
import re
from typing import Any, NoReturn

from conversation.limits import JSON_DEPTH

_LARGEST = 2**63 - 1
_DIGITS = 19
# An unfinished string is one token up to the end, so that no text makes the search start over again and again.
_TOKENS = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)


class JsonRefused(ValueError):
    """The text is no JSON that we read; says why, and where it can."""


def read_json(body: bytes | str, *, depth: int = JSON_DEPTH) -> Any:
    """The value of a JSON text (RFC 8259) in UTF-8. Raises JsonRefused for what is malformed, nested deeper than
    `depth`, names a member twice, or holds a number that is not finite or needs more than 64 bits. Texts may hold NUL
    and lone surrogates: see conversation.plain_text.
    """
    text = _decoded(body)
    _check_depth(text, depth)
    try:
        return json.loads(
            text, parse_int=_whole, parse_float=_finite, parse_constant=_no_number, object_pairs_hook=_members
        )
    except json.JSONDecodeError as error:
        raise JsonRefused(f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from error


def _decoded(body: bytes | str) -> str:
    if isinstance(body, str):
        return body
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise JsonRefused(f"not JSON: byte {error.start + 1} is not UTF-8") from error


def _check_depth(text: str, depth: int) -> None:
    """Before parsing: the parser calls itself for each level."""
    level = 0
    for token in _TOKENS.finditer(text):
        match token[0]:
            case "[" | "{":
                level += 1
                if level > depth:
                    raise JsonRefused(f"nested deeper than {depth} levels")
            case "]" | "}":
                level -= 1


def _whole(digits: str) -> int:
    if len(digits.lstrip("-")) > _DIGITS or not -_LARGEST - 1 <= (number := int(digits)) <= _LARGEST:
        raise JsonRefused(f"the number {digits[:_DIGITS]}… needs more than 64 bits")
    return number


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise JsonRefused(f"the number {digits[:40]} is too large")
    return number


def _no_number(name: str) -> NoReturn:
    raise JsonRefused(f"{name} is not a number that JSON knows")


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members:
            raise JsonRefused(f"the member {name[:40]!r} stands there twice")
        members[name] = value
    return members
