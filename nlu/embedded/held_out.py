"""Judges a model on held-out folds while it is trained, in closed form: no fold is trained a second time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from nlu.embedded.calibration import Doubles, Logistic, threshold_for
from nlu.embedded.kernel import Fit
from nlu.embedded.scores import confidence_features, scope_features
from nlu.embedded.tfidf import Floats


class Trained(Protocol):
    """The training rows: the client's examples, the intents' names, the client's texts that are out of scope, then the
    generic utterances; each number counts the rows up to the end of its part. Labels are -1 out of scope.
    """

    @property
    def texts(self) -> Sequence[str]: ...
    @property
    def labels(self) -> NDArray[np.int64]: ...
    @property
    def examples(self) -> int: ...
    @property
    def named(self) -> int: ...
    @property
    def given(self) -> int: ...


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Of each of `rows` (places among the training rows): the best intent by the model that saw nothing of its fold,
    its calibrated chance, and whether the bot would have answered. Calibration and thresholds are the other folds'.
    """

    rows: NDArray[np.int64]
    best: NDArray[np.int64]
    confidence: Doubles
    in_scope: NDArray[np.bool_]
    answerable: NDArray[np.bool_]


@dataclass
class Folds:
    """Watches a training: `key` makes texts the same, `fold_of` says which fold a text is in (0 … count - 1), `target`
    and `refused` are the shares that the thresholds keep. `left_out` stays None where there is too little to hold out.
    """

    count: int
    key: Callable[[str], str]
    fold_of: Callable[[str], int]
    target: float
    refused: float
    left_out: LeftOut | None = field(default=None, init=False)
    texts: Sequence[str] = field(default=(), init=False)
    labels: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64), init=False)
    _members: list[NDArray[np.int64]] = field(default_factory=list, init=False)
    _foreign: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, np.bool_), init=False)

    def before(self, rows: Trained, cosines: Floats) -> None:
        """Sees the cosines of all rows before they become a kernel."""
        self.texts, self.labels = rows.texts, rows.labels
        asked = (*range(rows.examples), *range(rows.named, rows.given))
        folds = {place: self.fold_of(rows.texts[place]) for place in asked}
        names = {self.key(rows.texts[place]): place for place in range(rows.examples, rows.named)}
        foreign = np.zeros(rows.given, dtype=np.bool_)
        self._members = []
        for fold in range(self.count):
            mine = [place for place in asked if folds[place] == fold]
            same = {names[key] for place in mine if (key := self.key(rows.texts[place])) in names}
            members = np.array(sorted({*mine, *same}), dtype=np.int64)
            self._members.append(members)
            if len(members):
                seen = cosines[members]
                seen[:, members] = -1
                foreign[members] = seen[:, : rows.named].max(axis=1) < seen[:, rows.named :].max(axis=1, initial=-1)
        self._foreign = foreign

    def after(self, fit: Fit, rows: Trained, strangers: Floats) -> None:
        """Sees the solved model; `strangers` are each example's scores by the model that lacks its whole intent."""
        scores = np.zeros((rows.given, fit.targets.shape[1]), dtype=np.float32)
        fold = np.full(rows.given, -1, dtype=np.int64)
        for number, members in enumerate(self._members):
            if len(members):
                scores[members] = fit.without(members)
                fold[members] = number
        asked = np.concatenate((np.arange(rows.examples), np.arange(rows.named, rows.given)))
        generic = fit.without_each()[rows.given :]
        sample = _Sample.of(scores, fold, rows, np.vstack((strangers, scores[rows.named :], generic)))
        if sample is not None:
            self.left_out = self._judged(sample, scores[asked], fold[asked], asked)

    def _judged(
        self, sample: _Sample, scores: Floats, fold: NDArray[np.int64], asked: NDArray[np.int64]
    ) -> LeftOut | None:
        confidence, scope = np.zeros(len(asked)), np.zeros(len(asked))
        threshold, limit = np.full(len(asked), 2.0), np.zeros(len(asked))
        features, shapes = confidence_features(scores), scope_features(scores)
        for number in np.unique(fold):
            rest, mine = sample.fold != number, fold == number
            if rest.sum() < 2:
                return None
            trust = Logistic.fit(sample.features[rest], sample.right[rest])
            others = sample.fold_outside != number
            answers = np.repeat([True, False], [rest.sum(), others.sum()])
            inside = Logistic.fit(np.vstack((sample.shapes[rest], sample.outside[others])), answers)
            confidence[mine], scope[mine] = trust(features[mine]), inside(shapes[mine])
            threshold[mine] = threshold_for(self.target, trust(sample.features[rest]), sample.right[rest])
            limit[mine] = np.quantile(inside(sample.shapes[rest]), self.refused)
        in_scope = (scope >= limit) & ~self._foreign[asked]
        return LeftOut(asked, scores.argmax(axis=1), confidence, in_scope, in_scope & (confidence >= threshold))


@dataclass(frozen=True, slots=True)
class _Sample:
    """What calibration is fitted on: the examples, and what is out of scope, each with its fold (-1: in none)."""

    features: Doubles
    right: NDArray[np.bool_]
    fold: NDArray[np.int64]
    shapes: Doubles
    outside: Doubles
    fold_outside: NDArray[np.int64]

    @classmethod
    def of(cls, scores: Floats, fold: NDArray[np.int64], rows: Trained, outside: Floats) -> _Sample | None:
        known = scores[: rows.examples]
        if not len(known) or not len(outside):
            return None
        folds = np.full(len(outside), -1, dtype=np.int64)
        folds[: rows.examples] = fold[: rows.examples]
        given = rows.given - rows.named
        folds[rows.examples : rows.examples + given] = fold[rows.named :]
        right = known.argmax(axis=1) == rows.labels[: rows.examples]
        return cls(
            confidence_features(known),
            right,
            fold[: rows.examples],
            scope_features(known),
            scope_features(outside),
            folds,
        )
