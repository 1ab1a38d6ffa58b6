"""Intervals hold what they promise, checked by counting every possible sample instead of trusting a formula."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.audit.interval import exact, weighted


def test_all_judged_leaves_no_doubt():
    assert (exact(3, 20, 20).low, exact(3, 20, 20).high) == (0.15, 0.15)


def test_nothing_judged_says_nothing():
    assert exact(0, 0, 100) is None
    assert weighted([], []) is None


def test_an_endless_population_gives_clopper_and_pearsons_interval():
    # Clopper-Pearson 95 % for 3 of 100 and 0 of 100 (R: binom.test)
    assert [round(bound, 4) for bound in (exact(3, 100, 10**6).low, exact(3, 100, 10**6).high)] == [0.0062, 0.0852]
    assert [round(bound, 4) for bound in (exact(0, 100, 10**6).low, exact(0, 100, 10**6).high)] == [0.0, 0.0362]


@pytest.mark.parametrize(("population", "judged"), [(30, 10), (40, 39), (25, 3), (60, 25)])
def test_whatever_the_truth_the_interval_holds_it_nineteen_times_in_twenty(population: int, judged: int):
    for wrong in range(population + 1):
        held = sum(
            math.comb(wrong, found) * math.comb(population - wrong, judged - found)
            for found in range(max(0, judged - population + wrong), min(judged, wrong) + 1)
            if (i := exact(found, judged, population)).low <= wrong / population <= i.high
        )
        assert held / math.comb(population, judged) >= 0.95, wrong


@given(st.integers(1, 400), st.integers(0, 400), st.integers(0, 2000))
def test_the_interval_surrounds_what_was_found(judged: int, found: int, more: int):
    found = min(found, judged)
    told = exact(found, judged, judged + more)
    assert 0 <= told.low <= told.share <= told.high <= 1
    wider = exact(found, judged, judged + more, confidence=0.99)
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
