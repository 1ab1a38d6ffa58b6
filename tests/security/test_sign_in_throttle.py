"""Guessing at once is worth no more than guessing one after the other, through the real application."""

import asyncio
from collections import Counter

import httpx

from accounts.throttle import ACCOUNT, ADDRESS, PAIR
from tests.security.sign_in_fixtures import WRONG, House


def statuses(answers: list[httpx.Response]) -> dict[int, int]:
    return dict(Counter(answer.status_code for answer in answers))


async def test_of_sixty_wrong_passwords_at_once_only_the_free_ones_are_judged(house: House) -> None:
    guesser = await house.visitor()
    await guesser.get("/login")
    answers = await asyncio.gather(*(guesser.sign_in(password=f"{WRONG} {n}") for n in range(60)))
    assert statuses(answers) == {401: PAIR.free, 429: 60 - PAIR.free}
    assert house.hasher.judged == PAIR.free
    assert {answer.headers["retry-after"] for answer in answers if answer.status_code == 429} == {"5"}


async def test_so_it_is_when_they_come_from_sixty_addresses(house: House) -> None:
    guessers = [await house.visitor(f"127.0.1.{n + 1}") for n in range(60)]
    answers = await asyncio.gather(*(g.sign_in(password=WRONG) for g in guessers))
    assert statuses(answers) == {401: ACCOUNT.free, 429: 60 - ACCOUNT.free}
    assert house.hasher.judged == ACCOUNT.free


async def test_so_it_is_when_one_address_tries_eighty_accounts(house: House) -> None:
    guesser = await house.visitor()
    await guesser.get("/login")
    answers = await asyncio.gather(*(guesser.sign_in(f"nobody-{n}@example.org", WRONG) for n in range(80)))
    assert statuses(answers) == {401: ADDRESS.free, 429: 80 - ADDRESS.free}


async def test_after_the_wait_the_right_password_is_let_in_and_the_pair_starts_anew(house: House) -> None:
    guesser = await house.visitor()
    await guesser.get("/login")
    await asyncio.gather(*(guesser.sign_in(password=f"{WRONG} {n}") for n in range(60)))
    assert (await guesser.sign_in()).status_code == 429
    house.clock.advance(PAIR.wait(PAIR.free))
    assert (await guesser.sign_in()).status_code == 303
    again = await house.visitor()
    assert statuses([await again.sign_in(password=WRONG) for _ in range(6)]) == {401: 5, 429: 1}
