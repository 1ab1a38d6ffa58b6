"""Live traffic beside what a version learned: warned of what is both sure and large, and of nothing else."""

import pytest

from nlu.versions.drift import (
    ENOUGH,
    Heard,
    below_threshold,
    mix_of,
    newest_words,
    unknown_words,
    vocabulary,
    words_of,
)


def heard(count: int, *, below: int = 0, text: str = "wo ist mein Rad", intent: str = "a") -> list[Heard]:
    return [Heard(text, intent, answerable=n >= below) for n in range(count)]


@pytest.mark.parametrize(
    ("count", "below", "warns"),
    [
        (400, 80, False),  # 20 % as promised
        (400, 100, False),  # 25 %: no more than the margin
        (60, 18, False),  # 30 %, but of few
        (400, 130, True),
    ],
)
def test_more_below_the_threshold_than_promised_warns_when_it_is_sure_and_matters(
    count: int, below: int, warns: bool
) -> None:
    found = below_threshold(heard(count, below=below), coverage=0.8)
    assert found is not None
    assert (found.warns, found.count, found.of) == (warns, below, count)
    assert found.low < found.share < found.high


def test_nothing_is_said_of_few_messages() -> None:
    few = heard(ENOUGH - 1)
    assert below_threshold(few, 0.8) is None
    assert unknown_words(few, frozenset(), 0.1) is None
    assert mix_of({"a": 500}, {"a": 49}) is None


def test_new_words_are_told_by_how_many_messages_brought_them() -> None:
    known = vocabulary(["Wo ist mein Rad?", "Ist das Rad da?"])
    texts = ["wo ist mein RAD 4711", "wo ist mein Gutschein", "mein gutschein, gutschein!", "Klarna?"]
    messages = [Heard(text, "a", answerable=True) for text in texts * 15]
    found = unknown_words(messages, known, expected=0.1)
    assert found is not None
    assert found.warns
    assert [(one.word, one.messages) for one in newest_words(messages, known)] == [("gutschein", 30), ("klarna", 15)]
    assert words_of("Größe 52 – für 1,80 m?") == ["groesse", "fuer"]


def test_another_mix_of_intents_warns_and_the_same_one_does_not() -> None:
    before = {"orders": 300, "returns": 200, "hours": 100}
    same = mix_of(before, {"orders": 148, "returns": 102, "hours": 50})
    other = mix_of(before, {"orders": 40, "returns": 60, "hours": 100, "refund": 100})
    assert same is not None
    assert other is not None
    assert not same.warns
    assert same.distance < 0.05
    assert other.warns
    assert other.stability > 0.25
    assert other.shifts[0].intent in {"orders", "refund"}
    assert 0 <= same.distance < other.distance <= 1


def test_a_shift_that_chance_explains_does_not_warn() -> None:
    names = [f"intent_{n}" for n in range(40)]
    before = dict.fromkeys(names, 2)
    now = {name: 3 if place % 2 else 1 for place, name in enumerate(names)}
    found = mix_of(before, now)
    assert found is not None
    assert found.stability < found.noise
    assert not found.warns
