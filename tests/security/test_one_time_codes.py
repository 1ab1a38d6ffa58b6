"""The second step: no page holds the password, and codes guessed at once are worth no more than one after another."""

import asyncio
import re
from collections import Counter

from accounts.half_sign_in import LIFETIME, TRIES
from accounts.throttle import CODES, PAIR
from tests.security.sign_in_fixtures import EMAIL, PASSWORD, WRONG, House

NEVER_RIGHT = "not-a-code"


def cookies_of(answer) -> dict[str, str]:
    return {header.split("=", 1)[0]: header for header in answer.headers.get_list("set-cookie")}


async def test_at_the_code_step_the_page_holds_neither_password_nor_address(house: House) -> None:
    secret = await house.with_authenticator()
    mira = await house.visitor()
    asked = await mira.sign_in()
    wrong = await mira.post("/login", code="000 000")
    for page in (asked, wrong):
        assert 'name="code"' in page.text
        assert "password" not in page.text
        assert PASSWORD not in page.text
        assert EMAIL not in page.text
        assert set(re.findall(r'<input[^>]*name="(\w+)"', page.text)) == {"csrf", "next", "code"}
        assert PASSWORD not in str(page.headers)
    half = cookies_of(asked)["switchboard_half"]
    assert f"Max-Age={int(LIFETIME.total_seconds())}" in half
    assert "HttpOnly" in half
    right = await mira.post("/login", code=house.code(secret))
    assert (asked.status_code, wrong.status_code, right.status_code) == (200, 401, 303)
    assert (await mira.get("/desk")).status_code == 200


async def test_the_page_that_was_wanted_is_reached_through_both_steps(house: House) -> None:
    secret = await house.with_authenticator()
    mira = await house.visitor()
    asked = await mira.sign_in(next="/desk?list=team")
    assert 'name="next" value="/desk?list=team"' in asked.text
    right = await mira.post("/login", code=house.code(secret), next="/desk?list=team")
    assert right.headers["location"] == "/desk?list=team"


async def test_a_half_sign_in_ends_after_five_minutes(house: House) -> None:
    secret = await house.with_authenticator()
    mira = await house.visitor()
    await mira.sign_in()
    house.clock.advance(LIFETIME)
    late = await mira.post("/login", code=house.code(secret))
    assert late.status_code == 401
    assert 'name="password"' in late.text
    assert "Start again" in late.text


async def test_a_half_sign_in_is_worth_nothing_in_another_browser(house: House) -> None:
    secret = await house.with_authenticator()
    mira, thief = await house.visitor(), await house.visitor("127.0.0.9")
    await mira.sign_in()
    await thief.get("/login")
    thief.client.cookies.set("switchboard_half", mira.client.cookies["switchboard_half"])
    assert (await thief.post("/login", code=house.code(secret))).status_code == 401
    assert (await mira.post("/login", code=house.code(secret))).status_code == 303


async def test_a_half_sign_in_opens_one_session_however_often_its_code_is_sent_at_once(house: House) -> None:
    secret = await house.with_authenticator()
    mira = await house.visitor()
    await mira.sign_in()
    answers = await asyncio.gather(*(mira.post("/login", code=house.code(secret)) for _ in range(TRIES)))
    assert Counter(answer.status_code for answer in answers)[303] == 1
    assert len(await house.sessions.of_user((await house.mira()).id)) == 1
    again = await mira.client.post("/login", data={"csrf": mira.csrf, "code": house.code(secret, later=1)})
    assert again.status_code in {401, 403}


async def test_of_sixty_codes_at_once_only_the_free_ones_are_compared(house: House) -> None:
    secret = await house.with_authenticator()
    guesser = await house.visitor()
    await guesser.sign_in()
    answers = await asyncio.gather(*(guesser.post("/login", code=NEVER_RIGHT) for _ in range(60)))
    assert Counter(answer.status_code for answer in answers) == {401: PAIR.free, 429: 60 - PAIR.free}
    assert {a.headers["retry-after"] for a in answers if a.status_code == 429} == {"5"}
    assert (await guesser.post("/login", code=house.code(secret))).status_code == 429


async def test_a_fresh_half_sign_in_for_each_code_and_another_address_for_each_does_not_help(house: House) -> None:
    await house.with_authenticator()
    guessers = [await house.visitor(f"127.0.2.{n + 1}") for n in range(20)]
    await asyncio.gather(*(guesser.sign_in() for guesser in guessers))
    answers = await asyncio.gather(*(guesser.post("/login", code=NEVER_RIGHT) for guesser in guessers))
    assert Counter(answer.status_code for answer in answers) == {401: CODES.free, 429: 20 - CODES.free}
    house.clock.advance(CODES.longest)
    await guessers[0].sign_in()
    assert (await guessers[0].post("/login", code=NEVER_RIGHT)).status_code == 401
    await guessers[1].sign_in()
    assert (await guessers[1].post("/login", code=NEVER_RIGHT)).status_code == 429


async def test_the_right_password_does_not_clear_what_was_guessed_of_the_code(house: House) -> None:
    await house.with_authenticator()
    guesser = await house.visitor()
    judged = 0
    for _ in range(30):
        assert (await guesser.sign_in()).status_code == 200
        judged += (await guesser.post("/login", code=NEVER_RIGHT)).status_code == 401
    assert judged == PAIR.free


async def test_a_code_without_a_password_before_it_asks_for_both(house: House) -> None:
    stranger = await house.visitor()
    await stranger.get("/login")
    stranger.client.cookies.set("switchboard_half", "made-up")
    answer = await stranger.post("/login", code="123456")
    assert answer.status_code == 401
    assert 'name="password"' in answer.text


async def test_a_new_password_voids_half_sign_ins(house: House) -> None:
    secret = await house.with_authenticator()
    mira = await house.visitor()
    await mira.sign_in()
    await house.sessions.end_all((await house.mira()).id)
    assert (await mira.post("/login", code=house.code(secret))).status_code == 401


async def test_a_wrong_password_tells_nothing_of_the_authenticator(house: House) -> None:
    await house.with_authenticator()
    answer = await (await house.visitor()).sign_in(password=WRONG)
    assert answer.status_code == 401
    assert 'name="code"' not in answer.text
    assert "switchboard_half" not in cookies_of(answer)
