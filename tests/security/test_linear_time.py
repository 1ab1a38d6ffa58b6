"""Every regular expression of ours, and what else reads customers' words, takes linear time on hostile letters."""

import re

import pytest

from tests.security.linear_time import slow_method
from tests.security.own_patterns import Used, own_patterns

NEVER_ON_FOREIGN_TEXT = {"web.chat.assets._COMMENT": "strips comments from scripts of our own, once, at the start"}
PATTERNS = own_patterns()


def test_the_patterns_are_found_wherever_they_stand():
    places = {used.place for used in PATTERNS}
    assert {"nlu.recognisers._EMAIL", "nlu.recognisers._DATES", "bots.slack.markup._REFERENCE"} <= places
    assert any(":" in place for place in places), "none inside a function"
    assert len(PATTERNS) > 80
    assert set(NEVER_ON_FOREIGN_TEXT) <= places


@pytest.mark.parametrize("used", PATTERNS, ids=lambda used: used.place)
def test_a_pattern_of_ours_takes_linear_time(used: Used):
    if used.place not in NEVER_ON_FOREIGN_TEXT:
        assert slow_method(used.pattern, used.methods) == ""


@pytest.mark.parametrize(
    ("source", "method"),
    [
        (r"(a+)+$", "search"),
        (r"(\w+\s?)*$", "match"),
        (r"(a|aa)+$", "search"),
        (r".*,.*,.*x", "search"),
        (r"\s+$", "sub"),
        (r"\d+x", "finditer"),
        (r"[\w-]*\d[\w-]*x", "search"),
        (r"\s*x?\s*", "fullmatch"),
        (r"a[^)]*\)", "search"),
    ],
)
def test_a_slow_pattern_would_be_noticed(source: str, method: str):
    assert slow_method(re.compile(source), {method})
