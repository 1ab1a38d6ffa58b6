"""One promise to one customer: when it started, when it is due, what halted it, and how it ended."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from conversation.events import EventKind
from sla.calendar import Calendar
from sla.calendar import Pause as Interval
from sla.errors import NeverOpens
from sla.evolve import evolve
from sla.instants import MICROSECOND, format_utc, seconds_of
from sla.policy import ClockKind

BREACH = 100  # percent of the budget
IN_FLIGHT_HOLD = timedelta(minutes=2)  # longer than any platform call may take, retries of a killed one included


class ClockState(StrEnum):
    """Where a clock stands. A missed clock still runs until somebody answers."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    CANCELLED = "cancelled"


class Outcome(StrEnum):
    """Whether the promise was kept; known once the clock has stopped or its due time has passed."""

    MET = "met"
    MISSED = "missed"


class Halt(StrEnum):
    """Why a clock paused or was cancelled."""

    QUESTION = "question_to_customer"
    RESOLVED = "resolved"
    CUSTOMER_SILENT = "customer_silent"
    RESOLVED_UNANSWERED = "resolved_unanswered"
    TERMS_CHANGED = "terms_changed"
    MERGED = "merged"


@dataclass(frozen=True, slots=True)
class ClockPause:
    """A stretch in which the clock does not run; `end` is None while it lasts."""

    start: datetime
    end: datetime | None
    reason: str


@dataclass(frozen=True)
class Clock:
    """A clock as a value; `id` follows from the conversation, so a replay makes the same one.

    `due_at` is None while paused. `warned` is the highest warning percent recorded, 100 once the breach is.
    `in_flight_since` is when a person's answer that has not reached the platform yet was sent. `next_wakeup_at` and
    `wakeup_percent` say when what must be recorded next. `elapsed` is the business time from start to stop. For
    first responses `from_handoff` and `from_first_message` measure both readings of a contract. `target` is the number
    of the policy's target where that has a calendar of its own. `duplicate_missed`: a merged duplicate broke the
    promise, so that no stop can keep it any more.
    """

    id: str
    client: str
    channel: str
    channel_kind: str
    thread: str
    conversation: str
    kind: ClockKind
    policy_version: str
    budget: timedelta
    started_at: datetime
    started_by: str
    warnings: tuple[int, ...] = (50, 80)
    priority: str = "normal"
    queue: str = ""
    language: str = ""
    intent: str = ""
    segment: str = ""
    target: int | None = None
    state: ClockState = ClockState.RUNNING
    outcome: Outcome | None = None
    due_at: datetime | None = None
    stopped_at: datetime | None = None
    stopped_by: str = ""
    agent: str = ""
    reason: str = ""
    pauses: tuple[ClockPause, ...] = ()
    warned: int = 0
    breached_at: datetime | None = None
    in_flight_since: datetime | None = None
    next_wakeup_at: datetime | None = None
    wakeup_percent: int | None = None
    handoff_at: datetime | None = None
    first_message_at: datetime | None = None
    elapsed: timedelta | None = None
    from_handoff: timedelta | None = None
    from_first_message: timedelta | None = None
    duplicate_missed: bool = False

    @property
    def is_live(self) -> bool:
        """Whether it still runs or is only paused."""
        return self.state in (ClockState.RUNNING, ClockState.PAUSED)

    def to_row(self) -> dict[str, Any]:
        """Plain values by field name: aware datetimes for single times, seconds for spans, JSON for `pauses`."""
        row = {name: getattr(self, name) for name in _NAMES}
        row["pauses"] = [
            {"from": format_utc(p.start), "to": format_utc(p.end) if p.end else None, "reason": p.reason}
            for p in self.pauses
        ]
        row["warnings"] = list(self.warnings)
        for name in _SPANS:
            row[name] = None if row[name] is None else seconds_of(row[name])
        for name in _ENUMS:
            row[name] = None if row[name] is None else row[name].value
        return row

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Clock":
        """The clock that `to_row` wrote; times may also be ISO 8601 text, and further keys are ignored."""
        values = {name: row[name] for name in _NAMES if name in row}
        for name in _TIMES:
            values[name] = _time(values.get(name))
        for name in _SPANS:
            values[name] = None if values.get(name) is None else timedelta(seconds=float(values[name]))
        for name, enum in _ENUMS.items():
            values[name] = None if values.get(name) is None else enum(values[name])
        values["warnings"] = tuple(values.get("warnings") or ())
        values["pauses"] = tuple(
            ClockPause(datetime.fromisoformat(p["from"]), _time(p["to"]), p["reason"]) for p in values["pauses"]
        )
        return cls(**values)


_NAMES = tuple(field.name for field in fields(Clock))
_TIMES = (
    "started_at",
    "due_at",
    "stopped_at",
    "breached_at",
    "in_flight_since",
    "next_wakeup_at",
    "handoff_at",
    "first_message_at",
)
_SPANS = ("budget", "elapsed", "from_handoff", "from_first_message")
_ENUMS: dict[str, type[StrEnum]] = {"kind": ClockKind, "state": ClockState, "outcome": Outcome}


@dataclass(frozen=True, slots=True)
class SlaFact:
    """A warning or breach whose time has come; storage records it as an event of `kind` with `data`."""

    kind: EventKind
    clock: str
    percent: int
    data: Mapping[str, Any]


def advance(clock: Clock, now: datetime) -> tuple[SlaFact, ...]:
    """The fact due at `now`, if any: the breach once it is due, else the next warning.

    Recording the fact as an event and folding that event moves the clock's next wake-up on, so that each fact comes
    once; call again until nothing is due. A warning that was slept through until after the due time is left out.
    """
    if clock.next_wakeup_at is None or clock.wakeup_percent is None or clock.due_at is None:
        return ()
    breach = breach_at(clock)
    if clock.wakeup_percent == BREACH or (breach is not None and now >= breach):
        return (_fact(clock, EventKind.SLA_BREACH, BREACH),) if breach is not None and now >= breach else ()
    return (_fact(clock, EventKind.SLA_WARNING, clock.wakeup_percent),) if now >= clock.next_wakeup_at else ()


def breach_at(clock: Clock) -> datetime | None:
    """When a miss is certain: at the due time, later only while an answer sent before it is on its way."""
    due, sent = clock.due_at, clock.in_flight_since
    if due is None or sent is None or sent > due:
        return due
    return due + IN_FLIGHT_HOLD


def schedule(clock: Clock, calendar: Calendar) -> Clock:
    """The clock with due time and next wake-up computed anew from start, budget and pauses."""
    if clock.state is ClockState.CANCELLED:
        return evolve(clock, next_wakeup_at=None, wakeup_percent=None)
    pauses = intervals(clock)
    clock = evolve(clock, due_at=_due(calendar, clock.started_at, clock.budget, pauses))
    if clock.state is ClockState.PAUSED and not _was_due_before_pause(clock):
        return evolve(clock, due_at=None, next_wakeup_at=None, wakeup_percent=None)
    percent = _next_percent(clock)
    if percent is None or clock.due_at is None:
        return evolve(clock, next_wakeup_at=None, wakeup_percent=None)
    if percent == BREACH:
        return evolve(clock, next_wakeup_at=breach_at(clock), wakeup_percent=BREACH)
    part = max(clock.budget * percent // 100, MICROSECOND)
    return evolve(clock, next_wakeup_at=_due(calendar, clock.started_at, part, pauses), wakeup_percent=percent)


def stop(clock: Clock, at: datetime, calendar: Calendar, *, by: str, agent: str = "") -> Clock:
    """The clock stopped at `at`, met iff that is not after its due time."""
    pauses = tuple(ClockPause(p.start, p.end or max(at, p.start), p.reason) for p in clock.pauses)
    spans = [(p.start, p.end) for p in pauses if p.end is not None]
    due = _due(calendar, clock.started_at, clock.budget, spans)
    stopped = evolve(
        clock,
        state=ClockState.STOPPED,
        outcome=Outcome.MISSED if clock.duplicate_missed or (due is not None and at > due) else Outcome.MET,
        stopped_at=at,
        stopped_by=by,
        agent=agent or clock.agent,
        pauses=pauses,
        in_flight_since=None,
        elapsed=calendar.elapsed(clock.started_at, at, spans),
        from_handoff=None if clock.handoff_at is None else calendar.elapsed(clock.handoff_at, at),
        from_first_message=None if clock.first_message_at is None else calendar.elapsed(clock.first_message_at, at),
    )
    return schedule(stopped, calendar)


def pause(clock: Clock, at: datetime, reason: Halt, calendar: Calendar) -> Clock:
    """The clock halted from `at` on; one whose time had run out by then keeps its due time and its breach."""
    due_before = clock.due_at is not None and clock.due_at <= at
    paused = evolve(
        clock,
        state=ClockState.PAUSED,
        # an alarm may have rung before we heard that the question had been accepted in time
        outcome=clock.outcome if due_before or clock.duplicate_missed else None,
        pauses=(*clock.pauses, ClockPause(max(at, clock.started_at), None, reason.value)),
    )
    return schedule(paused, calendar)


def resume(clock: Clock, at: datetime, calendar: Calendar) -> Clock:
    """The clock running again from `at`."""
    last = clock.pauses[-1]
    ended = ClockPause(last.start, max(at, last.start), last.reason)
    return schedule(evolve(clock, state=ClockState.RUNNING, pauses=(*clock.pauses[:-1], ended)), calendar)


def reopen(clock: Clock, at: datetime, calendar: Calendar) -> Clock:
    """A resolution clock running again after it had stopped at the resolution; a missed one stays missed."""
    if clock.state is ClockState.CANCELLED:
        return schedule(evolve(clock, state=ClockState.PAUSED, reason="", stopped_at=None), calendar)
    assert clock.stopped_at is not None
    resolved = ClockPause(clock.stopped_at, max(at, clock.stopped_at), Halt.RESOLVED.value)
    running = evolve(
        clock,
        state=ClockState.RUNNING,
        outcome=Outcome.MISSED if clock.outcome is Outcome.MISSED else None,
        stopped_at=None,
        stopped_by="",
        elapsed=None,
        from_handoff=None,
        from_first_message=None,
        pauses=(*clock.pauses, resolved),
    )
    return schedule(running, calendar)


def cancel(clock: Clock, at: datetime, reason: Halt) -> Clock:
    """The clock taken out of the count, with its reason; nothing of it wakes anybody any more."""
    return evolve(
        clock,
        state=ClockState.CANCELLED,
        stopped_at=at,
        reason=reason.value,
        in_flight_since=None,
        next_wakeup_at=None,
        wakeup_percent=None,
    )


def shorten(clock: Clock, budget: timedelta | None, calendar: Calendar) -> Clock:
    """The clock with a smaller budget; a larger or absent one changes nothing."""
    if budget is None or budget >= clock.budget or not clock.is_live:
        return clock
    return schedule(evolve(clock, budget=budget), calendar)


def shorten_in(clock: Clock, budget: timedelta | None, target: int | None, before: Calendar, after: Calendar) -> Clock:
    """Like `shorten`, with a budget that counts in another calendar: the sooner of the two due times holds."""
    if budget is None or not clock.is_live:
        return clock
    spans = intervals(clock)
    due, other = (_due(c, clock.started_at, b, spans) for c, b in ((before, clock.budget), (after, budget)))
    if other is None or (due is not None and due <= other):
        return clock
    return schedule(evolve(clock, budget=budget, target=target), after)


def intervals(clock: Clock) -> list[Interval]:
    """The pauses that have ended."""
    return [(p.start, p.end) for p in clock.pauses if p.end is not None]


def _next_percent(clock: Clock) -> int | None:
    if clock.state is ClockState.PAUSED:
        return BREACH if clock.warned < BREACH else None
    if clock.state is ClockState.STOPPED:
        return BREACH if clock.outcome is Outcome.MISSED and clock.warned < BREACH else None
    return next((p for p in (*clock.warnings, BREACH) if p > clock.warned), None)


def _was_due_before_pause(clock: Clock) -> bool:
    return clock.due_at is not None and clock.due_at <= clock.pauses[-1].start


def _due(calendar: Calendar, start: datetime, budget: timedelta, pauses: list[Interval]) -> datetime | None:
    try:
        return calendar.due(start, budget, pauses)
    except NeverOpens:  # a calendar of single openings may have run out: then nothing is ever due
        return None


def _fact(clock: Clock, kind: EventKind, percent: int) -> SlaFact:
    due = None if clock.due_at is None else format_utc(clock.due_at)
    return SlaFact(
        kind, clock.id, percent, {"clock": clock.id, "clock_kind": clock.kind.value, "percent": percent, "due_at": due}
    )


def _time(value: Any) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else value
