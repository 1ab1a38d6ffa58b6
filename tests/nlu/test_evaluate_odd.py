"""Odd files to `nlu evaluate`: figures or one clear line, never a traceback."""

from pathlib import Path

import pytest

from nlu.evaluate import EvaluationFailed, evaluate
from tests.nlu.bike_shop import BIKE_SHOP

TWO = {"a": ["where is my order", "track my parcel"], "b": ["I want a refund", "money back"]}
ODD = {
    "one example an intent": {"a": ["where is my order"], "b": ["refund please"], "c": ["opening hours"]},
    "names with slashes and blanks": {"faq/hours": ["when do you open", "opening times"], "b c": ["hi", "hello"]},
    "one text under two intents": {"a": ["same text", "where is my order"], "b": ["same text", "refund"]},
    "no letters": {"a": ["👍", "👍👍"], "b": ["👎", "?"]},
}


def written(folder: Path, name: str, intents: dict[str, list[str]]) -> Path:
    lines = ['version: "3.1"', "nlu:"]
    for intent, texts in intents.items():
        lines += [f"- intent: {intent}", "  examples: |", *(f"    - {text}" for text in texts)]
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ODD)
def test_odd_but_sound_files_give_figures(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, "odd.yml", ODD[name])
    assert 0 <= evaluate(path, path)["accuracy"] <= 1


@pytest.mark.parametrize(
    ("train", "test", "words"),
    [
        ({"a": ["x y", "z"]}, {"a": ["x y"]}, "at least 2 intents"),
        (TWO, {"zzz": ["hello"]}, "intents that the training data lacks: zzz"),
        (TWO, {"nlu_fallback": ["who is the president"]}, "no in-scope examples"),
        (TWO, {}, "nlu"),
        ({}, TWO, "nlu"),
    ],
)
def test_impossible_files_are_refused_in_one_line(
    tmp_path: Path, train: dict[str, list[str]], test: dict[str, list[str]], words: str
) -> None:
    with pytest.raises(EvaluationFailed, match=words) as refused:
        evaluate(written(tmp_path, "train.yml", train), written(tmp_path, "test.yml", test))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"- a\n- b\n", b"nlu: []\n", b"nlu: [\n", b"nlu: 3\n"])
def test_files_that_are_no_training_data_are_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    broken = tmp_path / "broken.yml"
    broken.write_bytes(content)
    with pytest.raises(EvaluationFailed, match=r"broken\.yml") as refused:
        evaluate(broken, written(tmp_path, "test.yml", TWO))
    assert "\n" not in str(refused.value)


def test_a_byte_order_mark_and_retrieval_intents_are_read(tmp_path: Path) -> None:
    text = "nlu:\n- intent: faq/öffnung\n  examples: |\n    - wann habt ihr auf\n- intent: faq/preis\n  examples: |\n    - was kostet das\n"
    file = tmp_path / "nlu.yml"
    file.write_text(text, encoding="utf-8-sig")
    assert {one["name"] for one in evaluate(file, file)["intents"]} == {"faq/öffnung", "faq/preis"}


def test_out_of_scope_by_another_name_is_out_of_scope(tmp_path: Path) -> None:
    train, test = tmp_path / "train.yml", tmp_path / "test.yml"
    train.write_text(BIKE_SHOP, encoding="utf-8")
    strange = "- intent: oos\n  examples: |\n    - how deep is the ocean\n"
    test.write_text(f"nlu:\n- intent: refund\n  examples: |\n    - I want my money\n{strange}", encoding="utf-8")
    assert evaluate(train, test)["out_of_scope"]["auroc"] == 1.0
