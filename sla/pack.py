"""The `calendar:` and `sla:` parts of client.yml as a Policy, with every mistake named by file and line."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, TypeVar

from conversation.conversation import Priority
from conversation.packfile import Node, Problems
from sla.alarm import parse_alarms
from sla.calendar import Calendar
from sla.errors import SlaError
from sla.holiday import parse_date, public_holidays
from sla.hours import Hours, Windows, parse_hours, parse_windows, unite
from sla.instants import parse_budget
from sla.policy import ClockKind, Policy, StartRule, Target

T = TypeVar("T")

MATCHERS = ("priority", "queue", "channel", "language", "intent", "segment")
HOLIDAY_YEARS = (2015, 2050)  # frozen into every version; the same years always, so that a version's hash is stable

_CALENDAR_KEYS = ("timezone", "hours", "holidays", "closures", "openings")
_SLA_KEYS = (
    "start",
    "bot_counts",
    "pauses_resolution_on_question",
    "warnings",
    "objective",
    "targets",
    "alarms",
)


def parse_policy(client: Node, problems: Problems) -> Policy | None:
    """The policy in a client.yml's root node; None when it has no `sla:` part or when something is wrong in it."""
    before = len(problems.errors)
    calendar = parse_calendar(client, problems)
    sla = client.get("sla")
    if sla is None:
        return None
    if calendar is None and client.get("calendar") is None:
        problems.add(sla, "an SLA needs a calendar", "add `calendar: {timezone: Europe/Berlin, hours: 24/7}`")
    if not sla.is_mapping:
        problems.add(sla, "must be a mapping", f"keys: {', '.join(_SLA_KEYS)}")
        return None
    problems.unknown_keys(sla, _SLA_KEYS)
    targets = _targets(sla, client.get("calendar"), problems)
    start, warnings, objective = _start(sla, problems), _warnings(sla, problems), _objective(sla, problems)
    bot_counts = _flag(sla, "bot_counts", False, problems)
    pauses = _flag(sla, "pauses_resolution_on_question", True, problems)
    alarms = parse_alarms(sla.get("alarms"), warnings, problems)
    if calendar is None or len(problems.errors) > before:
        return None
    return Policy(calendar, targets, start, bot_counts, pauses, warnings, objective, alarms=alarms)


def parse_calendar(client: Node, problems: Problems) -> Calendar | None:
    """The `calendar:` part alone; None when it is absent or wrong."""
    return _calendar(client.get("calendar"), None, problems)


def _calendar(node: Node | None, common: Node | None, problems: Problems) -> Calendar | None:
    """A calendar; what it does not say it takes from the client's `common` one, part by part."""
    if node is None:
        return None
    if not node.is_mapping:
        problems.add(node, "must be a mapping", f"keys: {', '.join(_CALENDAR_KEYS)}")
        return None
    problems.unknown_keys(node, _CALENDAR_KEYS)
    before = len(problems.errors)
    usual = common if common is not None and common.is_mapping else node
    zone = problems.text(node if node.get("timezone") else usual, "timezone")
    said = {key: node.get(key) or usual.get(key) for key in _CALENDAR_KEYS}
    hours = _read(said["hours"], parse_hours, problems) if said["hours"] else Hours(always_open=True)
    holidays = _holidays(said["holidays"], problems)
    closures, openings = _closures(said["closures"], problems), _openings(said["openings"], problems)
    if hours is None or holidays is None or len(problems.errors) > before:
        return None
    try:
        return Calendar(zone, hours, closed={**holidays, **closures}, openings=openings)
    except SlaError as error:
        problems.add(node.get("timezone") or node, str(error))
        return None


def _holidays(node: Node | None, problems: Problems) -> Mapping[date, str] | None:
    """The public holidays of a region; none for `none`, which a target's own calendar says to work through them."""
    if node is None or node.value == "none":
        return {}
    return _read(node, lambda code: dict(public_holidays(code, *HOLIDAY_YEARS)), problems)


def _closures(node: Node | None, problems: Problems) -> dict[date, str]:
    closed: dict[date, str] = {}
    for entry in node or ():
        problems.unknown_keys(entry, ("date", "until", "name"))
        first = _date(entry, "date", problems)
        last = _date(entry, "until", problems) if entry.get("until") else first
        if first is None or last is None:
            continue
        if last < first or last - first > timedelta(days=3660):
            problems.add(entry, "'until' must follow 'date' within ten years")
            continue
        name = problems.text(entry, "name", "closed")
        closed |= {first + timedelta(days=n): name for n in range((last - first).days + 1)}
    return closed


def _openings(node: Node | None, problems: Problems) -> dict[date, Windows]:
    openings: dict[date, Windows] = {}
    for entry in node or ():
        problems.unknown_keys(entry, ("date", "hours", "name"))
        day = _date(entry, "date", problems)
        hours = entry.get("hours")
        if hours is None:
            problems.add(entry, "'hours' is missing", 'add `hours: "10:00-14:00"`')
            continue
        windows = _read(hours, parse_windows, problems)
        if day is not None and windows is not None:
            openings[day] = unite([*openings.get(day, ()), *windows])
    return openings


def _date(entry: Node, key: str, problems: Problems) -> date | None:
    node = entry.get(key)
    if node is None:
        problems.add(entry, f"{key!r} is missing", f"add `{key}: 2026-12-24`")
        return None
    if isinstance(node.value, date):
        return node.value
    return _read(node, parse_date, problems)


def _targets(sla: Node, calendar: Node | None, problems: Problems) -> tuple[Target, ...]:
    node = sla.get("targets")
    targets = tuple(_target(entry, calendar, problems) for entry in node or ())
    if not targets:
        problems.add(node or sla, "no targets", "add `targets: [{first_response: 15m}]`")
    return targets


def _target(node: Node, calendar: Node | None, problems: Problems) -> Target:
    kinds = [kind.value for kind in ClockKind]
    if not node.is_mapping:
        problems.add(node, "a target is a mapping", f"keys: when, calendar, {', '.join(kinds)}")
        return Target({})
    problems.unknown_keys(node, ("when", "calendar", *kinds))
    budgets: dict[ClockKind, timedelta] = {}
    for kind in ClockKind:
        child = node.get(kind.value)
        budget = _read(child, parse_budget, problems) if child is not None else None
        if budget is not None:
            budgets[kind] = budget
    if not any(node.get(kind) for kind in kinds):
        problems.add(node, "a target promises at least one thing", f"one of {', '.join(kinds)}")
    return Target(budgets, _when(node.get("when"), problems), _calendar(node.get("calendar"), calendar, problems))


def _when(node: Node | None, problems: Problems) -> dict[str, tuple[str, ...]]:
    when: dict[str, tuple[str, ...]] = {}
    if node is None:
        return when
    problems.unknown_keys(node, MATCHERS)
    for key, child in node.items():
        values = tuple(str(value.value) for value in child)
        unknown = [value for value in values if key == "priority" and value not in list(Priority)]
        if unknown:
            problems.add(child, f"{unknown[0]!r} is not a priority", f"one of {', '.join(Priority)}")
        when[key] = values
    return when


def _start(sla: Node, problems: Problems) -> StartRule:
    text = problems.text(sla, "start", StartRule.HANDOFF)
    if text not in list(StartRule):
        problems.add(sla.get("start") or sla, f"{text!r} is not a start", f"one of {', '.join(StartRule)}")
        return StartRule.HANDOFF
    return StartRule(text)


def _warnings(sla: Node, problems: Problems) -> tuple[int, ...]:
    node = sla.get("warnings")
    if node is None:
        return (50, 80)
    wrong = [child for child in node if not _number(child.value) or not 0 < child.value < 100 or child.value % 1]
    if wrong:
        problems.add(wrong[0], f"{wrong[0].value!r} is not a warning point", "whole percent of the budget, 1 to 99")
        return ()
    return tuple(sorted({int(child.value) for child in node}))


def _objective(sla: Node, problems: Problems) -> dict[ClockKind, float]:
    node = sla.get("objective")
    if node is None:
        return {}
    if not node.is_mapping:
        return dict.fromkeys(ClockKind, _percent(node, problems))
    problems.unknown_keys(node, tuple(kind.value for kind in ClockKind))
    return {kind: _percent(child, problems) for kind in ClockKind if (child := node.get(kind.value)) is not None}


def _percent(node: Node, problems: Problems) -> float:
    if not _number(node.value) or not 0 < node.value <= 100:
        problems.add(node, f"{node.value!r} is not an objective", "percent met in a calendar month, like 95")
        return 0.0
    return float(node.value)


def _flag(sla: Node, key: str, default: bool, problems: Problems) -> bool:
    node = sla.get(key)
    if node is None:
        return default
    if not isinstance(node.value, bool):
        problems.add(node, f"{node.value!r} is neither true nor false")
        return default
    return node.value


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _read(node: Node | None, parse: Callable[[str], T], problems: Problems) -> T | None:
    """What `parse` makes of a scalar; its complaint becomes a problem at the node."""
    if node is None:
        return None
    if not node.is_scalar:
        problems.add(node, "must be a single value")
        return None
    try:
        return parse(str(node.value))
    except SlaError as error:
        problems.add(node, str(error))
        return None
