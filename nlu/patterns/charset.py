"""Sets of characters as ranges of code points, with the meaning that Python's `re` gives to classes and to case.

Classes are measured with `re` itself over all code points, so they follow the Unicode version of this Python.
"""

import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

CharSet = tuple[tuple[int, int], ...]  # ascending, disjoint, both ends included

EMPTY: CharSet = ()
NEWLINE: CharSet = ((10, 10),)
_RUNS = {"w": re.compile(r"\w+"), "d": re.compile(r"\d+"), "s": re.compile(r"\s+")}
_LAST = sys.maxunicode
_LAST_CASED = 0x1FFFF  # a test looks at all code points above


def union(*sets: CharSet) -> CharSet:
    """Everything that is in any of them."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted(span for one in sets for span in one):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


def complement(one: CharSet) -> CharSet:
    """Everything else."""
    return tuple(_gaps(one))


def _gaps(one: CharSet) -> Iterator[tuple[int, int]]:
    begin = 0
    for low, high in one:
        if begin < low:
            yield begin, low - 1
        begin = high + 1
    if begin <= _LAST:
        yield begin, _LAST


@cache
def category(letter: str) -> CharSet:
    r"""The characters of `\w`, `\d` or `\s`, named by their letter; a capital letter names their complement."""
    return complement(category(letter.lower())) if letter.isupper() else _measured()[letter]


@cache
def _measured() -> Mapping[str, CharSet]:
    everything = "".join(map(chr, range(_LAST + 1)))
    return {
        letter: tuple((found.start(), found.end() - 1) for found in runs.finditer(everything))
        for letter, runs in _RUNS.items()
    }


def any_case(one: CharSet) -> CharSet:
    """With every character that differs from one of these by case alone, as `re.IGNORECASE` sees it: `k` has `K` and
    the Kelvin sign, `s` has `S` and `ſ`, `i` has `I`, `İ` and `ı`, `ß` has `ẞ` but not `ss`.
    """
    return union(one, tuple((code, code) for code in _twins(one)))


def _twins(one: CharSet) -> Iterable[int]:
    twins = _case_twins()
    for low, high in one:
        if high - low > len(twins):
            yield from (other for code, others in twins.items() if low <= code <= high for other in others)
        else:
            yield from (other for code in range(low, high + 1) for other in twins.get(code, ()))


@cache
def _case_twins() -> Mapping[int, tuple[int, ...]]:
    """`re` compares lower-case letters, and takes those with the same upper case for the same."""
    groups: dict[str, list[int]] = defaultdict(list)
    for code in range(_LAST_CASED + 1):
        groups[chr(code).lower()[0].upper()].append(code)
    return {code: tuple(group) for group in groups.values() if len(group) > 1 for code in group}
