"""What a contract promises, frozen as a version: targets, calendar with its holiday dates, and how clocks are read."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any

from sla.alarm import AlarmPlan
from sla.calendar import Calendar
from sla.hours import Hours, Window
from sla.instants import TZDATA_VERSION, seconds_of


class ClockKind(StrEnum):
    """What a clock measures."""

    FIRST_RESPONSE = "first_response"
    NEXT_RESPONSE = "next_response"
    RESOLUTION = "resolution"


class StartRule(StrEnum):
    """Where first response and resolution start."""

    HANDOFF = "handoff"
    FIRST_CUSTOMER_MESSAGE = "first_customer_message"


@dataclass(frozen=True)
class Subject:
    """What a target may be matched by. `channel` is the channel's id, `channel_kind` its platform."""

    priority: str = "normal"
    queue: str = ""
    channel: str = ""
    channel_kind: str = ""
    language: str = ""
    intent: str = ""
    segment: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """Budgets per clock kind for the subjects that match every matcher in `when` (any of its values). They count in
    `calendar`, or in the policy's where that is None.
    """

    budgets: Mapping[ClockKind, timedelta]
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    calendar: Calendar | None = None

    def matches(self, subject: Subject) -> bool:
        """Whether every matcher holds; a channel may be named by its id or by its platform."""
        return all(any(value in _values(subject, key) for value in wanted) for key, wanted in self.when.items())


@dataclass(frozen=True)
class Policy:
    """One immutable version of a client's service levels. Changes make a new version; running clocks keep theirs."""

    calendar: Calendar
    targets: tuple[Target, ...]
    start: StartRule = StartRule.HANDOFF
    bot_counts: bool = False
    pauses_resolution_on_question: bool = True
    warnings: tuple[int, ...] = (50, 80)
    objective: Mapping[ClockKind, float] = field(default_factory=dict)
    tzdata: str = TZDATA_VERSION
    alarms: AlarmPlan = field(default_factory=AlarmPlan)

    def target(self, subject: Subject) -> int | None:
        """The number of the first target that matches; None if none does."""
        return next((number for number, target in enumerate(self.targets) if target.matches(subject)), None)

    def budget(self, kind: ClockKind, subject: Subject) -> timedelta | None:
        """The business time allowed: that of the first target that matches; None if it promises nothing here."""
        number = self.target(subject)
        return None if number is None else self.targets[number].budgets.get(kind)

    def calendar_of(self, target: int | None) -> Calendar:
        """The calendar in which a target's budgets count; the policy's own for None."""
        own = None if target is None else self.targets[target].calendar
        return own or self.calendar

    @cached_property
    def version(self) -> str:
        """The same terms, holiday dates and tzdata always have the same version: a hash of `to_row()`."""
        canonical = json.dumps(self.to_row(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]

    def to_row(self) -> dict[str, Any]:
        """Plain JSON values from which `from_row` makes the same policy, with every frozen date."""
        return {
            "start": self.start.value,
            "bot_counts": self.bot_counts,
            "pauses_resolution_on_question": self.pauses_resolution_on_question,
            "warnings": list(self.warnings),
            "objective": {kind.value: share for kind, share in self.objective.items()},
            "targets": [
                {
                    "when": {key: list(values) for key, values in target.when.items()},
                    "budgets": {kind.value: seconds_of(budget) for kind, budget in target.budgets.items()},
                    **({"calendar": calendar_to_row(target.calendar)} if target.calendar is not None else {}),
                }
                for target in self.targets
            ],
            "calendar": calendar_to_row(self.calendar),
            "tzdata": self.tzdata,
            **({"alarms": self.alarms.to_row()} if self.alarms.steps else {}),
        }

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Policy":
        """The policy that `to_row` wrote."""
        return cls(
            calendar=calendar_from_row(row["calendar"]),
            targets=tuple(
                Target(
                    budgets={ClockKind(kind): timedelta(seconds=s) for kind, s in target["budgets"].items()},
                    when={key: tuple(values) for key, values in target["when"].items()},
                    calendar=calendar_from_row(target["calendar"]) if "calendar" in target else None,
                )
                for target in row["targets"]
            ),
            start=StartRule(row["start"]),
            bot_counts=row["bot_counts"],
            pauses_resolution_on_question=row["pauses_resolution_on_question"],
            warnings=tuple(row["warnings"]),
            objective={ClockKind(kind): share for kind, share in row["objective"].items()},
            tzdata=row["tzdata"],
            alarms=AlarmPlan.from_row(row.get("alarms", {})),
        )


def calendar_to_row(calendar: Calendar) -> dict[str, Any]:
    """A calendar as plain JSON values."""
    return {
        "zone": calendar.zone,
        "always_open": calendar.hours.always_open,
        "week": [[list(window) for window in day] for day in calendar.hours.week],
        "closed": {day.isoformat(): name for day, name in sorted(calendar.closed.items())},
        "openings": {
            day.isoformat(): [list(window) for window in windows] for day, windows in sorted(calendar.openings.items())
        },
    }


def calendar_from_row(row: Mapping[str, Any]) -> Calendar:
    """The calendar that `calendar_to_row` wrote."""
    week = tuple(tuple(Window(*window) for window in day) for day in row["week"])
    return Calendar(
        row["zone"],
        Hours(week, row["always_open"]),
        closed={date.fromisoformat(day): name for day, name in row["closed"].items()},
        openings={
            date.fromisoformat(day): tuple(Window(*window) for window in windows)
            for day, windows in row["openings"].items()
        },
    )


def _values(subject: Subject, key: str) -> tuple[str, ...]:
    if key == "channel":
        return subject.channel, subject.channel_kind
    value: str = getattr(subject, key)
    return (value,)
