"""What a word tells about being part of an entity: its letters, its shape, its neighbours, and lists that know it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint32]

REACH = 2  # neighbours that count on each side
_TOKEN = re.compile(r"\w+|[^\w\s]")
_DIGIT = re.compile(r"\d")
_LONGEST = 160


@dataclass(frozen=True, slots=True)
class Hint:
    """A span that a list, a pattern or a recogniser knows under `name`."""

    start: int
    end: int
    name: str


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a mark, where it stands, and what is known of it; `veiled` hides its letters, as if never met."""

    word: str
    start: int
    end: int
    hints: tuple[str, ...] = ()
    veiled: bool = False


EDGE = Token("", 0, 0)


def tokens(text: str, hints: Sequence[Hint] = ()) -> list[Token]:
    """The first 160 words and marks of `text`, each with the hints that cover it."""
    found = [Token(match[0], *match.span()) for match in _TOKEN.finditer(text)][:_LONGEST]
    if not hints:
        return found
    return [Token(one.word, one.start, one.end, tuple(_hinted(one, hints))) for one in found]


def _hinted(token: Token, hints: Sequence[Hint]) -> Iterable[str]:
    for hint in hints:
        if hint.start <= token.start and token.end <= hint.end:
            yield f"{'B' if hint.start == token.start else 'I'} {hint.name}"


def word_keys(word: str, offset: int, veiled: bool = False) -> list[int]:
    """Feature numbers (32 bits) of a word for the place that stands `offset` words before it."""
    shape = _shape(word)
    if not word:
        return [_key(offset, "edge", "")]
    if veiled:
        return [_key(offset, "shape", shape)] if abs(offset) < REACH else []
    plain = _DIGIT.sub("0", word.lower())
    if abs(offset) == REACH:
        return [_key(offset, "word", plain)]
    facts = [("word", plain), ("shape", shape), ("end3", plain[-3:])]
    if not offset:
        facts += [("end2", plain[-2:]), ("begin2", plain[:2]), ("begin3", plain[:3]), ("size", str(min(len(plain), 9)))]
    return [_key(offset, kind, value) for kind, value in facts]


def hint_key(hint: str) -> int:
    """The feature number of a hint."""
    return _key(0, "hint", hint)


def _key(offset: int, kind: str, value: str) -> int:
    return crc32(f"{offset} {kind} {value}".encode("utf-8", "surrogatepass"))


def _shape(word: str) -> str:
    """`Lisbon` → `Xx`, `A4` → `X0`, `iPhone` → `xXx`, a mark → itself."""
    kinds = ["0" if c.isdigit() else "X" if c.isupper() else "x" if c.isalpha() else c for c in word]
    return "".join(kinds[:1] + [after for before, after in pairwise(kinds) if after != before])[:6]
