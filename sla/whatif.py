"""The same history under other terms: what another target, calendar or objective would have meant."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from conversation.events import Event, EventKind
from sla.attainment import Attainment, attainment, verdict, within
from sla.calendar import Calendar
from sla.clock import Clock, Outcome
from sla.errors import SlaError
from sla.hours import Hours
from sla.policy import ClockKind, Policy
from sla.projection import replay
from sla.statement import Statement

_ALARMS = (EventKind.SLA_WARNING, EventKind.SLA_BREACH, EventKind.SLA_TERMS_CHANGED)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One clock kind under the terms in force and under the others, over the same conversations."""

    kind: ClockKind
    actual: Attainment
    other: Attainment


@dataclass(frozen=True, slots=True)
class Switched:
    """A clock that was kept under one set of terms and missed under the other. `due_before` and `due_after` are when it
    was due under each; `stopped_at` is None while nobody has answered.
    """

    conversation: str
    kind: ClockKind
    started_at: datetime
    stopped_at: datetime | None
    due_before: datetime | None
    due_after: datetime | None
    kept_before: bool


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Attainment under both terms over so many `conversations`, the clocks whose verdict differs, and the statements
    the terms lead to; None without prices. All of it as of `asked_at`.
    """

    comparisons: list[Comparison]
    actual: Statement | None
    other: Statement | None
    switched: list[Switched] = field(default_factory=list)
    conversations: int = 0
    asked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Replaying:
    """An answer that is being worked out: `done` of the conversations have been replayed; `of` is 0 until known."""

    done: int
    of: int
    since: datetime


def compare(
    histories: Iterable[Sequence[Event]],
    actual: Policy,
    other: Policy,
    period: tuple[datetime, datetime],
    now: datetime,
) -> list[Comparison]:
    """Both policies' attainment for the clocks that started in `period`, from whole conversation histories. Clocks may
    start at other instants under other terms; each policy's own starts decide what lies in the period.
    """
    kept = list(histories)
    return side_by_side(clocks_under(actual, kept), clocks_under(other, kept), actual, other, period, now)


def clocks_under(policy: Policy, histories: Iterable[Sequence[Event]]) -> list[Clock]:
    """The clocks that these histories would have had. They are replayed without their recorded alarms, which belong to
    the terms they rang under.
    """
    found: list[Clock] = []
    for history in histories:
        episode = replay((event for event in history if event.kind not in _ALARMS), policy)
        found += episode.clocks if episode is not None else ()
    return found


def side_by_side(
    before: Iterable[Clock],
    after: Iterable[Clock],
    actual: Policy,
    other: Policy,
    period: tuple[datetime, datetime],
    now: datetime,
) -> list[Comparison]:
    """The attainment of two sets of clocks, each against its own policy's objectives."""
    old, new = within(before, *period), within(after, *period)
    return [
        Comparison(
            kind,
            attainment(old, kind, actual.objective.get(kind), now),
            attainment(new, kind, other.objective.get(kind), now),
        )
        for kind in ClockKind
    ]


def switched(
    before: Iterable[Clock], after: Iterable[Clock], period: tuple[datetime, datetime], now: datetime
) -> list[Switched]:
    """The clocks of a period that are decided under both terms, but not alike, in order of start."""
    new = {clock.id: (clock, verdict(clock, now)) for clock in within(after, *period)}
    found = []
    for clock in within(before, *period):
        other, then = new.get(clock.id, (None, None))
        was = verdict(clock, now)
        if other is not None and was is not None and then is not None and was is not then:
            kept = was is Outcome.MET
            stopped = clock.stopped_at
            found.append(
                Switched(clock.conversation, clock.kind, clock.started_at, stopped, clock.due_at, other.due_at, kept)
            )
    return sorted(found, key=lambda s: (s.started_at, s.conversation))


def objectives(policy: Policy, percent: float) -> dict[ClockKind, float]:
    """The same objective for every promise that has one; for the first response where none has."""
    return dict.fromkeys(policy.objective or (ClockKind.FIRST_RESPONSE,), percent)


def changed(
    policy: Policy,
    *,
    budgets: Mapping[ClockKind, timedelta] | None = None,
    objectives: Mapping[ClockKind, float] | None = None,
    hours: Hours | None = None,
) -> Policy:
    """The policy with other budgets in every target that has one of that kind, other objectives, other weekly hours; a
    target with a calendar of its own keeps it. Raises SlaError for a budget that no target has.
    """
    wanted = budgets or {}
    for kind in wanted:
        if not any(kind in target.budgets for target in policy.targets):
            raise SlaError(f"the contract promises no {kind.replace('_', ' ')}: there is no such target to change")
    targets = tuple(
        replace(target, budgets={kind: wanted.get(kind, budget) for kind, budget in target.budgets.items()})
        for target in policy.targets
    )
    calendar = policy.calendar
    if hours is not None:
        calendar = Calendar(calendar.zone, hours, closed=calendar.closed, openings=calendar.openings)
    objective = {**policy.objective, **(objectives or {})}
    return replace(policy, targets=targets, objective=objective, calendar=calendar)
