"""Values put together of parts that may be said one after the other: an address of street, postcode and town."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from nlu.dialogue.values.readings import Reading, readings

ADDITION = "addition"
"""What a customer adds to the parts, in front of them: "bei Huber"; never asked for."""
_TIGHT = {("postcode", "town"): " "}


def read_parts(text: str, kinds: Sequence[str], today: date, languages: tuple[str, ...]) -> dict[str, Any]:
    """The parts a text gives, each stretch of it to one part, in the order of the kinds."""
    found: dict[str, Any] = {}
    taken: list[Reading] = []
    for kind in kinds:
        for one in readings(text, kind, today, languages):
            if all(one.end <= other.start or other.end <= one.start for other in taken):
                found[kind] = one.value
                taken.append(one)
                break
    return found


def known_parts(
    kept: Mapping[str, Any], value: Any, kinds: Sequence[str], today: date, languages: tuple[str, ...]
) -> dict[str, Any]:
    """The parts that were said one by one, else those of the whole value."""
    return dict(kept) if kept else read_parts(str(value), kinds, today, languages) if value else {}


def missing(kinds: Sequence[str], parts: Mapping[str, Any]) -> list[str]:
    """The kinds that are not known yet."""
    return [kind for kind in kinds if not parts.get(kind)]


def joined(kinds: Sequence[str], parts: Mapping[str, Any]) -> str:
    """The parts as one text: `Hauptstr. 5, 80331 München`, with what was added in front."""
    text = ""
    before = ""
    for kind in (ADDITION, *kinds):
        if parts.get(kind):
            text += (_TIGHT.get((before, kind), ", ") if text else "") + str(parts[kind])
            before = kind
    return text
