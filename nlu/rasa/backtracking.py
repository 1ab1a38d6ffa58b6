"""Which patterns Rasa's own engine, Python's `re`, is sure to finish quickly: it tries possibilities one by one."""

from collections.abc import Iterable
from math import prod
from typing import Any

from nlu.patterns.translate import parsed
from nlu.rasa.answers import MAX_CHARS

_MOST_WAYS = 10_000  # from each place of a text; seconds lie well beyond
_TOO_MANY = _MOST_WAYS + 1


def ends_soon(pattern: str) -> bool:
    """Whether `pattern` can begin at one place in so few ways that the longest text is searched in a fraction of a
    second. An upper bound: some that are refused would be quick as well.
    """
    return _ways(parsed(pattern, ignore_case=True)) <= _MOST_WAYS


def _ways(nodes: Iterable[tuple[Any, Any]]) -> int:
    return min(_TOO_MANY, prod(_ways_of(operator.name, argument) for operator, argument in nodes))


def _ways_of(operator: str, argument: Any) -> int:
    if operator == "BRANCH":
        return sum(map(_ways, argument[1]))
    if operator == "SUBPATTERN":
        return _ways(argument[3])
    if operator in ("MAX_REPEAT", "MIN_REPEAT"):
        least, most, nodes = argument
        return _repeated(_ways(nodes), least, min(most, MAX_CHARS))
    return 1


def _repeated(once: int, least: int, most: int) -> int:
    if once == 1:
        return most - least + 1
    powers = (int(once ** min(count, 20)) for count in range(least, most + 1))
    return min(_TOO_MANY, sum(powers))
