"""The customer's own words that a person should read: what a message says beyond the values that were taken from it."""

from collections.abc import Iterator, Sequence
from typing import Any

from nlu.dialogue.commands import Command, CorrectSlot, SetParts, SetSlot, StartFlow
from nlu.dialogue.phrases import places_of
from nlu.dialogue.state import Tracker
from nlu.dialogue.tokens import tokenize
from nlu.dialogue.turn import TurnContext

KEPT = 8
LONGEST = 300
_TELLING = 2
"""So many words that no value has, and that do not only answer or thank, say something."""


def take(context: TurnContext, commands: Sequence[Command]) -> None:
    """Keeps the message for a person, unless it was nothing but values, a yes, a no or a courtesy."""
    text = context.text.strip()
    if _left_over(context, commands) >= _TELLING:
        _keep(context.tracker, text)


def keep_missed(context: TurnContext) -> None:
    """Keeps a message that came to nothing, unless it was only a yes, a no or a courtesy."""
    text = context.text.strip()
    if context.missed and text and not context.lexicon.says_little(text):
        _keep(context.tracker, text)


def _keep(tracker: Tracker, text: str) -> None:
    text = text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"
    tracker.noted = [*[one for one in tracker.noted if one != text], text][-KEPT:]


def _left_over(context: TurnContext, commands: Sequence[Command]) -> int:
    """How many words of the message stand in no value that was taken from it and say something by themselves."""
    lexicon, tokens = context.lexicon, tokenize(context.text)
    lists = (lexicon.yes, lexicon.no, lexicon.thanks, lexicon.goodbye, lexicon.greeting, lexicon.hold, lexicon.fillers)
    little = places_of(lists, tokens)
    taken = {token.folded for value in _values(commands) for token in tokenize(str(value))}
    words = (t for n, t in enumerate(tokens) if n not in little and not t.is_number)
    return sum(word.folded not in taken for word in words)


def _values(commands: Sequence[Command]) -> Iterator[Any]:
    for command in commands:
        match command:
            case SetSlot(_, value) | CorrectSlot(_, value):
                yield value
            case SetParts(_, parts):
                yield from parts.values()
            case StartFlow(_, slots):
                yield from slots.values()
