"""Long lists, a page at a time."""

from dataclasses import dataclass

PAGE = 50
"""Rows on one page of a long list."""
_FAR = 10**9
"""No list is longer, and databases can still count so far."""


@dataclass(frozen=True, slots=True)
class Paging:
    """A stretch of a long list: `number` counts from 1."""

    number: int
    count: int

    @classmethod
    def of(cls, wanted: int, rows: int) -> "Paging":
        last = max(1, -(-rows // PAGE))
        return cls(min(max(wanted, 1), last), rows)

    @property
    def first(self) -> int:
        return (self.number - 1) * PAGE

    @property
    def last(self) -> int:
        """The last page."""
        return max(1, -(-self.count // PAGE))

    @property
    def until(self) -> int:
        return min(self.first + PAGE, self.count)


def first_of(page: int) -> int:
    """Where a wanted page of a list begins that may turn out to be shorter."""
    return min((max(page, 1) - 1) * PAGE, _FAR)
