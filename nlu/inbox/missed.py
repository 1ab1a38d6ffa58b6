"""A message that the bot did not dare to answer, and what is guessed and said of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from conversation.ids import ConversationId, MessageId


@dataclass(frozen=True, slots=True)
class Missed:
    """One message; `guesses` are the bot's best ones with their confidences (0..1)."""

    message: MessageId
    conversation: ConversationId
    at: datetime
    text: str
    language: str
    guesses: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Group:
    """Messages that mean much the same, the most typical first, and the likeliest intents of all of them together."""

    messages: Sequence[Missed]
    suggestions: Sequence[str]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A message's text with the intent that a person gave it; None: nobody's business."""

    text: str
    intent: str | None
    language: str
