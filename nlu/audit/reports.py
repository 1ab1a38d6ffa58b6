"""What people read of the live audit: weeks, versions, promises and what was found."""

from collections.abc import Sequence
from dataclasses import dataclass

from nlu.audit.findings import Finding, Standing
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

    @property
    def standing(self) -> Standing:
        """The worst of its versions'."""
        standings = [part.finding.standing for part in self.versions]
        worst = (Standing.BROKEN, Standing.OPEN, Standing.KEPT, Standing.UNPROMISED)
        return next((one for one in worst if one in standings), Standing.UNPROMISED)

    @property
    def tells(self) -> bool:
        """Whether its rates may be told: when it is judged to the end, closed, or a promise is broken already. Before
        that they could lead those who judge.
        """
        tally = self.overall.tally
        whole = tally.judged == tally.size or not self.is_open
        return bool(tally.judged) and (whole or self.standing is Standing.BROKEN)
