"""What the report and staffing pages ask of the rooms behind them."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from conversation.ids import ClientId
from sla.report import HalfHour
from sla.roster import Need, Promise
from sla.slices import Dimension, Slice
from sla.week import Cell


@dataclass(frozen=True, slots=True)
class PeriodFacts:
    """One client's local dates `first` to `last`, both included: a slice of each day up to now, of all of them, and of
    each group over all of them. Times are in the `total` and in groups, not in every day. `names` are those of agents.
    `backlog` are conversations handed to people and not resolved at its end.
    """

    first: date
    last: date
    days: Mapping[date, Slice]
    total: Slice
    groups: Mapping[Dimension, Mapping[str, Slice]] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    backlog: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """Agents needed by half hour of a usual week, in `zone`, learnt from the dates `first` to `last`. `online` is how
    many were really there: by their heartbeats if `logged`, else those who had conversations.
    """

    first: date
    last: date
    zone: str
    contacts: int
    promise: Promise
    needs: Sequence[Need]
    online: Mapping[Cell, float]
    logged: bool


@dataclass(frozen=True, slots=True)
class NoPlan:
    """Staffing cannot be told: `why` is a key of the words (staffing.no.*)."""

    why: str


@dataclass(frozen=True, slots=True)
class Wish:
    """How a roster is asked for: times in seconds, `shrinkage` the share of paid time agents are away."""

    days: int = 28
    patience_s: float | None = None
    concurrency: int = 1
    shrinkage: float = 0.0


@dataclass(frozen=True, slots=True)
class Ahead:
    """One hour to come: customers expected to be handed to people from `start` on, and agents needed for them (None
    where nothing is known of handling times or promises).
    """

    start: datetime
    arrivals: float
    agents: int | None


@dataclass(frozen=True, slots=True)
class Part:
    """A month's handoffs within its forecast or beyond it, and how their first responses were kept."""

    handoffs: int
    met: int
    missed: int
    open: int

    @property
    def share(self) -> float | None:
        """Kept of those decided; None while none is."""
        return self.met / (self.met + self.missed) if self.met + self.missed else None


@dataclass(frozen=True, slots=True)
class Planned:
    """A calendar month, named by its first day, against its contract's forecast of `planned` handoffs."""

    month: date
    planned: int
    within: Part
    beyond: Part

    @property
    def came(self) -> int:
        """All handoffs of the month."""
        return self.within.handoffs + self.beyond.handoffs


class ReportReads(Protocol):
    """Reports' questions."""

    async def facts(self, client: ClientId, first: date, last: date, by: Collection[Dimension] = ()) -> PeriodFacts:
        """The figures of local dates, both included."""
        ...

    def half_hours(self, client: ClientId, first: date, last: date) -> AsyncIterator[Sequence[HalfHour]]:
        """Half-hour rows by queue and language, a day at a time."""
        ...

    def conversations(self, client: ClientId, first: date, last: date) -> AsyncIterator[Sequence[Mapping[str, Any]]]:
        """Every conversation opened on these dates, oldest first, flat, with its clocks under `clocks`; in batches."""
        ...

    async def plan(self, clients: Sequence[ClientId], zone: str, wish: Wish) -> Plan | NoPlan:
        """The roster for these clients together."""
        ...

    async def planned(self, client: ClientId, day: date) -> Planned | None:
        """The forecast of a local date's month; None without one."""
        ...

    async def ahead(self, clients: Collection[ClientId], hours: int) -> Sequence[Ahead]:
        """The hours to come, the running one first."""
        ...
