"""The same history under other terms: what another target, calendar or objective would have meant."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from conversation.events import Event, EventKind
from sla.attainment import Attainment, attainment, within
from sla.calendar import Calendar
from sla.clock import Clock
from sla.hours import Hours
from sla.policy import ClockKind, Policy
from sla.projection import replay

_ALARMS = (EventKind.SLA_WARNING, EventKind.SLA_BREACH, EventKind.SLA_TERMS_CHANGED)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One clock kind under the terms in force and under the others, over the same conversations."""

    kind: ClockKind
    actual: Attainment
    other: Attainment


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


def changed(
    policy: Policy,
    *,
    budgets: Mapping[ClockKind, timedelta] | None = None,
    objectives: Mapping[ClockKind, float] | None = None,
    hours: Hours | None = None,
) -> Policy:
    """The policy with other budgets in every target that has one of that kind, other objectives, other weekly hours."""
    wanted = budgets or {}
    targets = tuple(
        replace(target, budgets={kind: wanted.get(kind, budget) for kind, budget in target.budgets.items()})
        for target in policy.targets
    )
    calendar = policy.calendar
    if hours is not None:
        calendar = Calendar(calendar.zone, hours, closed=calendar.closed, openings=calendar.openings)
    objective = {**policy.objective, **(objectives or {})}
    return replace(policy, targets=targets, objective=objective, calendar=calendar)
