"""A version judged on folds it has not seen: the same model, the same folds, and honest figures."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from nlu.embedded.model import EmbeddedModel
from nlu.pack import Pack, load_pack
from nlu.versions.folds import FOLDS, fold_of, text_key
from nlu.versions.learning import learn_embedded
from nlu.versions.names import read_name, version_name
from nlu.versions.promise import answered_at, promise_at, unknown_share
from nlu.versions.recipe import bot_digest, data_hash, recipe_hash
from nlu.versions.rows import evaluation_of, evaluation_to_row, held_of, held_to_bytes
from nlu.versions.texts import texts_difference
from tests.clients.packs import model, pack
from tests.nlu.shop_pack import texts


@pytest.fixture(scope="module")
def learned():
    return learn_embedded(pack("alpenrad"))


def test_judging_changes_nothing_about_the_model(learned) -> None:
    judged, plain = EmbeddedModel.from_bytes(learned.model), EmbeddedModel.from_bytes(model("alpenrad"))
    assert judged.intents == plain.intents
    assert np.allclose(judged.weights, plain.weights, atol=0.02)


def test_every_example_is_held_out(learned) -> None:
    wanted = {(text_key(one.text), one.intent) for one in pack("alpenrad").data.examples}
    assert {(one.text, one.intent) for one in learned.held_out} == wanted


def test_the_figures_follow_from_the_held_out_answers(learned) -> None:
    found, held = learned.evaluation, learned.held_out
    assert found.examples == len(held)
    assert found.accuracy == pytest.approx(sum(one.right for one in held) / len(held))
    answered = [one for one in held if one.answerable]
    assert found.promise.coverage == pytest.approx(len(answered) / len(held))
    assert found.promise.wrong == pytest.approx(sum(not one.right for one in answered) / len(answered))
    assert (
        str(found.promise) == f"answers {found.promise.coverage:.0%} itself, {found.promise.wrong:.1%} of those wrong"
    )
    assert sum(one.support for one in found.intents) == len(held)
    assert found.confusions[0].count == max(one.count for one in found.confusions)
    assert all(one.in_scope for one in answered)


def test_the_sample_bot_is_good_and_keeps_its_promise_on_texts_it_has_not_seen(learned) -> None:
    found = learned.evaluation
    assert found.accuracy > 0.85
    assert found.ece < 0.06
    assert found.promise.wrong < 0.05
    assert found.promise.coverage > 0.7
    assert 0.05 < found.unknown_words < 0.5


def test_a_stricter_target_answers_less_and_errs_less(learned) -> None:
    usual, strict = promise_at(learned.held_out, 0.03), promise_at(learned.held_out, 0.01)
    assert strict.threshold > usual.threshold
    assert strict.coverage < usual.coverage
    assert strict.wrong <= 0.01
    at = answered_at(learned.held_out, FOLDS, 0.01)
    assert sum(one.answerable for one in at) < sum(one.answerable for one in learned.held_out)


def test_what_is_kept_comes_back_as_it_was(learned) -> None:
    assert evaluation_of(evaluation_to_row(learned.evaluation)) == learned.evaluation
    assert held_of(held_to_bytes(learned.held_out)) == learned.held_out


def test_a_text_is_in_the_same_fold_however_it_is_typed() -> None:
    ways = ["Wo ist mein Rad?", "WO IST  MEIN RAD?", "Hallo, wo ist mein Rad?", "wo ist mein rad?"]
    assert len({text_key(one) for one in ways}) == 1
    counts = Counter(fold_of(f"question {n}") for n in range(2_000))
    assert set(counts) == set(range(FOLDS))
    assert max(counts.values()) < 2 * min(counts.values())


def test_new_words_are_counted_between_folds() -> None:
    assert unknown_share(["gleich gleich"] * 3, FOLDS) == 1.0  # one fold, and no other knows the word
    assert unknown_share([f"wort {n}" for n in range(50)], FOLDS) == 0.0
    assert unknown_share([], FOLDS) == 0.0


def changed(path: str, old: str, new: str) -> Pack:
    files = texts()
    assert old in files[path]
    return load_pack({**files, path: files[path].replace(old, new, 1)})


def test_the_data_is_the_same_until_the_model_would_learn_something_else() -> None:
    before = load_pack(texts())
    (nlu,) = [path for path in texts() if path.startswith("nlu")]
    assert data_hash(changed(nlu, "nlu:", "# a comment\nnlu:")) == data_hash(before)
    assert data_hash(changed(nlu, "  - ", "  - another word ")) != data_hash(before)
    stricter = replace(before.profile, bot=replace(before.profile.bot, wrong_answers=0.01))
    assert recipe_hash(before, "embedded", None) != recipe_hash(before, "embedded", "usem3")
    assert recipe_hash(before, "embedded", None) != recipe_hash(replace(before, profile=stricter), "embedded", None)


def test_a_bot_is_the_same_under_other_prices_and_another_one_with_other_words() -> None:
    files = texts()
    before = load_pack(files)
    one = bot_digest(files, before, "embedded", None)
    priced = {**files, "client.yml": files["client.yml"] + "\nprices: {currency: EUR}\n", "simulation.yml": "a: 1"}
    assert bot_digest(priced, before, "embedded", None) == one
    worded = {**files, "domain.yml": files["domain.yml"] + "\n# other\n"}
    assert bot_digest(worded, before, "embedded", None) != one
    assert bot_digest(files, before, "rasa", None) != one


def test_changed_texts_are_told_by_response_and_language() -> None:
    before = pack("alpenrad")
    files = dict(before.files.texts)
    files["domain.yml"] = files["domain.yml"].replace("Take care and enjoy the ride!", "Enjoy the ride!")
    (change,) = texts_difference(before, load_pack(files))
    path, old, new = change
    assert path.startswith("texts.utter_")
    assert path.endswith("[en]")
    assert (old, new) == (old, old.replace("Take care and enjoy the ride!", "Enjoy the ride!"))
    assert texts_difference(before, before) == []


@pytest.mark.parametrize(
    ("number", "stricter", "name"), [(7, None, "7"), (7, 0.015, "7 at 1.5%"), (12, 0.02, "12 at 2%")]
)
def test_a_version_is_named_by_number_and_stricter_target(number: int, stricter: float | None, name: str) -> None:
    assert version_name(number, stricter) == name
    assert read_name(name) == (number, stricter)
    assert read_name("alpenrad@3") is None
