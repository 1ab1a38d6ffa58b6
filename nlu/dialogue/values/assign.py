"""Which slots a text fills: entities and typed values first, each value once, the asked slot before the others."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from conversation.understanding import Entity, Understanding
from nlu.dialogue.values.kinds import Wanted
from nlu.dialogue.values.readings import readings
from nlu.domain import SlotMapping, SlotType

_NUMBERED = re.compile(r"(?<![\w])[\w-]*\d[\w-]*(?:[ -]?\d[\w-]*)*")
_SHORT = 3


@dataclass(frozen=True, slots=True)
class Filled:
    """A slot's value and the stretch of the text that gave it."""

    slot: str
    value: Any
    start: int
    end: int


def assign(
    text: str, understanding: Understanding, slots: Sequence[Wanted], today: date, languages: tuple[str, ...]
) -> list[Filled]:
    """Values for `slots` (the asked one first), each stretch of the text used once."""
    found: list[Filled] = []
    for wish in slots:
        for candidate in _candidates(text, understanding, wish, today, languages):
            if not any(_overlap(candidate, other) for other in found) and wish.accepts(candidate.value):
                found.append(Filled(wish.slot.name, wish.slot.fit(candidate.value), candidate.start, candidate.end))
                break
    return found


def by_form(text: str, wish: Wanted) -> Filled | None:
    """A value that the slot's rejections accept: a number in the text, or the whole of a short one."""
    if not wish.has_form:
        return None
    for match in _NUMBERED.finditer(text):
        for written in (match[0], match[0].replace(" ", "")):
            if wish.accepts(written):
                return Filled(wish.slot.name, wish.slot.fit(written), match.start(), match.end())
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
