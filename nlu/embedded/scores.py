"""What the shape of the scores says: how far the best stands out, and how much any intent wants the text at all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

_SHARPNESS = 8.0


def energy(scores: NDArray[np.floating]) -> Doubles:
    """ln Σ exp(β s) / β over the intents (Liu et al. 2020, Energy-based out-of-distribution detection), β = 8."""
    top = scores.max(axis=1).astype(np.float64)
    total: Doubles = top + np.log(np.exp(_SHARPNESS * (scores - top[:, None])).sum(axis=1)) / _SHARPNESS
    return total


def confidence_features(scores: NDArray[np.floating], total: Doubles | None = None) -> Doubles:
    """Per text: best score, its margin, energy, log share of the best, second and third score, sum of squares. `total`
    is the energy, where it is known already.
    """
    ordered = _top_three(scores)
    best, second, third = ordered[:, 0], ordered[:, 1], ordered[:, 2]
    total = energy(scores) if total is None else total
    squares = np.einsum("ij,ij->i", scores, scores)
    return np.column_stack((best, best - second, total, best - total, second, third, squares)).astype(np.float64)


def scope_features(scores: NDArray[np.floating], total: Doubles | None = None) -> Doubles:
    """Per text: energy and best score."""
    return np.column_stack((energy(scores) if total is None else total, scores.max(axis=1))).astype(np.float64)


def _top_three(scores: NDArray[np.floating]) -> NDArray[np.floating]:
    missing = max(0, 3 - scores.shape[1])
    if missing:
        scores = np.pad(scores, ((0, 0), (0, missing)))
    return -np.sort(np.partition(-scores, 2, axis=1)[:, :3], axis=1)
