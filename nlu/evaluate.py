"""Judges an engine on texts it has not seen, in the figures a client's contract speaks of."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conversation.errors import PackInvalid
from conversation.understanding import FALLBACK_INTENT, Understanding
from nlu.embedded.calibration import expected_calibration_error
from nlu.embedded.engine import EmbeddedEngine
from nlu.engine import Engine, EngineUnavailable, guessed
from nlu.rasa.errors import RasaRefused
from nlu.rasa.project import STANDARD_CONFIG
from nlu.rasa.regexes import RasaPackEngine, RegexEntities
from nlu.rasa.training import learn
from nlu.rasa.workshop import Workshop
from nlu.training_data import Example, TrainingData, load_training_data

_BATCH = 64
_TIMED = 300
_WARM_UP = 10
_ROUNDS = 3
_OUTSIDE = frozenset((FALLBACK_INTENT, "out_of_scope", "oos"))
_REFUSED = 0.05


class EvaluationFailed(Exception):
    """The files or the engine do not allow an evaluation; one line says why."""


@dataclass(frozen=True, slots=True)
class Trained:
    """An engine ready to be judged, what its training took, and its size as a file."""

    engine: Engine
    train_s: float
    model_bytes: int


def evaluate(train_path: Path, test_path: Path, engine: str = "embedded", target: float = 0.03) -> dict[str, Any]:
    """Train on one file, judge on the other; shares are 0..1, times as their names say.

    Test texts under `nlu_fallback` are out of scope, as are those under `out_of_scope` or `oos` where the training data
    has no such intent. `accuracy`, `macro_f1` and `ece` (15 bins) are over the in-scope
    texts, without rejection. `out_of_scope` (both figures None without such texts): `auroc` of the engine's scope
    score, and `recall_at_5`, the share of out-of-scope texts below the score that 5 % of the in-scope test texts
    fall below.
    `auto_answer` is what would be answered at `target` wrong answers, by thresholds from the training data: `coverage`
    is the share of in-scope texts answered, `precision` the share of those answered rightly (None if none was).
    Raises EvaluationFailed.
    """
    if not 0 < target < 1:
        raise EvaluationFailed(
            f"the target of wrong answers must lie between 0 and 1, {target} does not: 0.03 means 3 %"
        )
    data, test = _load(train_path), _load(test_path)
    with _trainer(engine)(data, target) as trained:
        return judge(trained, data, test.examples, str(test_path))


def judge(
    trained: Trained, data: TrainingData, examples: Sequence[Example], source: str = "the test set"
) -> dict[str, Any]:
    """The same figures for an engine that is already trained."""
    foreign_names = {FALLBACK_INTENT, *(_OUTSIDE - set(data.intents))}
    inside = [example for example in examples if example.intent not in foreign_names]
    outside = [example for example in examples if example.intent in foreign_names]
    if not inside:
        raise EvaluationFailed(f"{source} holds no in-scope examples: add intents other than {FALLBACK_INTENT}")
    strangers = sorted({example.intent for example in inside} - set(data.intents))
    if strangers:
        some = ", ".join(strangers[:5]) + (" …" if len(strangers) > 5 else "")
        raise EvaluationFailed(f"{source} has intents that the training data lacks: {some}")
    known = _parse(trained.engine, [example.text for example in inside])
    foreign = _parse(trained.engine, [example.text for example in outside])
    truth = [example.intent for example in inside]
    guesses = [guessed(understanding).name for understanding in known]
    right = np.array([guess == true for guess, true in zip(guesses, truth, strict=True)])
    confidence = np.array([guessed(understanding).confidence for understanding in known])
    answered = np.array([understanding.answerable for understanding in known])
    intents = _by_intent(truth, guesses)
    return {
        "accuracy": float(right.mean()),
        "macro_f1": float(np.mean([intent["f1"] for intent in intents])),
        "ece": expected_calibration_error(confidence, right),
        "train_s": trained.train_s,
        "latency_ms": latency(trained.engine, [example.text for example in inside]),
        "model_bytes": trained.model_bytes,
        "out_of_scope": _out_of_scope(known, foreign),
        "auto_answer": {
            "coverage": float(answered.mean()),
            "precision": float(right[answered].mean()) if answered.any() else None,
        },
        "intents": intents,
    }


def _load(path: Path) -> TrainingData:
    try:
        data = load_training_data([path])
    except PackInvalid as invalid:
        more = f" (and {len(invalid.problems) - 1} more)" if len(invalid.problems) > 1 else ""
        raise EvaluationFailed(f"{invalid.problems[0]}{more}") from invalid
    if not data.examples:
        raise EvaluationFailed(f"{path} holds no examples: write `nlu:` with `- intent: …` items")
    return data


def _trainer(engine: str) -> Callable[[TrainingData, float], AbstractContextManager[Trained]]:
    trainers = {"embedded": _train_embedded, "rasa": train_rasa}
    if engine not in trainers:
        raise EvaluationFailed(f"there is no engine {engine!r}: choose one of {', '.join(trainers)}")
    return trainers[engine]


@contextmanager
def _train_embedded(data: TrainingData, target: float) -> Iterator[Trained]:
    EmbeddedEngine.warm_up()
    begun = time.perf_counter()
    try:
        engine = EmbeddedEngine.train(data, target=target)
    except ValueError as bad:
        raise EvaluationFailed(str(bad)) from bad
    yield Trained(engine, time.perf_counter() - begun, len(engine.model.to_bytes()))


@contextmanager
def train_rasa(data: TrainingData, target: float, config: Path = STANDARD_CONFIG) -> Iterator[Trained]:
    """A real Rasa server that has learned `data`, up for as long as the block lasts. `train_s` is Rasa's training; the
    calibration on held-out folds takes two more of the kind. Raises EvaluationFailed where there is no Rasa.
    """
    workshop = Workshop.found()
    if workshop is None:
        raise EvaluationFailed(
            "the engine 'rasa' needs a Rasa to train on, and none is set up here: run `make rasa-environment`, or name "
            "a spare server in SWITCHBOARD_RASA_TRAINER"
        )
    try:
        with workshop.spare() as server:
            lesson = learn(server, config.read_text("utf-8"), data)
            try:
                regexes = RegexEntities.of(data, {regex.name for regex in data.regexes})
                engine = RasaPackEngine(server, lesson.model, target=target, regexes=regexes)
                yield Trained(engine, lesson.train_s, len(lesson.archive))
            finally:
                workshop.drop((*lesson.leftover, lesson.model.file))
    except RasaRefused as refused:
        raise EvaluationFailed(str(refused)) from refused


def _parse(engine: Engine, texts: Sequence[str]) -> list[Understanding]:
    try:
        return [made for begin in range(0, len(texts), _BATCH) for made in engine.parse(texts[begin : begin + _BATCH])]
    except EngineUnavailable as down:
        raise EvaluationFailed(str(down)) from down


def latency(engine: Engine, texts: Sequence[str], rounds: int = _ROUNDS) -> dict[str, float]:
    """Milliseconds: `p50` and `p99` of single messages and `batch` per message in batches of 64, on the wall, each the
    quickest of `rounds` so that a busy neighbour is not taken for the engine; `cpu`, the mean of single messages in
    CPU time of this process, which no neighbour lengthens. At most 300 texts, evenly drawn, after a warm-up.
    """
    step = max(1, len(texts) // _TIMED)
    sample = texts[::step][:_TIMED]
    for text in sample[:_WARM_UP]:
        engine.parse([text])
    with _collected():
        began = time.process_time()
        singles = [[_timed(engine, [text]) for text in sample] for _ in range(rounds)]
        cpu = (time.process_time() - began) * 1000 / (rounds * len(sample))
        batches = [sample[at : at + _BATCH] for at in range(0, len(sample), _BATCH)]
        together = [sum(_timed(engine, batch) for batch in batches) for _ in range(rounds)]
    p50, p99 = np.percentile(np.min(singles, axis=0), (50, 99))
    return {"p50": float(p50), "p99": float(p99), "cpu": cpu, "batch": min(together) / len(sample)}


def _timed(engine: Engine, texts: Sequence[str]) -> float:
    begun = time.perf_counter()
    engine.parse(texts)
    return (time.perf_counter() - begun) * 1000


@contextmanager
def _collected() -> Iterator[None]:
    """Without the garbage collector, whose pauses belong to the whole process."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _out_of_scope(known: Sequence[Understanding], foreign: Sequence[Understanding]) -> dict[str, float | None]:
    if not foreign:
        return {"auroc": None, "recall_at_5": None}
    inside, outside = _scopes(known), _scopes(foreign)
    limit = np.quantile(inside, _REFUSED)
    return {"auroc": auroc(inside, outside), "recall_at_5": float((outside < limit).mean())}


def _scopes(understandings: Sequence[Understanding]) -> NDArray[np.float64]:
    return np.array([made.extra.get("scope", guessed(made).confidence) for made in understandings], dtype=np.float64)


def auroc(higher: NDArray[np.float64], lower: NDArray[np.float64]) -> float:
    """Chance that a value of `higher` exceeds one of `lower`, ties by half (Mann-Whitney U by pairs)."""
    ordered = np.sort(lower)
    below = np.searchsorted(ordered, higher, side="left") + np.searchsorted(ordered, higher, side="right")
    return float(below.sum() / (2 * len(higher) * len(lower)))


def _by_intent(truth: Sequence[str], guesses: Sequence[str]) -> list[dict[str, Any]]:
    pairs = list(zip(truth, guesses, strict=True))
    return [_figures(name, pairs) for name in sorted(set(truth))]


def _figures(name: str, pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    support = sum(true == name for true, _ in pairs)
    guessed_so = sum(guess == name for _, guess in pairs)
    hits = sum(true == guess == name for true, guess in pairs)
    precision = hits / guessed_so if guessed_so else 0.0
    recall = hits / support
    f1 = 2 * precision * recall / (precision + recall) if hits else 0.0
    return {"name": name, "support": support, "precision": precision, "recall": recall, "f1": f1}


def summary(figures: Mapping[str, Any]) -> str:
    """The figures in a few readable lines."""
    scope, answers, taken = figures["out_of_scope"], figures["auto_answer"], figures["latency_ms"]
    lines = (
        f"accuracy {figures['accuracy']:.1%}, macro F1 {figures['macro_f1']:.1%}, ECE {figures['ece']:.1%}",
        f"answers {answers['coverage']:.1%} itself, {_share(answers['precision'])} of those right",
        f"out of scope: AUROC {_share(scope['auroc'])}, recall at 5 % {_share(scope['recall_at_5'])}",
        f"trained in {figures['train_s']:.2f} s, {figures['model_bytes'] / 1e6:.2f} MB",
        f"one message takes {taken['p50']:.1f} ms (p99 {taken['p99']:.1f} ms, CPU {taken['cpu']:.1f} ms)",
        f"in batches of 64 {taken['batch']:.2f} ms each",
    )
    return "\n".join(lines)


def _share(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.1%}"
