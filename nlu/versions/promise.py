"""What held-out answers say a bot will do: judged figures, and the promise at a target of wrong answers."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from conversation.understanding import FALLBACK_INTENT
from nlu.embedded.calibration import expected_calibration_error, threshold_for
from nlu.versions.drift import vocabulary, words_of
from nlu.versions.folds import fold_of
from nlu.versions.version import Confusion, Evaluation, Held, IntentFigures, Promise

_CONFUSIONS = 20


def evaluation_of_folds(
    held: Sequence[Held], texts: Sequence[str], folds: int, target: float, threshold: float
) -> Evaluation:
    """The figures of a version on its held-out folds. `threshold` is the one of the model that will run; the promise
    counts what each fold would have done at the threshold of the others, so that no example decides over itself.
    `texts` are all examples' texts.
    """
    inside = [one for one in held if one.intent != FALLBACK_INTENT]
    right = np.array([one.right for one in inside], dtype=np.bool_)
    confidence = np.array([one.confidence for one in inside], dtype=np.float64)
    figures = _intents(inside)
    return Evaluation(
        folds=folds,
        examples=len(inside),
        accuracy=_mean(right),
        macro_f1=_mean(np.array([one.f1 for one in figures])),
        ece=expected_calibration_error(confidence, right),
        promise=_promise(inside, target, threshold),
        confusions=_confusions(inside),
        intents=figures,
        unknown_words=unknown_share(texts, folds),
    )


def promise_at(held: Sequence[Held], target: float) -> Promise:
    """What the held-out examples say about another target: the threshold is the lowest at which it is kept on them."""
    inside = [one for one in held if one.intent != FALLBACK_INTENT]
    threshold = _threshold(inside, target)
    kept = [one._replace(answerable=one.in_scope and one.confidence >= threshold) for one in inside]
    return _promise(kept, target, threshold)


def answered_at(held: Sequence[Held], folds: int, target: float) -> tuple[Held, ...]:
    """The examples with `answerable` as each fold would have it at the threshold that the others need."""
    places = [int(one.text, 16) % folds for one in held]
    thresholds = {
        fold: _threshold([one for one, other in zip(held, places, strict=True) if other != fold], target)
        for fold in set(places)
    }
    return tuple(
        one._replace(answerable=one.in_scope and one.confidence >= thresholds[fold])
        for one, fold in zip(held, places, strict=True)
    )


def unknown_share(texts: Sequence[str], folds: int) -> float:
    """The share of words in a fold that no text of the other folds has."""
    by_fold: dict[int, list[str]] = {}
    for text in texts:
        by_fold.setdefault(fold_of(text, folds), []).append(text)
    unknown = total = 0
    for fold, own in by_fold.items():
        known = vocabulary(text for other, rest in by_fold.items() if other != fold for text in rest)
        words = [word for text in own for word in words_of(text)]
        unknown += sum(word not in known for word in words)
        total += len(words)
    return unknown / total if total else 0.0


def _threshold(held: Sequence[Held], target: float) -> float:
    inside = [one for one in held if one.intent != FALLBACK_INTENT]
    right = np.array([one.right for one in inside], dtype=np.bool_)
    confidence = np.array([one.confidence for one in inside], dtype=np.float64)
    return threshold_for(target, confidence, right)


def _promise(inside: Sequence[Held], target: float, threshold: float) -> Promise:
    answered = [one for one in inside if one.answerable]
    wrong = sum(not one.right for one in answered)
    return Promise(
        target=target,
        threshold=threshold,
        coverage=len(answered) / len(inside) if inside else 0.0,
        wrong=wrong / len(answered) if answered else 0.0,
    )


def _confusions(inside: Sequence[Held]) -> tuple[Confusion, ...]:
    counts = Counter((one.intent, one.predicted) for one in inside if not one.right)
    top = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_CONFUSIONS]
    return tuple(Confusion(intent, predicted, count) for (intent, predicted), count in top)


def _intents(inside: Sequence[Held]) -> tuple[IntentFigures, ...]:
    support = Counter(one.intent for one in inside)
    guessed = Counter(one.predicted for one in inside)
    hits = Counter(one.intent for one in inside if one.right)
    figures = []
    for name, count in sorted(support.items()):
        precision = hits[name] / guessed[name] if guessed[name] else 0.0
        recall = hits[name] / count
        f1 = 2 * precision * recall / (precision + recall) if hits[name] else 0.0
        figures.append(IntentFigures(name, count, precision, recall, f1))
    return tuple(figures)


def _mean(values: "np.ndarray[tuple[int, ...], np.dtype[np.generic]]") -> float:
    return float(values.astype(np.float64).mean()) if len(values) else 0.0
