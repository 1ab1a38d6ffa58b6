"""Conditions of flows."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.conditions import ConditionError, parse_condition

SLOTS = {"n": 5, "s": "100234", "t": True, "f": False, "l": ["a", "b"], "word": "Yes", "num": "7"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('slots.s is "100234"', True),
        ("slots.n = 5", True),
        ("slots.n != 5", False),
        ("slots.n is not 4", True),
        ("slots.n > 3 and slots.n <= 5", True),
        ("slots.num >= 7", True),
        ("slots.t", True),
        ("not slots.t", False),
        ("slots.f is false", True),
        ("slots.missing is set", False),
        ("slots.missing is not set", True),
        ("slots.missing is empty or slots.f", True),
        ("slots.missing > 3", False),
        ("slots.missing is null", True),
        ('slots.s matches "^[0-9]{6}$"', True),
        ('not (slots.s matches "^[0-9]{5}$")', True),
        ('slots.l contains "a"', True),
        ('slots.s contains "234"', True),
        ("slots.n in [4, 5]", True),
        ("slots.n not in [4, 5]", False),
        ("slots.t or slots.f and slots.missing", True),
        ("(slots.t or slots.f) and slots.missing", False),
        ("'it\\'s' is \"it's\"", True),
    ],
)
def test_a_condition_holds_or_not(text, expected):
    assert parse_condition(text).holds(SLOTS) is expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("order is 5", "write `slots.order`"),
        ("slots.a is", "missing at the end"),
        ("slots.a slots.b", "join tests"),
        ("(slots.a", "closing"),
        ('slots.a matches "["', "broken"),
        ("slots.a is #", "cannot be read"),
        ("__import__('os')", "is not a value"),
    ],
)
def test_a_wrong_condition_says_why(text, words):
    with pytest.raises(ConditionError, match=words.replace("(", "\\(")):
        parse_condition(text)


def test_the_slots_of_a_condition_are_known():
    assert parse_condition("slots.a > 1 or not (slots.b in [slots.c])").slot_names() == {"a", "b", "c"}


@given(st.text(max_size=40))
def test_no_text_breaks_the_parser(text):
    with contextlib.suppress(ConditionError):
        assert parse_condition(text).holds(SLOTS) in (True, False)
