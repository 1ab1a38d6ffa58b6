from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.throttle import (
    ACCOUNT,
    ADDRESS,
    CODES,
    DEVICE,
    DEVICE_LIMIT,
    PAIR,
    WINDOW,
    Attempt,
    Proof,
    buckets_of,
    retry_at,
)

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def tried(
    account: str = "a@x", address: str = "1.1.1.1", *, ago: float = 0, proof: Proof = Proof.PASSWORD, device: str = ""
) -> Attempt:
    return Attempt("", proof, account, address, NOW - timedelta(seconds=ago), device)


def until(before: list[Attempt], attempt: Attempt) -> datetime | None:
    """As a store counts: all that is in a bucket and in its rule's window, the newest first."""
    return retry_at(
        attempt,
        {
            b: sorted((a.at for a in before if b.holds(a) and a.at > attempt.at - b.rule.window), reverse=True)
            for b in buckets_of(attempt)
        },
    )


@pytest.mark.parametrize(
    ("count", "seconds"), [(0, 0), (4, 0), (5, 5), (6, 10), (8, 40), (12, 640), (13, 900), (60, 900)]
)
def test_the_wait_of_a_pair_doubles_after_five_failures(count, seconds):
    assert until([tried()] * count, tried()) == (NOW + timedelta(seconds=seconds) if seconds else None)


def test_an_account_attacked_from_everywhere_is_slowed_but_never_locked_for_its_owner():
    attack = [tried(address=f"10.0.0.{n}") for n in range(200)]
    assert until(attack, tried()) == NOW + ACCOUNT.longest == NOW + timedelta(seconds=30)


def test_an_address_that_tries_many_accounts_is_slowed_for_each_of_them():
    spray = [tried(f"{n}@x", "6.6.6.6") for n in range(80)]
    assert until(spray, tried("fresh@x", "6.6.6.6")) == NOW + ADDRESS.longest
    assert until(spray, tried("fresh@x", "1.1.1.1")) is None


def test_failures_outside_the_window_are_forgotten():
    assert until([tried(ago=WINDOW.total_seconds())] * 50, tried()) is None


def test_an_attempt_of_a_process_whose_clock_is_ahead_counts():
    assert until([tried(ago=-2)] * 5, tried()) == NOW + timedelta(seconds=7)


def test_codes_are_counted_for_a_day_and_apart_from_passwords():
    codes = [tried(address=f"10.0.0.{n}", ago=3600 * n, proof=Proof.CODE) for n in range(11)]
    assert until(codes, tried(proof=Proof.CODE)) == NOW + CODES.wait(11)
    assert until(codes, tried()) is None
    assert until([tried(address=f"10.0.0.{n}") for n in range(200)], tried(proof=Proof.CODE)) is None


def test_a_known_device_passes_a_flood_of_its_account_and_of_its_address():
    flood = [tried(address=f"10.0.0.{n}") for n in range(90)] + [tried(f"{n}@x") for n in range(90)] + [tried()] * 90
    assert until(flood, tried()) is not None
    assert until(flood, tried(device="mine")) is None


def test_a_known_device_waits_for_its_own_failures_and_after_ten_is_like_any_other():
    own = [tried(device="mine", ago=3600)] * 4 + [tried(device="mine")]
    assert until(own, tried(device="mine")) == NOW + DEVICE.wait(5)
    lost = [tried(address="9.9.9.9", device="mine", ago=7200)] * DEVICE_LIMIT
    flood = [tried(address=f"10.0.0.{n}") for n in range(90)]
    assert until([*lost, *flood], tried(device="mine")) == NOW + ACCOUNT.longest
    assert until(lost, tried(device="mine")) is None


def test_strangers_do_not_keep_a_person_from_changing_the_password():
    flood = [tried()] * 90
    assert until(flood, tried(proof=Proof.OLD_PASSWORD)) is None
    assert until([tried(proof=Proof.OLD_PASSWORD)] * 5, tried(proof=Proof.OLD_PASSWORD)) == NOW + PAIR.wait(5)


@pytest.mark.parametrize("rule", [PAIR, ACCOUNT, ADDRESS, CODES, DEVICE])
def test_no_wait_depends_on_more_failures_than_a_store_reads(rule):
    assert rule.wait(rule.enough - 1) < rule.wait(rule.enough) == rule.wait(10_000) == rule.longest


@given(st.lists(st.integers(0, 899), max_size=40), st.integers(0, 899))
def test_one_more_failure_never_shortens_a_wait(ages, age):
    before = [tried(ago=seconds) for seconds in ages]
    shorter = until(before, tried()) or NOW
    longer = until([*before, tried(ago=age)], tried()) or NOW
    assert shorter <= longer <= NOW + PAIR.longest
