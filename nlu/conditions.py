"""Conditions of flows (`slots.n > 3 and not slots.done`), newer Rasa's words read by our own parser, never by eval.

or      := and ("or" and)*            and := not ("and" not)*           not := "not" not | test
test    := value [("is" ["not"] | "=" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "contains" | "matches" |
           ["not"] "in") (value | "set" | "empty")] | "(" or ")"
value   := "slots." NAME | STRING | NUMBER | true | false | null | "[" value ("," value)* "]"
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from nlu.patterns.errors import PatternRefused
from nlu.patterns.pattern import Pattern, compile_pattern

MAX_MATCHED_TEXT = 500
MAX_CONDITION = 2_000
MAX_NESTED = 100
_NESTING = ("(", "[", "not")
_TOKEN = re.compile(
    r"""\s*(?:(?P<number>-?\d+(?:\.\d+)?)|(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
    r"""|(?P<name>[A-Za-z_][\w.]*)|(?P<sign><=|>=|==|!=|=|<|>|\(|\)|\[|\]|,))"""
)
_ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_CONSTANTS: Mapping[str, Any] = {"true": True, "false": False, "null": None, "none": None, "undefined": None}


class ConditionError(ValueError):
    """The condition cannot be read; the message says where and what was expected."""


class Expression(Protocol):
    """A part of a condition."""

    def value(self, slots: Mapping[str, Any]) -> Any: ...

    def slots(self) -> Iterator[str]: ...


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition as written, ready to be asked; `patterns` are those after `matches`."""

    text: str
    expression: Expression
    patterns: tuple[Pattern, ...] = ()

    def holds(self, slots: Mapping[str, Any]) -> bool:
        """Whether it is true of these slot values. A slot that is missing is null; comparing what cannot be compared
        is false, never an error.
        """
        return _truth(self.expression.value(slots))

    def slot_names(self) -> frozenset[str]:
        return frozenset(self.expression.slots())


def parse_condition(text: str) -> Condition:
    """Reads a condition. Raises ConditionError."""
    if len(text) > MAX_CONDITION:
        raise ConditionError(f"it has more than {MAX_CONDITION} letters; set a slot on the way and test that")
    parser = _Parser(text)
    if sum(token[1].lower() in _NESTING for token in parser.tokens) > MAX_NESTED:
        raise ConditionError(f"it has more than {MAX_NESTED} brackets and `not`; set a slot on the way and test that")
    expression = parser.either()
    if parser.token is not None:
        raise ConditionError(f"{parser.token[1]!r} was not expected; join tests with `and` or `or`")
    return Condition(text, expression, tuple(parser.patterns))


@dataclass(frozen=True, slots=True)
class _Constant:
    content: Any

    def value(self, slots: Mapping[str, Any]) -> Any:  # noqa: ARG002 - a constant is the same for all slots
        return self.content

    def slots(self) -> Iterator[str]:
        yield from ()


@dataclass(frozen=True, slots=True)
class _Slot:
    name: str

    def value(self, slots: Mapping[str, Any]) -> Any:
        return slots.get(self.name)

    def slots(self) -> Iterator[str]:
        yield self.name


@dataclass(frozen=True, slots=True)
class _List:
    items: tuple[Expression, ...]

    def value(self, slots: Mapping[str, Any]) -> Any:
        return [item.value(slots) for item in self.items]

    def slots(self) -> Iterator[str]:
        for item in self.items:
            yield from item.slots()


@dataclass(frozen=True, slots=True)
class _Not:
    inner: Expression

    def value(self, slots: Mapping[str, Any]) -> Any:
        return not _truth(self.inner.value(slots))

    def slots(self) -> Iterator[str]:
        yield from self.inner.slots()


@dataclass(frozen=True, slots=True)
class _Joined:
    word: str
    left: Expression
    right: Expression

    def value(self, slots: Mapping[str, Any]) -> Any:
        if self.word == "and":
            return _truth(self.left.value(slots)) and _truth(self.right.value(slots))
        return _truth(self.left.value(slots)) or _truth(self.right.value(slots))

    def slots(self) -> Iterator[str]:
        yield from self.left.slots()
        yield from self.right.slots()


@dataclass(frozen=True, slots=True)
class _Test:
    word: str
    left: Expression
    right: Expression

    def value(self, slots: Mapping[str, Any]) -> Any:
        return _compare(self.word, self.left.value(slots), self.right.value(slots))

    def slots(self) -> Iterator[str]:
        yield from self.left.slots()
        yield from self.right.slots()


def _truth(value: Any) -> bool:
    return bool(value)


def _compare(word: str, left: Any, right: Any) -> bool:
    if word == "empty":
        return left is None or left in ("", [], {})
    if word == "is":
        return _same(left, right)
    if word == "contains":
        return _contains(left, right)
    if word == "matches":
        return left is not None and _matches(right, str(left)[:MAX_MATCHED_TEXT])
    numbers = _number(left), _number(right)
    if numbers[0] is not None and numbers[1] is not None:
        return _ORDER[word](*numbers)
    return isinstance(left, str) and isinstance(right, str) and _ORDER[word](left, right)


@lru_cache(maxsize=1_024)
def _matches(pattern: Pattern, text: str) -> bool:
    """Remembered, since a flow that runs in a circle asks the same 200 times in a turn."""
    return pattern.search(text) is not None


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right or str(left).lower() == str(right).lower()
    numbers = _number(left), _number(right)
    if numbers[0] is not None and numbers[1] is not None:
        return numbers[0] == numbers[1]
    return bool(left == right)


def _contains(left: Any, right: Any) -> bool:
    if isinstance(left, str):
        return right is not None and str(right) in left
    return isinstance(left, list) and any(_same(item, right) for item in left)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or value is None:
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens = list(_tokens(text))
        self.place = 0
        self.patterns: list[Pattern] = []

    @property
    def token(self) -> tuple[str, str] | None:
        return self.tokens[self.place] if self.place < len(self.tokens) else None

    def take(self, *words: str) -> str | None:
        """The next token if it is one of these words or signs."""
        token = self.token
        if token is None or token[0] == "string" or token[1].lower() not in words:
            return None
        self.place += 1
        return token[1].lower()

    def either(self) -> Expression:
        left = self.both()
        while self.take("or"):
            left = _Joined("or", left, self.both())
        return left

    def both(self) -> Expression:
        left = self.negated()
        while self.take("and"):
            left = _Joined("and", left, self.negated())
        return left

    def negated(self) -> Expression:
        return _Not(self.negated()) if self.take("not") else self.test()

    def test(self) -> Expression:
        if self.take("("):
            inner = self.either()
            if not self.take(")"):
                raise ConditionError("a closing `)` is missing")
            return inner
        left = self.operand()
        if self.take("is"):
            negative = self.take("not")
            return _Not(self.being(left)) if negative else self.being(left)
        if self.take("not"):
            if not self.take("in"):
                raise ConditionError("after `not` between two values only `in` may stand")
            return _Not(_Test("contains", self.operand(), left))
        return self.compared(left)

    def being(self, left: Expression) -> Expression:
        if word := self.take("set", "empty", "defined"):
            empty = _Test("empty", left, _Constant(None))
            return empty if word == "empty" else _Not(empty)
        return _Test("is", left, self.operand())

    def compared(self, left: Expression) -> Expression:
        word = self.take("=", "==", "!=", "<", "<=", ">", ">=", "contains", "matches", "in")
        if word is None:
            return left
        right = self.operand()
        if word == "in":
            return _Test("contains", right, left)
        if word == "matches":
            right = _Constant(self.pattern(right))
        if word == "!=":
            return _Not(_Test("is", left, right))
        return _Test("is" if word in ("=", "==") else word, left, right)

    def operand(self) -> Expression:
        if self.take("["):
            return self.list()
        token = self.token
        if token is None:
            raise ConditionError("a value is missing at the end")
        self.place += 1
        kind, text = token
        if kind == "string":
            return _Constant(re.sub(r"\\(['\"\\])", r"\1", text[1:-1]))
        if kind == "number":
            return _Constant(float(text) if "." in text else int(text))
        if text.lower() in _CONSTANTS:
            return _Constant(_CONSTANTS[text.lower()])
        if text.startswith("slots.") and text.count(".") == 1 and len(text) > len("slots."):
            return _Slot(text.removeprefix("slots."))
        if kind == "name":
            raise ConditionError(f"{text!r} is not a value; write `slots.{text}` for a slot, quotes around a text")
        raise ConditionError(f"{text!r} stands where a value was expected")

    def pattern(self, right: Expression) -> Pattern:
        if not isinstance(right, _Constant) or not isinstance(right.content, str):
            raise ConditionError("after `matches` a pattern in quotes must stand")
        try:
            self.patterns.append(compile_pattern(right.content))
        except PatternRefused as refused:
            message = f"the pattern {right.content[:60]!r} cannot be used: {refused}; {refused.hint}"
            raise ConditionError(message) from refused
        return self.patterns[-1]

    def list(self) -> Expression:
        items: list[Expression] = []
        while not self.take("]"):
            if items and not self.take(","):
                raise ConditionError("a list needs `,` between its values and `]` at its end")
            items.append(self.operand())
        return _List(tuple(items))


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    place = 0
    stripped = text.rstrip()
    while place < len(stripped):
        match = _TOKEN.match(stripped, place)
        if match is None:
            raise ConditionError(f"{stripped[place:].strip()[:20]!r} cannot be read")
        kind = match.lastgroup or ""
        yield kind, match[kind]
        place = match.end()
