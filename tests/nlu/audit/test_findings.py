"""What a sample may say about a promise, and by how much a broken one raises the threshold."""

import pytest

from nlu.audit.findings import LOWEST_TARGET, Standing, Tally, find, tightened


def tally(bad: int, judged: int = 100, size: int = 100, population: int = 5000, **more) -> Tally:
    return Tally(population, size, judged, bad, 0, **more)


@pytest.mark.parametrize(
    ("found", "standing"),
    [
        (tally(3), Standing.KEPT),
        (tally(6), Standing.KEPT),  # 6 % found, but as low as 2.3 % is possible
        (tally(8), Standing.BROKEN),
        (tally(8, judged=9), Standing.BROKEN),  # the other 91 may be right: it stays broken
        (tally(1, judged=1), Standing.OPEN),
        (tally(0, judged=0), Standing.OPEN),
        (tally(2, judged=40, over=True), Standing.KEPT),
    ],
)
def test_a_promise_of_three_percent(found: Tally, standing: Standing):
    assert find(found, 0.03).standing is standing


def test_should_have_handed_off_counts_and_is_told_apart():
    told = find(Tally(1000, 100, 100, 4, 6), 0.03)
    assert (told.bad.share, told.wrong.share, told.handoff.share) == (0.1, 0.04, 0.06)
    assert told.standing is Standing.BROKEN


def test_without_a_promise_there_is_nothing_to_break():
    assert find(tally(50), None).standing is Standing.UNPROMISED


def test_one_wrong_answer_in_a_small_week_is_bad_luck_and_four_are_not():
    assert find(Tally(20, 20, 20, 1, 0), 0.03).standing is Standing.KEPT
    assert find(Tally(20, 20, 20, 4, 0), 0.03).standing is Standing.BROKEN


@pytest.mark.parametrize(
    ("target", "promised", "observed", "expected"),
    [
        (0.03, 0.03, 0.06, 0.015),
        (0.015, 0.03, 0.06, 0.0075),  # raised before and still not enough
        (0.03, 0.03, 0.02, 0.03),  # never looser
        (0.03, 0.03, 1.0, LOWEST_TARGET),
        (0.0005, 0.03, 0.5, 0.0005),
    ],
)
def test_the_new_target_makes_up_for_what_was_found(target, promised, observed, expected):
    assert tightened(target, promised, observed) == pytest.approx(expected)
