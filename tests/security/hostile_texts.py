"""Texts that a pattern finds hard: its own parts repeated, begun and never finished, ended wrongly."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, pairwise
from re import _parser  # type: ignore[attr-defined]  # typeshed has no stub for it
from typing import Any

_SAMPLES = "a1_ \n.-,:;@+/()[]{}<>=\"'\\|*!?#€ßÄ·'\t&~%$"
_ENDS = ("", "!", " \u00b6\x00")
_MOST_UNITS = 60
_FLAGS = re.IGNORECASE | re.MULTILINE | re.DOTALL | re.VERBOSE


@dataclass(frozen=True)
class Shape:
    """A text that repeats `unit` between `begin` and `end`."""

    unit: str
    begin: str = ""
    end: str = ""

    def of(self, length: int) -> str:
        """About `length` letters of it."""
        return self.begin + self.unit * max(1, length // len(self.unit)) + self.end


def shapes(pattern: re.Pattern[str]) -> list[Shape]:
    """Texts made of what the pattern looks for: its letters, pairs of them, what it repeats, a whole match and its
    beginnings, each over and over, alone, after the beginning of a match, and before what ends it badly.
    """
    tree = _parser.parse(pattern.pattern, pattern.flags & _FLAGS)
    atoms, whole = list(dict.fromkeys(_atoms(tree))), _shortest(tree)
    units = dict.fromkeys((*_bodies(tree), whole, f"{whole} ", *atoms, *_mixed(tree)))
    units |= dict.fromkeys(first + second for first, second in pairwise(atoms))
    units |= dict.fromkeys(whole[:cut] for cut in range(1, min(len(whole), 8)))
    begins = dict.fromkeys(whole[:cut] for cut in (1, 2, 3, 5, 8) if cut < len(whole))
    ends = dict.fromkeys(atoms[-3:])
    found = []
    for unit in islice(filter(None, units), _MOST_UNITS):
        found += [Shape(unit, end=end) for end in (*_ENDS, *ends)]
        found += [Shape(unit, begin, "!") for begin in begins]
    return found


def _atoms(nodes: Any) -> Iterator[str]:
    """One letter or two for each part that takes letters."""
    for operator, argument in nodes:
        name = operator.name
        if name in ("LITERAL", "NOT_LITERAL", "IN", "ANY"):
            yield from _members(operator, argument)
        for inner in _inner(name, argument):
            yield from _atoms(inner)


def _mixed(nodes: Any) -> Iterator[str]:
    """Two kinds of letters that one class takes, side by side."""
    for operator, argument in nodes:
        if operator.name in ("NOT_LITERAL", "IN", "ANY"):
            members = _members(operator, argument)
            yield from (first + second for first, second in pairwise((*members, *members[:1])))
            yield from (members[0] + other for other in members[1:])
        for inner in _inner(operator.name, argument):
            yield from _mixed(inner)


def _inner(name: str, argument: Any) -> list[Any]:
    if name == "BRANCH":
        return list(argument[1])
    if name == "SUBPATTERN":
        return [argument[3]]
    if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        return [argument[2]]
    if name in ("ASSERT", "ASSERT_NOT"):
        return [argument[1]]
    return [argument] if name == "ATOMIC_GROUP" else []


def _members(operator: Any, argument: Any) -> list[str]:
    if operator.name == "LITERAL":
        return [chr(argument)]
    one = re.compile(_class(operator, argument), re.DOTALL)
    found = list({_kind(sample): sample for sample in reversed(_SAMPLES) if one.fullmatch(sample)}.values())[::-1]
    if not found and operator.name == "IN":
        found = [
            chr(value[0] if kind.name == "RANGE" else value)
            for kind, value in argument
            if kind.name in ("RANGE", "LITERAL")
        ]
    return found


def _kind(letter: str) -> str:
    kinds = {"letter": letter.isalpha(), "digit": letter.isdigit(), "line": letter == "\n", "blank": letter.isspace()}
    return next((kind for kind, so in kinds.items() if so), "_" if letter == "_" else "mark")


def _class(operator: Any, argument: Any) -> str:
    if operator.name == "ANY":
        return "."
    if operator.name == "NOT_LITERAL":
        return f"[^{re.escape(chr(argument))}]"
    inside = ""
    for kind, value in argument:
        if kind.name == "NEGATE":
            inside += "^"
        elif kind.name == "LITERAL":
            inside += re.escape(chr(value))
        elif kind.name == "RANGE":
            inside += f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}"
        else:
            letter = value.name.removeprefix("CATEGORY_").removeprefix("NOT_")[0]
            inside += "\\" + (letter if "NOT" in value.name else letter.lower())
    return f"[{inside}]"


def _shortest(nodes: Any, *, some: bool = True) -> str:
    """A short text that the parts take, repeated parts once."""
    made = ""
    for operator, argument in nodes:
        name = operator.name
        if name in ("LITERAL", "NOT_LITERAL", "IN", "ANY"):
            made += (_members(operator, argument) or [""])[0]
        elif name == "BRANCH":
            made += _shortest(argument[1][0])
        elif name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            made += _shortest(argument[2]) * max(argument[0], int(some))
        elif name in ("SUBPATTERN", "ATOMIC_GROUP"):
            made += _shortest(_inner(name, argument)[0])
    return made


def _bodies(nodes: Any) -> Iterator[str]:
    """What is repeated, and what alternatives there are, each as a text."""
    for operator, argument in nodes:
        if operator.name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            yield _shortest(argument[2])
        if operator.name == "BRANCH":
            yield from map(_shortest, argument[1])
        for inner in _inner(operator.name, argument):
            yield from _bodies(inner)
