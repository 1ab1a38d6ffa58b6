"""The shares and figures of a period that follow from its slice, each formula once (docs/sla.md, section 7)."""

from collections.abc import Mapping
from dataclasses import dataclass

from sla.attainment import Spread
from sla.slices import CLOCKS, Count, Dimension, Measure, Slice

GOOD_SCORES = (4, 5)


@dataclass(frozen=True, slots=True)
class Kept:
    """Clocks of one kind that started in the period. `share` = met / (met + missed), None when none is decided."""

    met: int
    missed: int
    open: int

    @property
    def share(self) -> float | None:
        decided = self.met + self.missed
        return self.met / decided if decided else None


@dataclass(frozen=True, slots=True)
class Csat:
    """Answers to the question after a conversation, 1 to 5, given in the period. `good` is the share of 4 and 5."""

    answers: int
    mean: float | None
    good: float | None


@dataclass(frozen=True, slots=True)
class Summary:
    """`conversations` were opened in the period and are split by ending; `handed` were handed to people in it,
    whenever opened; `finished` were handed to people at any time and last resolved in it. `containment` = contained /
    (conversations - open - merged): a duplicate goes on in another conversation, and counts there.
    """

    conversations: int
    contained: int
    handled: int
    abandoned: int
    revoked: int
    merged: int
    open: int
    handed: int
    finished: int
    kept: Mapping[Measure, Kept]
    times: Mapping[Measure, Spread]
    csat: Csat

    @property
    def containment(self) -> float | None:
        ended = self.conversations - self.open - self.merged
        return self.contained / ended if ended else None


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Nearest-rank percentiles of the times that one measure took, in seconds, in one `group` of what it is split `by`;
    `all` has the one group ''.
    """

    measure: str
    by: str
    group: str
    count: int
    p50_s: float | None
    p90_s: float | None
    p95_s: float | None
    max_s: float | None


def percentiles(total: Slice, groups: Mapping[Dimension, Mapping[str, Slice]]) -> list[Percentiles]:
    """Of every measure that took any time, over all and by each group."""
    every = {Dimension.ALL: {"": total}, **groups}
    found = (
        (measure, by, group, one.spread(measure))
        for measure in Measure
        for by, members in every.items()
        for group, one in members.items()
    )
    return [
        Percentiles(measure.value, by.value, group, s.count, s.p50_s, s.p90_s, s.p95_s, s.max_s)
        for measure, by, group, s in found
        if s.count
    ]


def summary(one: Slice) -> Summary:
    """The figures of a slice."""
    endings = one.of(Count.ENDINGS)
    return Summary(
        conversations=endings.total(),
        contained=endings["contained"],
        handled=endings["handled"],
        abandoned=endings["abandoned"],
        revoked=endings["revoked"],
        merged=endings["merged"],
        open=endings["open"],
        handed=one.of(Count.HANDED).total(),
        finished=one.of(Count.FINISHED).total(),
        kept={kind: _kept(one, kind) for kind in CLOCKS},
        times={measure: one.spread(measure) for measure in Measure},
        csat=_csat(one),
    )


def _kept(one: Slice, kind: Measure) -> Kept:
    counts = one.clock(kind)
    return Kept(counts["met"], counts["missed"], counts["open"])


def _csat(one: Slice) -> Csat:
    scores = {int(score): number for score, number in one.of(Count.CSAT).items()}
    answers = sum(scores.values())
    if not answers:
        return Csat(0, None, None)
    total = sum(score * number for score, number in scores.items())
    return Csat(answers, total / answers, sum(scores.get(score, 0) for score in GOOD_SCORES) / answers)
