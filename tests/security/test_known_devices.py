"""A flood slows its address, and never keeps out who has signed in from the same browser before."""

import asyncio
from collections import Counter
from datetime import timedelta

from accounts.known_device import LIFETIME
from accounts.throttle import ACCOUNT, ADDRESS, DEVICE, DEVICE_LIMIT, PAIR
from tests.security.sign_in_fixtures import EMAIL, PASSWORD, WRONG, House, Visitor

HOME = "127.0.0.7"


async def at_home(house: House) -> Visitor:
    """Mira's own browser, in which she has signed in and out."""
    mira = await house.visitor(HOME)
    assert (await mira.sign_in()).status_code == 303
    await mira.get("/desk")
    assert (await mira.post("/logout")).status_code == 303
    mira.csrf = ""
    return mira


async def flood(house: House) -> None:
    """Strangers guess Mira's password from many addresses until everybody must wait."""
    strangers = [await house.visitor(f"127.3.0.{n + 1}") for n in range(ACCOUNT.free + 5)]
    await asyncio.gather(*(stranger.sign_in(password=WRONG) for stranger in strangers))


async def test_the_owner_gets_in_while_strangers_flood_the_account_from_everywhere(house: House) -> None:
    mira = await at_home(house)
    await flood(house)
    assert (await (await house.visitor("127.0.0.8")).sign_in()).status_code == 429
    assert (await mira.sign_in()).status_code == 303


async def test_the_owner_gets_in_while_the_address_everybody_shares_is_flooded(house: House) -> None:
    mira, neighbour = await at_home(house), await house.visitor(HOME)
    await neighbour.get("/login")
    for start in range(0, 60, 20):
        await asyncio.gather(*(neighbour.sign_in(f"n{n}@example.org", WRONG) for n in range(start, start + 20)))
    await asyncio.gather(*(neighbour.sign_in(password=WRONG) for _ in range(20)))
    assert (await neighbour.sign_in()).status_code == 429
    assert (await mira.sign_in()).status_code == 303
    assert (await neighbour.sign_in("fresh@example.org", WRONG)).status_code == 429


async def test_the_owner_gets_in_in_the_middle_of_a_flood(house: House) -> None:
    mira, stranger = await at_home(house), await house.visitor(HOME)
    await mira.get("/login")
    await stranger.get("/login")
    flooding = [stranger.sign_in(password=WRONG) for _ in range(60)]
    answers = await asyncio.gather(*flooding[:30], mira.sign_in(), *flooding[30:])
    assert answers[30].status_code == 303


async def test_a_known_device_is_throttled_by_itself_and_after_ten_failures_like_any_other(house: House) -> None:
    mira = await at_home(house)
    await mira.get("/login")
    before = house.hasher.judged
    answers = await asyncio.gather(*(mira.sign_in(password=f"{WRONG} {n}") for n in range(60)))
    assert Counter(a.status_code for a in answers) == {401: DEVICE.free, 429: 60 - DEVICE.free}
    assert house.hasher.judged == before + DEVICE.free
    for count in range(DEVICE.free, DEVICE_LIMIT):
        house.clock.advance(DEVICE.wait(count))
        assert (await mira.sign_in(password=WRONG)).status_code == 401
    house.clock.advance(timedelta(hours=1))
    await flood(house)
    assert (await mira.sign_in()).status_code == 429


async def test_a_known_device_is_no_second_factor(house: House) -> None:
    mira = await at_home(house)
    secret = await house.with_authenticator()
    asked = await mira.sign_in()
    assert 'name="code"' in asked.text
    assert (await mira.post("/login", code=house.code(secret))).status_code == 303


async def test_the_owner_gets_through_the_code_step_while_somebody_with_the_password_guesses_codes(
    house: House,
) -> None:
    mira = await at_home(house)
    secret = await house.with_authenticator()
    thieves = [await house.visitor(f"127.4.0.{n + 1}") for n in range(15)]
    for thief in thieves:
        await thief.sign_in()
        await thief.post("/login", code="wrong")
    await mira.sign_in()
    assert (await mira.post("/login", code=house.code(secret))).status_code == 303


async def test_the_device_of_one_account_is_worth_nothing_for_another(house: House) -> None:
    await house.accounts.add_user("ben@example.org", "Ben", PASSWORD, house.clock.now(), roles=[])
    mira = await at_home(house)
    stranger = await house.visitor("127.0.0.9")
    await stranger.get("/login")
    await asyncio.gather(*(stranger.sign_in("ben@example.org", WRONG) for _ in range(9)))
    stranger.client.cookies.set("switchboard_device", mira.client.cookies["switchboard_device"])
    assert (await stranger.sign_in("ben@example.org")).status_code == 429


async def test_a_new_password_and_the_end_of_all_sessions_make_every_device_unknown(house: House) -> None:
    mira = await at_home(house)
    await house.sessions.end_all((await house.mira()).id)
    await flood(house)
    assert (await mira.sign_in()).status_code == 429


async def test_the_cookie_is_out_of_reach_of_scripts_and_lasts_180_days(house: House) -> None:
    answer = await (await house.visitor()).sign_in()
    [cookie] = [c for c in answer.headers.get_list("set-cookie") if c.startswith("switchboard_device=")]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert f"Max-Age={180 * 86400}" in cookie
    assert timedelta(days=180) == LIFETIME
    assert EMAIL not in cookie


async def test_a_cookie_somebody_made_up_changes_nothing(house: House) -> None:
    stranger = await house.visitor()
    await stranger.get("/login")
    stranger.client.cookies.set("switchboard_device", "device.0.signature~" * 30)
    answers = await asyncio.gather(*(stranger.sign_in(password=WRONG) for _ in range(20)))
    assert Counter(a.status_code for a in answers) == {401: PAIR.free, 429: 20 - PAIR.free}


async def test_a_flood_is_slowed_for_longer_and_longer(house: House) -> None:
    stranger = await house.visitor(HOME)
    await stranger.get("/login")
    await asyncio.gather(*(stranger.sign_in(f"n{n}@example.org", WRONG) for n in range(ADDRESS.free)))
    waits = []
    for n in range(8):
        refused = await stranger.sign_in(f"x{n}@example.org", WRONG)
        waits.append(int(refused.headers["retry-after"]))
        house.clock.advance(timedelta(seconds=waits[-1]))
        assert (await stranger.sign_in(f"x{n}@example.org", WRONG)).status_code == 401
    assert waits == [5, 10, 20, 40, 80, 160, 300, 300]
