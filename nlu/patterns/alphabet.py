r"""A pattern's own alphabet: two bytes a character, letters of words as ASCII letters, so that RE2's `\b` is Unicode's.

Characters that no set of the pattern tells apart share a token. A word character's token is a capital and then a small
letter, a digit or `_`; any other's are two bytes above 127. First and second bytes are never the same, so no match can
begin or end inside a token, unless it is empty.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, product
from operator import xor

from nlu.patterns.charset import NEWLINE, CharSet, category, union
from nlu.patterns.errors import PatternRefused

_WORD = tuple(product(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"abcdefghijklmnopqrstuvwxyz0123456789_"))
_OTHER = tuple(product(range(0x80, 0xC0), range(0xC0, 0x100)))
_RAW_NEWLINE = b"\n"
_NOTHING = rb"[^\x00-\x{ff}]"
_IN_WORD, _IN_NEWLINE, _IN_FIRST = 1, 2, 4
_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class Encoded:
    """A text in an alphabet; `starts` are the places of its characters in `data`, and at last its length."""

    data: bytes
    starts: Sequence[int]

    def place(self, at: int) -> int | None:
        """Which character begins at a byte, None inside a token."""
        found = bisect_left(self.starts, at)
        return found if self.starts[found] == at else None


@dataclass(frozen=True)
class Alphabet:
    """Tokens for what `sets` tell apart. `every_line`: `^` and `$` see every line break, else `$` the last one alone:
    the breaks that they see are the byte 10, which RE2 knows, the others have a token.
    """

    sets: tuple[CharSet, ...]
    every_line: bool = False
    _begins: list[int] = field(init=False, repr=False, compare=False)
    _tokens: list[bytes] = field(init=False, repr=False, compare=False)
    _kinds: dict[int, bytes] = field(init=False, repr=False, compare=False)
    _known: dict[str, bytes] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        begins, kinds = _partition((category("w"), NEWLINE, *self.sets))
        words, others = iter(_WORD), iter(_OTHER)
        tokens: dict[int, bytes] = {}
        for kind in dict.fromkeys(kinds):
            token = next(words if kind & _IN_WORD else others, None)
            if token is None:
                raise PatternRefused(
                    "it tells too many characters apart", "write a lookup, or several shorter patterns"
                )
            tokens[kind] = bytes(token)
        object.__setattr__(self, "_begins", begins)
        object.__setattr__(self, "_tokens", [tokens[kind] for kind in kinds])
        object.__setattr__(self, "_kinds", tokens)

    def encode(self, text: str) -> Encoded:
        """The text in tokens."""
        known = self._known
        tokens = [known[char] if char in known else self._token(char) for char in text]
        if self.every_line:
            tokens = [_RAW_NEWLINE if char == "\n" else token for char, token in zip(text, tokens, strict=True)]
        elif text.endswith("\n"):
            tokens[-1] = _RAW_NEWLINE
        return Encoded(b"".join(tokens), list(accumulate(map(len, tokens), initial=0)))

    def _token(self, char: str) -> bytes:
        token = self._tokens[bisect_right(self._begins, ord(char)) - 1]
        if len(self._known) < _REMEMBERED:
            self._known[char] = token
        return token

    def written(self, charset: CharSet) -> bytes:
        """The set, one of `sets`, as an expression over tokens."""
        own = _IN_FIRST << self.sets.index(charset)
        by_first: dict[int, list[int]] = {}
        for first, second in sorted(token for kind, token in self._kinds.items() if kind & own):
            by_first.setdefault(first, []).append(second)
        parts = [b"%s[%s]" % (_byte(first), _ranges(seconds)) for first, seconds in by_first.items()]
        if any(kind & own and kind & _IN_NEWLINE for kind in self._kinds):
            parts.append(_RAW_NEWLINE)
        return b"(?:%s)" % b"|".join(parts) if parts else _NOTHING


def _partition(sets: Iterable[CharSet]) -> tuple[list[int], list[int]]:
    """Where runs of characters begin that belong to the same sets, and to which: bit n is set for the nth."""
    turns: dict[int, int] = {0: 0}
    for number, one in enumerate(sets):
        for low, high in one:
            turns[low] = turns.get(low, 0) ^ 1 << number
            turns[high + 1] = turns.get(high + 1, 0) ^ 1 << number
    begins = sorted(turns)
    return begins, list(accumulate((turns[begin] for begin in begins), xor))


def _ranges(codes: Sequence[int]) -> bytes:
    return b"".join(
        _byte(low) if low == high else b"%s-%s" % (_byte(low), _byte(high))
        for low, high in union(tuple((code, code) for code in codes))
    )


def _byte(code: int) -> bytes:
    return b"\\x{%x}" % code
