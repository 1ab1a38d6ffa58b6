"""Every table of a report in plain numbers: the same rows become CSV, JSON and what a spreadsheet adds up."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sla.attainment import Spread
from sla.slices import CLOCKS, Count, Dimension, Measure, Slice
from sla.summary import Summary, summary
from web.reports.ports import PeriodFacts, Plan, Planned

Row = Sequence[object]


class Table(StrEnum):
    """The tables of a period; `FLOWS` are written while they are read, since they may be large."""

    TIMES = "times"
    VOLUME = "volume"
    DAYS = "days"
    ARRIVALS = "arrivals"
    CHANNELS = "channels"
    QUEUES = "queues"
    LANGUAGES = "languages"
    AGENTS = "agents"
    REASONS = "reasons"
    TOPICS = "topics"
    DISPOSITIONS = "dispositions"
    CSAT = "csat"
    FORECAST = "forecast"
    HALF_HOURS = "half-hours"
    CONVERSATIONS = "conversations"


FLOWS = (Table.HALF_HOURS, Table.CONVERSATIONS)
GROUPED = {
    Table.CHANNELS: Dimension.CHANNEL,
    Table.QUEUES: Dimension.QUEUE,
    Table.LANGUAGES: Dimension.LANGUAGE,
    Table.AGENTS: Dimension.AGENT,
}


@dataclass(frozen=True, slots=True)
class Compared:
    """A period beside the one before."""

    now: PeriodFacts
    before: PeriodFacts

    @property
    def total(self) -> Slice:
        return self.now.total

    @property
    def total_before(self) -> Slice:
        return self.before.total

    def name_of(self, agent: str) -> str:
        """An agent's name; empty for one who is gone."""
        return self.now.names.get(agent) or self.before.names.get(agent, "")


def rows_of(table: Table, found: Compared) -> Iterator[Row]:
    """The table's head and rows. `table` is neither FORECAST nor one of FLOWS."""
    if table in GROUPED:
        return _groups(found, GROUPED[table])
    if table in _COUNTED:
        return _counted(found, _COUNTED[table])
    return _TABLES[table](found)


def backlogs(facts: PeriodFacts) -> dict[date, int]:
    """Conversations with people and unresolved at the end of each day, told backwards from the period's end."""
    left, found = facts.backlog, {}
    for day in sorted(facts.days, reverse=True):
        found[day] = max(left, 0)
        one = facts.days[day]
        left += one.of(Count.FINISHED).total() - one.of(Count.HANDED).total()
    return dict(sorted(found.items()))


def arrivals(days: Mapping[date, Slice], count: Count = Count.OPENED) -> dict[tuple[int, int], int]:
    """A count by (weekday, hour), Monday 0; empty cells are left out."""
    cells: dict[tuple[int, int], int] = {}
    for day, one in days.items():
        for slot, number in one.slots(count).items():
            cell = day.weekday(), slot // 2
            cells[cell] = cells.get(cell, 0) + int(number)
    return cells


def _times(found: Compared) -> Iterator[Row]:
    now, before = summary(found.total), summary(found.total_before)
    yield "measure", *_SPREAD, *(f"before_{name}" for name in _SPREAD)
    for measure in Measure:
        yield measure, *_spread(now.times[measure]), *_spread(before.times[measure])


def _volume(found: Compared) -> Iterator[Row]:
    now, before = summary(found.total), summary(found.total_before)
    yield "figure", "this_period", "period_before"
    for name in (
        "conversations",
        "contained",
        "handled",
        "abandoned",
        "revoked",
        "merged",
        "open",
        "handed",
        "finished",
    ):
        yield name, getattr(now, name), getattr(before, name)
    yield "backlog", found.now.backlog, found.before.backlog
    yield "containment", _share(now.containment), _share(before.containment)
    for kind in CLOCKS:
        for what in ("met", "missed", "open"):
            yield f"{kind}_{what}", getattr(now.kept[kind], what), getattr(before.kept[kind], what)
        yield f"{kind}_kept", _share(now.kept[kind].share), _share(before.kept[kind].share)
    yield "csat_answers", now.csat.answers, before.csat.answers
    yield "csat_mean", _share(now.csat.mean), _share(before.csat.mean)
    yield "csat_good", _share(now.csat.good), _share(before.csat.good)


def _days(found: Compared) -> Iterator[Row]:
    yield ("day", "conversations", "contained", "handed", "finished", "backlog", *_CLOCK_COLUMNS)
    left = backlogs(found.now)
    for day, one in sorted(found.now.days.items()):
        s = summary(one)
        yield day, s.conversations, s.contained, s.handed, s.finished, left[day], *_clocks(s)


def _arrivals(found: Compared) -> Iterator[Row]:
    yield "weekday", "hour", "opened", "handed"
    opened, handed = arrivals(found.now.days), arrivals(found.now.days, Count.HANDED)
    for weekday in range(7):
        for hour in range(24):
            yield weekday + 1, hour, opened.get((weekday, hour), 0), handed.get((weekday, hour), 0)


def _groups(found: Compared, by: Dimension) -> Iterator[Row]:
    named = by is Dimension.AGENT
    yield by, *(["name"] if named else []), *_GROUP_COLUMNS, *(f"before_{name}" for name in _GROUP_COLUMNS)
    now, before = (facts.groups.get(by, {}) for facts in (found.now, found.before))
    for group in sorted(now.keys() | before.keys()):
        name = [found.name_of(group)] if named else []
        yield group, *name, *_group(now.get(group)), *_group(before.get(group))


def _group(one: Slice | None) -> list[object]:
    """The figures of one group in one period; nothing happened there without a slice."""
    s = summary(one or Slice())
    return [
        s.conversations,
        s.contained,
        _share(s.containment),
        s.handed,
        *_clocks(s),
        *(value for measure in Measure for value in _spread(s.times[measure])),
        s.csat.answers,
        _share(s.csat.mean),
        _share(s.csat.good),
    ]


def _counted(found: Compared, count: Count) -> Iterator[Row]:
    yield count, "this_period", "period_before"
    now, before = found.total.of(count), found.total_before.of(count)
    for key in sorted(now.keys() | before.keys(), key=lambda key: (-now[key], -before[key], key)):
        yield key, now[key], before[key]


def plan_rows(plan: Plan) -> Iterator[Row]:
    """The roster: one row for each half hour of the week with customers."""
    yield "weekday", "start", "arrivals", "agents", "online", "within_target", "occupancy"
    for need in plan.needs:
        online = plan.online.get((need.weekday, need.slot), 0.0)
        share, busy = need.expected.within_target, need.expected.occupancy
        start = f"{need.slot // 2:02}:{need.slot % 2 * 30:02}"
        yield (
            need.weekday + 1, start, round(need.arrivals, 3), need.agents, round(online, 2), _share(share), _share(busy)
        )  # fmt: skip


def planned_rows(months: Iterable[Planned | None]) -> Iterator[Row]:
    """Each month's handoffs within its forecast and beyond; months without one are left out."""
    yield "month", "part", "planned", "handoffs", "met", "missed", "open", "kept"
    for month in months:
        if month is not None:
            for name, part in (("within", month.within), ("beyond", month.beyond)):
                counts = part.handoffs, part.met, part.missed, part.open
                yield f"{month.month:%Y-%m}", name, month.planned, *counts, _share(part.share)


def as_objects(rows: Iterator[Row]) -> list[dict[str, Any]]:
    """Rows under a head as JSON objects."""
    head = [str(name) for name in next(rows)]
    return [
        {name: value.isoformat() if isinstance(value, date) else value for name, value in zip(head, row, strict=True)}
        for row in rows
    ]


def _clocks(s: Summary) -> list[object]:
    return [value for kind in CLOCKS for value in (s.kept[kind].met, s.kept[kind].missed, _share(s.kept[kind].share))]


def _spread(spread: Spread) -> list[object]:
    return [spread.count, spread.p50_s, spread.p90_s, spread.p95_s, spread.max_s]


def _share(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


_SPREAD = ("count", "p50_s", "p90_s", "p95_s", "max_s")
_CLOCK_COLUMNS = [f"{kind}_{what}" for kind in CLOCKS for what in ("met", "missed", "kept")]
_GROUP_COLUMNS = [
    "conversations",
    "contained",
    "containment",
    "handed",
    *_CLOCK_COLUMNS,
    *(f"{measure}_{name}" for measure in Measure for name in _SPREAD),
    "csat_answers",
    "csat_mean",
    "csat_good",
]
_TABLES: Mapping[Table, Callable[[Compared], Iterator[Row]]] = {
    Table.TIMES: _times,
    Table.VOLUME: _volume,
    Table.DAYS: _days,
    Table.ARRIVALS: _arrivals,
}
_COUNTED = {
    Table.REASONS: Count.REASONS,
    Table.TOPICS: Count.TOPICS,
    Table.DISPOSITIONS: Count.DISPOSITIONS,
    Table.CSAT: Count.CSAT,
}
