"""Which slots a text fills: each stretch of it gives one value, to the slot that most speaks for."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from math import log
from typing import Any

from conversation.understanding import Understanding
from nlu.dialogue.lexicon import Lexicon
from nlu.dialogue.tokens import stem
from nlu.dialogue.values.candidates import BARE, Filled, candidates, is_bare_number, mentioned
from nlu.dialogue.values.kinds import Wanted
from nlu.dialogue.values.labels import labelled
from nlu.dialogue.values.numbered import numbered
from nlu.dialogue.values.reasons import reasoned
from nlu.dialogue.values.sheet import Sheet
from nlu.dialogue.values.sifting import sift
from nlu.dialogue.values.spans import unordered
from nlu.dialogue.values.voids import denied, repaired, voided

__all__ = ["Filled", "assign", "mentioned", "voided"]

_ENDS = ".!?;\n"
_MOST = 24
"""So many values a slot may choose from: nobody says more of them in a message."""
_ASKED, _LABEL, _SAME, _REPLACED = 4.0, 3.0, 1.5, 4.0
"""What adds to the weight of a value: its slot is asked for, named near it, has this value already, or has the value
that the text says it should not have.
"""


def assign(
    text: str,
    understanding: Understanding,
    slots: Sequence[Wanted],
    today: date,
    languages: tuple[str, ...],
    lexicon: Lexicon | None = None,
    held: Mapping[str, Any] | None = None,
    asked: str = "",
    start: Any = None,
) -> list[Filled]:
    """Values for `slots`, in their order, each stretch of the text used once. `held`: the values that slots have, which
    are the likelier to be said again or put right; `asked`: the slot that is being asked for, which wins over others
    unless these are named; `start`: the day that an end follows. What stands before a repair ("100237, ach nein,
    100231"), or is named as what no longer holds ("94.50 not 84.50"), is no value.
    """
    it = Sheet(text, understanding, slots, today, languages, lexicon, held or {}, asked)
    for wish in slots:
        likely = candidates(text, understanding, wish, today, languages)[:_MOST]
        it.found[wish.slot.name] = [one for one in likely if wish.accepts(one.value)]
    if not any(it.found.values()) and not numbered(text):
        return []
    sift(it)
    for wish in slots:
        if wish.free and wish.entities and not wish.kinds:
            it.found[wish.slot.name] += _named_numbers(it, wish)
    void = [*repaired(it), *denied(it)]
    void += reasoned(it, void)
    ranked = _ranked(it, void)
    chosen: dict[str, Filled] = {}
    for one in ranked:
        free = not any(one.overlaps(other) for other in chosen.values())
        if free and one.slot not in chosen and not any(_excludes(other, one) for other in void):
            chosen[one.slot] = one
    fitting = {wish.slot.name: wish.slot for wish in slots}
    ordered = unordered([chosen[name] for name in fitting if name in chosen], it.text, slots, start, it.languages)
    return [replace(one, value=fitting[one.slot].fit(one.value)) for one in ordered]


def _named_numbers(it: Sheet, wish: Wanted) -> list[Filled]:
    """Numbers beside the name of a slot that takes any words, though they have not the form of its entity ("wrong cost
    centre, 4304"): else they would be counts and sums of others.
    """
    name = wish.slot.name
    surer = [one for found in it.found.values() for one in found if one.weight > BARE or one.slot == name]
    fitting = [Filled(name, it.text[s:e], s, e, BARE) for s, e in numbered(it.text) if it.text[s:e].isdigit()]
    fitting = [one for one in fitting if not any(one.overlaps(other) for other in surer)]
    fitting = [one for one in fitting if wish.accepts(one.value)]
    called = [t.end for t in it.tokens if stem(t.folded) in wish.labels]
    fitting = [one for one in fitting if any(_leads_to(it.text, end, one.start) for end in called)]
    near = labelled(it.text, it.slots, {**it.found, name: fitting}, it.languages, it.lexicon) if fitting else set()
    return [one for one in fitting if (name, one.start) in near]


def _leads_to(text: str, end: int, start: int) -> bool:
    """Whether a number stands behind a name in the same sentence."""
    return end <= start and not any(mark in text[end:start] for mark in _ENDS)


def _excludes(other: Filled, one: Filled) -> bool:
    """Whether a void value leaves no room for another: a bare number that is void for one slot may be another's."""
    return one.overlaps(other) and (other.weight > BARE or other.slot == one.slot)


def _ranked(it: Sheet, void: Sequence[Filled]) -> list[Filled]:
    """All values with all that speaks for them, the surest first; of equals the first in slots and in text."""
    holds = {name: [one for one in found if one not in void] for name, found in it.found.items()}
    near = labelled(it.text, it.slots, holds, it.languages, it.lexicon)
    put_right = {one.slot for one in void if it.has(one)}
    weighed: list[Filled] = []
    for wish in it.slots:
        name = wish.slot.name
        for one in it.found[name]:
            weight = one.weight
            weight += _ASKED if name == it.asked else 0
            weight += _LABEL if (name, one.start) in near else 0
            weight += _SAME if it.has(one) else 0
            weight += _likeness(one.value, it.held.get(name)) if is_bare_number(it.text, wish, one) else 0
            weight += _REPLACED if name in put_right else 0
            weighed.append(Filled(one.slot, one.value, one.start, one.end, weight, one.part))
    return sorted(weighed, key=lambda one: -one.weight)


def _likeness(value: Any, held: Any) -> float:
    """How near a bare number is to the one it may put right, at most 1: 95 is rather for 84.50 than for 2."""
    try:
        one, other = float(value), float(held)
    except (TypeError, ValueError):
        return 0
    return 1 / (1 + abs(log(one / other))) if one > 0 and other > 0 else 0
