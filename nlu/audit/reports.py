"""What people read of the live audit: weeks, versions, promises and what was found."""

from collections.abc import Sequence
from dataclasses import dataclass

from nlu.audit.findings import Finding
from nlu.audit.records import Draw


@dataclass(frozen=True, slots=True)
class Promised:
    """What a bot version said about itself: its `label` for people, the share of answers it may have wrong, and the
    target in force, None unless it is the version that runs now under that very target.
    """

    label: str
    wrong: float
    target: float | None = None


@dataclass(frozen=True, slots=True)
class VersionReport:
    """One version's answers in one week, beside its promise."""

    version: str
    promised: Promised | None
    finding: Finding


@dataclass(frozen=True, slots=True)
class WeekReport:
    """One week: its draw, all answers together, and each version apart."""

    draw: Draw
    is_open: bool
    overall: Finding
    versions: Sequence[VersionReport]
