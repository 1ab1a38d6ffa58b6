"""The port between a text and its meaning: whatever understands texts in batches is an engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from conversation.understanding import FALLBACK_INTENT, Entity, RankedIntent, Understanding

RANKED = 10


class EngineUnavailable(Exception):
    """The engine cannot answer now, or is not set up; the message says what is missing and how to get it."""


class Engine(Protocol):
    """A trained engine of one client."""

    @property
    def name(self) -> str:
        """Stored with every understanding: `embedded`, `rasa`."""
        ...

    def parse(self, texts: Sequence[str], prior: Sequence[str | None] | None = None) -> list[Understanding]:
        """One understanding per text, in order. `prior` holds each thread's language so far, for short texts.

        A plain CPU-bound or blocking function: callers on an event loop run it in a thread. Thread-safe, deterministic.
        Raises EngineUnavailable.
        """
        ...


def guessed(understanding: Understanding) -> RankedIntent:
    """The best real guess, whether or not it is trusted."""
    return understanding.ranking[0] if understanding.ranking else understanding.intent


def to_rasa(understanding: Understanding) -> dict[str, Any]:
    """The shape of Rasa's `POST /model/parse`; `nlu_fallback` stands first when the best guess is not trusted."""
    ranking = [_ranked(intent) for intent in understanding.ranking]
    if understanding.intent.name == FALLBACK_INTENT and (not ranking or ranking[0]["name"] != FALLBACK_INTENT):
        ranking.insert(0, _ranked(understanding.intent))
    return {
        "text": understanding.text,
        "intent": _ranked(understanding.intent),
        "entities": [_entity(entity) for entity in understanding.entities],
        "intent_ranking": ranking[:RANKED],
        "language": understanding.language,
    }


def _ranked(intent: RankedIntent) -> dict[str, Any]:
    return {"name": intent.name, "confidence": intent.confidence}


def _entity(entity: Entity) -> dict[str, Any]:
    shape = {
        "entity": entity.entity,
        "start": entity.start,
        "end": entity.end,
        "value": entity.value,
        "extractor": entity.extractor,
    }
    optional = {"role": entity.role, "group": entity.group, "confidence_entity": entity.confidence}
    return shape | {key: value for key, value in optional.items() if value is not None}
