"""Finds the bottom of a smooth convex valley without a library: L-BFGS (Nocedal and Wright 2006, algorithm 7.4)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

_MEMORY = 8
_HALVINGS = 20
_ARMIJO = 1e-4


def minimised(
    cost: Callable[[Doubles], tuple[float, Doubles]], begin: Doubles, rounds: int, tolerance: float = 1e-4
) -> Doubles:
    """A point near the minimum of `cost`, which gives value and slope; deterministic.

    Ends after `rounds` steps, or when a step lowers the cost by less than the share `tolerance`.
    """
    point = begin
    value, slope = cost(point)
    steps: deque[tuple[Doubles, Doubles, float]] = deque(maxlen=_MEMORY)
    for _ in range(rounds):
        direction = -_times_inverse_curvature(slope, steps)
        size = 1.0 if steps else min(1.0, 1.0 / max(float(np.abs(slope).sum()), 1e-12))
        fall = float(slope @ direction)
        for _ in range(_HALVINGS):
            there = point + size * direction
            lower, onward = cost(there)
            if lower <= value + _ARMIJO * size * fall:
                break
            size /= 2
        else:
            return point
        moved, turned = there - point, onward - slope
        if (curve := float(moved @ turned)) > 1e-10:
            steps.append((moved, turned, 1 / curve))
        done = value - lower < tolerance * max(abs(value), 1e-12)
        point, value, slope = there, lower, onward
        if done:
            break
    return point


def _times_inverse_curvature(slope: Doubles, steps: deque[tuple[Doubles, Doubles, float]]) -> Doubles:
    """The two-loop recursion: the slope times an estimate of the inverse Hessian."""
    out, shares = slope.copy(), []
    for moved, turned, weight in reversed(steps):
        shares.append(weight * float(moved @ out))
        out -= shares[-1] * turned
    if steps:
        moved, turned, _ = steps[-1]
        out *= float(moved @ turned) / float(turned @ turned)
    for (moved, turned, weight), share in zip(steps, reversed(shares), strict=True):
        out += moved * (share - weight * float(turned @ out))
    return out
