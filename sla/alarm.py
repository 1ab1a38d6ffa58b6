"""What a contract does when a promise is in danger or broken: who is told, and what becomes more urgent."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from conversation.conversation import Priority
from conversation.packfile import Node, Problems

BREACH_POINT = 100
"""The breach as a point among the warnings, in percent of the budget."""

ONE_STEP = "one_step"
BREACH_KEY = "breach"
_STEP_KEYS = ("raise", "tell")


class Tell(StrEnum):
    """Who hears of an alarm. Desk and supervisor always do: their pages show every warning and breach."""

    DESK = "desk"
    SUPERVISOR = "supervisor"
    SLACK = "slack"
    WEBHOOK = "webhook"
    EMAIL = "email"


OUTGOING = (Tell.SLACK, Tell.WEBHOOK, Tell.EMAIL)
"""Who is told by a message that leaves the house."""


@dataclass(frozen=True, slots=True)
class Step:
    """What happens at one point. `raises`: empty, `one_step`, or the priority the conversation gets at least."""

    tell: frozenset[Tell] = frozenset()
    raises: str = ""

    def raised(self, priority: Priority) -> Priority:
        """The priority after this step: never a lower one."""
        if not self.raises:
            return priority
        if self.raises == ONE_STEP:
            return list(Priority)[max(priority.rank - 1, 0)]
        return min(priority, Priority(self.raises), key=lambda p: p.rank)


QUIET = Step()
LOUD = Step(frozenset(OUTGOING), ONE_STEP)


@dataclass(frozen=True)
class AlarmPlan:
    """What the contract says for each point, in percent (the breach is 100). A point it does not name is quiet, except
    that the last warning and the breach tell everybody with an address and raise the priority by one step.
    """

    steps: Mapping[int, Step] = field(default_factory=dict)

    def at(self, percent: int, warnings: Collection[int]) -> Step:
        """What to do at a point of a clock with these warnings."""
        usual = LOUD if percent == BREACH_POINT or percent == max(warnings, default=BREACH_POINT) else QUIET
        return self.steps.get(percent, usual)

    def to_row(self) -> dict[str, Any]:
        """Plain JSON values; empty for the usual plan."""
        return {
            point_key(percent): {"raise": step.raises, "tell": sorted(tell.value for tell in step.tell)}
            for percent, step in sorted(self.steps.items())
        }

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "AlarmPlan":
        """The plan that `to_row` wrote."""
        return cls(
            {
                point_of(key): Step(frozenset(Tell(tell) for tell in step["tell"]), step["raise"])
                for key, step in row.items()
            }
        )


def point_key(percent: int) -> str:
    """How a point is written: `breach`, or the percent."""
    return BREACH_KEY if percent == BREACH_POINT else str(percent)


def point_of(key: str) -> int:
    """The percent of a written point."""
    return BREACH_POINT if key == BREACH_KEY else int(key)


def parse_alarms(node: Node | None, warnings: Collection[int], problems: Problems) -> AlarmPlan:
    """The `alarms:` part of `sla:`. Points are the warnings' percentages and `breach`."""
    if node is None:
        return AlarmPlan()
    points = {point_key(percent): percent for percent in (*warnings, BREACH_POINT)}
    if not node.is_mapping:
        problems.add(node, "must be a mapping", f"points: {', '.join(points)}")
        return AlarmPlan()
    steps: dict[int, Step] = {}
    for key, child in node.items():
        if key not in points:
            problems.add(child, f"{key!r} is not a point of this contract", f"one of {', '.join(points)}")
            continue
        step = _step(child, problems)
        if step is not None:
            steps[points[key]] = step
    return AlarmPlan(steps)


def _step(node: Node, problems: Problems) -> Step | None:
    if not node.is_mapping:
        problems.add(node, "must be a mapping", "for example {raise: true, tell: [slack, webhook]}")
        return None
    problems.unknown_keys(node, _STEP_KEYS)
    return Step(_tell(node.get("tell"), problems), _raises(node.get("raise"), problems))


def _tell(node: Node | None, problems: Problems) -> frozenset[Tell]:
    told: set[Tell] = set()
    for child in node or ():
        if child.value not in list(Tell):
            problems.add(child, f"{child.value!r} cannot be told", f"one of {', '.join(Tell)}")
            continue
        told.add(Tell(child.value))
    return frozenset(told & set(OUTGOING))


def _raises(node: Node | None, problems: Problems) -> str:
    if node is None or node.value is False:
        return ""
    if node.value is True:
        return ONE_STEP
    if node.value not in list(Priority):
        problems.add(
            node, f"{node.value!r} is not what a priority can be raised to", f"true, false, {', '.join(Priority)}"
        )
        return ""
    return str(node.value)
