"""Which slots a text fills: entities and typed values first, each value once, the asked slot before the others."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from conversation.understanding import Entity, Understanding
from nlu.dialogue.lexicon import Lexicon
from nlu.dialogue.tokens import Token, tokenize
from nlu.dialogue.values.kinds import Wanted
from nlu.dialogue.values.numbered import numbered
from nlu.dialogue.values.readings import readings
from nlu.domain import SlotMapping, SlotType

_SHORT = 3
_A_WORD = 3
_NUMBERS = frozenset({"money", "number", "quantity"})


@dataclass(frozen=True, slots=True)
class Filled:
    """A slot's value and the stretch of the text that gave it."""

    slot: str
    value: Any
    start: int
    end: int


def assign(
    text: str,
    understanding: Understanding,
    slots: Sequence[Wanted],
    today: date,
    languages: tuple[str, ...],
    lexicon: Lexicon | None = None,
) -> list[Filled]:
    """Values for `slots` (the asked one first), each stretch of the text used once. What stands before a repair
    ("100237, ach nein, 100231"), or is named as what no longer holds ("94.50 not 84.50"), is no value.
    """
    found: list[Filled] = []
    void = voided(text, lexicon) if lexicon is not None else []
    inside = _inside_others(text, slots, today, languages)
    for wish in slots:
        for candidate in _candidates(text, understanding, wish, today, languages):
            if any(start <= candidate.start < end for start, end in void):
                continue
            if _is_number(wish) and any(start <= candidate.start < end for start, end in inside):
                continue
            if not any(_overlap(candidate, other) for other in found) and wish.accepts(candidate.value):
                found.append(Filled(wish.slot.name, wish.slot.fit(candidate.value), candidate.start, candidate.end))
                break
    return found


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


def _is_number(wish: Wanted) -> bool:
    return bool(set(wish.kinds) & _NUMBERS)


def _inside_others(
    text: str, slots: Sequence[Wanted], today: date, languages: tuple[str, ...]
) -> list[tuple[int, int]]:
    """Where days, times and addresses stand, whose digits are no sums and no quantities."""
    if not any(_is_number(wish) for wish in slots):
        return []
    kinds = ("date", "time", "street", "postcode")
    found = [r for kind in kinds for r in readings(text, kind, today, languages)]
    return [(r.start, r.end) for r in found if any(c in ".:-/ " for c in text[r.start : r.end].strip())]


def by_form(text: str, wish: Wanted) -> Filled | None:
    """A value that the slot's rejections accept: a number in the text, or the whole of a short one."""
    if not wish.has_form:
        return None
    for start, end in numbered(text):
        for written in (text[start:end], text[start:end].replace(" ", ""), text[start:end].replace("-", "")):
            if wish.accepts(written):
                return Filled(wish.slot.name, wish.slot.fit(written), start, end)
    if len(text.split()) <= _SHORT and wish.accepts(text.strip()):
        return Filled(wish.slot.name, wish.slot.fit(text.strip()), 0, len(text))
    return None


def category(text: str, wish: Wanted) -> Filled | None:
    """The one category the text names, by its value."""
    if wish.slot.type is not SlotType.CATEGORICAL:
        return None
    words = {m[0].casefold(): m for m in re.finditer(r"\w+", text)}
    named = [v for v in wish.slot.values if str(v).casefold() in words]
    exact = wish.slot.fit(text)
    if exact is not None:
        return Filled(wish.slot.name, exact, 0, len(text))
    if len(named) != 1:
        return None
    match = words[str(named[0]).casefold()]
    return Filled(wish.slot.name, named[0], match.start(), match.end())


def mentioned(slots: Mapping[str, Any], understanding: Understanding, *, but: Collection[str] = ()) -> dict[str, Any]:
    """All slots of a domain that the message's entities give a value; `but` are read by their kind instead."""
    found: dict[str, Any] = {}
    for name, slot in slots.items():
        if name in but:
            continue
        values = [e.value for m in slot.mappings for e in understanding.entities if _is(e, m, understanding)]
        if values:
            value = slot.fit(values if slot.type is SlotType.LIST else values[0])
            if value is not None:
                found[name] = value
    return found


def _candidates(
    text: str, understanding: Understanding, wish: Wanted, today: date, languages: tuple[str, ...]
) -> list[Filled]:
    name = wish.slot.name
    by_entity = [
        Filled(name, e.value, e.start, e.end)
        for m in wish.slot.mappings
        for e in understanding.entities
        if _is(e, m, understanding)
    ]
    typed = [
        Filled(name, r.value, r.start, r.end) for kind in wish.kinds for r in readings(text, kind, today, languages)
    ]
    named = category(text, wish)
    formed = by_form(text, wish)
    if wish.is_declared:
        return typed
    return [*by_entity, *typed, *([named] if named else []), *([formed] if formed else [])]


def _is(entity: Entity, mapping: SlotMapping, understanding: Understanding) -> bool:
    if mapping.kind != "from_entity" or entity.entity != mapping.entity:
        return False
    name = understanding.intent.name
    allowed = (not mapping.intents or name in mapping.intents) and name not in mapping.not_intents
    role_fits = mapping.role is None or entity.role == mapping.role
    return allowed and role_fits and (mapping.group is None or entity.group == mapping.group)


def _overlap(one: Filled, other: Filled) -> bool:
    return one.start < other.end and other.start < one.end
