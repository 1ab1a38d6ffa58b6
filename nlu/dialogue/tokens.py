"""Words of a message with their places, in the one spelling that the word lists use."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from nlu.embedded.text import fold

_TOKEN = re.compile(r"\d+(?:[.,:/-]\d+)*|[^\W\d_]+(?:['’‘`´][^\W\d_]+)*")
_DRAWN_OUT = re.compile(r"(\D)\1{2,}")
_SHORTEST_STEM = 4
_ENDINGS = ("ieren", "iere", "iert", "ung", "en", "er", "es", "em", "ing", "ed", "st", "e", "t", "n", "s")
LONGEST_STEM = 40
"""Longer beginnings of words are not listed."""
MAX_TOKENS = 400
"""What goes beyond is not read: nobody answers a question in four hundred words."""


@dataclass(frozen=True, slots=True)
class Token:
    """One word or number: `text[start:end]`, and how it is compared (lower case, `ä` as `ae`, no apostrophes)."""

    folded: str
    start: int
    end: int

    @property
    def is_number(self) -> bool:
        return self.folded[:1].isdigit()


class Tokens(tuple[Token, ...]):  # noqa: SLOT001  its cached properties need a dict
    """The tokens of a text, with what all word lists ask of it: a list that has none of `words` as the beginning of a
    phrase, nor one of `beginnings` where it lists beginnings of words, is not in it. `found` keeps by list what was.
    """

    @cached_property
    def found(self) -> dict[object, Any]:
        return {}

    @cached_property
    def folded(self) -> tuple[str, ...]:
        """The words as they are compared."""
        return tuple([token.folded for token in self])

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(self.folded)

    @cached_property
    def beginnings(self) -> frozenset[str]:
        """What the words begin with, themselves included."""
        return frozenset(
            [word[:length] for word in self.words for length in range(1, min(len(word), LONGEST_STEM) + 1)]
        )


@lru_cache(maxsize=256)
def tokenize(text: str) -> Tokens:
    """The words and numbers of a text, in order. `don't` is one word, `94.50` one number, `ja!!` is `ja`."""
    found: list[Token] = []
    for match in _TOKEN.finditer(text):
        if len(found) == MAX_TOKENS:
            break
        written = match[0]
        folded = written if written[0].isdigit() else _folded(written)
        if folded:
            found.append(Token(folded, match.start(), match.end()))
    return Tokens(found)


@lru_cache(maxsize=20_000)
def _folded(word: str) -> str:
    return fold(_DRAWN_OUT.sub(r"\1", word)).replace(" ", "")


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """A word without the ending that grammar gives it, enough to know `storniere` in `stornieren`."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return word[: -len(ending)]
    return word


def covered(text: str, tokens: Sequence[Token]) -> str:
    """The stretch of `text` from the first to the last of `tokens`, empty without any."""
    return text[tokens[0].start : tokens[-1].end] if tokens else ""
