"""Hears a problem: something expected did not happen, something is broken, or somebody still waits."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from nlu.dialogue.acts import Act, begins_asking, lacks_subject, speech_act
from nlu.dialogue.lexicon import Lexicon
from nlu.dialogue.parts import Part, parts_of
from nlu.dialogue.phrases import Span
from nlu.dialogue.tokens import Token, tokenize

_DENIED_AHEAD = 3
"""So many words after a no stands the defect that it denies: "never had any trouble"."""
_SUBJECT = 2
"""So many words before a no tell what it speaks of: "the washer does not drain"."""


class ProblemKind(StrEnum):
    """What kind of problem somebody reports."""

    MISSING_EVENT = "missing_event"
    DEFECT = "defect"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem and the words that told."""

    kind: ProblemKind
    surface: str


def problem_in(text: str, lexicon: Lexicon) -> Problem | None:
    """The problem that a clause reports, None if it reports none: a question how something would be is no report, what
    is denied is not broken, and what the customer has not done yet is nobody's fault.
    """
    return next((problem for _, problem in problems_in(text, lexicon)), None)


@lru_cache(maxsize=256)
def problems_in(text: str, lexicon: Lexicon) -> tuple[tuple[Part, Problem], ...]:
    """Each problem with the part of the clause that tells of it."""
    return tuple(_problems_in(text, lexicon))


def _problems_in(text: str, lexicon: Lexicon) -> Iterator[tuple[Part, Problem]]:
    tokens = tokenize(text)
    signs = (lexicon.negation, lexicon.waiting, lexicon.defects)
    if not any(phrases.any_in(tokens) for phrases in signs) or is_hypothetical(tokens, lexicon):
        return
    said = _Said(tokens, lexicon)
    asks = speech_act(text, lexicon).act is Act.ABOUT
    for part in parts_of(text, lexicon):
        if _only_asks(said, part, asks=asks and part.last == len(tokens) - 1):
            continue
        for kind, place in said.signs(part):
            yield part, Problem(kind, text[tokens[place].start : tokens[place].end])


def is_hypothetical(tokens: Sequence[Token], lexicon: Lexicon) -> bool:
    """Whether the clause speaks of a case that has not happened: it begins with, or hangs on, an "if"."""
    return lexicon.hypothetical.at(tokens, 0) is not None or any(
        span.last > span.first for span in lexicon.hypothetical.find(tokens)
    )


def _only_asks(said: "_Said", part: Part, *, asks: bool) -> bool:
    """Whether a part only imagines something or asks how it is. "Why is it not here" complains, and so does what is
    said with a no and a question mark: "it has not come?".
    """
    tokens, lexicon = said.tokens[part.first : part.last + 1], said.lexicon
    if lexicon.hypothetical.at(tokens, 0) is not None:
        return True
    if said.waiting_in(part) is not None:
        return False
    if begins_asking(tokens, lexicon):
        return lexicon.why.at(tokens, 0) is None and (asks or not lacks_subject(tokens, lexicon))
    return asks and not said.noes_in(part)


class _Said:
    """Where the listed words stand in a clause."""

    def __init__(self, tokens: Sequence[Token], lexicon: Lexicon) -> None:
        self.tokens, self.lexicon = tokens, lexicon
        harmless = {p for span in lexicon.pseudo.find(tokens) for p in span.own}
        self._fine = lexicon.fine.places(tokens)
        self._defects = [s for s in lexicon.defects.find(tokens) if not harmless.issuperset(s.own)]
        broken = {p for span in self._defects for p in span.own}
        self._noes = lexicon.negation.places(tokens) - harmless - broken  # a "dent" is no slip for "don't"
        self._waiting = [s for s in lexicon.waiting.find(tokens) if not harmless.issuperset(s.own)]
        self._events = lexicon.events.places(tokens)
        self._received = lexicon.receives.places(tokens)
        self._happens = lexicon.happens.places(tokens)
        self._speaker = lexicon.speaker.places(tokens)
        self._excused = lexicon.excused.places(tokens)
        self._suits = lexicon.suits.places(tokens)
        self._days = lexicon.days.places(tokens) | {p for p, t in enumerate(tokens) if t.is_number}
        self._empty = lexicon.fillers.places(tokens) | lexicon.connectors.places(tokens)

    def signs(self, part: Part) -> Iterator[tuple[ProblemKind, int]]:
        """What in a part tells of a problem, the surest first."""
        if self._has(self._fine, part) and self.lexicon.correction.at(self.tokens, part.first) is None:
            return
        if (place := self.waiting_in(part)) is not None:
            yield ProblemKind.WAITING, place
        noes = self.noes_in(part)
        defects = [s for s in self._defects if s.first in part]
        real = [s for s in defects if not _denied(s, noes, part)]
        if noes and len(real) == len(defects) and self._misses(part, noes):
            yield ProblemKind.MISSING_EVENT, noes[0]
        if real:
            yield ProblemKind.DEFECT, real[0].first

    def waiting_in(self, part: Part) -> int | None:
        """Where somebody says that it takes too long."""
        return next((s.first for s in self._waiting if s.first in part), None)

    def noes_in(self, part: Part) -> list[int]:
        return sorted(place for place in self._noes if place in part)

    def _misses(self, part: Part, noes: Sequence[int]) -> bool:
        """Whether the no is about something expected. Of the speaker that is only what comes from others."""
        if self._has(self._excused, part) or (self._has(self._suits, part) and self._has(self._days, part)):
            return False
        if self._only_corrects(part, noes):
            return False
        if self._has(self._received, part):
            return True
        if self._speaks_of_self(part):
            return False
        if self._has(self._events, part) or self._has(self._happens, part):
            return True
        before = [p for p in range(part.first, noes[0]) if p not in self._empty]
        return len(before) >= _SUBJECT

    def _only_corrects(self, part: Part, noes: Sequence[int]) -> bool:
        """Whether a no only says which of two is meant: "4 not 5", "not for me but for my mother"."""
        tokens, lexicon = self.tokens, self.lexicon
        words = {p for p in range(part.first, part.last + 1) if not tokens[p].is_number}
        figures = len(words) <= part.last - part.first
        instead = any(t.folded in lexicon.contrast and t.folded in lexicon.correction for t in tokens[noes[0] :])
        return instead or (figures and words <= self._noes | lexicon.no.places(tokens) | self._empty)

    def _speaks_of_self(self, part: Part) -> bool:
        """Whether the customer is the subject, which may be left out: "haven't sent it yet"."""
        first = next((p for p in range(part.first, part.last + 1) if p not in self._empty), part.first)
        return any(p in part and (p == first or p not in self._noes) for p in self._speaker)

    def _has(self, places: frozenset[int], part: Part) -> bool:
        return any(place in part for place in places)


def _denied(defect: Span, noes: Sequence[int], part: Part) -> bool:
    """Whether a no takes the defect away: right before it, or as the last word of the part."""
    ahead = any(0 < defect.first - no <= _DENIED_AHEAD for no in noes)
    return ahead or (bool(noes) and noes[-1] == part.last and defect.last < noes[-1] and part.is_short)
