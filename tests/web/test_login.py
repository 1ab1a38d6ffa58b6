"""Signing in: who gets in, who is told what, and what a cookie is worth."""

from dataclasses import replace

import httpx
import pytest

from accounts.totp import STEP_SECONDS, code
from accounts.user import Role
from tests.web.conftest import Browser
from web.application import create_app
from web.i18n import LANGUAGES, catalogue


@pytest.mark.parametrize(
    ("who", "place"), [("mira", "/desk"), ("sofie", "/desk"), ("carl", "/dashboard"), ("root", "/desk")]
)
async def test_everybody_lands_where_their_day_begins(browse, who, place):
    answer = await (await browse()).sign_in(who)
    assert (answer.status_code, answer.headers["location"]) == (303, place)


async def test_after_signing_in_people_get_to_the_page_they_wanted_but_never_to_another_site(browse):
    wanted = await (await browse()).sign_in("mira", next="/desk?list=team")
    elsewhere = await (await browse()).sign_in("mira", next="//evil.example")
    assert wanted.headers["location"] == "/desk?list=team"
    assert elsewhere.headers["location"] == "/desk"


async def test_a_stranger_is_sent_to_the_login_page_and_scripts_are_told(browse):
    stranger = await browse()
    page = await stranger.get("/desk/c/1?list=mine")
    script = await stranger.get("/desk/list", accept="application/json")
    assert page.headers["location"] == "/login?next=%2Fdesk%2Fc%2F1%3Flist%3Dmine"
    assert (script.status_code, script.headers["content-type"]) == (401, "application/problem+json")


async def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(browse):
    answer = await (await browse()).sign_in("mira")
    cookie = next(c for c in answer.headers.get_list("set-cookie") if "session" in c)
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


async def test_with_https_cookies_are_secure_and_bound_to_the_host(world, browse):
    transport = httpx.ASGITransport(create_app(world.services(secure=True)))
    async with httpx.AsyncClient(transport=transport, base_url="https://desk.test") as client:
        answer = await Browser(client).sign_in("mira")
    cookie = next(c for c in answer.headers.get_list("set-cookie") if "session" in c)
    assert cookie.startswith("__Host-")
    assert "Secure" in cookie
    assert answer.headers["strict-transport-security"]


async def test_a_wrong_password_does_not_say_whether_the_address_exists(browse):
    stranger = await browse()
    known = await stranger.sign_in("mira", "wrong password!")
    unknown = await stranger.sign_in("nobody", "wrong password!")
    assert known.status_code == unknown.status_code == 401
    assert "is not right" in known.text
    assert known.text.replace("mira@", "nobody@") == unknown.text


async def test_guessing_is_slowed_down_and_the_page_says_until_when(browse):
    stranger = await browse()
    for _ in range(6):
        await stranger.sign_in("mira", "wrong password!")
    answer = await stranger.sign_in("mira")
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1
    assert "Too many attempts" in answer.text


async def test_somebody_with_an_authenticator_is_asked_for_the_code(world, browse):
    mira = await world.users.by_email("mira@example.org")
    await world.users.save(replace(mira, totp_secret="JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"))
    person = await browse()
    asked = await person.sign_in("mira")
    wrong = await person.post("/login", json=False, code="000000")
    now = code("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", int(world.clock.now().timestamp()) // STEP_SECONDS)
    right = await person.post("/login", json=False, code=now)
    assert asked.status_code == 200
    assert 'name="code"' in asked.text
    assert wrong.status_code == 401
    assert right.status_code == 303


async def test_signing_out_ends_the_session_on_the_server_too(world, browse):
    mira = await browse("mira")
    token = mira.client.cookies["switchboard_session"]
    await mira.post("/logout", json=False)
    assert await world.accounts.current(token, world.clock.now()) is None
    assert (await mira.get("/desk")).status_code == 303


async def test_the_language_follows_the_switch_then_the_person_then_the_browser(browse):
    german = await (await browse()).get("/login", accept_language="de-AT,en;q=0.5")
    mira = await browse("mira", **{"accept-language": "en"})
    own = await mira.get("/desk")
    await mira.post("/language", json=False, language="en", next="/desk")
    chosen = await mira.get("/desk")
    assert '<html lang="de">' in german.text
    assert '<html lang="de">' in own.text
    assert '<html lang="en">' in chosen.text


async def test_somebody_switched_off_is_out_at_once(world, browse):
    mira = await browse("mira")
    known = await world.users.by_email("mira@example.org")
    await world.users.save(replace(known, active=False))
    assert (await mira.get("/desk")).status_code == 303


def test_every_role_has_a_name_in_both_languages():
    for language in LANGUAGES:
        assert {f"role.{role}" for role in Role} <= catalogue(language).keys()
