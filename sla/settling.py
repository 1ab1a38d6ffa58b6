"""What client and provider look at when they settle: months, the conversations behind a line, ledger entries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import TypeAlias

from sla.attainment import Standing
from sla.clock import Clock
from sla.exclusion import Exclusion
from sla.prices import Item, Prices
from sla.statement import Statement
from sla.usage import Usage


class Stage(StrEnum):
    """Where a month stands: it runs, it is over and can be closed, or it is frozen."""

    RUNNING = "running"
    OVER = "over"
    CLOSED = "closed"


UsedByDay: TypeAlias = Mapping[date, Mapping[Item, Fraction]]
"""What was used on local days, by item."""


@dataclass(frozen=True, slots=True)
class MonthRow:
    """One month in the list. `total` is None where it was not counted: old months that nobody closed."""

    month: str
    stage: Stage
    currency: str = ""
    total: Decimal | None = None
    closed_at: datetime | None = None
    closed_by: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """One month with the prices it is made with. `standings` are as of now, also for a closed month; `undecided` is how
    many exclusions of its clocks wait for the client. `days` are those of an open month that was drawn up from them.
    """

    client: str
    month: str
    stage: Stage
    statement: Statement
    prices: Prices
    standings: Sequence[Standing] = ()
    undecided: int = 0
    closed_at: datetime | None = None
    closed_by: str = ""
    days: UsedByDay = field(default_factory=dict)

    @property
    def still_open(self) -> int:
        """Clocks of the month that have no verdict yet."""
        return sum(standing.raw.open for standing in self.standings)


@dataclass(frozen=True, slots=True)
class About:
    """What a list shows of a conversation; `topic` is its intent."""

    conversation: str
    customer_name: str
    channel_kind: str
    topic: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Share:
    """One conversation behind a line of a statement: its exact share of the quantity, the facts that made it count,
    and how long agents had it in the month, before that was split among what they had at once. `about` is None when
    the conversation is no longer kept.
    """

    conversation: str
    quantity: Fraction | None
    about: About | None = None
    facts: Sequence[Usage] = ()
    at_desk_s: float = 0.0


@dataclass(frozen=True, slots=True)
class DayShares:
    """What one local day of an open month adds to an item: the exact quantity, from how many conversations, and some of
    these.
    """

    quantity: Fraction
    count: int
    shares: Sequence[Share]


@dataclass(frozen=True, slots=True)
class ClockEntry:
    """A clock beside its conversation, and its exclusion if it has one; each may be gone by the client's retention."""

    clock: Clock | None
    about: About | None
    exclusion: Exclusion | None = None


@dataclass(frozen=True, slots=True)
class MissedClocks:
    """How many clocks were missed, and some of these."""

    count: int
    entries: Sequence[ClockEntry]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A version of the terms that waits for the client, or was decided; `difference` has (path, before, after)."""

    version: int
    difference: Sequence[tuple[str, str | None, str | None]]
    proposed_at: datetime
    proposed_by: str
    approved: bool = False
    decided_at: datetime | None = None
    decided_by: str = ""

    @property
    def waits(self) -> bool:
        return self.decided_at is None


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits for the client's word."""

    terms: int = 0
    exclusions: int = 0


def month_names(first: date, last: date) -> list[str]:
    """The calendar months that two dates span, both included, as `2026-10`, in order."""
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    months = ((first.year * 12 + first.month - 1 + n) for n in range(count))
    return [f"{number // 12:04}-{number % 12 + 1:02}" for number in months]


def month_beside(month: str, by: int) -> str:
    """The month so many after (or, if negative, before) another."""
    number = int(month[:4]) * 12 + int(month[5:]) - 1 + by
    return f"{number // 12:04}-{number % 12 + 1:02}"
