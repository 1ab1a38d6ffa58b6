"""What a pressed button means: Rasa's payloads `/intent{"slot": "value"}` and `/SetSlots(slot=value)`."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_INTENT = re.compile(r"/(?P<intent>[^\s{}()]+)(?:\s*(?P<slots>\{.*\}))?\s*", re.DOTALL)
_SET = re.compile(r"/SetSlots\((?P<pairs>.*)\)\s*", re.DOTALL)
_PAIR = re.compile(
    r"""\s*(?P<slot>[\w.]+)\s*=\s*(?:(?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s*|(?P<bare>[^,]*))(?:,|$)""",
    re.DOTALL,
)
_WORDS: Mapping[str, Any] = {"true": True, "false": False, "null": None, "none": None, "undefined": None}


@dataclass(frozen=True, slots=True)
class Payload:
    """An intent (empty for a bare SetSlots) and values for slots."""

    intent: str = ""
    slots: Mapping[str, Any] = field(default_factory=dict)


def parse_payload(text: str) -> Payload | None:
    """The meaning of a payload; None if it is not one (then it is a text the button says for the customer)."""
    if match := _SET.fullmatch(text):
        return _slots(match["pairs"])
    match = _INTENT.fullmatch(text)
    if match is None:
        return None
    try:
        slots = json.loads(match["slots"]) if match["slots"] else {}
    except (ValueError, RecursionError):  # no JSON, a number without end, brackets without end
        return None
    return Payload(match["intent"], slots)


def _slots(pairs: str) -> Payload | None:
    slots: dict[str, Any] = {}
    place, end = 0, len(pairs.rstrip())
    while place < end:
        match = _PAIR.match(pairs, place)
        if match is None:
            return None
        slots[match["slot"]] = _plain(match["quoted"] or match["bare"].strip())
        place = match.end()
    return Payload(slots=slots) if slots else None


def _plain(written: str) -> Any:
    if len(written) > 1 and written[0] in "\"'" and written[-1] == written[0]:
        return re.sub(r"\\(['\"\\])", r"\1", written[1:-1])
    return _WORDS.get(written.strip().lower(), written.strip())
