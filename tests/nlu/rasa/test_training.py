"""Training on a server: the project that is sent, the folds, what the scores are worth, where Rasa is looked for."""

import json
from pathlib import Path

import numpy as np
import pytest

from app.packs import Unusable
from app.rasa import workshop_or_refuse
from conversation.understanding import FALLBACK_INTENT, RankedIntent
from nlu.rasa.address import Address
from nlu.rasa.calibration import Calibration, Judged
from nlu.rasa.errors import RasaRefused
from nlu.rasa.project import STANDARD_CONFIG, marked, project
from nlu.rasa.training import require_enough, split
from nlu.rasa.workshop import Workshop
from nlu.training_data import Annotation, Example, NamedPattern, TrainingData, parse_training_data
from tests.clients.packs import PACKS, pack
from tests.nlu.bike_shop import bike_shop

CONFIG = STANDARD_CONFIG.read_text("utf-8")


def unplaced(data: TrainingData) -> object:
    examples = sorted((e.intent, e.text, e.entities) for e in data.examples if e.intent != FALLBACK_INTENT)
    return examples, dict(data.synonyms), sorted((r.name, r.pattern) for r in data.regexes), dict(data.lookups)


@pytest.mark.parametrize("name", ["bike shop", *PACKS])
def test_what_rasa_is_sent_says_what_the_pack_says(name: str) -> None:
    data = bike_shop() if name == "bike shop" else pack(name).data
    again, problems = parse_training_data(project(CONFIG, data))
    assert [p for p in problems if not p.warning] == []
    assert unplaced(again) == unplaced(data)


def test_entities_are_marked_with_everything_known_of_them() -> None:
    notes = (
        Annotation("city", "Munich", 5, 12, role="from"),
        Annotation("city", "Berlin", 16, 22),
        Annotation("capital", "Berlin", 16, 22),
    )
    text = 'from München to Berlin "quoted" {braces}'
    shown = marked(Example(text, "travel", notes))
    assert shown == (
        'from [München]{"entity": "city", "value": "Munich", "role": "from"} to '
        '[Berlin][{"entity": "city"}, {"entity": "capital"}] "quoted" {braces}'
    )
    data = TrainingData((Example(text, "travel", notes), Example("x: #y", "other")), {}, (NamedPattern("n", r"\d{3}"),))
    again, _ = parse_training_data(project(CONFIG, data))
    assert [(e.text, e.entities) for e in again.examples] == [(text, notes), ("x: #y", ())]


def test_examples_out_of_scope_are_not_taught() -> None:
    data = TrainingData((Example("a", "x"), Example("b", "y"), Example("sing", FALLBACK_INTENT)))
    assert "sing" not in project(CONFIG, data)


@pytest.mark.parametrize(("config", "why"), [("pipeline: [", "is not YAML"), ("language: en", "names no `pipeline`")])
def test_a_config_that_is_none_is_refused(config: str, why: str) -> None:
    with pytest.raises(RasaRefused, match=why):
        project(config, bike_shop())


def test_every_example_is_asked_once_and_never_by_a_model_that_knows_it() -> None:
    lonely = Example("only one", "lonely")
    foreign = tuple(Example(f"foreign {n}", FALLBACK_INTENT) for n in range(3))
    data = TrainingData((*bike_shop().examples, lonely, *foreign))
    asked: list[Example] = []
    for fold in range(3):
        kept, held_out = split(data, fold, 3)
        assert not set(kept.examples) & set(held_out)
        assert lonely in kept.examples
        assert {e.intent for e in kept.examples} >= set(bike_shop().intents)
        asked += held_out
    assert sorted(e.text for e in asked) == sorted(e.text for e in data.examples if e is not lonely)
    assert split(data, 0, 3) == split(data, 0, 3)


def test_one_intent_is_too_little() -> None:
    with pytest.raises(RasaRefused, match="at least 2 intents"):
        require_enough(TrainingData((Example("a", "x"), Example("b", FALLBACK_INTENT))))


def sample(seed: int, size: int) -> list[Judged]:
    """Scores that boast: right only as often as the square root's shape says, and low for what is out of scope."""
    dice = np.random.default_rng(seed)
    judged = []
    for place in range(size):
        outside = place % 5 == 0
        best = float(dice.uniform(0.2, 0.6) if outside else dice.uniform(0.3, 0.99))
        ranking = (RankedIntent("a", best), RankedIntent("b", (1 - best) * 0.7), RankedIntent("c", (1 - best) * 0.3))
        judged.append(Judged(ranking, None if outside else bool(dice.uniform() < best**3)))
    return judged


def test_scores_become_chances_that_keep_their_word() -> None:
    calibration = Calibration.fit(sample(1, 3000))
    fresh = [one for one in sample(2, 3000) if one.right is not None]
    chances = np.array([calibration.judge(one.ranking)[0] for one in fresh])
    right = np.array([one.right for one in fresh])
    for low in (0.2, 0.4, 0.6):
        band = (chances >= low) & (chances < low + 0.2)
        assert abs(chances[band].mean() - right[band].mean()) < 0.08
    answered = chances >= calibration.threshold(0.15)
    assert answered.mean() > 0.02
    assert (~right[answered]).mean() < 0.2


def test_what_is_out_of_scope_looks_less_in_scope() -> None:
    calibration = Calibration.fit(sample(3, 1000))
    inside = [calibration.judge(one.ranking)[1] for one in sample(4, 1000) if one.right is not None]
    outside = [calibration.judge(one.ranking)[1] for one in sample(4, 1000) if one.right is None]
    assert np.mean(inside) > np.mean(outside) + 0.1


def test_a_stricter_target_answers_less_and_no_answer_is_a_valid_one() -> None:
    calibration = Calibration.fit(sample(5, 500))
    thresholds = [calibration.threshold(target) for target in (0.3, 0.1, 0.03)]
    assert thresholds == sorted(thresholds)
    never = Calibration.fit([Judged(one.ranking, None if one.right is None else False) for one in sample(5, 100)])
    assert never.promise(0.03).coverage == 0.0


def test_a_text_on_which_rasa_chokes_counts_as_wrong() -> None:
    calibration = Calibration.fit([*sample(6, 200), Judged((), right=False)])
    assert calibration.judge(())[0] < 0.5


def test_one_sided_samples_are_refused() -> None:
    with pytest.raises(ValueError, match="out of scope"):
        Calibration.fit([one for one in sample(7, 50) if one.right is not None])


def test_a_calibration_survives_json() -> None:
    calibration = Calibration.fit(sample(8, 300))
    again = Calibration.from_json(json.loads(json.dumps(calibration.to_json())))
    ranking = sample(9, 2)[1].ranking
    assert again.judge(ranking) == pytest.approx(calibration.judge(ranking))
    assert again.threshold(0.1) == pytest.approx(calibration.threshold(0.1), abs=1e-4)


def test_the_workshop_is_found_where_it_is_named(tmp_path: Path) -> None:
    assert Workshop.found({}, tmp_path) is None
    python = tmp_path / ".venv-rasa" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    found = Workshop.found({}, tmp_path)
    assert found == Workshop(tmp_path / "var" / "rasa", python=python)
    other = Workshop.found(
        {"SWITCHBOARD_RASA_TRAINER": "http://t:5005?token=x", "SWITCHBOARD_RASA_HOME": "/r"}, tmp_path
    )
    assert other == Workshop(Path("/r"), trainer=Address("http://t:5005", "x"))


def test_without_a_workshop_the_way_to_one_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("PYTHON", "TRAINER", "HOME"):
        monkeypatch.delenv(f"SWITCHBOARD_RASA_{name}", raising=False)
    with pytest.raises(Unusable, match=r"make rasa-environment.*Python 3\.10"):
        workshop_or_refuse()


def test_a_server_that_ends_at_once_is_told_with_its_log(tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho no module named rasa\nexit 3\n")
    broken.chmod(0o755)
    with (
        pytest.raises(RasaRefused, match=r"ended with code 3; its own words are in .*trainer-\d+\.log"),
        Workshop(tmp_path / "home", python=broken).spare(),
    ):
        pass
    assert "no module named rasa" in next((tmp_path / "home").glob("*.log")).read_text()
