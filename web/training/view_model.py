"""Turns versions, audits and drift into what the trainer's templates draw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from conversation.ids import ClientId
from handoff.views import ClientView
from nlu.audit.findings import Finding, Standing
from nlu.audit.interval import Interval
from nlu.audit.records import Alarm, Progress
from nlu.audit.reports import WeekReport
from nlu.engine_state import EngineState
from nlu.versions.drift import Drift
from nlu.versions.version import Active, Objection
from web.desk.details import topic
from web.formats import Formats

ALARMS_SHOWN_FOR = timedelta(days=14)
SHIFTS_SHOWN = 6
SMALLEST_P = 0.001
LOOKS: Mapping[Standing, str] = {
    Standing.OPEN: "risk",
    Standing.BROKEN: "breach",
    Standing.KEPT: "kept",
    Standing.UNPROMISED: "none",
}


@dataclass(frozen=True, slots=True)
class Overview:
    """A client's line in the list of all."""

    id: ClientId
    name: str
    accent: str
    version: int | None
    answers: float | None
    promised_answers: float | None
    wrong: Interval | None
    promised_wrong: float | None
    look: str
    waiting: int
    warnings: Sequence[str]


def overview(
    view: ClientView,
    active: Active | None,
    drift: Drift,
    reports: Sequence[WeekReport],
    progress: Progress,
    engine: EngineState | None,
) -> Overview:
    """What one needs to know to choose where to begin."""
    judged = newest_judged(reports)
    warnings = [name for name, so in _signals(drift).items() if so]
    if engine is not None and engine.up is False:
        warnings.append("engine")
    if judged is not None and judged.standing is Standing.BROKEN:
        warnings.append("promise")
    return Overview(
        id=view.id,
        name=view.name,
        accent=view.accent,
        version=active.version.number if active else None,
        answers=answered(drift),
        promised_answers=active.promise.coverage if active and active.promise else None,
        wrong=judged.overall.bad if judged else None,
        promised_wrong=_promised(judged),
        look=LOOKS[judged.standing] if judged else "none",
        waiting=progress.waiting,
        warnings=warnings,
    )


def bot_context(
    active: Active | None,
    drift: Drift,
    reports: Sequence[WeekReport],
    alarms: Sequence[Alarm],
    labels: Mapping[str, str],
    now: datetime,
) -> dict[str, Any]:
    """The three answers at the top, and what is wrong."""
    judged = newest_judged(reports)
    return {
        "active": active,
        "answers": answered(drift),
        "judged": judged,
        "found": judged.overall if judged else None,
        "standing": judged.standing.value if judged else "",
        "look": LOOKS[judged.standing] if judged else "none",
        "promised": _promised(judged),
        "alarms": [
            (alarm, labels.get(alarm.version, alarm.version), _came_of(alarm))
            for alarm in alarms
            if alarm.raised_at > now - ALARMS_SHOWN_FOR
        ],
    }


def newest_judged(reports: Sequence[WeekReport]) -> WeekReport | None:
    """The newest week that says something."""
    return next((report for report in reports if report.tells), None)


def week_context(report: WeekReport, f: Formats) -> dict[str, Any]:
    """One audited week as a row, with a row for each version that answered in it."""
    return {
        "report": report,
        "shown": report.tells,
        "days": f"{f.day_month(report.draw.week.first)} – {f.day(report.draw.week.last)}",
        "versions": [
            (part, LOOKS[part.finding.standing], part.promised.label if part.promised else part.version or "?")
            for part in report.versions
        ],
    }


def version_labels(reports: Sequence[WeekReport]) -> Mapping[str, str]:
    """What people call the versions by their names in the records."""
    return {part.version: part.promised.label for report in reports for part in report.versions if part.promised}


def drift_context(drift: Drift, view: ClientView, f: Formats) -> dict[str, Any]:
    """What has changed outside."""
    mix = drift.mix
    shifts = mix.shifts[:SHIFTS_SHOWN] if mix else ()
    return {
        "drift": drift,
        "signals": _signals(drift),
        "shifts": [(topic(shift.intent, view, f.words.language), shift) for shift in shifts],
    }


def answered(drift: Drift) -> float | None:
    """The share of the last days' opening messages that the bot answered itself."""
    return 1 - drift.below.share if drift.below is not None else None


def _signals(drift: Drift) -> dict[str, bool]:
    parts = {"below": drift.below, "words": drift.words, "mix": drift.mix}
    return {name: part.warns for name, part in parts.items() if part is not None}


def _promised(report: WeekReport | None) -> float | None:
    """What was promised, where all versions of the week promised the same."""
    finding: Finding | None = report.overall if report else None
    return finding.promised if finding else None


def _came_of(alarm: Alarm) -> str:
    """Which sentence tells what came of a broken promise."""
    if alarm.target is None or alarm.tightened is None:
        return "stale"
    if alarm.tightened >= alarm.target:
        return "strictest"
    return "raised" if alarm.settled_at else "raising"


def objection_words(objection: Objection, f: Formats) -> str:
    """A reason against a version in the reader's language."""
    told = f.words.maybe(f"train.why.{objection.key}", "")
    return told.format(**{name: _figure(name, value, f) for name, value in objection.figures.items()}) or str(objection)


def _figure(name: str, value: Any, f: Formats) -> str:
    if name.startswith("share"):
        return f.percent(value)
    if name == "p":
        return f"p < {f.number(SMALLEST_P, 3)}" if value < SMALLEST_P else f"p = {f.number(value, 3)}"
    return value if isinstance(value, str) else f.number(value)
