"""Which of several writes a clause is about: the one whose own values it names, else the latest."""

import re
from collections.abc import Sequence
from typing import Any

from nlu.dialogue import done
from nlu.dialogue.consents import said
from nlu.dialogue.state import DoneWrite
from nlu.dialogue.tokens import Token, stem, tokenize
from nlu.dialogue.turn import TurnContext

_DIGITS = re.compile(r"\d{3,}")
_A_WORD = 3
_WORD, _NUMBER = 2, 1
"""A word says more than a figure, which may be the new value."""


def named(context: TurnContext, tokens: Sequence[Token], but: Sequence[Any] = ()) -> DoneWrite | None:
    """The one write that the words name by a value no other has; None if they name none, or several alike. `but`:
    values of what is open, which are not its own.
    """
    writes = done.open_writes(context)
    own = [_names(context, one) for one in writes]
    heard = _words(tokens) - _words([t for value in but for t in tokenize(str(value))])
    ranked: list[tuple[int, DoneWrite]] = []
    for place, one in enumerate(writes):
        others = set().union(*(names for n, names in enumerate(own) if n != place))
        hits = (own[place] - others) & heard
        ranked.append((sum(_NUMBER if word[0].isdigit() else _WORD for word in hits), one))
    best = max((points for points, _ in ranked), default=0)
    found = [one for points, one in ranked if points == best > 0]
    return found[0] if len(found) == 1 else None


def _names(context: TurnContext, written: DoneWrite) -> set[str]:
    """The words and figures of what was said for a write, and of the number it was filed under."""
    facts = done.facts_of(written)
    said_for = {name: facts[name] for name in done.collected_in(written) if facts.get(name) is not None}
    texts = [text for name, value in said_for.items() for text in (str(value), said(context, value, name))]
    filed = [str(value) for value in facts.values() if isinstance(value, str) and _is_number(value)]
    return _words([t for text in (*texts, *filed) for t in tokenize(text)])


def _is_number(value: Any) -> bool:
    """Whether a value is one number, with letters before it at most (`SP-9001`)."""
    return len(value.split()) == 1 and bool(_DIGITS.search(value))


def _words(tokens: Sequence[Token]) -> set[str]:
    """The words as they are compared; a number by its figures."""
    found = {stem(t.folded) for t in tokens if not t.is_number and len(t.folded) >= _A_WORD}
    return found | {t.folded.replace(",", ".") for t in tokens if t.is_number}
