"""The pages of display links: made and revoked by supervisors, opened on a screen where nobody is signed in."""

import re

import pytest

from accounts.audit import Act
from tests.web.world import KONTOR
from web.application import create_app

JSON = {"accept": "application/json"}


@pytest.mark.parametrize(
    ("token", "status"),
    [
        *(("sbd_" + "x" * 43, 404), ("x", 404), ("x" * 1000, 404), ("%2e%2e", 404)),
        *(("%00", 400), ("%ED%A0%80", 400), ("x" * 5000, 414)),
    ],
)
@pytest.mark.parametrize("tail", ["", "/part", "/events"])
async def test_a_guessed_token_opens_nothing(world, browse, token, status, tail) -> None:
    answer = await (await browse()).get(f"/display/{token}{tail}")
    assert answer.status_code == status


async def make(sofie, **form) -> str:
    await sofie.get("/wallboard/links")
    given = {"name": "Hall", "locale": "de", "days": "", "client": ["alpenrad", "kontor"]} | form
    answer = await sofie.post("/wallboard/links", json=False, **given)
    assert answer.status_code == 200, answer.text
    found = re.search(r"/display/(sbd_[\w-]+)", answer.text)
    assert found
    return f"/display/{found[1]}"


async def test_a_supervisor_makes_a_link_sees_it_once_and_revokes_it(world, browse) -> None:
    sofie = await browse("sofie")
    path = await make(sofie)
    page = (await sofie.get("/wallboard/links")).text
    assert "Hall" in page
    assert path not in page
    screen = await browse()
    shown = await screen.get(path)
    assert (shown.status_code, "Wartet" in shown.text or "warten" in shown.text.lower()) == (200, True)
    assert 'lang="de"' in shown.text
    assert shown.headers["referrer-policy"] == "no-referrer"
    assert (await screen.get(path + "/part")).status_code == 200
    link = re.search(r"/wallboard/links/([\w-]+)/revoke", page)
    assert link
    await sofie.post(f"/wallboard/links/{link[1]}/revoke", json=False)
    for tail in ("", "/part", "/events"):
        gone = await screen.get(path + tail)
        assert (gone.status_code, "Waiting now" in gone.text) == (410, False)
    assert [e.act for e in world.audit.entries if e.act.startswith("display")] == [
        Act.DISPLAY_LINK_CREATED,
        Act.DISPLAY_LINK_REVOKED,
    ]


async def test_the_screen_shows_no_customer_and_nothing_of_other_clients(world, browse) -> None:
    await world.waiting("Geheime Kundin")
    await world.waiting("Fremder Kunde", client=KONTOR)
    path = await make(await browse("sofie"), client=["alpenrad"])
    screen = await browse()
    for tail in ("", "/part"):
        text = (await screen.get(path + tail)).text
        assert "Alpenrad" in text
        for hidden in ("Geheime", "Fremder", "Kontor", "Mira", "/staffing", "/alarms", 'csrf" value'):
            assert hidden not in text, hidden


async def test_a_link_opens_no_other_route(world, browse) -> None:
    """With the link's cookies, its token as session, as bearer and in the query: every route answers as to a stranger."""
    path = await make(await browse("sofie"))
    token = path.removeprefix("/display/")
    screen = await browse()
    await screen.get(path)
    screen.client.cookies.set("switchboard_session", token)
    headers = JSON | {"authorization": f"Bearer {token}"}
    schema = create_app(world.services()).openapi()
    routes = [p for p, methods in schema["paths"].items() if "get" in methods and not p.startswith("/display/")]
    assert len(routes) > 30
    open_to_all = {"/", "/login", "/healthz", "/readyz", "/metrics"}
    for route in routes:
        answer = await screen.client.get(re.sub(r"\{\w+\}", "alpenrad", route) + f"?token={token}", headers=headers)
        assert answer.status_code in (401, 404, 422) or route in open_to_all, (route, answer.status_code)
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = await screen.client.request(method, path, headers=headers)
        assert answer.status_code in (403, 404, 405), method


@pytest.mark.parametrize("who", ["mira", "carl", ""])
async def test_only_who_may_see_the_wallboard_makes_links(world, browse, who) -> None:
    person = await browse(who)
    answer = await person.get("/wallboard/links", accept="application/json")
    assert answer.status_code == (403 if who else 401)
    if who:
        form = {"name": "x", "locale": "en", "client": "alpenrad"}
        assert (await person.post("/wallboard/links", **form)).status_code == 403


@pytest.mark.parametrize(
    "form",
    [
        {"client": ["nope"]},
        {"client": []},
        {"name": ""},
        {"name": "x" * 81},
        {"name": "a\u2028b"},
        {"locale": "fr"},
        {"days": "0"},
        {"days": "-1"},
        {"days": "9" * 400},
        {"days": "x"},
    ],
)
async def test_a_form_that_cannot_be_is_refused(world, browse, form) -> None:
    sofie = await browse("sofie")
    await sofie.get("/wallboard/links")
    given = {"name": "Hall", "locale": "de", "days": "", "client": ["alpenrad"]} | form
    assert (await sofie.post("/wallboard/links", **given)).status_code == 422
    assert await world.displays.list(None) == []
