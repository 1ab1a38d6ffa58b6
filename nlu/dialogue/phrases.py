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
    gap: frozenset[int] = _NOWHERE

    @property
    def own(self) -> Iterator[int]:
        """The places of the phrase's own words."""
        every = range(self.first, self.last + 1)
        return iter(every) if not self.gap else (place for place in every if place not in self.gap)

    def __len__(self) -> int:
        return self.last - self.first + 1 - len(self.gap)


_Group = tuple[tuple[int, tuple[str, ...]], ...]
"""Phrases with one first word, each behind the number of its own words, the longest first."""


@dataclass(frozen=True, eq=False)
class Phrases:
    """A set of phrases. Finding costs time in proportion to the words, whatever they are; what was found in `Tokens` is
    kept with them. `slips` are misspelled words of the message it is used on.
    """

    phrases: frozenset[tuple[str, ...]]
    _whole: dict[str, _Group] = field(init=False, repr=False)
    _begun: dict[str, _Group] = field(init=False, repr=False)
    _stems: tuple[str, ...] = field(init=False, repr=False)
    _firsts: frozenset[str] = field(init=False, repr=False)
    _first_stems: frozenset[str] = field(init=False, repr=False)
    slips: Slips = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        whole: defaultdict[str, list[tuple[str, ...]]] = defaultdict(list)
        begun: defaultdict[str, list[tuple[str, ...]]] = defaultdict(list)
        for phrase in self.phrases:
            first = phrase[0]
            (begun if first.endswith("*") else whole)[first.rstrip("*")].append(phrase)
        object.__setattr__(self, "_whole", {word: _group(phrases) for word, phrases in whole.items()})
        object.__setattr__(self, "_begun", {stem: _group(phrases) for stem, phrases in begun.items()})
        object.__setattr__(self, "_stems", tuple(begun))
        object.__setattr__(self, "_firsts", frozenset(whole))
        object.__setattr__(self, "_first_stems", frozenset(begun))

    @cached_property
    def words(self) -> frozenset[str]:
        """The phrases of one whole word."""
        return frozenset(phrase[0] for phrase in self.phrases if len(phrase) == 1 and not phrase[0].endswith("*"))

    @cached_property
    def _lone_stems(self) -> tuple[str, ...]:
        """The phrases of one beginning of a word."""
        return tuple(phrase[0][:-1] for phrase in self.phrases if len(phrase) == 1 and phrase[0].endswith("*"))

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
        if word in self.words or word.startswith(self._lone_stems):
            return True
        slip = self.slips.get(word)
        return slip is not None and slip.is_unknown and not self.words.isdisjoint(slip.words)

    def at(self, tokens: Sequence[Token], place: int) -> Span | None:
        """The longest phrase that begins at `place`."""
        if place >= len(tokens):
            return None
        word = tokens[place].folded
        if word in self._whole or word in self.slips or word.startswith(self._stems):
            return self._longest(tokens, place, word)
        return None

    def find(self, tokens: Sequence[Token]) -> Sequence[Span]:
        """Phrases from left to right without overlaps, each the longest at its place."""
        if not isinstance(tokens, Tokens):
            return self._found(tokens, [token.folded for token in tokens])
        found: Sequence[Span] | None = tokens.found.get(self)
        if found is None:
            found = tokens.found[self] = () if self._is_absent(tokens) else self._found(tokens, tokens.folded)
        return found

    def any_in(self, tokens: Sequence[Token]) -> bool:
        return bool(self.find(tokens))

    def places(self, tokens: Sequence[Token]) -> frozenset[int]:
        """The places of all words that belong to a phrase."""
        spans = self.find(tokens)
        return frozenset([place for span in spans for place in span.own]) if spans else _NOWHERE

    def _is_absent(self, tokens: Tokens) -> bool:
        """Whether no phrase begins anywhere: so it is with most lists and texts, which is what makes this fast."""
        if self.slips or not self._firsts.isdisjoint(tokens.words):
            return False
        return not self._begun or self._first_stems.isdisjoint(tokens.beginnings)

    def _found(self, tokens: Sequence[Token], words: Sequence[str]) -> Sequence[Span]:
        whole, stems, slips = self._whole, self._stems, self.slips
        found: list[Span] = []
        beyond = 0
        for place, word in enumerate(words):
            if place >= beyond and (word in whole or word in slips or word.startswith(stems)):
                span = self._longest(tokens, place, word)
                if span is not None:
                    found.append(span)
                    beyond = span.last + 1
        return found

    def _longest(self, tokens: Sequence[Token], place: int, word: str) -> Span | None:
        """Of the phrases that begin with the word at `place`, the longest that is there."""
        best, most = None, 0
        for group in self._groups(word):
            for size, phrase in group:
                if size <= most:
                    break
                span = _matched(phrase, tokens, place, self.slips)
                if span is not None:
                    best, most = span, size
                    break
        return best

    def _groups(self, word: str) -> list[_Group]:
        """The phrases that begin with a word, with a beginning of it, or with what it may have been meant as."""
        whole, begun = self._whole, self._begun
        groups = [whole[word]] if word in whole else []
        if begun and word.startswith(self._stems):
            beginnings = [word[:length] for length in range(1, min(len(word), LONGEST_STEM) + 1)]
            groups += [begun[stem] for stem in beginnings if stem in begun]
        slip = self.slips.get(word)
        if slip is not None:
            meant = [whole[one] for one in slip.words if one in whole]
            groups += meant if slip.is_unknown else [tuple(p for p in group if len(p[1]) > 1) for group in meant]
        return groups


def places_of(lists: Iterable[Phrases], tokens: Sequence[Token]) -> frozenset[int]:
    """The places of all words that belong to a phrase of any of the lists."""
    return frozenset([place for phrases in lists for span in phrases.find(tokens) for place in span.own])


def _group(phrases: Iterable[tuple[str, ...]]) -> _Group:
    sized = ((sum(part != GAP for part in phrase), phrase) for phrase in phrases)
    return tuple(sorted(sized, key=lambda one: (-one[0], -len(one[1]), one[1])))


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
    if len(phrase) == 1 and _fits(phrase[0], tokens[place].folded, slips):
        return Span(place, place)
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
