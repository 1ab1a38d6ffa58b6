"""Finds listed phrases among words: exact, by the beginning of a word (`defekt*`), or around a gap (`take .. back`)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property

from nlu.dialogue.slips import Slip, Slips
from nlu.dialogue.tokens import LONGEST_STEM, Token, Tokens, tokenize

GAP = ".."
LONGEST_GAP = 4
"""So many words may stand where a phrase has its gap."""

_NOWHERE: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Span:
    """A phrase found at the words `first` to `last` (inclusive). `gap` holds the places inside that are not its own."""

    first: int
    last: int
    gap: frozenset[int] = frozenset()

    @property
    def own(self) -> Iterator[int]:
        """The places of the phrase's own words."""
        return (place for place in range(self.first, self.last + 1) if place not in self.gap)

    def __len__(self) -> int:
        return self.last - self.first + 1 - len(self.gap)


_Latest = tuple[Sequence[Token] | None, list[Span]]


@dataclass(frozen=True)
class Phrases:
    """A set of phrases. Finding costs time in proportion to the words, whatever they are. `slips` are misspelled words
    of the message it is used on.
    """

    phrases: frozenset[tuple[str, ...]]
    _whole: dict[str, list[tuple[str, ...]]] = field(init=False, repr=False, compare=False)
    _begun: dict[str, list[tuple[str, ...]]] = field(init=False, repr=False, compare=False)
    _stems: tuple[str, ...] = field(init=False, repr=False, compare=False)
    _firsts: frozenset[str] = field(init=False, repr=False, compare=False)
    _first_stems: frozenset[str] = field(init=False, repr=False, compare=False)
    slips: Slips = field(default_factory=dict, repr=False, compare=False)
    _latest: list[_Latest] = field(default_factory=lambda: [(None, [])], init=False, repr=False, compare=False)
    """The words that were looked through last, and what was found: a clause is asked for one list several times."""

    def __post_init__(self) -> None:
        whole: defaultdict[str, list[tuple[str, ...]]] = defaultdict(list)
        begun: defaultdict[str, list[tuple[str, ...]]] = defaultdict(list)
        for phrase in sorted(self.phrases, key=len, reverse=True):
            first = phrase[0]
            (begun if first.endswith("*") else whole)[first.rstrip("*")].append(phrase)
        object.__setattr__(self, "_whole", dict(whole))
        object.__setattr__(self, "_begun", dict(begun))
        object.__setattr__(self, "_stems", tuple(begun))
        object.__setattr__(self, "_firsts", frozenset(whole))
        object.__setattr__(self, "_first_stems", frozenset(begun))

    @cached_property
    def words(self) -> frozenset[str]:
        """The phrases of one whole word."""
        return frozenset(phrase[0] for phrase in self.phrases if len(phrase) == 1 and not phrase[0].endswith("*"))

    @cached_property
    def _parts(self) -> frozenset[str]:
        """All words of the phrases."""
        return frozenset(part for phrase in self.phrases for part in phrase)

    @classmethod
    def of(cls, lines: Iterable[str]) -> "Phrases":
        """From one phrase a line, in any spelling; lines that begin with `#` are remarks."""
        return cls(frozenset(phrase for line in lines if (phrase := _parsed(line))))

    def hearing(self, slips: Slips) -> "Phrases":
        """The same phrases, found also where a word of theirs has a slip."""
        if all(self._parts.isdisjoint(slip.words) for slip in slips.values()):
            return self
        heard = copy(self)
        object.__setattr__(heard, "slips", slips)
        object.__setattr__(heard, "_latest", [(None, [])])
        return heard

    def spoken(self, others: Iterable[tuple[str, Sequence[str]]]) -> "Phrases":
        """With the phrases of several words as they are spoken elsewhere: `others` are how words are said."""
        found = set(self.phrases)
        for written, ways in others:
            words, said = _parsed(written), [_parsed(way) for way in ways]
            for phrase in [one for one in found if len(one) > 1]:
                place = next((n for n in range(len(phrase)) if phrase[n : n + len(words)] == words), None)
                if place is not None:
                    found |= {phrase[:place] + way + phrase[place + len(words) :] for way in said}
        return self if found == self.phrases else Phrases(frozenset(found))

    def __or__(self, other: "Phrases") -> "Phrases":
        return Phrases(self.phrases | other.phrases)

    def __contains__(self, word: str) -> bool:
        """Whether a single word is a phrase of its own."""
        return self._may_begin(word) and any(self._at((Token(word, 0, 0),), 0))

    def at(self, tokens: Sequence[Token], place: int) -> Span | None:
        """The longest phrase that begins at `place`."""
        if place >= len(tokens) or not self._may_begin(tokens[place].folded):
            return None
        return max(self._at(tokens, place), key=len, default=None)

    def find(self, tokens: Sequence[Token]) -> list[Span]:
        """Phrases from left to right without overlaps, each the longest at its place."""
        return list(self._spans(tokens))

    def any_in(self, tokens: Sequence[Token]) -> bool:
        return bool(self._spans(tokens))

    def places(self, tokens: Sequence[Token]) -> frozenset[int]:
        """The places of all words that belong to a phrase."""
        spans = self._spans(tokens)
        return frozenset([place for span in spans for place in span.own]) if spans else _NOWHERE

    def _spans(self, tokens: Sequence[Token]) -> Sequence[Span]:
        if isinstance(tokens, Tokens) and self._is_absent(tokens):
            return ()
        words, found = self._latest[0]
        if words is not tokens:
            found = self._found(tokens)
            if isinstance(tokens, tuple):
                self._latest[0] = (tokens, found)
        return found

    def _is_absent(self, tokens: Tokens) -> bool:
        """Whether no phrase begins anywhere: so it is with most lists and texts, which is what makes this fast."""
        if self.slips or not self._firsts.isdisjoint(tokens.words):
            return False
        return not self._begun or self._first_stems.isdisjoint(tokens.beginnings)

    def _found(self, tokens: Sequence[Token]) -> list[Span]:
        found: list[Span] = []
        beyond = 0
        for place in self._beginnings(tokens):
            span = max(self._at(tokens, place), key=len, default=None) if place >= beyond else None
            if span is not None:
                found.append(span)
                beyond = span.last + 1
        return found

    def _may_begin(self, word: str) -> bool:
        return word in self._whole or word in self.slips or word.startswith(self._stems)

    def _beginnings(self, tokens: Sequence[Token]) -> list[int]:
        """The places of words with which a phrase begins."""
        whole, stems, slips = self._whole, self._stems, self.slips
        words = enumerate([token.folded for token in tokens])
        return [place for place, word in words if word in whole or word in slips or word.startswith(stems)]

    def _at(self, tokens: Sequence[Token], place: int) -> Iterator[Span]:
        word = tokens[place].folded
        candidates = list(self._whole.get(word, ()))
        for length in range(1, min(len(word), LONGEST_STEM) + 1):
            candidates += self._begun.get(word[:length], ())
        slip = self.slips.get(word)
        if slip is not None:
            candidates += [p for one in slip.words for p in self._whole.get(one, ()) if slip.is_unknown or len(p) > 1]
        for phrase in candidates:
            span = _matched(phrase, tokens, place, self.slips)
            if span is not None:
                yield span


def _parsed(line: str) -> tuple[str, ...]:
    if line.lstrip().startswith("#"):
        return ()
    words: list[str] = []
    for part in line.split():
        if part == GAP:
            words.append(GAP)
        else:
            ending = "*" if part.endswith("*") else ""
            words += [token.folded for token in tokenize(part.rstrip("*"))]
            if words and ending:
                words[-1] += ending
    return tuple(words)


def _matched(phrase: Sequence[str], tokens: Sequence[Token], place: int, slips: Mapping[str, Slip]) -> Span | None:
    """The phrase at `place`: a gap takes as few words as it can, and at least one."""
    here = place
    gap: set[int] = set()
    for number, part in enumerate(phrase):
        if part == GAP:
            following = phrase[number + 1]
            reach = range(here + 1, min(here + LONGEST_GAP + 1, len(tokens)))
            end = next((p for p in reach if _fits(following, tokens[p].folded, slips)), None)
            if end is None:
                return None
            gap.update(range(here, end))
            here = end
        elif here < len(tokens) and _fits(part, tokens[here].folded, slips):
            here += 1
        else:
            return None
    return Span(place, here - 1, frozenset(gap))


def _fits(part: str, word: str, slips: Mapping[str, Slip]) -> bool:
    if part.endswith("*"):
        return word.startswith(part[:-1])
    return word == part or (word in slips and part in slips[word].words)
