"""Which value stands beside the name of its slot: "falsche Kostenstelle, 4300", "4 as quantity"."""

from collections import Counter
from collections.abc import Mapping, Sequence

from nlu.dialogue.tokens import Token, stem, tokenize
from nlu.dialogue.values.candidates import Filled
from nlu.dialogue.values.kinds import Wanted

_BEFORE, _AFTER = 4, 3
"""So many words may stand between a name and its value."""


def labelled(text: str, slots: Sequence[Wanted], found: Mapping[str, Sequence[Filled]]) -> set[tuple[str, int]]:
    """The slots and places of values that a name of just this slot stands next to, with no other value in between."""
    named = Counter(word for wish in slots for word in wish.labels)
    tokens = tokenize(text)
    stems = [stem(t.folded) for t in tokens]
    if named.keys().isdisjoint(stems):
        return set()
    values = sorted({(one.start, one.end) for several in found.values() for one in several})
    near: set[tuple[str, int]] = set()
    for wish in slots:
        own = {word for word in wish.labels if named[word] == 1}
        places = [n for n, word in enumerate(stems) if word in own]
        if not places:
            continue
        for one in found[wish.slot.name]:
            if any(_is_near(tokens, place, one, values) for place in places):
                near.add((wish.slot.name, one.start))
    return near


def _is_near(tokens: Sequence[Token], place: int, one: Filled, values: Sequence[tuple[int, int]]) -> bool:
    name = tokens[place]
    if name.start < one.end and one.start < name.end:
        return False
    first, last = (name.end, one.start) if name.end <= one.start else (one.end, name.start)
    words = sum(first <= t.start and t.end <= last for t in tokens)
    others = any(first <= start and end <= last for start, end in values)
    return words <= (_BEFORE if name.end <= one.start else _AFTER) and not others
