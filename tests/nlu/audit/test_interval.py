"""Intervals hold what they promise, checked by counting every possible sample instead of trusting a formula."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.audit.interval import exact, weighted


def test_nothing_judged_says_nothing():
    assert exact(0, 0) is None
    assert weighted([], []) is None


@pytest.mark.parametrize(
    ("found", "judged", "low", "high"),
    [
        (3, 100, 0.0062, 0.0852),
        (0, 100, 0.0, 0.0362),
        (8, 100, 0.0352, 0.1516),
        (5, 5, 0.4782, 1.0),
        (12, 400, 0.0156, 0.0518),
    ],
)
def test_the_bounds_are_clopper_and_pearsons(found: int, judged: int, low: float, high: float):
    told = exact(found, judged)  # compared with R's binom.test
    assert (round(told.low, 4), round(told.high, 4)) == (low, high)


@pytest.mark.parametrize("judged", [1, 7, 30, 100])
def test_whatever_the_truth_the_interval_holds_it_nineteen_times_in_twenty(judged: int):
    intervals = [exact(found, judged) for found in range(judged + 1)]
    for truth in (n / 200 for n in range(1, 200)):
        held = sum(
            math.comb(judged, found) * truth**found * (1 - truth) ** (judged - found)
            for found, told in enumerate(intervals)
            if told.low <= truth <= told.high
        )
        assert held >= 0.95, truth


@given(st.integers(1, 300), st.integers(0, 300))
def test_the_interval_surrounds_what_was_found(judged: int, found: int):
    found = min(found, judged)
    told = exact(found, judged)
    assert 0 <= told.low <= told.share <= told.high <= 1
    wider = exact(found, judged, confidence=0.99)
    assert wider.low <= told.low
    assert told.high <= wider.high


def test_weeks_count_for_as_many_answers_as_they_had():
    # 100 of 1,000 answers judged with 1 wrong; 100 of 200 with 9 wrong: (10 x 1 + 2 x 9) / 1,200
    told = weighted([10.0] * 100 + [2.0] * 100, [n < 1 for n in range(100)] + [n < 9 for n in range(100)])
    assert told.share == pytest.approx(28 / 1200)
    alike = weighted([1.0] * 200, [n < 5 for n in range(200)])
    assert told.half_width > alike.half_width  # uneven weights are worth fewer judgements


def test_wilsons_interval_for_equal_weights():
    told = weighted([7.0] * 100, [n < 3 for n in range(100)])
    assert [round(bound, 4) for bound in (told.low, told.high)] == [0.0103, 0.0845]
