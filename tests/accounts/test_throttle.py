from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.throttle import ACCOUNT, ADDRESS, PAIR, WINDOW, Failure, retry_at

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def failures(count: int, email: str = "a@x", address: str = "1.1.1.1") -> list[Failure]:
    return [Failure(email, address, NOW)] * count


@pytest.mark.parametrize(
    ("count", "seconds"), [(0, 0), (4, 0), (5, 1), (6, 2), (8, 8), (14, 512), (15, 900), (60, 900)]
)
def test_the_wait_of_a_pair_doubles_after_five_failures(count, seconds):
    until = retry_at(failures(count), "a@x", "1.1.1.1", NOW)
    assert until == (NOW + timedelta(seconds=seconds) if seconds else None)


def test_an_account_attacked_from_everywhere_is_slowed_but_never_locked_for_its_owner():
    attack = [Failure("a@x", f"10.0.0.{n}", NOW) for n in range(200)]
    until = retry_at(attack, "a@x", "1.1.1.1", NOW)
    assert until is not None
    assert until - NOW <= ACCOUNT.longest == timedelta(seconds=30)


def test_an_address_that_tries_many_accounts_is_slowed_for_each_of_them():
    spray = [Failure(f"{n}@x", "6.6.6.6", NOW) for n in range(80)]
    assert retry_at(spray, "fresh@x", "6.6.6.6", NOW) == NOW + ADDRESS.longest
    assert retry_at(spray, "fresh@x", "1.1.1.1", NOW) is None


def test_failures_outside_the_window_are_forgotten():
    old = [Failure("a@x", "1.1.1.1", NOW - WINDOW)] * 50
    assert retry_at(old, "a@x", "1.1.1.1", NOW) is None


@given(st.lists(st.integers(0, 900), max_size=40), st.integers(0, 900))
def test_one_more_failure_never_shortens_a_wait(ages, age):
    before = [Failure("a@x", "1.1.1.1", NOW - timedelta(seconds=s)) for s in ages]
    more = [*before, Failure("a@x", "1.1.1.1", NOW - timedelta(seconds=age))]
    shorter = retry_at(before, "a@x", "1.1.1.1", NOW) or NOW
    longer = retry_at(more, "a@x", "1.1.1.1", NOW) or NOW
    assert shorter <= longer <= NOW + PAIR.longest
