import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from conversation.understanding import RankedIntent, Understanding
from nlu.evaluate import EvaluationFailed, Trained, auroc, evaluate, judge, summary
from nlu.training_data import Example, TrainingData
from tests.nlu.bike_shop import BIKE_SHOP

TEST_SET = """
nlu:
- intent: order_status
  examples: |
    - is my bike on its way
    - Paket noch nicht da
- intent: refund
  examples: |
    - I want my money
- intent: nlu_fallback
  examples: |
    - how deep is the ocean
    - sing a song about cheese
"""


@dataclass
class Parrot:
    """Answers from a table: text → (intent, confidence, answerable, scope)."""

    table: dict[str, tuple[str, float, bool, float]]
    name: str = "parrot"

    def parse(self, texts: Sequence[str], prior: Sequence[str | None] | None = None) -> list[Understanding]:
        return [self._one(text) for text in texts]

    def _one(self, text: str) -> Understanding:
        intent, confidence, answerable, scope = self.table[text]
        ranked = RankedIntent(intent, confidence)
        return Understanding(text, "en", ranked, (ranked,), answerable=answerable, extra={"scope": scope})


def test_the_figures_are_what_a_person_would_count() -> None:
    parrot = Parrot(
        {
            "a1": ("a", 0.9, True, 0.9),
            "a2": ("b", 0.4, False, 0.5),
            "b1": ("b", 0.8, True, 0.8),
            "b2": ("a", 0.7, True, 0.7),
            "x1": ("a", 0.6, False, 0.1),
            "x2": ("b", 0.6, True, 0.6),
        }
    )
    examples = [Example(text, text[0]) for text in ("a1", "a2", "b1", "b2")]
    foreign = [Example(text, "nlu_fallback") for text in ("x1", "x2")]
    figures = judge(Trained(parrot, 1.5, 10), TrainingData(tuple(examples)), examples + foreign)
    assert figures["accuracy"] == 0.5
    assert figures["macro_f1"] == 0.5
    assert figures["auto_answer"] == {"coverage": 0.75, "precision": pytest.approx(2 / 3)}
    assert figures["out_of_scope"] == {"auroc": pytest.approx(7 / 8), "recall_at_5": 0.5}
    assert figures["intents"][0] == {"name": "a", "support": 2, "precision": 0.5, "recall": 0.5, "f1": 0.5}
    assert (figures["train_s"], figures["model_bytes"]) == (1.5, 10)


def test_files_in_figures_out(tmp_path: Path) -> None:
    train, test = tmp_path / "train.yml", tmp_path / "test.yml"
    train.write_text(BIKE_SHOP, encoding="utf-8")
    test.write_text(TEST_SET, encoding="utf-8")
    figures = evaluate(train, test)
    assert list(figures) == [
        *(
            "accuracy",
            "macro_f1",
            "ece",
            "train_s",
            "latency_ms",
            "model_bytes",
            "out_of_scope",
            "auto_answer",
            "intents",
        ),
    ]
    assert figures["accuracy"] == 1.0
    assert figures["out_of_scope"]["auroc"] == 1.0
    assert set(figures["latency_ms"]) == {"p50", "p99", "cpu", "batch"}
    assert json.loads(json.dumps(figures)) == figures
    assert "accuracy 100.0%" in summary(figures)


def test_without_foreign_texts_nothing_is_claimed_about_them(tmp_path: Path) -> None:
    file = tmp_path / "nlu.yml"
    file.write_text(BIKE_SHOP, encoding="utf-8")
    figures = evaluate(file, file)
    assert figures["out_of_scope"] == {"auroc": None, "recall_at_5": None}
    assert "not measured" in summary(figures)


@pytest.mark.parametrize(
    ("train", "test", "message"),
    [
        ("nlu: 5\n", TEST_SET, "must be a list"),
        ("nlu: []\n", TEST_SET, "holds no examples"),
        (BIKE_SHOP, "nlu:\n- intent: other\n  examples: |\n    - hi\n", "training data lacks: other"),
        (BIKE_SHOP, "nlu:\n- intent: nlu_fallback\n  examples: |\n    - hi\n", "no in-scope examples"),
        (
            "nlu:\n- intent: refund\n  examples: |\n    - hi\n",
            "nlu:\n- intent: refund\n  examples: |\n    - hi\n",
            "at least 2",
        ),
    ],
)
def test_bad_files_are_one_clear_line(tmp_path: Path, train: str, test: str, message: str) -> None:
    (tmp_path / "train.yml").write_text(train, encoding="utf-8")
    (tmp_path / "test.yml").write_text(test, encoding="utf-8")
    with pytest.raises(EvaluationFailed, match=message) as caught:
        evaluate(tmp_path / "train.yml", tmp_path / "test.yml")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("engine", "target", "message"),
    [
        ("rasa", 0.03, "needs a Rasa to train on"),
        ("magic", 0.03, "choose one of embedded, rasa"),
        ("embedded", 3, "0.03 means"),
    ],
)
def test_what_cannot_be_evaluated_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str, target: float, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nlu.yml").write_text(BIKE_SHOP, encoding="utf-8")
    with pytest.raises(EvaluationFailed, match=message):
        evaluate(tmp_path / "nlu.yml", tmp_path / "nlu.yml", engine, target)


def test_auroc_counts_ties_by_half() -> None:
    assert auroc(np.array([1.0, 2.0]), np.array([1.0, 0.0])) == pytest.approx(7 / 8)
