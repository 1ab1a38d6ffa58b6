"""Trains a model through Rasa's own HTTP interface, and learns from held-out folds what its scores are worth."""

import hashlib
import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from conversation.understanding import FALLBACK_INTENT
from nlu.embedded.generic import generic_utterances
from nlu.rasa.answers import heard, read_answer
from nlu.rasa.calibration import Calibration, Judged
from nlu.rasa.errors import RasaDown, RasaRefused
from nlu.rasa.held_out import held_out as held_out_of
from nlu.rasa.model import RasaModel
from nlu.rasa.project import project
from nlu.rasa.server import RasaServer, served_as
from nlu.training_data import Example, TrainingData
from nlu.versions.folds import text_key

log = logging.getLogger(__name__)

FOLDS = 3
_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Lesson:
    """A trained model as Switchboard keeps it, the archive itself, the seconds for it and for its calibration, and the
    folds' models, which lie in the server's `models` folder and are of no more use.
    """

    model: RasaModel
    archive: bytes
    train_s: float
    calibrate_s: float
    leftover: tuple[str, ...]


def learn(server: RasaServer, config: str, data: TrainingData, folds: int = FOLDS) -> Lesson:
    """Trains on `server`, which must serve nobody else: the folds' models are loaded into it, one after the other, and
    the final one stays loaded. CPU-bound there, minutes. Raises RasaRefused.
    """
    require_enough(data)
    try:
        begun = time.perf_counter()
        leftover: list[str] = []
        judged = [one for fold in range(folds) for one in _fold(server, config, data, fold, folds, leftover)]
        calibration = Calibration.fit(judged)
        calibrated = time.perf_counter()
        name, archive = server.train(project(config, data))
        trained = time.perf_counter()
        server.swap(served_as(name))
    except RasaDown as down:
        raise RasaRefused(f"the training on Rasa broke off: {down}") from down
    server.look_again()
    facts = {"train_s": round(trained - calibrated, 1), "calibrate_s": round(calibrated - begun, 1), "folds": folds}
    model = RasaModel(name, hashlib.sha256(archive).hexdigest(), calibration, facts=facts, held_out=held_out_of(judged))
    return Lesson(model, archive, trained - calibrated, calibrated - begun, tuple(leftover))


def require_enough(data: TrainingData) -> None:
    """Raises RasaRefused for data of which Rasa would make a model without a classifier."""
    intents = {example.intent for example in data.examples} - {FALLBACK_INTENT}
    if len(intents) < 2:
        raise RasaRefused(f"Rasa needs examples of at least 2 intents, there are {len(intents)}: add some under nlu/")


def _fold(
    server: RasaServer, config: str, data: TrainingData, fold: int, folds: int, leftover: list[str]
) -> Iterator[Judged]:
    kept, held_out = split(data, fold, folds)
    begun = time.perf_counter()
    name, _ = server.train(project(config, kept))
    leftover.append(name)
    server.swap(served_as(name))
    foreign = [Example(text, FALLBACK_INTENT) for text in generic_utterances()[fold::folds]]
    yield from server.in_turns(lambda example: _judge(server, example, fold), held_out)
    yield from server.in_turns(lambda example: replace(_judge(server, example, fold), text=""), foreign)
    log.info("fold %d of %d took %.0f s", fold + 1, folds, time.perf_counter() - begun)


def split(data: TrainingData, fold: int, folds: int) -> tuple[TrainingData, Sequence[Example]]:
    """What this fold learns from, and what it is asked: the texts that nlu.versions.folds puts into it. The only text
    of an intent is always learned, and an intent whose texts all fell into one fold is dealt out instead; texts under
    `nlu_fallback` are always asked.
    """
    by_intent: dict[str, list[int]] = {}
    for place, example in enumerate(data.examples):
        by_intent.setdefault(example.intent, []).append(place)
    asked: set[int] = set()
    for intent, places in by_intent.items():
        texts = sorted({text_key(data.examples[place].text) for place in places})
        folds_of = {key: int(key, 16) % folds for key in texts}
        if intent != FALLBACK_INTENT and len(set(folds_of.values())) == 1:
            folds_of = {key: number % folds for number, key in enumerate(texts)} if len(texts) > 1 else {}
        asked.update(p for p in places if folds_of.get(text_key(data.examples[p].text)) == fold)
    kept = tuple(example for place, example in enumerate(data.examples) if place not in asked)
    return replace(data, examples=kept), [data.examples[place] for place in sorted(asked)]


def _judge(server: RasaServer, example: Example, fold: int) -> Judged:
    outside = example.intent == FALLBACK_INTENT
    try:
        answer = read_answer(server.parse(heard(example.text).words, time.monotonic() + _PATIENCE_S))
    except RasaDown as down:
        if down.status != 500:
            raise
        # Rasa chokes on this text: it would be no answer in service
        return Judged((), None if outside else False, example.text, example.intent, fold)
    guess = answer.ranking[0].name if answer.ranking else ""
    return Judged(answer.ranking, None if outside else guess == example.intent, example.text, example.intent, fold)
