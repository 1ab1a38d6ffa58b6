"""What the report page draws, worked out from the facts of two periods."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from handoff.dashboard_view import Behind, Facet, Terms
from handoff.views import ClientView
from sla.attainment import Spread
from sla.slices import Count, Dimension, Measure, Slice
from sla.summary import Summary, summary
from web import charts
from web.dashboard.periods import Chosen
from web.formats import Formats
from web.reports.names import label
from web.reports.tables import Compared, arrivals, backlogs

LISTED = 12
ENDINGS = (Behind.CONTAINED, Behind.HANDLED, Behind.ABANDONED, Behind.REVOKED, Behind.MERGED, Behind.OPEN)
BREAKDOWNS = (Dimension.CHANNEL, Dimension.QUEUE, Dimension.LANGUAGE, Dimension.AGENT)


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure with its value in the period before; `look` is kept or breach where there is an objective."""

    key: str
    value: str
    before: str
    behind: str = ""
    look: str = ""
    told: str = ""


@dataclass(frozen=True, slots=True)
class TimeRow:
    """One measure's percentiles, and those of the period before."""

    measure: Measure
    now: Spread
    before: Spread


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One channel, queue, language or agent, with its figures in the period before."""

    name: str
    facet: Facet
    key: str
    s: Summary
    before: Summary


@dataclass(frozen=True, slots=True)
class EndingRow:
    """How many conversations ended so; `all` of them in the last row."""

    key: str
    behind: Behind
    now: int
    before: int


@dataclass(frozen=True, slots=True)
class Counted:
    """One reason, topic or disposition; `key` narrows the list of its conversations."""

    name: str
    facet: Facet
    key: str
    now: int
    before: int


def report_context(
    found: Compared, chosen: Chosen, by: Dimension, terms: Terms, view: ClientView, f: Formats
) -> dict[str, Any]:
    """For reports/report.html."""
    now, before = summary(found.total), summary(found.total_before)
    left = backlogs(found.now)
    return {
        "tiles": tiles(found, terms, f),
        "times": times(now, before),
        "by": by,
        "breakdowns": BREAKDOWNS,
        "groups": groups(found, by, view, f),
        "endings": endings(now, before),
        "days": [(day, summary(one), left[day]) for day, one in sorted(found.now.days.items())],
        "by_day": _by_day(found, f),
        "heat": _heat(found, terms, f),
        "heat_cells": arrivals(found.now.days),
        "weekdays": [f.weekday(day) for day in range(7)],
        "lists": lists(found, view, f),
        "csat": now.csat,
        "scores": [(score, found.total.of(Count.CSAT)[str(score)]) for score in range(5, 0, -1)],
        "compared": f"{f.day_month(chosen.before[0])} – {f.day(chosen.before[1])}",
        "quiet": not (now.conversations or now.handed or before.conversations),
    }


def times(now: Summary, before: Summary) -> list[TimeRow]:
    """Every measure that was measured in one of the periods."""
    rows = [TimeRow(measure, now.times[measure], before.times[measure]) for measure in Measure]
    return [row for row in rows if row.now.count or row.before.count]


def groups(found: Compared, by: Dimension, view: ClientView, f: Formats) -> list[GroupRow]:
    """The groups of a dimension, the largest first."""
    now, before = (facts.groups.get(by, {}) for facts in (found.now, found.before))
    people = {**found.before.names, **found.now.names}
    rows = [
        GroupRow(
            label(by, key, view, f, people),
            Facet(by),
            key,
            summary(now.get(key, Slice())),
            summary(before.get(key, Slice())),
        )
        for key in now.keys() | before.keys()
    ]
    return sorted(rows, key=lambda row: (-row.s.conversations, -row.s.handed, row.name.casefold()))


def endings(now: Summary, before: Summary) -> list[EndingRow]:
    """How the conversations opened in the periods ended, and all of them; endings of neither period are left out."""
    rows = [EndingRow(e, e, getattr(now, e), getattr(before, e)) for e in ENDINGS]
    every = EndingRow("all", Behind.OPENED, now.conversations, before.conversations)
    return [*(row for row in rows if row.now or row.before), every]


def lists(found: Compared, view: ClientView, f: Formats) -> list[tuple[str, Sequence[Counted]]]:
    """Handoff reasons, topics and dispositions, the most frequent first; those that did not occur are left out."""
    made: list[tuple[str, Sequence[Counted]]] = []
    for count, facet in (
        (Count.REASONS, Facet.REASON),
        (Count.TOPICS, Facet.TOPIC),
        (Count.DISPOSITIONS, Facet.DISPOSITION),
    ):
        now, before = found.total.of(count), found.total_before.of(count)
        rows = [Counted(label(facet, key, view, f), facet, key, now[key], before[key]) for key in now | before]
        made.append((count.value, sorted(rows, key=lambda row: (-row.now, -row.before, row.name.casefold()))))
    return made


def tiles(found: Compared, terms: Terms, f: Formats) -> list[Tile]:
    """The figures at a glance."""
    now, before = summary(found.total), summary(found.total_before)
    kept, kept_before = (s.kept[Measure.FIRST_RESPONSE] for s in (now, before))
    look = ""
    if terms.objective is not None and kept.share is not None:
        look = "kept" if kept.share >= terms.objective else "breach"
    target = f.words("dash.target", value=f.percent(terms.objective, 0)) if terms.objective is not None else ""
    answers = f.words("report.answers", n=now.csat.answers) if now.csat.answers else ""
    return [
        Tile("conversations", f.number(now.conversations), f.number(before.conversations), Behind.OPENED),
        Tile("containment", f.percent(now.containment), f.percent(before.containment), Behind.CONTAINED),
        Tile("handed", f.number(now.handed), f.number(before.handed), Behind.HANDED),
        Tile("kept", f.percent(kept.share), f.percent(kept_before.share), Behind.MET, look, target),
        Tile("backlog", f.number(found.now.backlog), f.number(found.before.backlog), Behind.BACKLOG),
        Tile("csat", score(now, f), score(before, f), Behind.RATED, told=answers),
    ]


def score(s: Summary, f: Formats) -> str:
    """The mean satisfaction, or a dash."""
    return f.number(s.csat.mean, 2) if s.csat.mean is not None else "–"


def _by_day(found: Compared, f: Formats) -> Markup:
    bars = []
    for day, one in sorted(found.now.days.items()):
        s = summary(one)
        told = f.words("dash.day_told", day=f.day_month(day), all=s.conversations, bot=s.contained)
        bars.append((f.day_month(day), float(s.conversations), float(s.contained), told))
    return charts.columns(bars, title=f.words("dash.volume.title"), told=f.number)


def _heat(found: Compared, terms: Terms, f: Formats) -> Markup:
    return charts.heatmap(
        arrivals(found.now.days),
        terms.open_hours,
        title=f.words("report.arrivals"),
        rows=[f.weekday(day) for day in range(7)],
        told=lambda day, hour, n: f.words("report.arrivals.cell", day=f.weekday(day), hour=hour, n=n),
    )
