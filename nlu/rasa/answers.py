"""What Rasa answers, read into our own values; and what is sent to it, cut to what it can bear."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conversation.understanding import FALLBACK_INTENT, Entity, RankedIntent
from nlu.rasa.errors import RasaDown

MAX_CHARS = 2_000
MAX_WORDS = 256
_LEADING = re.compile(r"[\s/]*")
_WORD_END = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Heard:
    """What is sent to Rasa for a text; `offset` is where it begins in the text."""

    words: str
    offset: int


@dataclass(frozen=True, slots=True)
class RasaAnswer:
    """The real guesses, best first with Rasa's own confidences, and the entities; `refused`: its FallbackClassifier
    spoke.
    """

    ranking: tuple[RankedIntent, ...]
    entities: tuple[Entity, ...]
    refused: bool


def heard(text: str) -> Heard:
    """Without leading slashes (a text that begins with one bypasses Rasa's NLU and sets intents itself), without what
    UTF-8 cannot say, and no longer than Rasa reads quickly: it has no limit, and one long text stops all others.
    """
    readable = "".join("\ufffd" if "\ud800" <= char <= "\udfff" or char == "\0" else char for char in text[:MAX_CHARS])
    offset = _LEADING.match(readable).end()  # type: ignore[union-attr]  # matches always, be it nothing
    words = readable[offset:]
    for count, word in enumerate(_WORD_END.finditer(words), start=1):
        if count == MAX_WORDS:
            words = words[: word.end()]
            break
    return Heard(words.rstrip(), offset)


def read_answer(answer: Mapping[str, Any], offset: int = 0) -> RasaAnswer:
    """Rasa's JSON as values, entities placed in the whole text. Raises RasaDown for what is no answer to a parse."""
    try:
        named = _ranked(answer["intent"])
        ranking = [_ranked(entry) for entry in answer.get("intent_ranking") or (answer["intent"],)]
        entities = tuple(dict.fromkeys(_entity(entry, offset) for entry in answer.get("entities", ())))
    except (KeyError, TypeError, ValueError, AttributeError) as bad:
        raise RasaDown("the Rasa server's answer is not one to a parse") from bad
    real = sorted((one for one in ranking if one.name != FALLBACK_INTENT), key=lambda one: -one.confidence)
    placed = sorted(entities, key=lambda entity: (entity.start, -entity.end, entity.entity))
    return RasaAnswer(tuple(real), tuple(placed), named.name == FALLBACK_INTENT)


def shared(ranking: Sequence[RankedIntent], confidence: float) -> tuple[RankedIntent, ...]:
    """The ranking with the calibrated chance for the best; the others share the rest by their scores, none above."""
    rest = sum(one.confidence for one in ranking[1:]) or 1.0
    left = 1 - confidence
    others = (RankedIntent(o.name, min(confidence, left * o.confidence / rest)) for o in ranking[1:])
    return (RankedIntent(ranking[0].name, confidence), *others)


def _ranked(entry: Mapping[str, Any]) -> RankedIntent:
    confidence = float(entry["confidence"])
    if not 0 <= confidence <= 1:
        raise ValueError(f"the confidence {confidence}")
    return RankedIntent(str(entry["name"] or FALLBACK_INTENT), confidence)


def _entity(entry: Mapping[str, Any], offset: int) -> Entity:
    confidence = entry.get("confidence_entity")
    value = entry["value"]
    return Entity(
        entity=str(entry["entity"]),
        value=value if isinstance(value, str | int | float | bool) else str(value),
        start=int(entry["start"]) + offset,
        end=int(entry["end"]) + offset,
        extractor=str(entry.get("extractor") or "rasa"),
        role=entry.get("role"),
        group=entry.get("group"),
        confidence=None if confidence is None else float(confidence),
    )
