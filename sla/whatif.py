"""The same history under other terms: what another target, calendar or objective would have meant."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from conversation.events import Event, EventKind
from sla.attainment import Attainment, attainment, within
from sla.clock import Clock
from sla.policy import ClockKind, Policy
from sla.projection import replay

_ALARMS = (EventKind.SLA_WARNING, EventKind.SLA_BREACH)


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
    """Both policies' attainment for the clocks that started in `period`, from whole conversation histories.

    A history is replayed without its recorded alarms, which belong to the terms they rang under. Clocks may start at
    other instants under other terms; each policy's own starts decide what lies in the period.
    """
    kept = [tuple(event for event in history if event.kind not in _ALARMS) for history in histories]
    before, after = (within(_clocks(kept, policy), *period) for policy in (actual, other))
    return [
        Comparison(
            kind,
            attainment(before, kind, actual.objective.get(kind), now),
            attainment(after, kind, other.objective.get(kind), now),
        )
        for kind in ClockKind
    ]


def _clocks(histories: Iterable[Sequence[Event]], policy: Policy) -> list[Clock]:
    episodes = (replay(history, policy) for history in histories)
    return [clock for episode in episodes if episode is not None for clock in episode.clocks]
