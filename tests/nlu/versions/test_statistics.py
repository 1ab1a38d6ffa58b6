"""The tests and intervals that versions are judged by, against published figures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.versions.statistics import at_least, chi_square_95, mcnemar, mcnemar_worse, paired_interval, wilson


@pytest.mark.parametrize(
    ("lost", "won", "p"),
    [(0, 0, 1.0), (5, 0, 0.0625), (8, 2, 0.109375), (1, 1, 1.0), (16, 4, 0.011817932128906)],
)
def test_mcnemar_is_the_exact_binomial_test_of_the_discordant_pairs(lost: int, won: int, p: float) -> None:
    assert mcnemar(lost, won) == pytest.approx(p)
    assert mcnemar(won, lost) == pytest.approx(p)
    assert mcnemar_worse(lost, won) <= 1


@pytest.mark.parametrize(("lost", "won", "p"), [(5, 0, 1 / 32), (4, 0, 1 / 16), (0, 5, 1.0), (0, 0, 1.0)])
def test_worse_counts_one_side_only(lost: int, won: int, p: float) -> None:
    assert mcnemar_worse(lost, won) == pytest.approx(p)


def test_the_binomial_tail_stays_exact_for_many_trials() -> None:
    assert at_least(530, 1000, 0.5) == pytest.approx(0.03096, abs=1e-4)
    assert at_least(5_200, 10_000, 0.5) == pytest.approx(3.3e-5, rel=0.05)
    assert at_least(3, 2, 0.0) == 0.0
    assert at_least(2, 2, 1.0) == 1.0


def test_wilson_agrees_with_the_published_interval() -> None:
    # Newcombe 1998, Statistics in Medicine 17:857-872, table I, method 3: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    for successes, trials, low, high in [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ]:
        assert wilson(successes, trials) == pytest.approx((low, high), abs=5e-5)
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("freedom", "quantile"), [(2, 5.991), (10, 18.307), (26, 38.885), (100, 124.342)])
def test_the_chi_square_quantile_is_close_to_the_table(freedom: int, quantile: float) -> None:
    assert chi_square_95(freedom) == pytest.approx(quantile, rel=0.01)
    assert chi_square_95(0) == 0.0


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 200))
def test_a_paired_interval_holds_its_difference_and_turns_with_the_sides(lost: int, won: int, same: int) -> None:
    pairs = lost + won + same
    low, high = paired_interval(lost, won, pairs)
    assert -1 <= low <= high <= 1
    if pairs:
        shrunk = (won - lost) / (pairs + 2)
        assert low <= shrunk <= high
        assert paired_interval(won, lost, pairs) == pytest.approx((-high, -low))
