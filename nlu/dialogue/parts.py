"""The parts of a clause that say one thing each: a no in one of them denies nothing in the others."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from nlu.dialogue.lexicon import Lexicon
from nlu.dialogue.tokens import Token, tokenize

_MARKS = frozenset(",.!?;:\n()")
_ENOUGH = 3
"""With fewer words after it a connecting word begins nothing new: "but it is not"."""
_SHORT = 5


@dataclass(frozen=True, slots=True)
class Part:
    """The words from `first` to `last`, inclusive."""

    first: int
    last: int

    def __contains__(self, place: object) -> bool:
        return isinstance(place, int) and self.first <= place <= self.last

    @property
    def is_short(self) -> bool:
        return self.last - self.first < _SHORT


@lru_cache(maxsize=256)
def parts_of(text: str, lexicon: Lexicon) -> tuple[Part, ...]:
    """The parts from left to right: they end at marks, and before words that connect, contrast or imagine."""
    tokens = tokenize(text)
    starts = [0, *(p for p in range(1, len(tokens)) if _begins(text, tokens, p, lexicon))]
    return tuple(Part(first, last - 1) for first, last in zip(starts, [*starts[1:], len(tokens)], strict=True))


def _begins(text: str, tokens: Sequence[Token], place: int, lexicon: Lexicon) -> bool:
    before = tokens[place - 1]
    marks = _MARKS - {"."} if before.is_number else _MARKS
    if any(mark in marks for mark in text[before.end : tokens[place].start]):
        return True
    if len(tokens) - place < _ENOUGH:
        return False
    word = tokens[place].folded
    imagines = word in lexicon.subordinators and (word in lexicon.contrast or word in lexicon.hypothetical)
    return imagines or lexicon.connectors.at(tokens, place) is not None
