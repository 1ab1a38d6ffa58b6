"""What in a text may be the value of a slot, and how much speaks for it."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from conversation.understanding import Entity, Understanding
from nlu.dialogue.tokens import tokenize
from nlu.dialogue.values.calendar import calendar
from nlu.dialogue.values.kinds import Wanted
from nlu.dialogue.values.numbered import numbered
from nlu.dialogue.values.readings import Reading, readings
from nlu.domain import SlotMapping, SlotType
from nlu.embedded.text import fold

ANNOTATED, FORMED, NAMED, TYPED, WHOLE, BARE = 3.0, 3.0, 2.5, 2.0, 1.0, 1.0
"""How much speaks for a value: an entity, the form that the rejections demand, a category's name, a kind, a short text
that is accepted as it is, a number without anything that says of what.
"""
_SHORT = 3
_A_NAME = 3
NUMBERS = frozenset({"money", "number", "quantity"})
_A_LARGE_SUM = 5
_FOLLOWING = re.compile(r"\s?(?P<word>[^\W\d_]{1,15})")
_CUT_NUMBER = re.compile(r"(?<=\d)[.,:/-]?\d")
"""What follows a value that ends in the middle of a number, a day or a time."""
_DAYS = frozenset({"date", "start", "end"})
_TRAILING_OFF = re.compile(r"\d{1,2}\.{2,}")
"""A number before dots of which the sentence trails off ("ah, only 19..") is no day."""
_BARE_NUMBER = re.compile(r"\d+|[^\W\d]+")


@dataclass(frozen=True, slots=True)
class Filled:
    """A slot's value and the stretch of the text that gave it. `part` tells the start from the end of a span of days;
    `weight`: how much speaks for it.
    """

    slot: str
    value: Any
    start: int
    end: int
    weight: float = TYPED
    part: str = ""

    def overlaps(self, other: "Filled") -> bool:
        return self.start < other.end and other.start < self.end


def candidates(
    text: str, understanding: Understanding, wish: Wanted, today: date, languages: tuple[str, ...]
) -> list[Filled]:
    """All values that a slot could get from the text, the likeliest first; a slot whose kind the pack declares is read
    by this kind alone.
    """
    typed = [
        Filled(wish.slot.name, r.value, r.start, r.end, _weight(text, wish, r), r.part)
        for kind in wish.kinds
        for r in readings(text, kind, today, languages)
        if not (kind in _DAYS and _TRAILING_OFF.match(text, r.start))
    ]
    if wish.is_declared:
        return typed
    annotated = [
        Filled(wish.slot.name, e.value, e.start, e.end, ANNOTATED)
        for m in wish.slot.mappings
        for e in understanding.entities
        if _is(e, m, understanding)
    ]
    found = [*annotated, *typed, *category(text, wish), *by_title(text, wish), *by_form(text, wish)]
    return [one for one in found if not _CUT_NUMBER.match(text, one.end)]


def _weight(text: str, wish: Wanted, reading: Reading) -> float:
    """A part of a span, a sum with its currency and a count with its unit are surer than a bare number."""
    if reading.kind in NUMBERS:
        return BARE if _BARE_NUMBER.fullmatch(text[reading.start : reading.end]) else TYPED + 0.5
    return TYPED + 0.5 if reading.part and reading.part in wish.kinds else TYPED


def is_bare_number(text: str, wish: Wanted, found: Filled) -> bool:
    """Whether a value is nothing but a number that could be one of anything."""
    return bool(set(wish.kinds) & NUMBERS) and found.weight <= BARE and text[found.start : found.end] != ""


def is_of_something(text: str, found: Filled, languages: tuple[str, ...]) -> bool:
    """Whether a bare number is taken for a sum or a count only where it is asked for: it has too many digits, or is a
    measure (`27 Zoll`).
    """
    if text[found.start : found.end].isdigit() and found.end - found.start >= _A_LARGE_SUM:
        return True
    following = _FOLLOWING.match(text, found.end)
    return following is not None and fold(following["word"]) in calendar(languages).measures


def by_form(text: str, wish: Wanted) -> Iterator[Filled]:
    """Values that the slot's rejections accept by their form: a number in the text, or the whole of a short one."""
    if not wish.has_form:
        return
    for start, end in numbered(text):
        for written in (text[start:end], text[start:end].replace(" ", ""), text[start:end].replace("-", "")):
            if wish.accepts(written):
                yield Filled(wish.slot.name, wish.slot.fit(written), start, end, FORMED)
                break
    if len(text.split()) <= _SHORT and wish.accepts(text.strip()):
        yield Filled(wish.slot.name, wish.slot.fit(text.strip()), 0, len(text), WHOLE)


def category(text: str, wish: Wanted) -> Iterator[Filled]:
    """The one category the text names, by its value."""
    if wish.slot.type is not SlotType.CATEGORICAL:
        return
    exact = wish.slot.fit(text)
    if exact is not None:
        yield Filled(wish.slot.name, exact, 0, len(text), NAMED)
        return
    words = {m[0].casefold(): m for m in re.finditer(r"\w+", text)}
    named = [v for v in wish.slot.values if str(v).casefold() in words]
    if len(named) == 1:
        match = words[str(named[0]).casefold()]
        yield Filled(wish.slot.name, named[0], match.start(), match.end(), NAMED)


def by_title(text: str, wish: Wanted) -> Iterator[Filled]:
    """Values whose button the text names in full; of a slot that takes any words only where the pack looks for its
    values in sentences.
    """
    if wish.slot.type is SlotType.BOOL or not (wish.entities or wish.slot.type is SlotType.CATEGORICAL):
        return
    tokens = tokenize(text)
    words = [t.folded for t in tokens]
    for title, value in wish.titles:
        if sum(map(len, title)) < _A_NAME:
            continue
        for place in range(len(words) - len(title) + 1):
            if words[place] == title[0] and tuple(words[place : place + len(title)]) == title:
                yield Filled(wish.slot.name, value, tokens[place].start, tokens[place + len(title) - 1].end, NAMED)


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


def of_other_things(text: str, slots: Sequence[Wanted], understanding: Understanding) -> list[tuple[int, int]]:
    """Where entities with digits stand that none of the slots takes: their digits count nothing."""
    own = {name for wish in slots for name in wish.entities}
    return [
        (e.start, e.end)
        for e in understanding.entities
        if e.entity not in own and e.entity not in NUMBERS and any(map(str.isdigit, text[e.start : e.end]))
    ]


def _is(entity: Entity, mapping: SlotMapping, understanding: Understanding) -> bool:
    if mapping.kind != "from_entity" or entity.entity != mapping.entity:
        return False
    name = understanding.intent.name
    allowed = (not mapping.intents or name in mapping.intents) and name not in mapping.not_intents
    role_fits = mapping.role is None or entity.role == mapping.role
    return allowed and role_fits and (mapping.group is None or entity.group == mapping.group)
