"""A Rasa model's held-out answers: calibrated by the other folds, kept with it, answered at any target."""

import random

from conversation.understanding import RankedIntent
from nlu.rasa.calibration import Calibration, Judged
from nlu.rasa.held_out import held_out
from nlu.rasa.model import RasaModel
from nlu.rasa.training import split
from nlu.training_data import Example, TrainingData
from nlu.versions.folds import fold_of, text_key
from nlu.versions.learning import judged_on_rasa
from nlu.versions.promise import answered_at
from tests.clients.packs import pack

FOLDS = 3


def judged(count: int = 240) -> list[Judged]:
    """Sure guesses are mostly right, unsure ones mostly wrong; each fold also hears what is out of scope."""
    chance = random.Random(3)
    found = []
    for n in range(count):
        text, sure = f"example {n}", chance.random()
        right = chance.random() < sure
        ranking = (RankedIntent("a" if right else "b", 0.3 + 0.69 * sure), RankedIntent("c", 0.7 - 0.69 * sure))
        found.append(Judged(ranking, right, text, "a", fold_of(text, FOLDS)))
    foreign = [Judged((RankedIntent("a", 0.2), RankedIntent("b", 0.19)), None, fold=n % FOLDS) for n in range(60)]
    return found + foreign


def test_each_fold_is_calibrated_by_the_others() -> None:
    held = held_out(judged())
    assert {one.text for one in held} == {text_key(f"example {n}") for n in range(240)}
    assert sum(one.right for one in held if one.confidence > 0.8) > sum(
        one.right for one in held if one.confidence < 0.3
    )
    assert not any(one.answerable for one in held), "it hangs on a target"
    usual, strict = (sum(one.answerable for one in answered_at(held, FOLDS, target)) for target in (0.2, 0.05))
    assert usual > strict


def test_too_few_folds_to_calibrate_are_no_evaluation() -> None:
    assert held_out([one for one in judged() if one.fold == 0]) == ()
    assert judged_on_rasa(RasaModel(), pack("alpenrad"), 0.03) == (None, ())


def test_the_held_out_answers_are_kept_with_the_model() -> None:
    made = judged()
    model = RasaModel("m", "", Calibration.fit(made), facts={"folds": FOLDS}, held_out=held_out(made))
    again = RasaModel.from_bytes(model.to_bytes())
    assert again.held_out == model.held_out
    evaluation, held = judged_on_rasa(again, pack("alpenrad"), 0.1)
    assert evaluation is not None
    assert (evaluation.folds, evaluation.examples) == (FOLDS, 240)
    assert evaluation.promise.coverage == sum(one.answerable for one in held) / 240


def test_the_same_text_is_never_learned_where_it_is_asked() -> None:
    texts = ["Wo ist es", "wo ist es", "wann kommt es", "ist es da", "kommt es bald", "wie lange noch"]
    data = TrainingData((*(Example(text, "a") for text in texts), Example("ja", "b"), Example("nein", "b")))
    asked = 0
    for fold in range(FOLDS):
        kept, held = split(data, fold, FOLDS)
        assert not {text_key(one.text) for one in held} & {text_key(one.text) for one in kept.examples}
        assert {"a", "b"} <= set(kept.intents)
        asked += len(held)
    assert asked == len(data.examples)
