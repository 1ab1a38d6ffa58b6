"""Who was right where, and whether a version may take another's place."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from conversation.ids import ClientId
from nlu.versions.compare import Judged, compare, spelled
from nlu.versions.gate import objections
from nlu.versions.version import FailedTest, Held, Promise, TestRun

CLIENT = ClientId("shop")
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def held(number: int, *, right: bool = True, answers: bool = True, intent: str = "a") -> Held:
    return Held(f"{number:016x}", intent, intent if right else "other", 0.9, in_scope=True, answerable=answers)


def judged(number: int, rows: list[Held], target: float = 0.03) -> Judged:
    return Judged(number, rows, 10, Promise(target, 0.7, 0.8, 0.02))


def versus(before: list[Held], after: list[Held], **targets: float):
    return compare(CLIENT, judged(1, before), judged(2, after, **targets))


GOOD = [held(n) for n in range(100)]


def test_only_examples_that_both_have_under_the_same_intent_are_compared() -> None:
    after = (
        [held(n) for n in range(50)] + [held(n, intent="b") for n in range(50, 70)] + [held(n) for n in range(200, 240)]
    )
    found = versus(GOOD, after)
    assert (found.common, found.examples_a, found.examples_b) == (50, 100, 110)
    assert found.accuracy.difference == 0
    assert found.accuracy.p == 1.0


def test_a_comparison_says_which_intents_and_examples_changed() -> None:
    before = [held(n, intent="a" if n < 50 else "b") for n in range(100)]
    after = [held(n, intent="a", right=n >= 10) for n in range(50)] + [held(n, intent="b") for n in range(50, 100)]
    found = spelled(versus(before, after), {f"{3:016x}": "wo bleibt mein Rad"})
    (worse,) = found.worse
    assert (worse.intent, worse.examples, worse.right_a, worse.right_b) == ("a", 50, 1.0, 0.8)
    assert found.better == ()
    assert len(found.flips) == 10
    assert found.flips[3].text == "wo bleibt mein Rad"
    assert (found.accuracy.only_a, found.accuracy.only_b) == (10, 0)
    assert found.accuracy.low < found.accuracy.difference < found.accuracy.high < 0


@pytest.mark.parametrize(
    ("after", "says"),
    [
        (GOOD, ""),
        ([held(n, right=n >= 4) for n in range(100)], ""),  # 4 of 4 lost is still noise: p = 1/16
        (
            [held(n, right=n >= 5, answers=n >= 5) for n in range(100)],
            "right in 95.0% where version 1 is right in 100.0%",
        ),
        ([held(n, right=n >= 5) for n in range(100)], "answers 5.0% wrongly by itself, version 1 0.0%"),
        ([held(n, answers=n >= 10) for n in range(100)], "answers 90.0% rightly by itself, version 1 100.0%"),
    ],
)
def test_a_version_is_refused_only_when_it_is_worse_beyond_noise(after: list[Held], says: str) -> None:
    found = objections(versus(GOOD, after), None)
    assert bool(found) == bool(says)
    assert says in " ".join(map(str, found))


def test_fewer_answers_are_fine_where_they_buy_fewer_wrong_ones_or_were_asked_for() -> None:
    before = [held(n, right=n >= 20) for n in range(100)]
    after = [replaced(one, answers=n >= 40) for n, one in enumerate(before)]
    assert objections(versus(before, after), None) == []
    fewer = [held(n, answers=n >= 10) for n in range(100)]
    assert objections(versus(GOOD, fewer, target=0.01), None) == []


def replaced(one: Held, *, answers: bool) -> Held:
    return one._replace(answerable=answers)


def test_failing_conversation_tests_refuse_by_name() -> None:
    run = TestRun(NOW, 7, tuple(FailedTest(f"case {n}", f"tests/a.yml:{n}") for n in range(4)))
    (found,) = objections(None, run)
    assert str(found).startswith("4 of its 11 conversation tests fail: case 0 (tests/a.yml:0), ")
    assert str(found).endswith("and 1 more")
    assert (found.key, found.figures["failed"], found.figures["more"]) == ("tests_more", 4, 1)
    assert objections(None, replace(run, failed=())) == []
