"""Values that only say why another is meant ("until the 2nd, the 3rd is a Sunday anyway"): they are for no slot."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from nlu.dialogue.phrases import places_of
from nlu.dialogue.tokens import Token, stem
from nlu.dialogue.values.calendar import calendar
from nlu.dialogue.values.candidates import NUMBERS, Filled
from nlu.dialogue.values.sheet import Sheet

_MARK = re.compile(r"[,;!?\n]|(?<=[^\W\d])\.(?=\s)|\.{2,}| [-–—] ")
_DAYS = frozenset({"date", "start", "end"})
_MANY = 2
"""With so many words of its own a part is a sentence, and no bare value."""
_A_WORD = 3
_MOST = 6
"""So many parts with values are compared."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a text with the values of one family in it. `certain`: it can be a reason only; `talks`: it is a
    sentence of its own.
    """

    found: tuple[Filled, ...]
    certain: bool
    talks: bool


def reasoned(it: Sheet, void: Sequence[Filled]) -> list[Filled]:
    """Of what puts a value right or answers a question, the values of a part that gives a reason, where another part
    has one of the same kind: a part that says what a day is, or why; that repeats what is held; a sentence beside a
    bare value.
    """
    lexicon = it.lexicon
    if lexicon is None or not (it.asked or any(it.held.get(w.slot.name) is not None for w in it.slots)):
        return []
    reasons: list[Filled] = []
    families = [family for family in _families(it, void) if len({one.start for one in family}) >= _MANY]
    stretches = list(_stretches(it)) if families else []
    for family in families:
        within = [s for s in stretches if any(s[0] <= one.start and one.end <= s[1] for one in family)]
        parts = [_part(it, stretch, family) for stretch in within[:_MOST]]
        open_ = [part for part in parts if not part.certain]
        if len(parts) < _MANY or not open_:
            continue
        reasons += [one for part in parts if part.certain for one in part.found]
        if any(not part.talks for part in open_):
            reasons += [one for part in open_ if part.talks for one in part.found]
    return reasons


def _families(it: Sheet, void: Sequence[Filled]) -> Iterator[list[Filled]]:
    """The values that are not void, days together and numbers together."""
    for kinds in (_DAYS, frozenset({"time"}), NUMBERS):
        names = [wish.slot.name for wish in it.slots if set(wish.kinds) & kinds]
        yield [one for name in names for one in it.found[name] if one not in void]


def _stretches(it: Sheet) -> Iterator[tuple[int, int]]:
    """The parts of the text between marks, and before words that give a reason or say what follows from one."""
    assert it.lexicon is not None
    spans = (*it.lexicon.reasons.find(it.tokens), *it.lexicon.therefore.find(it.tokens))
    begins = {it.tokens[span.first].start for span in spans}
    borders = sorted({0, len(it.text), *(m.end() for m in _MARK.finditer(it.text)), *begins})
    yield from ((start, end) for start, end in pairwise(borders) if it.text[start:end].strip())


def _part(it: Sheet, stretch: tuple[int, int], family: Sequence[Filled]) -> _Part:
    assert it.lexicon is not None
    start, end = stretch
    found = tuple(one for one in family if start <= one.start and one.end <= end)
    own = [(n, t) for n, t in enumerate(it.tokens) if start <= t.start and t.end <= end]
    gives = bool(own) and it.lexicon.reasons.at(it.tokens, own[0][0]) is not None
    telling = _telling(it, own, found)
    plans = _is_a_plan(it, family)
    busy = plans and any(n in it.lexicon.busy.places(it.tokens) for n, _ in own)
    telling = _beside_a_plan(it, own, telling) if plans and not busy else telling
    labels = {label for wish in it.slots for label in wish.labels}
    refuses = it.lexicon.no.places(it.tokens)
    cues = (it.lexicon.correction.places(it.tokens) - refuses) | _exchanging(it, own)
    named = any(stem(t.folded) in labels for t in telling) or any(n in cues for n, _ in own)
    goes_on = bool(own) and it.lexicon.connectors.at(it.tokens, own[0][0]) is not None
    says = any(_says_what_it_is(it, one) for one in found)
    again = _is_held(it, found) and _has_fresh(it, found, family)
    certain = bool(found) and (busy or (not named and (gives or says or again)))
    return _Part(found, certain, _talks(it, own, telling) and not named and not goes_on)


def _is_a_plan(it: Sheet, family: Sequence[Filled]) -> bool:
    """Whether the values are days of which one is chosen: no span, which somebody may well be away for."""
    kinds = {kind for wish in it.slots for kind in wish.kinds if any(one.slot == wish.slot.name for one in family)}
    return kinds == {"date"}


def _talks(it: Sheet, own: Sequence[tuple[int, Token]], telling: Sequence[Token]) -> bool:
    """Whether a part is a sentence: words of its own, or one of somebody's ("I'm away tomorrow")."""
    assert it.lexicon is not None
    person = it.lexicon.first_person.places(it.tokens) | it.lexicon.speaker.places(it.tokens)
    return len(telling) >= _MANY or (bool(telling) and any(n in person for n, _ in own))


def _beside_a_plan(it: Sheet, own: Sequence[tuple[int, Token]], telling: Sequence[Token]) -> list[Token]:
    """The words that do more than say which part of a day suits ("Friday afternoon would be fine")."""
    assert it.lexicon is not None
    lexicon = it.lexicon
    lists = (lexicon.days, lexicon.rough, lexicon.suits, lexicon.suiting, lexicon.contrast, lexicon.connectors)
    more = (lexicon.wh, lexicon.copula, lexicon.possible, lexicon.fine, lexicon.correction)
    small = places_of((*lists, *more), it.tokens)
    return [t for n, t in own if t in telling and n not in small]


def _exchanging(it: Sheet, own: Sequence[tuple[int, Token]]) -> frozenset[int]:
    """Where a part says what should not stand there; a "not" at its end only denies ("800 reicht nicht")."""
    assert it.lexicon is not None
    last = own[-1][0] if own else -1
    return frozenset(n for span in it.lexicon.instead.find(it.tokens) if span.last != last for n in span.own)


def _telling(it: Sheet, own: Sequence[tuple[int, Token]], found: Sequence[Filled]) -> list[Token]:
    """The words outside of values that say something."""
    assert it.lexicon is not None
    words, lexicon = calendar(it.languages), it.lexicon
    lists = (lexicon.fillers, lexicon.please, lexicon.articles, lexicon.no, lexicon.thanks, lexicon.yes)
    empty = places_of(lists, it.tokens)
    small = ("on", "from", "until", "of", "in", "this", "next")
    return [
        t
        for n, t in own
        if n not in empty
        and len(t.folded) >= _A_WORD
        and not t.is_number
        and not any(one.start < t.end and t.start < one.end for one in found)
        and not any(words.has(name, t.folded) for name in small)
        and words.weekday(t.folded) is None
        and words.month(t.folded) is None
    ]


def _says_what_it_is(it: Sheet, one: Filled) -> bool:
    """Whether right behind a value it is said what it is ("the 3rd is a Sunday"), and not that it is right."""
    assert it.lexicon is not None
    place = next((n for n, t in enumerate(it.tokens) if t.start >= one.end), len(it.tokens))
    verb = it.lexicon.copula.at(it.tokens, place)
    if verb is None or verb.last + 1 >= len(it.tokens):
        return False
    agrees = (it.lexicon.correction, it.lexicon.suits, it.lexicon.yes, it.lexicon.fine)
    behind = range(place, min(verb.last + _A_WORD, len(it.tokens)))
    return not any(phrases.at(it.tokens, n) for phrases in agrees for n in behind)


def _is_held(it: Sheet, found: Sequence[Filled]) -> bool:
    """Whether all that is named here is what some slot has already."""
    held = {one.start for one in found if it.has(one)}
    return bool(held) and all(one.start in held for one in found)


def _has_fresh(it: Sheet, found: Sequence[Filled], family: Sequence[Filled]) -> bool:
    """Whether one of these slots gets another value elsewhere in the text."""
    names = {one.slot for one in found}
    return any(one.slot in names and not it.has(one) for one in family)
