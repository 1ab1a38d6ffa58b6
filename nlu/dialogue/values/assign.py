"""Which slots a text fills: each stretch of it gives one value, to the slot that most speaks for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from conversation.understanding import Understanding
from nlu.dialogue.lexicon import Lexicon
from nlu.dialogue.tokens import Token, tokenize
from nlu.dialogue.values.addresses import certain_streets, streets
from nlu.dialogue.values.candidates import (
    Filled,
    candidates,
    is_bare_number,
    is_of_something,
    mentioned,
    of_other_things,
)
from nlu.dialogue.values.kinds import Wanted
from nlu.dialogue.values.labels import labelled
from nlu.dialogue.values.readings import readings
from nlu.dialogue.values.spans import in_the_month_of, unordered, without_loose_ends

__all__ = ["Filled", "assign", "mentioned", "voided"]

_A_WORD = 3
_DAYS = frozenset({"date", "start", "end"})
_ASKED, _LABEL, _SAME, _REPLACED = 4.0, 3.0, 1.5, 4.0
"""What adds to the weight of a value: its slot is asked for, named near it, has this value already, or has the value
that the text says it should not have.
"""


@dataclass(frozen=True)
class _Text:
    """A text with all that is known when its values are given to slots."""

    text: str
    understanding: Understanding
    slots: Sequence[Wanted]
    today: date
    languages: tuple[str, ...]
    lexicon: Lexicon | None
    held: Mapping[str, Any]
    asked: str
    found: dict[str, list[Filled]] = field(default_factory=dict)

    @property
    def tokens(self) -> tuple[Token, ...]:
        return tokenize(self.text)


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
    unless these are named; `start`: the day that an end follows. What stands before a repair ("100237, ach nein, 100231"), or is named as what no longer
    holds ("94.50 not 84.50"), is no value.
    """
    it = _Text(text, understanding, slots, today, languages, lexicon, held or {}, asked)
    for wish in slots:
        it.found[wish.slot.name] = [
            one for one in candidates(text, understanding, wish, today, languages) if wish.accepts(one.value)
        ]
    void = [*_repaired(it), *_denied(it)]
    ranked = _ranked(it, void)
    chosen: dict[str, Filled] = {}
    for one in ranked:
        if one.slot not in chosen and not any(one.overlaps(other) for other in (*chosen.values(), *void)):
            chosen[one.slot] = one
    fitting = {wish.slot.name: wish.slot for wish in slots}
    ordered = unordered([chosen[name] for name in fitting if name in chosen], it.text, slots, start, it.languages)
    return [
        Filled(one.slot, fitting[one.slot].fit(one.value), one.start, one.end, one.weight, one.part) for one in ordered
    ]


def voided(text: str, lexicon: Lexicon) -> list[tuple[int, int]]:
    """The stretches of a text whose values do not hold: up to the last repair in the middle of it, and the word or two
    after `not`, `instead of` and their like.
    """
    tokens = tokenize(text)
    stretches: list[tuple[int, int]] = []
    repairs = [s for s in lexicon.repair.find(tokens) if s.first > 0 and s.last < len(tokens) - 1]
    if repairs and _holds_value(tokens[repairs[-1].last + 1 :]) and _holds_value(tokens[: repairs[-1].first]):
        stretches.append((0, tokens[repairs[-1].last].end))
    for span in lexicon.instead.find(tokens):
        after = tokens[span.last + 1 : span.last + 4]
        value = next((t for t in after if t.is_number), None)
        elsewhere = [t for t in tokens if t.is_number and t is not value]
        if value is not None and elsewhere:
            stretches.append((tokens[span.first].start, value.end))
    return stretches


def _holds_value(tokens: Sequence[Token]) -> bool:
    """Whether something like a value is among the words: a number, or a word of some length."""
    return any(t.is_number or len(t.folded) >= _A_WORD for t in tokens)


def _repaired(it: _Text) -> list[Filled]:
    """Values before a repair of slots that get another one after it."""
    if it.lexicon is None:
        return []
    tokens = it.tokens
    repairs = [s for s in it.lexicon.repair.find(tokens) if s.first > 0 and s.last < len(tokens) - 1]
    if not repairs:
        return []
    return [
        one
        for found in it.found.values()
        for one in found
        if one.end - one.start < len(it.text.strip())
        and any(
            one.end <= tokens[span.first].end and any(tokens[span.last].start <= other.start for other in found)
            for span in repairs
        )
    ]


def _denied(it: _Text) -> list[Filled]:
    """Values that are named as those that do not hold, if another one is given: behind `not`, `statt` and their like
    the value that a slot has, or any number.
    """
    if it.lexicon is None:
        return []
    tokens = it.tokens
    stretches: list[tuple[int, int]] = []
    for span in it.lexicon.instead.find(tokens):
        last = next((n for n in range(span.last + 1, len(tokens)) if _ends(it, tokens, n)), len(tokens))
        if last > span.last + 1:
            stretches.append((tokens[span.last].end, tokens[last - 1].end))
    numbers = voided(it.text, it.lexicon)
    return [
        one
        for name, found in it.found.items()
        for one in found
        if (any(s <= one.start and one.end <= e for s, e in stretches) and one.value == it.held.get(name, _NONE))
        or any(s <= one.start < e and s > 0 for s, e in numbers)
        or (any(s <= one.start < e for s, e in numbers) and any(s <= one.start < e for s, e in stretches))
    ]


_NONE = object()


def _ends(it: _Text, tokens: Sequence[Token], place: int) -> bool:
    """Whether what is denied ends before this word: a comma, or `sondern`, `but`."""
    assert it.lexicon is not None
    comma = "," in it.text[tokens[place - 1].end : tokens[place].start]
    return comma or tokens[place].folded in it.lexicon.contrast.words


def _ranked(it: _Text, void: Sequence[Filled]) -> list[Filled]:
    """All values with all that speaks for them, the surest first; with equals the order of slots and of text decides."""
    near = labelled(it.text, it.slots, it.found)
    inside = _inside_others(it)
    others = of_other_things(it.text, it.slots, it.understanding)
    replaced = {one.slot for one in void if one.value == it.held.get(one.slot, _NONE)}
    weighed: list[Filled] = []
    for wish in it.slots:
        name = wish.slot.name
        found = it.found[name]
        if set(wish.kinds) & _DAYS and name in it.held:
            found = in_the_month_of(found, it.text, it.held[name])
        if name != it.asked and name not in it.held:
            found = without_loose_ends(found, wish, it.found)
        for one in found:
            if is_bare_number(it.text, wish, one):
                if _within(one, inside) or (
                    name != it.asked and (_within(one, others) or is_of_something(it.text, one, it.languages))
                ):
                    continue
            elif name != it.asked and _is_postcode(it, one):
                continue
            weight = one.weight
            weight += _ASKED if name == it.asked else 0
            weight += _LABEL if (name, one.start) in near else 0
            weight += _SAME if one.value == it.held.get(name, _NONE) else 0
            weight += _REPLACED if name in replaced else 0
            weighed.append(Filled(name, one.value, one.start, one.end, weight, one.part))
    return sorted(weighed, key=lambda one: -one.weight)


def _within(one: Filled, stretches: Sequence[tuple[int, int]]) -> bool:
    return any(start <= one.start < end for start, end in stretches)


def _inside_others(it: _Text) -> list[tuple[int, int]]:
    """Where days, times and addresses stand, whose digits are no sums and no quantities."""
    found = [r for kind in ("date", "time", "postcode") for r in readings(it.text, kind, it.today, it.languages)]
    stretches = [(r.start, r.end) for r in found if any(c in ".:-/ " for c in it.text[r.start : r.end].strip())]
    return [*stretches, *((start, end) for _, start, end in certain_streets(it.text))]


def _is_postcode(it: _Text, one: Filled) -> bool:
    """Whether a number is the postcode of an address that is written out: behind its street."""
    if not it.text[one.start : one.end].isdigit():
        return False
    ends = [end for _, _, end in streets(it.text) if end <= one.start]
    return any(not it.text[end : one.start].strip(" ,\n") for end in ends)
