"""Makes a promise of Rasa's scores: how often a score like this one was right on examples it had not learned."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conversation.understanding import RankedIntent
from nlu.embedded.calibration import Doubles, Logistic, threshold_for

_REFUSED = 0.05
_TINY = 1e-6
_FEATURES = 5


@dataclass(frozen=True, slots=True)
class Judged:
    """A text that the model had not learned: Rasa's ranking, and whether its best guess was right (None: the text is
    out of scope, no guess is right). `text` and `intent` are those of the client's own example, with its `fold`.
    """

    ranking: tuple[RankedIntent, ...]
    right: bool | None
    text: str = ""
    intent: str = ""
    fold: int = 0


@dataclass(frozen=True, slots=True)
class Promise:
    """At `threshold`: the share of held-out examples that is answered, and the share of those answered wrongly."""

    threshold: float
    coverage: float
    wrong: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Two logistics on the shape of Rasa's ranking, and what they said of the held-out examples."""

    confidence: Logistic
    scope: Logistic
    held_out_confidence: Doubles
    held_out_scope: Doubles
    held_out_right: NDArray[np.bool_]

    @classmethod
    def fit(cls, judged: Sequence[Judged]) -> "Calibration":
        """`confidence` is fitted to right or wrong, `scope` to in or out of scope. Platt 1999, as the embedded engine.
        Raises ValueError if the sample lacks one of the two sorts.
        """
        inside = [one for one in judged if one.right is not None]
        outside = [one for one in judged if one.right is None]
        if not inside or not outside:
            raise ValueError("calibration needs held-out examples and texts that are out of scope")
        known, foreign = _matrix(one.ranking for one in inside), _matrix(one.ranking for one in outside)
        right = np.array([bool(one.right) for one in inside])
        confidence = Logistic.fit(known, right)
        both = np.vstack((known, foreign))
        scope = Logistic.fit(both, np.arange(len(both)) < len(known))
        return cls(confidence, scope, confidence(known), scope(known), right)

    def judge(self, ranking: Sequence[RankedIntent]) -> tuple[float, float]:
        """The chance that the best guess is right, and the chance that the text is in scope."""
        features = _matrix([ranking])
        return float(self.confidence(features)[0]), float(self.scope(features)[0])

    def threshold(self, target: float) -> float:
        """The lowest confidence from which at most `target` of the held-out answers were wrong; above 1 if none."""
        return threshold_for(target, self.held_out_confidence, self.held_out_right)

    def scope_threshold(self) -> float:
        """The chance of being in scope that all but the lowest 5 % of the held-out examples reach."""
        return float(np.quantile(self.held_out_scope, _REFUSED))

    def promise(self, target: float) -> Promise:
        """What the held-out examples say about answering at this target."""
        threshold = self.threshold(target)
        answered = (self.held_out_confidence >= threshold) & (self.held_out_scope >= self.scope_threshold())
        wrong = float((~self.held_out_right[answered]).mean()) if answered.any() else 0.0
        return Promise(threshold, float(answered.mean()), wrong)

    def to_json(self) -> dict[str, Any]:
        """Plain values, small enough for a pack's version."""
        return {
            "confidence": _plain(self.confidence),
            "scope": _plain(self.scope),
            "held_out": [
                [round(float(c), 5), round(float(s), 5), int(r)]
                for c, s, r in zip(self.held_out_confidence, self.held_out_scope, self.held_out_right, strict=True)
            ],
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> "Calibration":
        """The calibration back from to_json()."""
        held_out = np.array(kept["held_out"], dtype=np.float64).reshape(-1, 3)
        right = held_out[:, 2] > 0
        return cls(_logistic(kept["confidence"]), _logistic(kept["scope"]), held_out[:, 0], held_out[:, 1], right)


def _matrix(rankings: Iterable[Sequence[RankedIntent]]) -> Doubles:
    """Log odds of the best, margin, log ratio to the second, entropy, sum of squares of the (at most ten) scores."""
    rows = []
    for ranking in rankings:
        scores = np.clip([one.confidence for one in ranking[:10]] or [_TINY], _TINY, 1 - _TINY)
        best, second = scores[0], scores[1] if len(scores) > 1 else _TINY
        entropy = float(-(scores * np.log(scores)).sum())
        rows.append((np.log(best / (1 - best)), best - second, np.log(best / second), entropy, (scores**2).sum()))
    return np.array(rows, dtype=np.float64).reshape(-1, _FEATURES)


def _plain(logistic: Logistic) -> dict[str, Any]:
    arrays = {"mean": logistic.mean, "spread": logistic.spread, "weights": logistic.weights}
    return {**{name: array.tolist() for name, array in arrays.items()}, "bias": logistic.bias}


def _logistic(kept: dict[str, Any]) -> Logistic:
    mean, spread, weights = (np.array(kept[name], dtype=np.float64) for name in ("mean", "spread", "weights"))
    return Logistic(mean, spread, weights, float(kept["bias"]))
