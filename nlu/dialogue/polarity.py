"""What a text answers to a yes/no question: yes only if it says nothing else, since a yes may write into a system."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache

from nlu.dialogue.lexicon import Lexicon
from nlu.dialogue.phrases import Phrases, Span
from nlu.dialogue.tokens import Token, covered, stem, tokenize
from nlu.embedded.spelling import one_slip
from nlu.emoji import meant_by_emoji

_SHORTEST_STEM = 4


@dataclass(frozen=True, slots=True)
class Polarity:
    """`sense`: True or False where the text answers, None where it does not. `leaning`: what it would answer without
    its `rest`, the part that says more. `hold`: the customer wants a moment or is not sure.
    """

    sense: bool | None
    leaning: bool | None = None
    rest: str = ""
    hold: bool = False

    @property
    def is_bare(self) -> bool:
        """A yes or no and nothing else."""
        return self.sense is not None and not self.rest


NOTHING = Polarity(None)


def polarity(text: str, lexicon: Lexicon, question: str = "", values: Collection[str] = ()) -> Polarity:
    """Reads `text` as the answer to `question` (its words, and the `values` it shows, may be repeated in a yes).

    - yes, with courtesies and repeated words at most: True
    - a no or a negation: False, with the rest if there is one ("nein, 2 Stück")
    - yes with a negation, a contrast ("ja aber"), a moment asked for, or anything else: None, `leaning` True
    """
    return _polarity(text, lexicon, question, tuple(values))


@lru_cache(maxsize=128)  # several levels ask the same of a clause
def _polarity(text: str, lexicon: Lexicon, question: str, values: tuple[str, ...]) -> Polarity:
    if sign := meant_by_emoji(text):
        return {"affirm": Polarity(True, True), "deny": Polarity(False, False)}.get(sign, NOTHING)
    tokens = tokenize(text)
    if not tokens:
        return NOTHING
    if all(token.folded in lexicon.bare_no.words for token in tokens):
        return Polarity(False, False)
    said = _Said(tokens, lexicon)
    if said.no and any(_says_a_denial(tokens, tokenize(value), lexicon) for value in values):
        return Polarity(None, True, text)
    echo = frozenset(stem(t.folded) for part in (question, *values) for t in tokenize(part))
    rest = [t for place, t in enumerate(tokens) if place not in said.covered and not _repeats(t, echo)]
    if len(rest) == 1 and not rest[0].is_number and _nearly_polite(rest[0].folded, lexicon):
        rest = []
    if all(t.folded in lexicon.connectors and t.folded not in lexicon.contrast for t in rest):
        rest = []
    return _judged(text, said, rest)


def _says_a_denial(tokens: Sequence[Token], value: Sequence[Token], lexicon: Lexicon) -> bool:
    """Whether the text only repeats a shown value that has a no in it ("does not fit"): that refuses nothing."""
    shown = {stem(t.folded) for t in value}
    mine = {stem(t.folded) for t in tokens if t.folded not in lexicon.fillers}
    return len(mine) > 1 and mine <= shown and lexicon.negation.any_in(value)


@lru_cache(maxsize=256)
def _nearly_polite(left: str, lexicon: Lexicon) -> bool:
    """Whether a single word left over is a courtesy with one slip, and not nearly a no."""
    shortest = _SHORTEST_STEM - 1
    if len(left) < shortest:
        return False

    def is_nearly(*lists: Phrases) -> bool:
        words = (word for phrases in lists for word in phrases.words if len(word) >= shortest)
        return any(one_slip(left, word) for word in words)

    polite = is_nearly(lexicon.fillers, lexicon.thanks)
    return polite and not is_nearly(lexicon.negation, lexicon.no, lexicon.contrast, lexicon.hold)


class _Said:
    """Which words say yes, no, a moment please, or nothing."""

    def __init__(self, tokens: Sequence[Token], lexicon: Lexicon) -> None:
        pseudo = lexicon.pseudo.find(tokens)
        no = _apart(lexicon.no.find(tokens), pseudo)
        yes = _apart(lexicon.yes.find(tokens), no)
        hold = _apart(lexicon.hold.find(tokens), pseudo)
        polite = [s for phrases in (lexicon.thanks, lexicon.goodbye, lexicon.greeting) for s in phrases.find(tokens)]
        careless = lexicon.indifferent.places(tokens) if yes else frozenset()
        negation = lexicon.negation.places(tokens) - _places(pseudo) - _places(yes) - careless
        self.contrast = bool(lexicon.contrast.places(tokens) - _places(no) - _places(yes) - _places(pseudo))
        self.hold = bool(_apart(hold, [*no, *yes]))
        self.yes = bool(yes)
        self.agrees = any(_within(span, lexicon.interjections.places(tokens)) for span in yes)
        farewell = lexicon.goodbye.any_in(tokens)
        self.takes_leave = farewell and all(_within(span, lexicon.weak.places(tokens)) for span in yes)
        self.no = bool(no) or bool(negation)
        contrasting = lexicon.contrast.places(tokens)
        fillers = lexicon.fillers.places(tokens) - contrasting
        beside = lexicon.told.places(tokens) | lexicon.praise.places(tokens) if yes else frozenset()
        self.covered = _places([*yes, *no, *hold, *polite, *pseudo]) | negation | fillers | careless | beside


def _judged(text: str, said: _Said, rest: Sequence[Token]) -> Polarity:
    more = covered(text, rest)
    asks = text.rstrip().endswith("?")
    if said.hold and not said.no:
        return Polarity(None, True if said.yes else None, more, hold=True)
    if said.no and said.agrees:
        return Polarity(None, None, more or text)
    if said.no:
        return Polarity(None if asks else False, False, more)
    if said.yes:
        if said.takes_leave:
            return Polarity(None, None, text)
        whole = not more and not said.contrast and not asks
        return Polarity(True if whole else None, True, more or ("" if whole else text))
    return Polarity(None, None, more)


def _places(spans: Sequence[Span]) -> frozenset[int]:
    return frozenset(place for span in spans for place in span.own)


def _apart(spans: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """Those of `spans` that lie in none of the longer `others`."""
    return [s for s in spans if not any(_inside(s, o) and len(o) >= len(s) for o in others)]


def _inside(inner: Span, outer: Span) -> bool:
    return outer.first <= inner.first and inner.last <= outer.last


def _within(span: Span, places: Collection[int]) -> bool:
    return all(place in places for place in span.own)


def _repeats(token: Token, echo: Collection[str]) -> bool:
    return token.folded in echo or stem(token.folded) in echo
