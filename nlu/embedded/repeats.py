"""Remembers what short texts were understood as: customers type the same "ja", "yes please", "danke" all day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from conversation.understanding import Understanding

_WORDS = 3
_LETTERS = 32
_REMEMBERED = 256

Key = tuple[str, str, date]
"""A text, its language, and the day it was read on, from which "tomorrow" counts."""


class Repeats:
    """A bounded store for one model. A call beside another may understand a text twice, which changes nothing."""

    def __init__(self) -> None:
        self._known: dict[Key, Understanding] = {}

    def understood(
        self, keys: Sequence[Key], understand: Callable[[Sequence[Key]], Sequence[Understanding]]
    ) -> list[Understanding]:
        """One understanding a key, in order; `understand` is asked for those that are not known."""
        found = [self._known.get(key) for key in keys]
        missing = [key for key, one in zip(keys, found, strict=True) if one is None]
        fresh = iter(understand(missing) if missing else ())
        made = [one if one is not None else next(fresh) for one in found]
        for key, one in zip(keys, made, strict=True):
            if _is_short(key[0]):
                self._keep(key, one)
        return made

    def _keep(self, key: Key, one: Understanding) -> None:
        if len(self._known) >= _REMEMBERED:
            self._known = {}
        self._known[key] = one


def _is_short(text: str) -> bool:
    return len(text) <= _LETTERS and len(text.split()) <= _WORDS
