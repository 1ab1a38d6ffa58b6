"""Which value stands beside the name of its slot: "falsche Kostenstelle, 4300", "4 as quantity"."""

from collections import Counter
from collections.abc import Mapping, Sequence

from nlu.dialogue.lexicon import Lexicon
from nlu.dialogue.phrases import places_of
from nlu.dialogue.tokens import Token, stem, tokenize
from nlu.dialogue.values.calendar import calendar
from nlu.dialogue.values.candidates import Filled
from nlu.dialogue.values.kinds import Wanted

_BEFORE, _AFTER = 4, 3
"""So many words may stand between a name and its value."""
_ENDS = ("start", "end")


def labelled(
    text: str,
    slots: Sequence[Wanted],
    found: Mapping[str, Sequence[Filled]],
    languages: tuple[str, ...],
    lexicon: Lexicon | None = None,
) -> set[tuple[str, int]]:
    """The slots and places of values that a name of just this slot stands next to, with no other value in between; the
    ends of a span are also called what every calendar calls them.
    """
    named = Counter(word for wish in slots for word in wish.labels)
    tokens, words = tokenize(text), calendar(languages)
    stems = [stem(t.folded) for t in tokens]
    values = sorted({(one.start, one.end) for several in found.values() for one in several})
    near: set[tuple[str, int]] = set()
    counted: list[Token] | None = None
    for wish in slots:
        own = {word for word in wish.labels if named[word] == 1}
        ends = [end for end in _ENDS if end in wish.kinds]
        places = [n for n, t in enumerate(tokens) if stems[n] in own or any(words.has(e, t.folded) for e in ends)]
        if not places:
            continue
        counted = _counted(tokens, lexicon) if counted is None else counted
        for one in found[wish.slot.name]:
            if any(_is_near(tokens[place], counted, one, values) for place in places):
                near.add((wish.slot.name, one.start))
    return near


def _counted(tokens: Sequence[Token], lexicon: Lexicon | None) -> list[Token]:
    """The words without such as join a value to its name, or put it in place of another."""
    if lexicon is None:
        return list(tokens)
    lists = (lexicon.articles, lexicon.copula, lexicon.instead, lexicon.contrast)
    small = places_of(lists, tokens)
    return [t for n, t in enumerate(tokens) if n not in small]


def _is_near(name: Token, counted: Sequence[Token], one: Filled, values: Sequence[tuple[int, int]]) -> bool:
    if name.start < one.end and one.start < name.end:
        return False
    first, last = (name.end, one.start) if name.end <= one.start else (one.end, name.start)
    words = sum(first <= t.start and t.end <= last for t in counted)
    others = any(first <= start and end <= last for start, end in values)
    return words <= (_BEFORE if name.end <= one.start else _AFTER) and not others
