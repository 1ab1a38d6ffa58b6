"""What of a sentence is denied: German denies backwards too (`passt nicht`), and some words only look like a no."""

from collections.abc import Sequence
from dataclasses import dataclass

from nlu.dialogue.lexicon import Lexicon
from nlu.dialogue.tokens import Token

REACH_BACK = 6
REACH_AHEAD = 9
"""So many words before and after a negation it may deny, within its own clause (NegEx counts five to six)."""
_CLOSING = ".!?;\n"


@dataclass(frozen=True, slots=True)
class Negated:
    """The places of words that a negation denies, and of the negations themselves."""

    places: frozenset[int]
    by: frozenset[int]

    def __contains__(self, place: object) -> bool:
        return place in self.places


def negated(text: str, tokens: Sequence[Token], lexicon: Lexicon) -> Negated:
    """Which words are denied: from a negation to the end of its clause, and back to the clause's beginning."""
    pseudo = frozenset(p for span in lexicon.pseudo.find(tokens) for p in span.own)
    signs = lexicon.negation.places(tokens) - pseudo
    borders = _borders(text, tokens, lexicon)
    denied = {p for sign in signs for p in _scope(sign, borders, len(tokens))} - signs
    return Negated(frozenset(denied), signs)


def _scope(sign: int, borders: frozenset[int], count: int) -> range:
    """Around the negation up to the nearest border (a border is the place of the first word behind it)."""
    first = max((b for b in borders if b <= sign), default=0)
    last = min((b for b in borders if b > sign), default=count)
    return range(max(first, sign - REACH_BACK), min(last, sign + REACH_AHEAD + 1))


def _borders(text: str, tokens: Sequence[Token], lexicon: Lexicon) -> frozenset[int]:
    contrasting = {s.first for s in lexicon.contrast.find(tokens)}
    conditional = {s.first for s in lexicon.subordinators.find(tokens)}
    closed = {
        place
        for place in range(1, len(tokens))
        if any(mark in _CLOSING for mark in text[tokens[place - 1].end : tokens[place].start])
    }
    return frozenset({0, *closed, *contrasting, *(conditional & _after_comma(text, tokens))})


def _after_comma(text: str, tokens: Sequence[Token]) -> set[int]:
    return {p for p in range(1, len(tokens)) if "," in text[tokens[p - 1].end : tokens[p].start]}
