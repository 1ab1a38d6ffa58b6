"""Hears a problem: something expected did not happen, something is broken, or somebody still waits."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from nlu.dialogue.acts import Act, speech_act
from nlu.dialogue.lexicon import Lexicon
from nlu.dialogue.negation import Negated, negated
from nlu.dialogue.tokens import Token, tokenize


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
    """The problem that a clause reports, None if it reports none: a question how something would be is no report, and
    what is denied is not broken.
    """
    tokens = tokenize(text)
    if not tokens or _only_asks(text, tokens, lexicon):
        return None
    denied = negated(text, tokens, lexicon)
    for kind, place in _signs(tokens, denied, lexicon):
        return Problem(kind, text[tokens[place].start : tokens[place].end])
    return None


def _signs(tokens: Sequence[Token], denied: Negated, lexicon: Lexicon) -> list[tuple[ProblemKind, int]]:
    events = [p for p in sorted(lexicon.events.places(tokens)) if p in denied]
    defects = [s for s in lexicon.defects.find(tokens) if not any(p in denied for p in s.own)]
    waiting = lexicon.waiting.find(tokens)
    return [
        *((ProblemKind.MISSING_EVENT, p) for p in events),
        *((ProblemKind.DEFECT, s.first) for s in defects),
        *((ProblemKind.WAITING, s.first) for s in waiting),
    ]


def _only_asks(text: str, tokens: Sequence[Token], lexicon: Lexicon) -> bool:
    """A question about how things are in general, or a case that is only thought of."""
    if is_hypothetical(tokens, lexicon):
        return True
    return speech_act(text, lexicon).act is Act.ABOUT and not lexicon.waiting.any_in(tokens)


def is_hypothetical(tokens: Sequence[Token], lexicon: Lexicon) -> bool:
    """Whether the clause speaks of a case that has not happened: it begins with, or hangs on, an "if"."""
    return lexicon.hypothetical.at(tokens, 0) is not None or any(
        span.last > span.first for span in lexicon.hypothetical.find(tokens)
    )
