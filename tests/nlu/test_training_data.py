from pathlib import Path

import pytest

from conversation.errors import PackInvalid
from nlu.training_data import Annotation, load_training_data, parse_training_data, read_training_data


def said(text: str) -> list[str]:
    return [f"{problem.line}: {problem.message}" for problem in parse_training_data(text, "nlu.yml")[1]]


def test_yes_and_on_are_names_and_not_booleans() -> None:
    data, problems = parse_training_data(
        "nlu:\n- intent: yes\n  examples: |\n    - on\n- intent: on\n  examples:\n  - no\n"
    )
    assert [(example.intent, example.text) for example in data.examples] == [("yes", "on"), ("on", "no")]
    assert not problems


def test_examples_know_their_lines() -> None:
    data, _ = parse_training_data(
        "nlu:\n- intent: a\n  examples: |\n    - one\n    # a remark\n    - two\n\n    - three\n"
    )
    assert [(example.text, example.line) for example in data.examples] == [("one", 4), ("two", 6), ("three", 8)]


@pytest.mark.parametrize(
    ("marked", "text", "annotations"),
    [
        ("to [Rome](city)", "to Rome", [Annotation("city", "Rome", 3, 7)]),
        ("[muc](city:Munich) now", "muc now", [Annotation("city", "Munich", 0, 3)]),
        (
            'from [Rome]{"entity": "city", "role": "start", "group": "1"}',
            "from Rome",
            [Annotation("city", "Rome", 5, 9, "start", "1")],
        ),
        ('[x][{"entity": "a"}, {"entity": "b"}]', "x", [Annotation("a", "x", 0, 1), Annotation("b", "x", 0, 1)]),
        ("a [b] c", "a [b] c", []),
        ("[a](x) and [b](y)", "a and b", [Annotation("x", "a", 0, 1), Annotation("y", "b", 6, 7)]),
    ],
)
def test_annotations_are_read_as_rasa_reads_them(marked: str, text: str, annotations: list[Annotation]) -> None:
    data, _ = parse_training_data(f"nlu:\n- intent: a\n  examples: |\n    - {marked}\n")
    assert data.examples[0].text == text
    assert list(data.examples[0].entities) == annotations


def test_a_value_that_differs_becomes_a_synonym() -> None:
    data, _ = parse_training_data(
        "nlu:\n- intent: a\n  examples: |\n    - [MUC](city:Munich)\n- synonym: Berlin\n  examples: |\n    - BLN\n"
    )
    assert data.synonyms == {"muc": "Munich", "bln": "Berlin"}


def test_examples_with_metadata_and_lookups_and_regexes() -> None:
    data, problems = parse_training_data(
        "nlu:\n- intent: faq/hours\n  examples:\n  - text: |\n      - when do you open\n    metadata: {sentiment: neutral}\n"
        "- lookup: city\n  examples: |\n    - Rome\n    - Rome\n- regex: zip\n  examples: |\n    - \\d{5}\n"
    )
    assert not problems
    assert (data.examples[0].intent, data.examples[0].text) == ("faq/hours", "when do you open")
    assert data.lookups == {"city": ("Rome",)}
    assert data.regexes[0].pattern == r"\d{5}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("version: 3.1\nnlu: []\n", "1: `version` must be quoted text"),
        ('version: "4.0"\n', "1: version '4.0' is not known, Rasa would skip the file"),
        ("- a\n", "1: the file must be a mapping"),
        ("nlu: 5\n", "1: `nlu` must be a list"),
        ("nlu:\n- 5\n", "2: each item of `nlu` must be a mapping"),
        ("nul: []\n", "1: unknown key 'nul'"),
        ("nlu: []\nnlu: []\n", "2: the key 'nlu' stands here twice"),
        ("nlu:\n- intent: 5\n  examples: |\n    - a\n", "2: the intent 5 is a number"),
        ("nlu:\n- intent:\n  examples: |\n    - a\n", "2: the intent has no name"),
        ("nlu:\n- intent: [a]\n  examples: |\n    - a\n", "2: the name of the intent must be text"),
        ("nlu:\n- intent: a\n  example: |\n    - a\n", "3: unknown key 'example'"),
        ("nlu:\n- intent: a\n", "2: intent 'a' has no examples"),
        (
            "nlu:\n- intent: a\n  examples: |\n    - x\n    y\n",
            "5: the line 'y' of intent 'a' does not begin with '- '",
        ),
        ("nlu:\n- intent: a\n  examples: |\n    - x\n    -\n", "5: an empty example of intent 'a'"),
        ("nlu:\n- intent: a\n  examples: {b: c}\n", "3: examples of intent 'a' must be text or a list"),
        ("nlu:\n- intent: a\n  examples:\n  - [b]\n", "4: an example of intent 'a' has no text"),
        ("nlu:\n- intent: a\n  lookup: b\n", "2: an item needs exactly one of intent, synonym, regex, lookup"),
        ("nlu:\n- regex: a\n  examples: |\n    - (\n", "4: the regex '(' of 'a' cannot be used: it is broken"),
        ("nlu:\n- intent: a\n  examples: |\n    - [x]{entity}\n", "4: the annotation after [x] is not JSON"),
        ('nlu:\n- intent: a\n  examples: |\n    - [x]{"role": "y"}\n', "4: the annotation after [x] names no entity"),
        ('nlu:\n- intent: a\n  examples: |\n    - [x]{"entity": "y", "rôle": 1}\n', "4: unknown key 'rôle'"),
        ("nlu:\n- intent: a\n  examples: |\n    - [x(y)\n", "4: a bracket is not closed in '[x(y)'"),
        ("nlu:\n  - a: [\n", "is not YAML"),
        (
            "nlu:\n- intent: a\n  examples: |\n    - hi\n- intent: b\n  examples: |\n    - Hi\n",
            "7: 'Hi' is an example of 'b'",
        ),
    ],
)
def test_everything_wrong_is_named_with_its_line(text: str, message: str) -> None:
    assert any(message in problem for problem in said(text)), said(text)
    assert all(problem.hint for problem in parse_training_data(text)[1])


def test_all_errors_of_all_files_come_together(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("nlu: 5\n", encoding="utf-8")
    (tmp_path / "b.yml").write_bytes(b"\xff\xfe")
    with pytest.raises(PackInvalid) as caught:
        load_training_data([tmp_path, tmp_path / "missing.yml"])
    text = str(caught.value)
    assert "a.yml:1: `nlu` must be a list" in text
    assert "is not UTF-8" in text
    assert "there is no such file" in text


def test_warnings_do_not_stop_loading(tmp_path: Path) -> None:
    (tmp_path / "nlu.yml").write_text("nlu:\n- intent: a\n- intent: b\n  examples: |\n    - x\n", encoding="utf-8")
    data, problems = read_training_data([tmp_path])
    assert [problem.warning for problem in problems] == [True]
    assert load_training_data([tmp_path]) == data


def test_a_folder_without_files_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PackInvalid, match=r"no \*\.yml files"):
        load_training_data([tmp_path])
