"""How a message fills slots: from entities, from the text, from an intent, by Rasa's mappings."""

import re
from collections.abc import Mapping
from typing import Any

from conversation.understanding import Entity, Understanding
from nlu.domain import Domain, Slot, SlotMapping, SlotType

_FREE = frozenset({"from_text", "custom", "from_llm", "controlled", "from_trigger_intent"})
_YES = re.compile(
    r"(ja|jep|jo|jawohl|gerne?|genau|stimmt|richtig|korrekt|passt|okay|ok|klar|sicher|bitte|yes|yep|yeah|yup|sure|"
    r"correct|right|exactly|please do|that's right|fine|do it)\b",
    re.IGNORECASE,
)
_NO = re.compile(
    r"(nein|nee|nö|ne|nicht|falsch|lieber nicht|auf keinen fall|no|nope|nah|not|wrong|don't|do not|never)\b",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"^(wer|wie|was|wo|wann|warum|wieso|welche[rsn]?|kann|könnt|gibt|habt|ist|sind|darf|dürfen|(muss|soll) ich|"
    r"(müssen|sollen) wir|who|how|what|where|when|why|which|can|could|do|does|is|are|will|may|must i|should)\b",
    re.IGNORECASE,
)
_CORRECTS = re.compile(
    r"^\W*(nein|nee|nö|quatsch|falsch|sorry|entschuldigung|moment|doch|ich meinte?|stimmt nicht|korrektur|halt|"
    r"no|nope|wrong|actually|i meant?|correction|oops|wait|not that)\b",
    re.IGNORECASE,
)
SHORT_ANSWER = 5


def from_entities(slot: Slot, understanding: Understanding) -> Any:
    """The slot's value from the entities of the message, None if there is none that fits."""
    for mapping in slot.mappings:
        if mapping.kind != "from_entity" or not _intent_allows(mapping, understanding):
            continue
        found = [e.value for e in understanding.entities if _is(e, mapping)]
        if found:
            value = slot.fit(found if slot.type is SlotType.LIST else found[0])
            if value is not None:
                return value
    return None


def mentioned(domain: Domain, understanding: Understanding) -> dict[str, Any]:
    """All slots that the message's entities give a value."""
    values = {name: from_entities(slot, understanding) for name, slot in domain.slots.items()}
    return {name: value for name, value in values.items() if value is not None}


def answer_to(slot: Slot, understanding: Understanding, text: str, intent: str) -> Any:
    """The value the customer's answer gives to the slot that was asked for, None if it gives none. `intent` is what
    the message most likely means, "" if nothing is likely.
    """
    value = from_entities(slot, understanding)
    if value is not None:
        return value
    for mapping in slot.mappings:
        if mapping.kind == "from_intent" and intent and intent in mapping.intents:
            return slot.fit(mapping.value)
    if slot.type is SlotType.BOOL:
        return yes_or_no(text, intent)
    if slot.type is SlotType.CATEGORICAL:
        return _category(slot, text)
    entity_only = all(m.kind not in _FREE for m in slot.mappings)
    return None if entity_only else slot.fit(text)


def takes_any_text(slot: Slot) -> bool:
    """Whether whatever the customer writes can be the slot's value."""
    return slot.type in (SlotType.TEXT, SlotType.ANY, SlotType.LIST) and any(m.kind in _FREE for m in slot.mappings)


def yes_or_no(text: str, intent: str = "") -> bool | None:
    """True or False from the intents affirm and deny, or from a short answer's first words; else None."""
    if intent in ("affirm", "deny"):
        return intent == "affirm"
    if len(text.split()) > SHORT_ANSWER:
        return None
    plain = text.strip(" \t.,!?;:")
    if _NO.match(plain):
        return False
    return True if _YES.match(plain) else None


def is_question(text: str) -> bool:
    """Whether the text reads like a question back to us."""
    return text.rstrip().endswith("?") or _QUESTION.match(text.lstrip()) is not None


def is_correction(text: str) -> bool:
    """Whether the text begins the way people correct themselves."""
    return _CORRECTS.match(text) is not None


def corrected(
    names: list[str], domain: Domain, understanding: Understanding, slots: Mapping[str, Any]
) -> dict[str, Any]:
    """Those of the already filled slots `names` to which the message's entities give another value."""
    changes = {}
    for name in names:
        slot = domain.slots.get(name)
        value = from_entities(slot, understanding) if slot else None
        if value is not None and value != slots.get(name):
            changes[name] = value
    return changes


def _is(entity: Entity, mapping: SlotMapping) -> bool:
    role_fits = mapping.role is None or entity.role == mapping.role
    group_fits = mapping.group is None or entity.group == mapping.group
    return entity.entity == mapping.entity and role_fits and group_fits


def _intent_allows(mapping: SlotMapping, understanding: Understanding) -> bool:
    name = understanding.intent.name
    return (not mapping.intents or name in mapping.intents) and name not in mapping.not_intents


def _category(slot: Slot, text: str) -> Any:
    exact = slot.fit(text)
    if exact is not None:
        return exact
    words = set(re.findall(r"\w+", text.casefold()))
    named = [v for v in slot.values if str(v).casefold() in words]
    return named[0] if len(named) == 1 else None
