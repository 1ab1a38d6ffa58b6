"""The contract of accounts.ports.Attempts."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

import pytest

from accounts.throttle import ACCOUNT, ADDRESS, CODES, DEVICE, PAIR, Attempt, Proof
from tests.builders import NOON, minutes
from tests.storage_people.conftest import People

_numbers = count()


def tried(
    account: str = "a@x",
    address: str = "1.1.1.1",
    *,
    at: datetime = NOON,
    proof: Proof = Proof.PASSWORD,
    device: str = "",
) -> Attempt:
    return Attempt(f"try-{next(_numbers)}", proof, account, address, at, device)


async def at_once(people: People, attempts: list[Attempt]) -> int:
    """How many of them are reserved."""
    return (await asyncio.gather(*(people.attempts.reserve(a) for a in attempts))).count(None)


@pytest.mark.parametrize(
    ("attempts", "free"),
    [
        ([tried() for _ in range(60)], PAIR.free),
        ([tried(address=f"10.0.0.{n}") for n in range(60)], ACCOUNT.free),
        ([tried(f"{n}@x") for n in range(80)], ADDRESS.free),
        ([tried(proof=Proof.CODE) for _ in range(60)], PAIR.free),
        ([tried(address=f"10.0.0.{n}", proof=Proof.CODE) for n in range(60)], CODES.free),
        ([tried(address=f"10.0.0.{n}", proof=Proof.OLD_PASSWORD) for n in range(60)], PAIR.free),
        ([tried(address=f"10.0.0.{n}", device="mine") for n in range(60)], DEVICE.free),
    ],
    ids=["pair", "account", "address", "codes of a pair", "codes", "old passwords", "device"],
)
async def test_of_many_at_once_only_the_free_ones_are_reserved(people: People, attempts, free) -> None:
    assert await at_once(people, attempts) == free


async def test_what_is_refused_says_until_when_and_is_not_counted(people: People) -> None:
    await at_once(people, [tried() for _ in range(60)])
    until = await people.attempts.reserve(tried())
    assert until == NOON + PAIR.wait(PAIR.free)
    assert await people.attempts.reserve(tried(at=until)) is None
    assert await people.attempts.reserve(tried(at=until)) == until + PAIR.wait(PAIR.free + 1)


async def test_the_newest_failures_count_however_many_older_ones_there_are(people: People) -> None:
    for ago, many in ((minutes(10), 80), (minutes(0), 60)):
        # from known devices, whom the address's own failures do not hold up
        known = [tried(f"{ago}-{n}@x", at=NOON - ago, device=f"{ago}-{n}") for n in range(many)]
        assert await at_once(people, known) == many
    assert await people.attempts.reserve(tried("fresh@x")) == NOON + ADDRESS.longest


async def test_what_was_given_back_is_no_failure(people: People) -> None:
    for _ in range(20):
        attempt = tried()
        assert await people.attempts.reserve(attempt) is None
        await people.attempts.give_back(attempt)


async def test_who_signed_in_starts_anew_and_others_do_not(people: People) -> None:
    mine = tried(device="mine")
    await at_once(people, [tried() for _ in range(5)])
    await at_once(people, [tried(address="9.9.9.9", proof=Proof.CODE) for _ in range(5)])
    await at_once(people, [tried(address="8.8.8.8", device="mine") for _ in range(5)])
    await at_once(people, [tried("b@x") for _ in range(5)])
    await at_once(people, [tried(address="7.7.7.7") for _ in range(5)])
    assert await people.attempts.reserve(replace(mine, id="waits")) is not None
    await people.attempts.forget(mine)
    assert await people.attempts.reserve(tried()) is None
    assert await people.attempts.reserve(tried(address="9.9.9.9", proof=Proof.CODE)) is None
    assert await people.attempts.reserve(tried(address="8.8.8.8", device="mine")) is None
    assert await people.attempts.reserve(tried("b@x")) is not None
    assert await people.attempts.reserve(tried(address="7.7.7.7")) is not None


async def test_an_unlocked_account_starts_anew_everywhere(people: People) -> None:
    await at_once(people, [tried(address=f"10.0.0.{n}") for n in range(60)])
    await at_once(people, [tried("b@x") for _ in range(5)])
    assert await people.attempts.forget_account("a@x") == ACCOUNT.free
    assert await at_once(people, [tried(address=f"10.0.0.{n}") for n in range(60)]) == ACCOUNT.free
    assert await people.attempts.reserve(tried("b@x")) is not None


async def test_a_reservation_that_was_never_judged_ages_like_a_failure(people: People) -> None:
    await at_once(people, [tried() for _ in range(5)])
    assert await people.attempts.reserve(tried()) is not None
    assert await people.attempts.reserve(tried(at=NOON + minutes(15))) is None


async def test_old_attempts_are_swept(people: People) -> None:
    for n in range(3):
        await people.attempts.reserve(tried(at=NOON + timedelta(hours=n)))
    assert await people.attempts.sweep(NOON + timedelta(hours=2)) == 2
    assert await people.attempts.sweep(NOON + timedelta(hours=2)) == 0


@pytest.mark.parametrize("odd", ["\x00", "\ud800", "ä" * 320, "a'; DROP TABLE users; --"])
async def test_whatever_is_typed_is_counted(people: People, odd: str) -> None:
    assert await at_once(people, [tried(odd) for _ in range(9)]) == PAIR.free


async def test_success_and_failure_of_one_account_at_once_neither_fail_nor_block(people: People) -> None:
    async def come_and_go(number: int) -> None:
        attempt = tried(address=f"10.0.{number % 3}.1", device="mine" if number % 2 else "")
        if await people.attempts.reserve(attempt) is None:
            await people.attempts.give_back(attempt)
        await people.attempts.forget(attempt)

    await asyncio.gather(*(come_and_go(n) for n in range(60)))
