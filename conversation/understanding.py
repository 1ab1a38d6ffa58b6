"""What the NLU made of a text, in Rasa's words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

FALLBACK_INTENT = "nlu_fallback"


@dataclass(frozen=True, slots=True)
class RankedIntent:
    """An intent and the calibrated probability (0..1) that it is right."""

    name: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Entity:
    """A span `text[start:end]` with its meaning, as Rasa returns it."""

    entity: str
    value: Any
    start: int
    end: int
    extractor: str
    role: str | None = None
    group: str | None = None
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Understanding:
    """`intent` is the best guess, or `nlu_fallback` when none is trusted; `ranking` holds the real guesses, best first.

    `answerable` says whether confidence reaches the threshold that keeps the client's target of wrong automatic
    answers; `in_scope` whether the text resembles what the bot was trained on at all; `courtesy` marks a bare
    thanks or goodbye, which never reopens a conversation. `version` names the bot version that understood. `clauses`
    are the parts of a text that may be matters of their own, each understood by itself; empty for a text of one part.
    """

    text: str
    language: str
    intent: RankedIntent
    ranking: tuple[RankedIntent, ...] = ()
    entities: tuple[Entity, ...] = ()
    answerable: bool = False
    in_scope: bool = True
    courtesy: bool = False
    engine: str = ""
    version: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
    clauses: "tuple[UnderstoodClause, ...]" = ()

    @classmethod
    def nothing(cls, text: str, language: str) -> "Understanding":
        """For messages without words: stickers, buttons, files."""
        return cls(text=text, language=language, intent=RankedIntent(FALLBACK_INTENT, 0.0))


@dataclass(frozen=True, slots=True)
class UnderstoodClause:
    """A part of a text from `start` on, with its own understanding (whose places count from there). `hard`: a sentence
    mark parts it from what is before.
    """

    understanding: Understanding
    start: int
    hard: bool = True
