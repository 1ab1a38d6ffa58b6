"""Which conversations may be one customer's twice: what speaks for it, so that an agent can merge them."""

import re
from collections.abc import Iterable

from conversation.conversation import Conversation

SHORTEST_FACT = 5
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def likely_duplicates(of: Conversation, others: Iterable[Conversation], limit: int) -> list[Conversation]:
    """Those of `others` for which something speaks, the likeliest first, else in their order."""
    ranked = [(likeness(of, other), other) for other in others if other.id != of.id]
    ranked.sort(key=lambda pair: -pair[0])
    return [other for likely, other in ranked if likely][:limit]


def likeness(one: Conversation, other: Conversation) -> int:
    """How much speaks for one customer behind both: their id, then a fact they share, then their name."""
    same_person = one.customer == other.customer
    shared = bool(_facts(one) & _facts(other))
    named = bool(one.customer_name) and one.customer_name.casefold() == other.customer_name.casefold()
    return 4 * same_person + 2 * shared + named


def _facts(conversation: Conversation) -> set[str]:
    """What the bot collected that points to one matter: texts with a digit or an @, like order numbers, but no days."""
    values = (v for v in conversation.tracker.get("slots", {}).values() if isinstance(v, str))
    return {v.casefold() for v in values if len(v) >= SHORTEST_FACT and _points(v)}


def _points(value: str) -> bool:
    return "@" in value or (any(c.isdigit() for c in value) and not _DAY.match(value))
