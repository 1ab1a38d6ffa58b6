"""Mends a slip of the finger where the client's own words say what was meant, before it leads the encoder astray."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

_WORD = re.compile(r"[^\W\d_]+")
_SHORTEST = 4
_LONGEST = 60
_LETTERS = 32
_REMEMBERED = 4096


class Speller:
    """Knows the words of a client's training examples; `known` says whether any language has the word as it stands.

    A word of 4 to 60 letters that neither knows, one slip (a letter too many, too few, wrong, or two swapped,
    Damerau 1964) away from exactly one of the client's words, is that word. If there is none, but it is one of the
    client's words and another known word run together, it is these two.
    """

    def __init__(self, words: Sequence[str], known: Callable[[str], bool]) -> None:
        self._words = list(words)
        self._own = frozenset(words)
        self._known = known
        self._counts = np.array([_letter_counts(word) for word in self._words], dtype=np.int8).reshape(-1, _LETTERS)
        self._mended: dict[str, str] = {}

    def mend(self, text: str) -> str:
        """`text` with such words replaced, all else untouched."""
        return _WORD.sub(lambda match: self._mend(match[0]), text) if self._words else text

    def _mend(self, word: str) -> str:
        if not _SHORTEST <= len(word) <= _LONGEST:
            return word
        lowered = word.lower()
        found = self._mended.get(lowered)
        if found is None:
            if len(self._mended) >= _REMEMBERED:
                self._mended.clear()
            found = self._mended[lowered] = self._meant(word)
        return word if found == lowered else found

    def _meant(self, word: str) -> str:
        lowered = word.lower()
        if lowered in self._own or self._known(lowered) or self._known(lowered.capitalize()):
            return lowered
        distance = np.abs(self._counts - np.array(_letter_counts(lowered), dtype=np.int8)).sum(axis=1)
        near = [self._words[place] for place in np.flatnonzero(distance <= 2) if one_slip(lowered, self._words[place])]
        if near:
            return near[0] if len(near) == 1 else lowered
        return self._parted(lowered)

    def _parted(self, word: str) -> str:
        """The two words that were run together, the longest of the client's own deciding where."""
        best, longest = word, 0
        for at in range(2, len(word) - 1):
            parts = word[:at], word[at:]
            own = max((len(part) for part in parts if part in self._own), default=0)
            if own > longest and all(part in self._own or self._known(part) for part in parts):
                best, longest = " ".join(parts), own
        return best


def vocabulary(texts: Sequence[str]) -> list[str]:
    """The words of four letters or more in `texts`, lower case, sorted."""
    words = {word.lower() for text in texts for word in _WORD.findall(text)}
    return sorted(word for word in words if len(word) >= _SHORTEST)


def _letter_counts(word: str) -> list[int]:
    counts = [0] * _LETTERS
    for char in word:
        counts[ord(char) % _LETTERS] += 1
    return [min(count, 60) for count in counts]


def one_slip(one: str, other: str) -> bool:
    """Whether one insertion, deletion, substitution or swap of neighbours at most makes them equal (Damerau)."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    left, right = one[start:], other[start:]
    if len(left) != len(right):
        longer, shorter = (left, right) if len(left) > len(right) else (right, left)
        return longer[1:] == shorter
    swapped = left[1::-1] + left[2:] == right if len(left) > 1 else False
    return swapped or left[1:] == right[1:]
