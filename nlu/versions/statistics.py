"""The few tests and intervals that versions are judged by, exact where samples are small."""

from math import comb, exp, lgamma, log, sqrt
from statistics import NormalDist

NOISE = 0.05  # the chance at which a difference is no longer taken for noise
_Z = NormalDist().inv_cdf(0.975)


def at_least(successes: int, trials: int, chance: float) -> float:
    """P(X ≥ successes) for X ~ Binomial(trials, chance), exact up to rounding."""
    if successes <= 0:
        return 1.0
    if chance <= 0:
        return 0.0
    if chance >= 1:
        return 1.0 if successes <= trials else 0.0
    return min(1.0, sum(exp(_log_binomial(k, trials, chance)) for k in range(successes, trials + 1)))


def _log_binomial(k: int, n: int, p: float) -> float:
    ways = log(comb(n, k)) if n < 500 else lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
    return ways + k * log(p) + (n - k) * log(1 - p)


def mcnemar_worse(lost: int, won: int) -> float:
    """One-sided exact McNemar test (McNemar 1947, Psychometrika 12:153-157; exact binomial form): the chance of at
    least `lost` of the `lost + won` discordant pairs being lost if losing and winning were equally likely.
    """
    return at_least(lost, lost + won, 0.5)


def mcnemar(lost: int, won: int) -> float:
    """The two-sided exact test: twice the smaller tail, at most 1."""
    return min(1.0, 2 * at_least(max(lost, won), lost + won, 0.5))


def paired_interval(lost: int, won: int, pairs: int) -> tuple[float, float]:
    """95 % interval of the difference of two shares of the same `pairs`, (won - lost) / pairs: the adjusted Wald
    interval of Bonett and Price (2012, Journal of Educational and Behavioral Statistics 37:479-488).
    """
    if not pairs:
        return -1.0, 1.0
    up, down = (won + 1) / (pairs + 2), (lost + 1) / (pairs + 2)
    spread = _Z * sqrt(max(0.0, up + down - (up - down) ** 2) / (pairs + 2))
    return max(-1.0, up - down - spread), min(1.0, up - down + spread)


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """95 % score interval of a share (Wilson 1927, JASA 22:209-212); (0, 1) of nothing."""
    if not trials:
        return 0.0, 1.0
    share, z2 = successes / trials, _Z * _Z
    centre = share + z2 / (2 * trials)
    spread = _Z * sqrt(share * (1 - share) / trials + z2 / (4 * trials * trials))
    scale = 1 + z2 / trials
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def chi_square_95(freedom: int) -> float:
    """The 95 % quantile of χ² with `freedom` degrees, within 1 % from 2 on (Wilson and Hilferty 1931, PNAS 17)."""
    if freedom < 1:
        return 0.0
    z, part = NormalDist().inv_cdf(0.95), 2 / (9 * freedom)
    return float(freedom * (1 - part + z * sqrt(part)) ** 3)
