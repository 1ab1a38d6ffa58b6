"""A pack's pattern at work: bounded in size, linear in the text, and with a budget where a text is searched again."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import re2

from nlu.patterns.alphabet import Encoded
from nlu.patterns.errors import PatternRefused
from nlu.patterns.translate import Translation, translate

MOST_STEPS = 5_000
MOST_PATTERNS = 500  # of one pack, those of its conditions included
MOST_STEPS_TOGETHER = 20_000
VALUE = "value"
_MEMORY = 4 << 20
_WORK = 100_000_000


@dataclass(frozen=True, slots=True)
class Fit:
    """Where a pattern fits: [start, end) of the whole and of each group, (-1, -1) for one that took no part."""

    spans: tuple[tuple[int, int], ...]
    names: dict[str, int]

    @property
    def span(self) -> tuple[int, int]:
        return self.spans[0]

    @property
    def value_span(self) -> tuple[int, int]:
        """The group `value`, or else the only group, or else the whole."""
        number = self.names.get(VALUE, 1 if len(self.spans) == 2 else 0)
        return self.spans[number] if self.spans[number][0] >= 0 else self.spans[0]


@dataclass(slots=True)
class Budget:
    """What all searches in one text may cost together, at worst: steps of the patterns times bytes of the text. It
    keeps a text full of finds from costing the square of its length.
    """

    left: int = _WORK

    def spend(self, work: int) -> bool:
        """Whether there was something left."""
        self.left -= work
        return self.left + work > 0


@dataclass(frozen=True)
class Pattern:
    """A compiled pattern; equal to another of the same text. `steps` is its size as a program."""

    source: str
    ignore_case: bool = False
    _translation: Translation = field(init=False, repr=False, compare=False)
    _program: Any = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        translation = translate(self.source, ignore_case=self.ignore_case)
        object.__setattr__(self, "_translation", translation)
        object.__setattr__(self, "_program", _compiled(translation.expression))

    @cached_property
    def steps(self) -> int:
        return int(self._program.programsize)

    def search(self, text: str) -> Fit | None:
        """The first place where it fits, as `re.search`; it may be empty."""
        if not self._may_fit(text):
            return None
        encoded = self._translation.alphabet.encode(text)
        return self._next(encoded, 0)

    def fits(self, text: str) -> bool:
        """Whether it fits the whole text, as `re.fullmatch`."""
        if not self._may_fit(text):
            return False
        return self._program.fullmatch(self._translation.alphabet.encode(text).data) is not None

    def finds(self, text: str, budget: Budget | None = None) -> Iterator[Fit]:
        """All places where it fits, one after another without overlap, as `re.finditer`, but for empty ones; as far as
        the budget goes.
        """
        if not self._may_fit(text):
            return
        encoded, budget, place = self._translation.alphabet.encode(text), budget or Budget(), 0
        while place <= len(text) and budget.spend(self.steps * (len(encoded.data) - encoded.starts[place] + 1)):
            found = self._next(encoded, encoded.starts[place])
            if found is None:
                return
            start, end = found.span
            if end > start:
                yield found
            place = max(end, start + 1) if end == start else end

    def _may_fit(self, text: str) -> bool:
        """Whether the text has what every fit needs: most texts have no digit, and need not be searched for one."""
        return not any(need.isdisjoint(text) for need in self._translation.needs)

    def _next(self, encoded: Encoded, at: int) -> Fit | None:
        while at <= len(encoded.data):
            found = self._program.search(encoded.data, at)
            if found is None:
                return None
            if encoded.place(found.start()) is not None:
                return Fit(
                    tuple(_span(found, number, encoded) for number in range(self._program.groups + 1)), self.names
                )
            at = found.start() + 1  # an empty fit inside a token is none
        return None

    @property
    def names(self) -> dict[str, int]:
        """The numbers of its named groups."""
        return self._translation.groups


@lru_cache(maxsize=512)
def compile_pattern(source: str, *, ignore_case: bool = False) -> Pattern:
    """The pattern, remembered. Raises PatternRefused."""
    return Pattern(source, ignore_case)


def _compiled(expression: bytes) -> Any:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.max_mem = _MEMORY
    options.log_errors = False
    try:
        program = re2.compile(expression, options)
    except re2.error as bad:
        reason = bad.args[0].decode("latin-1", "replace") if bad.args and isinstance(bad.args[0], bytes) else str(bad)
        raise PatternRefused(f"it is too large ({reason})", "count less often, or write several patterns") from bad
    if program.programsize > MOST_STEPS:
        message = f"it is too large: {program.programsize} steps of at most {MOST_STEPS}"
        raise PatternRefused(message, "count less often, write several patterns, or a lookup")
    return program


def _span(found: Any, number: int, encoded: Encoded) -> tuple[int, int]:
    start, end = found.span(number)
    if start < 0:
        return -1, -1
    first, last = encoded.place(start), encoded.place(end)
    assert first is not None
    assert last is not None
    return first, last
