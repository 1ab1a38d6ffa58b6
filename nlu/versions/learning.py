"""Trains a pack's embedded model and judges it on held-out folds in the same go."""

from dataclasses import dataclass

from conversation.understanding import FALLBACK_INTENT
from nlu.embedded.engine import SCOPE_REFUSED, EmbeddedEngine
from nlu.embedded.held_out import Folds
from nlu.pack import Pack
from nlu.rasa.model import RasaModel
from nlu.versions.folds import FOLDS, fold_of, text_key
from nlu.versions.promise import answered_at, evaluation_of_folds
from nlu.versions.version import Evaluation, Held


@dataclass(frozen=True, slots=True)
class Learned:
    """A model as a file, and what it said of each fold it had not seen; no evaluation where there is too little."""

    model: bytes
    evaluation: Evaluation | None
    held_out: tuple[Held, ...]


def learn_embedded(pack: Pack, folds: int = FOLDS) -> Learned:
    """The embedded model of a pack with its evaluation. CPU-bound, seconds. ValueError if there is nothing to learn."""
    target = pack.profile.bot.wrong_answers
    watch = Folds(folds, text_key, lambda text: fold_of(text, folds), target, SCOPE_REFUSED)
    engine = EmbeddedEngine.train(
        pack.data, pack.profile.languages, target, pack.domain.entities, pack.knowledge.questions, watch
    )
    held = _held(watch, engine.model.intents)
    texts = [watch.texts[row] for row in watch.left_out.rows] if watch.left_out is not None else []
    evaluation = evaluation_of_folds(held, texts, folds, target, engine.threshold) if held else None
    return Learned(engine.model.to_bytes(), evaluation, held)


def judged_on_rasa(model: RasaModel, pack: Pack, target: float) -> tuple[Evaluation | None, tuple[Held, ...]]:
    """The evaluation of a model that learned on Rasa's folds, and its held-out examples; none for one whose folds were
    not kept or could not be calibrated by each other.
    """
    if not model.held_out or model.calibration is None:
        return None, ()
    texts = [example.text for example in pack.data.examples]
    folds = int(model.facts.get("folds", 2))
    held = answered_at(model.held_out, folds, target)
    return evaluation_of_folds(held, texts, folds, target, model.calibration.threshold(target)), held


def _held(watch: Folds, intents: tuple[str, ...]) -> tuple[Held, ...]:
    left = watch.left_out
    if left is None:
        return ()
    return tuple(
        Held(
            text=text_key(watch.texts[row]),
            intent=intents[watch.labels[row]] if watch.labels[row] >= 0 else FALLBACK_INTENT,
            predicted=intents[left.best[place]],
            confidence=round(float(left.confidence[place]), 5),
            in_scope=bool(left.in_scope[place]),
            answerable=bool(left.answerable[place]),
        )
        for place, row in enumerate(left.rows)
    )
