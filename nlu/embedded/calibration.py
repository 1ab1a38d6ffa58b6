"""Turns scores into promises: 0.9 is right nine times in ten, and a target of wrong answers becomes a threshold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Logistic:
    """P(yes | features) = 1 / (1 + exp(-(w · (features - mean) / spread + b)))."""

    mean: Doubles
    spread: Doubles
    weights: Doubles
    bias: float

    @classmethod
    def fit(cls, features: Doubles, outcomes: NDArray[np.bool_], ridge: float = 1.0, rounds: int = 50) -> Logistic:
        """Newton's method on the ridge-penalised likelihood; Platt's smoothed targets keep it finite."""
        mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-9
        design = np.column_stack(((features - mean) / spread, np.ones(len(features))))
        yes = int(outcomes.sum())
        targets = np.where(outcomes, (yes + 1) / (yes + 2), 1 / (len(outcomes) - yes + 2))
        penalty = np.diag([ridge] * features.shape[1] + [1e-6])
        point = np.zeros(design.shape[1])
        for _ in range(rounds):
            chance = sigmoid(design @ point)
            slope = design.T @ (chance - targets) + penalty @ point
            curve = (design * (chance * (1 - chance) + 1e-9)[:, None]).T @ design + penalty
            step = np.linalg.solve(curve, slope)
            point = point - step
            if np.abs(step).max() < 1e-8:
                break
        return cls(mean, spread, point[:-1], float(point[-1]))

    def __call__(self, features: Doubles) -> Doubles:
        return sigmoid(((features - self.mean) / self.spread) @ self.weights + self.bias)


def sigmoid(values: Doubles) -> Doubles:
    return 1 / (1 + np.exp(-np.clip(values, -40, 40)))


def threshold_for(target: float, confidence: Doubles, right: NDArray[np.bool_]) -> float:
    """The lowest confidence such that at most the share `target` of answers from there up were wrong; above 1 if none.

    One more answer with the wrong rate `target` is imagined, so that a short lucky streak promises less.
    """
    if not len(confidence):
        return 1.01
    order = np.argsort(-confidence, kind="stable")
    wrong, answered = np.cumsum(~right[order]), np.arange(1, len(order) + 1)
    kept = np.flatnonzero((wrong + target) / (answered + 1) <= target)
    if not len(kept):
        return 1.01
    return float(confidence[order[kept[-1]]])


def expected_calibration_error(confidence: Doubles, right: NDArray[np.bool_], bins: int = 15) -> float:
    """Mean gap between confidence and share right over equal-width bins, weighted by size (Guo et al. 2017)."""
    if not len(confidence):
        return 0.0
    places = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    gap = np.bincount(places, weights=confidence - right, minlength=bins)
    return float(np.abs(gap).sum() / len(confidence))
