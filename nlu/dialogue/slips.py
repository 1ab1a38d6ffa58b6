"""Slips of the finger in words of the lists: what a word may have been meant as; the phrase around it decides."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from nlu.dialogue.tokens import Token
from nlu.embedded.spelling import one_slip

SHORTEST = 4
_ONE_LETTER = str.maketrans("äöüß", "aous")
"""A slip from `p` to `ü` is one, though the lists write `ü` as two letters."""
_LONGEST = 24

Index = Mapping[str, tuple[str, ...]]
"""Words by what is left of them without one of their letters, and by themselves."""


@dataclass(frozen=True, slots=True)
class Slip:
    """`words`: what a word may have been meant as; `is_unknown`: no language has it as it stands, so that it may be a
    phrase of its own. A word that some language has is read otherwise only among the other words of a phrase.
    """

    words: frozenset[str]
    is_unknown: bool


Slips = Mapping[str, Slip]
"""The slips of a message by the word as written (in the spelling of the lists)."""


def slips(text: str, tokens: Sequence[Token], listed: frozenset[str], knows: Callable[[str], bool]) -> Slips:
    """What the words of a message may have been meant as among `listed`: words one letter too long or too short, with
    another letter, or with two letters swapped (Damerau). `knows` tells the words of any language.
    """
    found: dict[str, Slip] = {}
    for token in tokens:
        word = token.folded
        if token.is_number or word in listed or not SHORTEST - 1 <= len(word) <= _LONGEST or word in found:
            continue
        written = text[token.start : token.end]
        near = _nearest(listed, word, written)
        if not near:
            continue
        unknown = not (knows(written.lower()) or knows(written.lower().capitalize())) and len(word) >= SHORTEST
        meant = near if unknown else frozenset(one for one in near if _is_mild(word, one))
        if meant:
            found[word] = Slip(meant, unknown)
    return found


@lru_cache(maxsize=4096)
def _nearest(listed: frozenset[str], word: str, written: str) -> frozenset[str]:
    """The listed words one slip away from a word, as it is compared or as it is written."""
    index = _index(listed)
    spellings = {word, written.lower().translate(_ONE_LETTER)}
    return frozenset([one for spelled in spellings for one in _near(spelled, index)])


@lru_cache(maxsize=64)
def _index(listed: frozenset[str]) -> Index:
    index: defaultdict[str, list[str]] = defaultdict(list)
    for word in sorted(listed):
        if SHORTEST <= len(word) <= _LONGEST:
            for key in {word, *_shortened(word)}:
                index[key].append(word)
    return {key: tuple(words) for key, words in index.items()}


def _near(word: str, index: Index) -> Iterator[str]:
    for key in {word, *_shortened(word)}:
        yield from (one for one in index.get(key, ()) if one_slip(word, one))


def _shortened(word: str) -> set[str]:
    return {word[:place] + word[place + 1 :] for place in range(len(word))}


def _is_mild(one: str, other: str) -> bool:
    """A letter too many or too few, or two swapped; another letter more often makes another word."""
    return len(one) != len(other) or sorted(one) == sorted(other)
