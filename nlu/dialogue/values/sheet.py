"""A text with all that is known when its values are given to slots."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from conversation.understanding import Understanding
from nlu.dialogue.lexicon import Lexicon
from nlu.dialogue.tokens import Token, tokenize
from nlu.dialogue.values.candidates import Filled
from nlu.dialogue.values.kinds import Wanted

NONE = object()
"""Equal to no value."""


@dataclass(frozen=True)
class Sheet:
    """The text, the slots that may get values, what they hold, which is asked for; `found` are their candidates."""

    text: str
    understanding: Understanding
    slots: Sequence[Wanted]
    today: date
    languages: tuple[str, ...]
    lexicon: Lexicon | None
    held: Mapping[str, Any]
    asked: str
    found: dict[str, list[Filled]] = field(default_factory=dict)

    @property
    def tokens(self) -> tuple[Token, ...]:
        return tokenize(self.text)

    def has(self, one: Filled) -> bool:
        """Whether its slot holds just this value."""
        return bool(one.value == self.held.get(one.slot, NONE))
