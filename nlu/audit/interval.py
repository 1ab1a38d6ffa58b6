"""Confidence intervals for a share that was found in a sample."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

CONFIDENCE = 0.95
_STEPS = 40


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


def exact(found: int, judged: int, confidence: float = CONFIDENCE) -> Interval | None:
    """The exact interval of Clopper and Pearson (Biometrika 26, 1934, pp. 404-413); None if nothing was judged.

    The bounds are the shares under which `found` or more, and `found` or fewer, of `judged` have the chance
    (1 - confidence) / 2 by the binomial distribution. It holds at least the confidence it names, often more.

    It is about how often the bot is wrong, not about how many of that week's answers were: so there is no correction
    for a finite population, even if a whole week was judged. If each answer is wrong with the same chance, a random
    sample of a week's answers is binomial, whatever part of the week it is. With the correction one wrong answer in a
    week of twenty would be 5 % for sure, and a promise of 3 % be broken by bad luck in almost every second week.
    """
    if not 0 <= found <= judged:
        raise ValueError(f"{found} found of {judged} judged cannot be")
    if judged == 0:
        return None
    rare = (1 - confidence) / 2
    low = _share_where(lambda share: _at_least(found, judged, share) > rare) if found else 0.0
    high = _share_where(lambda share: _at_least(found + 1, judged, share) > 1 - rare) if found < judged else 1.0
    return Interval(found / judged, low, high)


def weighted(weights: Sequence[float], wrong: Sequence[bool], confidence: float = CONFIDENCE) -> Interval | None:
    """The interval over answers that stand for different numbers of answers, as those of several weeks do; None for
    none. `weights` says how many each stands for.

    The share is Σ w·wrong / Σ w; its interval is Wilson's (Journal of the American Statistical Association 22, 1927,
    pp. 209-212) for the effective sample size (Σ w)² / Σ w² (Kish, Survey Sampling, 1965).
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


def _share_where(rises: Callable[[float], bool]) -> float:
    """The share from which on a condition holds, by bisection to the last digit that matters."""
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if rises(middle) else (middle, high)
    return (low + high) / 2


def _at_least(found: int, judged: int, share: float) -> float:
    """The chance of `found` or more of `judged`, each with the chance `share`."""
    return math.fsum(_chance(k, judged, share) for k in range(found, judged + 1))


def _chance(found: int, judged: int, share: float) -> float:
    ways = math.lgamma(judged + 1) - math.lgamma(found + 1) - math.lgamma(judged - found + 1)
    return math.exp(ways + found * math.log(share) + (judged - found) * math.log1p(-share))
