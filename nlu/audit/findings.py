"""What the judgements of a week come to, beside what the bot version that answered had promised."""

from dataclasses import dataclass
from enum import StrEnum

from nlu.audit.interval import Interval, exact

LOWEST_TARGET = 0.001
"""The strictest target a pack may set; a raised threshold stops there too."""


class Verdict(StrEnum):
    """What a person says about one automatic answer. The last one means: no answer was right, a person was needed."""

    RIGHT = "right"
    WRONG = "wrong"
    HANDOFF = "handoff"


class Standing(StrEnum):
    """How a promise stands: being judged, contradicted by the sample, not contradicted, or none was made."""

    OPEN = "open"
    BROKEN = "broken"
    KEPT = "kept"
    UNPROMISED = "unpromised"


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of one version's answers in one week: given, drawn into the sample, judged, and found bad. `over`: no
    more judgements are awaited, though some may be missing.
    """

    population: int
    size: int
    judged: int
    wrong: int
    handoff: int
    over: bool = False

    @property
    def bad(self) -> int:
        """Wrong ones, and those that should have been handed off."""
        return self.wrong + self.handoff


@dataclass(frozen=True, slots=True)
class Finding:
    """The rates of one tally with their intervals (None while nothing is judged), and how the promise stands."""

    tally: Tally
    promised: float | None
    bad: Interval | None
    wrong: Interval | None
    handoff: Interval | None
    standing: Standing


def find(tally: Tally, promised: float | None) -> Finding:
    """What a tally says. `promised` is the share of answers (0..1) that may be wrong."""
    bad, wrong, handoff = (exact(count, tally.judged) for count in (tally.bad, tally.wrong, tally.handoff))
    return Finding(tally, promised, bad, wrong, handoff, _standing(tally, promised))


def _standing(tally: Tally, promised: float | None) -> Standing:
    """Broken as soon as nothing that is still unjudged could change it: it is counted as right. So one may look after
    each judgement without crying wolf more often than one in forty times, which is what the lower bound allows.
    """
    if promised is None:
        return Standing.UNPROMISED
    least = exact(tally.bad, tally.size)
    if least is not None and least.low > promised:
        return Standing.BROKEN
    return Standing.KEPT if tally.over or tally.judged == tally.size else Standing.OPEN


def tightened(target: float, promised: float, observed: float) -> float:
    """The target of wrong answers that makes up for a broken promise: target x promised / observed, as far as what
    goes wrong in life moves with what goes wrong on held-out examples. Never looser than `target`, never below the
    strictest one a pack may set.

    A version tuned to 3 % that promised 3 % and was found wrong in 6 % is tuned to 1.5 % from now on. The promise
    itself stays 3 %: the next week is measured by what the client was told, not by the new setting.
    """
    if observed <= promised:
        return target
    return min(target, max(LOWEST_TARGET, target * promised / observed))
