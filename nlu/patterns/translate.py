"""Turns Python's regular expressions into RE2's over an alphabet of their own, or says why that cannot be."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

# Python's own parser: whatever it makes of a pattern is what the pattern means; a property test compares with `re`.
from re import _parser  # type: ignore[attr-defined]  # typeshed has no stub for it
from typing import Any

from nlu.patterns.alphabet import Alphabet
from nlu.patterns.charset import EMPTY, NEWLINE, CharSet, any_case, category, complement, union
from nlu.patterns.errors import PatternRefused

MOST_LETTERS = 2_000
MOST_TIMES = 1_000  # RE2's limit of counted repetitions, nested ones multiplied
_SMALL = 1_000
_AROUND = "look-around"
_WRITE_A_GROUP = "write what stands around into the pattern and put what counts into a group: `bis (?P<value>[0-9]+)`"
_WRITE_IT_OUT = "write both possibilities out, with `|`"
_REFUSED = {
    "ASSERT": (_AROUND, _WRITE_A_GROUP),
    "ASSERT_NOT": (_AROUND, _WRITE_A_GROUP),
    "FAILURE": ("`(?!)`, which never fits", "delete it"),
    "GROUPREF": ("a back-reference", _WRITE_IT_OUT),
    "GROUPREF_EXISTS": ("a condition on a group", _WRITE_IT_OUT),
    "ATOMIC_GROUP": ("an atomic group", "write `(?:…)`, which is as fast here"),
    "POSSESSIVE_REPEAT": ("a possessive repetition", "write `*`, `+` or `?` alone, which are as fast here"),
}
_ANCHORS = {
    "AT_BEGINNING_STRING": rb"\A",
    "AT_END_STRING": rb"\z",
    "AT_BOUNDARY": rb"\b",
    "AT_NON_BOUNDARY": rb"\B",
}


@dataclass(frozen=True, slots=True)
class Translation:
    """The expression for RE2 over `alphabet`, and the numbers of named groups. Whatever it fits has a character of each
    of the sets in `needs`.
    """

    expression: bytes
    alphabet: Alphabet
    groups: dict[str, int]
    needs: tuple[frozenset[str], ...] = ()


def translate(pattern: str, *, ignore_case: bool) -> Translation:
    """The pattern for RE2. Raises PatternRefused."""
    tree = parsed(pattern, ignore_case=ignore_case)
    writer = _Writer()
    parts = list(writer.sequence(tree, tree.state.flags))
    if writer.every_line and writer.last_line:
        hint = r"write `\Z` for the end of the text, or `(?m)` for the whole pattern"
        raise PatternRefused("`$` means the end of a line here and the end of the text there", hint)
    sets = tuple(dict.fromkeys(part for part in parts if isinstance(part, tuple)))
    alphabet = Alphabet(sets, writer.every_line)
    written = {one: alphabet.written(one) for one in sets}
    expression = b"".join(part if isinstance(part, bytes) else written[part] for part in parts)
    return Translation(expression, alphabet, dict(tree.state.groupdict), _characters(_needed(tree, tree.state.flags)))


def parsed(pattern: str, *, ignore_case: bool) -> Any:
    """Python's syntax tree of the pattern. Raises PatternRefused."""
    if len(pattern) > MOST_LETTERS:
        raise PatternRefused(f"it has more than {MOST_LETTERS} letters", "write a lookup, or several shorter patterns")
    try:
        return _parser.parse(pattern, re.IGNORECASE if ignore_case else 0)
    except RecursionError:
        raise PatternRefused("it is nested too deep", "use fewer brackets") from None
    except (re.error, OverflowError, ValueError) as bad:
        raise PatternRefused(f"it is broken: {bad}", "correct the expression") from bad
    except FutureWarning as unclear:  # where warnings are errors
        raise PatternRefused(f"it is unclear: {unclear}", r"write `\[` for a bracket inside `[…]`") from unclear


@dataclass
class _Writer:
    """Writes a syntax tree as bytes and the sets of characters between them; each node's method has its operator's
    name.
    """

    every_line: bool = field(default=False, init=False)
    last_line: bool = field(default=False, init=False)

    def sequence(self, nodes: Iterable[tuple[Any, Any]], flags: int) -> Iterator[bytes | CharSet]:
        if flags & re.ASCII:
            raise PatternRefused("`(?a)` changes what a letter is", "write `[A-Za-z0-9_]` and `[0-9]` out")
        for operator, argument in nodes:
            if operator.name in _REFUSED:
                what, hint = _REFUSED[operator.name]
                raise PatternRefused(f"it needs {what}, which the linear-time engine does not have", hint)
            yield from getattr(self, f"_{operator.name.lower()}")(argument, flags)

    def _literal(self, code: int, flags: int) -> Iterator[bytes | CharSet]:
        yield _cased(((code, code),), flags)

    def _not_literal(self, code: int, flags: int) -> Iterator[bytes | CharSet]:
        yield complement(_cased(((code, code),), flags))

    def _any(self, _: None, flags: int) -> Iterator[bytes | CharSet]:
        yield complement(EMPTY if flags & re.DOTALL else NEWLINE)

    def _in(self, members: list[tuple[Any, Any]], flags: int) -> Iterator[bytes | CharSet]:
        found = EMPTY
        for operator, argument in members:
            if operator.name == "LITERAL":
                found = union(found, _cased(((argument, argument),), flags))
            elif operator.name == "RANGE":
                found = union(found, _cased((argument,), flags))
            elif operator.name == "CATEGORY":
                found = union(found, _category(argument.name))
        yield complement(found) if members[0][0].name == "NEGATE" else found

    def _branch(self, argument: tuple[None, list[Any]], flags: int) -> Iterator[bytes | CharSet]:
        yield b"(?:"
        for number, nodes in enumerate(argument[1]):
            if number:
                yield b"|"
            yield from self.sequence(nodes, flags)
        yield b")"

    def _subpattern(self, argument: tuple[int | None, int, int, Any], flags: int) -> Iterator[bytes | CharSet]:
        group, added, deleted, nodes = argument
        yield b"(?:" if group is None else b"("
        yield from self.sequence(nodes, (flags | added) & ~deleted)
        yield b")"

    def _max_repeat(self, argument: tuple[int, int, Any], flags: int, lazy: bytes = b"") -> Iterator[bytes | CharSet]:
        least, most, nodes = argument
        endless = most == _parser.MAXREPEAT
        if least > MOST_TIMES or (not endless and most > MOST_TIMES):
            raise PatternRefused(
                f"it counts beyond {MOST_TIMES}", f"count to {MOST_TIMES} at most, or write `*` or `+`"
            )
        if most > 1 and nodes.getwidth()[0] == 0 and (any(_captures(nodes)) or _chooses_nothing(nodes)):
            hint = "write `(?:…)` for the group, or `+` for the `*` inside"
            raise PatternRefused("it repeats a group that may be empty", hint)
        yield b"(?:"
        yield from self.sequence(nodes, flags)
        yield b"){%d,%s}%s" % (least, b"" if endless else b"%d" % most, lazy)

    def _min_repeat(self, argument: tuple[int, int, Any], flags: int) -> Iterator[bytes | CharSet]:
        yield from self._max_repeat(argument, flags, b"?")

    def _at(self, where: Any, flags: int) -> Iterator[bytes | CharSet]:
        by_line = bool(flags & re.MULTILINE)
        if where.name == "AT_BEGINNING":
            self.every_line |= by_line
            yield b"(?m:^)" if by_line else rb"\A"
        elif where.name == "AT_END":
            self.every_line |= by_line
            self.last_line |= not by_line
            yield b"(?m:$)"  # the alphabet decides which line breaks it sees
        else:
            yield _ANCHORS[where.name]


def _chooses_nothing(nodes: Iterable[tuple[Any, Any]]) -> bool:
    """Whether one of several ways through these nodes is empty: engines differ in when a repetition of it ends."""
    for operator, argument in nodes:
        if operator.name == "BRANCH":
            ways = argument[1]
            if any(way.getwidth()[0] == 0 for way in ways) or any(_chooses_nothing(way) for way in ways):
                return True
        elif (operator.name == "SUBPATTERN" and _chooses_nothing(argument[3])) or (
            operator.name in ("MAX_REPEAT", "MIN_REPEAT") and _chooses_nothing(argument[2])
        ):
            return True
    return False


def _needed(nodes: Iterable[tuple[Any, Any]], flags: int) -> list[CharSet]:
    """Sets of which every text that these nodes fit has a character."""
    found: list[CharSet] = []
    for operator, argument in nodes:
        if operator.name in ("LITERAL", "IN"):
            found += (one for one in _Writer().sequence([(operator, argument)], flags) if isinstance(one, tuple))
        elif operator.name in ("MAX_REPEAT", "MIN_REPEAT") and argument[0] > 0:
            found += _needed(argument[2], flags)
        elif operator.name == "SUBPATTERN":
            found += _needed(argument[3], (flags | argument[1]) & ~argument[2])
        elif operator.name == "BRANCH":
            found += _needed_of_any([_needed(one, flags) for one in argument[1]])
    return found


def _needed_of_any(choices: list[list[CharSet]]) -> list[CharSet]:
    """Of alternatives: what one of them needs, if each needs something."""
    return [union(*(min(one, key=_size) for one in choices))] if all(choices) else []


def _size(one: CharSet) -> int:
    return sum(high - low + 1 for low, high in one)


def _characters(sets: Iterable[CharSet]) -> tuple[frozenset[str], ...]:
    """The sets that are small enough to be worth a look, those without letters first: fewer texts have one of them."""
    small = {
        frozenset(chr(c) for low, high in one for c in range(low, high + 1)) for one in sets if _size(one) < _SMALL
    }
    return tuple(sorted(small, key=lambda chars: (any(map(str.isalpha, chars)), sorted(chars))))


def _cased(one: CharSet, flags: int) -> CharSet:
    return any_case(one) if flags & re.IGNORECASE else one


def _category(name: str) -> CharSet:
    kind = name.removeprefix("CATEGORY_")
    letter = kind.removeprefix("NOT_")[0].lower()
    return category(letter.upper() if kind.startswith("NOT_") else letter)


def _captures(nodes: Any) -> Iterator[bool]:
    for operator, argument in nodes:
        if operator.name == "SUBPATTERN":
            yield argument[0] is not None
            yield from _captures(argument[3])
        elif operator.name == "BRANCH":
            for one in argument[1]:
                yield from _captures(one)
        elif operator.name in ("MAX_REPEAT", "MIN_REPEAT"):
            yield from _captures(argument[2])
