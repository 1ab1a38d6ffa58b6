"""What somebody says they do not want: the words that a refusal is about."""

from collections.abc import Sequence

from nlu.dialogue.lexicon import Lexicon
from nlu.dialogue.phrases import Span
from nlu.dialogue.tokens import Token, stem

SHORTEST = 5
"""Shorter words name no matter."""
_REACH = 6
_A_DENIAL = 5
_MARKS = ",;:.!?\n"


def unwanted(text: str, tokens: Sequence[Token], lexicon: Lexicon) -> list[Token] | None:
    """The words around which a refusal stands, and those behind it, else those before; None if nothing is refused. No
    other sentence begins inside of it: "ich will es zurückgeben, passt nicht" refuses nothing.
    """
    found = [span for span in lexicon.unwanted.find(tokens) if not _goes_on(text, tokens, span, lexicon)]
    span = next((one for one in found if not _is_conditional(tokens[: one.first], lexicon)), None)
    if span is None:
        return None
    behind = tokens[span.last + 1 : span.last + 1 + _REACH]
    turn = next((n for n, t in enumerate(behind) if t.folded in lexicon.first_person), len(behind))
    words = [*(tokens[place] for place in sorted(span.gap)), *behind[:turn]]
    return words if named(words) else [*words, *tokens[max(span.first - _REACH, 0) : span.first]]


def _is_conditional(before: Sequence[Token], lexicon: Lexicon) -> bool:
    """Whether an "if" stands before it: "ok, but only if I don't need a note" refuses no note."""
    return any(t.folded in lexicon.hypothetical and t.folded in lexicon.contrast for t in before)


def _goes_on(text: str, tokens: Sequence[Token], span: Span, lexicon: Lexicon) -> bool:
    """Whether another sentence begins in the gap of a phrase."""
    lists = (lexicon.subordinators, lexicon.connectors, lexicon.suits)
    words = [place for place in span.gap if tokens[place].folded not in lexicon.articles]
    inside = any(phrases.at(tokens, place) is not None for place in words for phrases in lists)
    return inside or any(mark in text[tokens[span.first].end : tokens[span.last].start] for mark in _MARKS)


def named(tokens: Sequence[Token]) -> frozenset[str]:
    """The stems of the words that could name a matter."""
    return frozenset(stem(t.folded) for t in tokens if len(t.folded) >= SHORTEST and not t.is_number)


def refused(text: str, tokens: Sequence[Token], lexicon: Lexicon) -> list[Token] | None:
    """What a clause does not want: behind such words, or behind a no in front of few words ("no new supplier")."""
    if (words := unwanted(text, tokens, lexicon)) is not None:
        return words
    start = next((n for n, t in enumerate(tokens) if t.folded not in lexicon.fillers), 0)
    denies = lexicon.none_of.at(tokens, start)
    rest = tokens[denies.last + 1 :] if denies is not None else ()
    if denies is None or not rest or len(rest) >= _A_DENIAL or any(t.is_number for t in rest):
        return None
    return None if "," in text[tokens[denies.last].end : rest[0].start] else list(rest)
