"""Which candidates cannot be meant: digits of days, addresses and ids, loose ends, measures nobody asked for."""

import re
from collections.abc import Sequence

from nlu.dialogue.tokens import tokenize
from nlu.dialogue.values.addresses import certain_streets, streets
from nlu.dialogue.values.calendar import calendar
from nlu.dialogue.values.candidates import NUMBERS, Filled, is_bare_number, is_of_something, of_other_things
from nlu.dialogue.values.kinds import Wanted
from nlu.dialogue.values.readings import readings
from nlu.dialogue.values.sheet import Sheet
from nlu.dialogue.values.spans import near_held, without_loose_ends

_FIRST = re.compile(r"\d?1st")
"""The 1st, 21st, 31st; "1 st" is one piece."""
_LETTERED = re.compile(r"[^\W\d_]{1,4}[- ]?(?P<figures>\d{3,12})")
_A_NUMBER = 3
_MOST = 24
"""So many days, times and addresses of a message are looked at."""
_DAYS = frozenset({"date", "start", "end"})


def sift(it: Sheet) -> None:
    """Leaves those candidates that can be meant; days that put others right are read near these."""
    inside, days = _inside_others(it), _certain_days(it)
    others = of_other_things(it.text, it.slots, it.understanding)
    before = dict(it.found)
    for wish in it.slots:
        name = wish.slot.name
        found = it.found[name]
        if set(wish.kinds) & _DAYS and name in it.held:
            found = near_held(found, it.text, it.held[name], it.today, it.languages)
        if name != it.asked and name not in it.held:
            found = without_loose_ends(found, wish, before)
        if name == it.asked:
            it.found[name] = [o for o in found if not (is_bare_number(it.text, wish, o) and _within(o, inside))]
            continue
        it.found[name] = [one for one in found if not _is_digits_of_others(it, wish, one, inside, days, others)]


def _is_digits_of_others(
    it: Sheet,
    wish: Wanted,
    one: Filled,
    inside: Sequence[tuple[int, int]],
    days: Sequence[tuple[int, int]],
    others: Sequence[tuple[int, int]],
) -> bool:
    if set(wish.kinds) & NUMBERS and not _has_unit(it.text, one) and _within(one, days):
        return True
    if not is_bare_number(it.text, wish, one):
        return _is_postcode(it, one)
    if _is_known_number(it, one):
        return True
    return _within(one, inside) or _within(one, others) or is_of_something(it.text, one, it.languages)


def _has_unit(text: str, one: Filled) -> bool:
    """Whether letters or a sign say what a number is one of."""
    written = text[one.start : one.end]
    return not _FIRST.fullmatch(written) and any(not (c.isdigit() or c in ".,' -") for c in written)


def _certain_days(it: Sheet) -> list[tuple[int, int]]:
    """Where days stand that cannot be sums ("am 6.11", "6.11."), or may be those of a slot of the text's."""
    words = calendar(it.languages)
    dated = any(set(wish.kinds) & _DAYS for wish in it.slots)
    certain: list[tuple[int, int]] = []
    for one in readings(it.text, "date", it.today, it.languages)[:_MOST]:
        before = [t.folded for t in it.tokens if t.end <= one.start][-1:]
        led = any(words.has(name, word) for word in before for name in ("on", "from", "until"))
        if dated or led or it.text[one.start : one.end].rstrip().endswith("."):
            certain.append((one.start, one.end))
    return certain


def _within(one: Filled, stretches: Sequence[tuple[int, int]]) -> bool:
    return any(start <= one.start < end for start, end in stretches)


def _inside_others(it: Sheet) -> list[tuple[int, int]]:
    """Where days, times and addresses stand, whose digits are no sums and no quantities."""
    found = [r for kind in ("date", "time", "postcode") for r in readings(it.text, kind, it.today, it.languages)]
    stretches = [(r.start, r.end) for r in found if any(c in ".:-/ " for c in it.text[r.start : r.end].strip())]
    return [*stretches, *((start, end) for _, start, end in certain_streets(it.text))]


def _is_postcode(it: Sheet, one: Filled) -> bool:
    """Whether a number is the postcode of an address that is written out: behind its street."""
    if not it.text[one.start : one.end].isdigit():
        return False
    ends = [end for street, _, end in streets(it.text) if end <= one.start and not _only_denies(it, str(street))]
    return any(not it.text[end : one.start].strip(" ,\n") for end in ends)


def _only_denies(it: Sheet, street: str) -> bool:
    """Whether what looks like a street is a number behind a "not" or a no ("not 4300, 4200")."""
    if it.lexicon is None:
        return False
    tokens = tokenize(street)
    small = it.lexicon.instead.places(tokens) | it.lexicon.no.places(tokens) | it.lexicon.fillers.places(tokens)
    return all(t.is_number or n in small for n, t in enumerate(tokens))


def _is_known_number(it: Sheet, one: Filled) -> bool:
    """Whether a bare number is the number of something that is known ("that was 9001", of SP-9001)."""
    figures = it.text[one.start : one.end]
    if not figures.isdigit() or len(figures) < _A_NUMBER:
        return False
    known = (value for value in it.held.values() if isinstance(value, str))
    return any((match := _LETTERED.fullmatch(value)) is not None and match["figures"] == figures for value in known)
