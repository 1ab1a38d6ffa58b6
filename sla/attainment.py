"""Whether the promises of a period were kept, counted the way a contract reads (docs/sla.md has each definition)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from math import ceil, floor

from sla.clock import Clock, ClockState, Outcome, breach_at
from sla.instants import zone_info
from sla.policy import ClockKind


@dataclass(frozen=True, slots=True)
class Attainment:
    """One clock kind in one period. `share` is met / (met + missed), None when nothing is decided; `open` ones are
    neither yet; `cancelled` ones are counted apart and in no share. `objective` is percent. `allowed` is how many of
    the decided ones may be missed, rounded down; `left` is what remains of that (negative: overspent). `burn_rate` is
    the missed share over the allowed share: 1 spends the budget exactly; None where nothing may be missed.
    """

    kind: ClockKind
    met: int
    missed: int
    open: int
    cancelled: int
    objective: float | None

    @property
    def decided(self) -> int:
        return self.met + self.missed

    @property
    def share(self) -> float | None:
        return self.met / self.decided if self.decided else None

    @property
    def allowed(self) -> int | None:
        return None if self.objective is None else floor(self.decided * _tolerance(self.objective))

    @property
    def left(self) -> int | None:
        return None if self.allowed is None else self.allowed - self.missed

    @property
    def burn_rate(self) -> float | None:
        if self.objective is None or not _tolerance(self.objective):
            return None
        return float(Fraction(self.missed, self.decided) / _tolerance(self.objective)) if self.decided else 0.0

    @property
    def is_kept(self) -> bool | None:
        """Whether the objective is reached as it stands; None without objective or decided clocks."""
        if self.objective is None or not self.decided:
            return None
        return Fraction(self.met, self.decided) >= 1 - _tolerance(self.objective)


@dataclass(frozen=True, slots=True)
class Standing:
    """One clock kind in one period, side by side: all clocks, and without those the client agreed not to count."""

    raw: Attainment
    adjusted: Attainment

    @property
    def excluded(self) -> int:
        """How many decided clocks the ledger leaves out."""
        return self.raw.decided - self.adjusted.decided


@dataclass(frozen=True, slots=True)
class Spread:
    """Nearest-rank percentiles of business seconds: the smallest value that at least p percent do not exceed."""

    count: int
    p50_s: float | None
    p90_s: float | None
    p95_s: float | None
    max_s: float | None


@dataclass(frozen=True, slots=True)
class DayRow:
    """The clocks that started on one local day."""

    day: date
    met: int
    missed: int
    open: int


@dataclass(frozen=True, slots=True)
class BreachRow:
    """One missed clock; `late` is elapsed wall time from due to stop, None while it still runs."""

    clock: Clock
    due_at: datetime
    late: timedelta | None


def month_of(day: date, zone: str) -> tuple[datetime, datetime]:
    """The calendar month of `day` in a zone, as start (inclusive) and end (exclusive) instants."""
    info = zone_info(zone)
    start = datetime(day.year, day.month, 1, tzinfo=info)
    return start, datetime(day.year + day.month // 12, day.month % 12 + 1, 1, tzinfo=info)


def within(clocks: Iterable[Clock], start: datetime, end: datetime) -> list[Clock]:
    """The clocks of a period: a clock belongs to where it started, whenever it stops."""
    return [clock for clock in clocks if start <= clock.started_at < end]


def verdict(clock: Clock, now: datetime) -> Outcome | None:
    """Met or missed as of `now`: one that runs past its due time is missed, unless an answer sent before that is still
    on its way (sla.clock.breach_at); None while open or when cancelled.
    """
    if clock.state is ClockState.CANCELLED:
        return None
    if clock.outcome is not None:
        return clock.outcome
    certain = breach_at(clock)
    return Outcome.MISSED if certain is not None and now > certain else None


def attainment(clocks: Iterable[Clock], kind: ClockKind, objective: float | None, now: datetime) -> Attainment:
    """Count the clocks of one kind as of `now`."""
    mine = [clock for clock in clocks if clock.kind is kind]
    verdicts = [verdict(clock, now) for clock in mine]
    met, missed = verdicts.count(Outcome.MET), verdicts.count(Outcome.MISSED)
    cancelled = sum(clock.state is ClockState.CANCELLED for clock in mine)
    return Attainment(kind, met, missed, len(mine) - met - missed - cancelled, cancelled, objective)


def outlook(month: Attainment, recent: Attainment, recent_days: float, days_left: float) -> float | None:
    """The share the month will end with if its remaining days go like the recent ones (open clocks left aside); None
    with nothing to go by. Below the objective is the burn-rate warning.
    """
    more = Fraction(str(days_left)) / Fraction(str(recent_days))
    decided = month.decided + recent.decided * more
    return float((month.met + recent.met * more) / decided) if decided else None


def percentile(ordered: Sequence[float], percent: int) -> float | None:
    """The nearest-rank percentile of sorted values: the one at rank ceil(percent / 100 * n); None for none."""
    return ordered[max(ceil(len(ordered) * percent / 100), 1) - 1] if ordered else None


def spread(
    clocks: Iterable[Clock], kind: ClockKind, measure: Callable[[Clock], timedelta | None] = lambda c: c.elapsed
) -> Spread:
    """Percentiles of what stopped clocks of one kind took; `measure` may be another reading of the start."""
    spans = (measure(c) for c in clocks if c.kind is kind and c.state is ClockState.STOPPED)
    times = sorted(span.total_seconds() for span in spans if span is not None)
    p50, p90, p95 = (percentile(times, p) for p in (50, 90, 95))
    return Spread(len(times), p50, p90, p95, times[-1] if times else None)


def by_day(clocks: Iterable[Clock], kind: ClockKind, zone: str, now: datetime) -> list[DayRow]:
    """The clocks of one kind by the local day of their start, in order; days without any are left out."""
    info = zone_info(zone)
    days: dict[date, list[Outcome | None]] = {}
    for clock in clocks:
        if clock.kind is kind and clock.state is not ClockState.CANCELLED:
            days.setdefault(clock.started_at.astimezone(info).date(), []).append(verdict(clock, now))
    return [
        DayRow(day, found.count(Outcome.MET), found.count(Outcome.MISSED), found.count(None))
        for day, found in sorted(days.items())
    ]


def breaches(clocks: Iterable[Clock], now: datetime) -> list[BreachRow]:
    """Every missed clock, the latest due first."""
    missed = [c for c in clocks if verdict(c, now) is Outcome.MISSED and c.due_at is not None]
    rows = [BreachRow(c, c.due_at, c.stopped_at - c.due_at if c.stopped_at else None) for c in missed if c.due_at]
    return sorted(rows, key=lambda row: row.due_at, reverse=True)


def _tolerance(objective: float) -> Fraction:
    """The share that may be missed, exactly as written (95 allows 1/20, not a binary neighbour of it)."""
    return 1 - Fraction(str(objective)) / 100
