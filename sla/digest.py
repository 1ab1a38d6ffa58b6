"""When many alarms come at once a few go one by one, the rest together: nobody's phone rings a hundred times."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

WINDOW = timedelta(minutes=1)
SINGLES = 5
"""So many messages within `WINDOW` a recipient gets one by one; from the next one on they come as a digest."""

MOST_IN_A_DIGEST = 500

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pace:
    """What a recipient has heard lately: when single messages within `WINDOW`, when the last digest."""

    singles: tuple[datetime, ...] = ()
    digest_at: datetime | None = None

    def at(self, now: datetime) -> "Pace":
        """Without what is older than `WINDOW`."""
        recent = tuple(at for at in self.singles if now - at < WINDOW)
        return Pace(recent, self.digest_at if self.digest_at and now - self.digest_at < WINDOW else None)


@dataclass(frozen=True, slots=True)
class Plan:
    """What goes out now, in groups of which each is one message, and the pace after that. What is left waits until
    `wait_until`, None if nothing is left.
    """

    groups: tuple[tuple[int, ...], ...]
    pace: Pace
    wait_until: datetime | None = None


def plan(waiting: int, pace: Pace, now: datetime) -> Plan:
    """What to do with so many waiting alarms of one recipient, numbered from 0 in the order they came.

    As long as no more than five would have come within a minute each goes out alone and at once. Otherwise all that
    wait go out as one digest, at most one digest a minute: what comes sooner after one waits for the next.
    """
    pace = pace.at(now)
    if waiting == 0:
        return Plan((), pace)
    if pace.digest_at is None and len(pace.singles) + waiting <= SINGLES:
        return Plan(tuple((n,) for n in range(waiting)), Pace((*pace.singles, *(now for _ in range(waiting)))))
    if pace.digest_at is not None:
        return Plan((), pace, pace.digest_at + WINDOW)
    taken = min(waiting, MOST_IN_A_DIGEST)
    after = Pace(pace.singles, now)
    return Plan((tuple(range(taken)),), after, now + WINDOW if waiting > taken else None)


def grouped(items: Sequence[T], plan_: Plan) -> list[list[T]]:
    """The items of each message."""
    return [[items[n] for n in group] for group in plan_.groups]
