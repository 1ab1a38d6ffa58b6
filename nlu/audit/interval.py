"""Confidence intervals for a share that was found in a sample."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """A share (0..1) and the bounds between which the true one lies with 95 % confidence."""

    share: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half the distance between the bounds, for a short "2.1 % ± 0.8"."""
        return (self.high - self.low) / 2


def exact(found: int, judged: int, population: int, confidence: float = CONFIDENCE) -> Interval | None:
    """The exact interval of a simple random sample from a finite population; None if nothing was judged.

    The bounds are the smallest and the largest number of wrong answers among `population` under which `found` or more,
    and `found` or fewer, of `judged` are not rarer than (1 - confidence) / 2, by the hypergeometric distribution
    (Buonaccorsi, The American Statistician 41(3), 1987, pp. 215-218). It needs no correction for a finite population:
    with everything judged it shrinks to the share itself, with an endless one it becomes Clopper and Pearson's
    (Biometrika 26, 1934, pp. 404-413). It holds at least the confidence it names, often more.
    """
    if not 0 <= found <= judged <= population:
        raise ValueError(f"{found} found of {judged} judged of {population} cannot be")
    if judged == 0:
        return None
    rare = (1 - confidence) / 2
    least, most = found, population - (judged - found)
    low = _first(least, most, lambda wrong: _at_least(found, wrong, judged, population) > rare)
    high = _first(least, most, lambda wrong: _at_most(found, wrong, judged, population) <= rare) - 1
    return Interval(found / judged, low / population, min(max(high, low), most) / population)


def weighted(weights: Sequence[float], wrong: Sequence[bool], confidence: float = CONFIDENCE) -> Interval | None:
    """The interval over answers that stand for different numbers of answers, as those of several weeks do; None for
    none. `weights` says how many each stands for.

    The share is Σ w·wrong / Σ w; its interval is Wilson's (Journal of the American Statistical Association 22, 1927,
    pp. 209-212) for the effective sample size (Σ w)² / Σ w² (Kish, Survey Sampling, 1965). Without a
    correction for finite populations: a little too wide rather than too narrow.
    """
    total = math.fsum(weights)
    if total <= 0:
        return None
    share = math.fsum(w for w, bad in zip(weights, wrong, strict=True) if bad) / total
    size = total * total / math.fsum(w * w for w in weights)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    middle = (share + z * z / (2 * size)) / (1 + z * z / size)
    reach = z / (1 + z * z / size) * math.sqrt(share * (1 - share) / size + z * z / (4 * size * size))
    return Interval(share, max(0.0, middle - reach), min(1.0, middle + reach))


def _first(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """The smallest number from `low` on for which a condition that never stops holding holds; `high` + 1 if none."""
    while low <= high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle - 1
        else:
            low = middle + 1
    return low


def _at_least(found: int, wrong: int, judged: int, population: int) -> float:
    return math.fsum(_chance(k, wrong, judged, population) for k in range(found, min(wrong, judged) + 1))


def _at_most(found: int, wrong: int, judged: int, population: int) -> float:
    first = max(0, judged - (population - wrong))
    return math.fsum(_chance(k, wrong, judged, population) for k in range(first, found + 1))


def _chance(found: int, wrong: int, judged: int, population: int) -> float:
    """Of drawing exactly `found` of the `wrong` ones among `judged` of `population`, without replacement."""
    ways = _choose(wrong, found) + _choose(population - wrong, judged - found) - _choose(population, judged)
    return math.exp(ways)


def _choose(n: int, k: int) -> float:
    """The logarithm of the number of ways to choose k of n."""
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
