"""How long a session lasts, and that only what a person did prolongs it."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.routing import iter_route_contexts

from accounts.session import ABSOLUTE, IDLE, IDLE_OF_ADMINS
from accounts.user import Role
from tests.builders import NOON
from tests.security.sign_in_fixtures import PASSWORD, House, Visitor
from tests.web.world import World
from web.activity import NEVER, SCRIPTS
from web.application import create_app

STATIC = Path(__file__).parents[2] / "web" / "static"
BY_THEMSELVES = (
    ("GET", "/desk/list", {}),
    ("GET", "/desk/list", {"x-activity": "background"}),
    ("GET", "/desk/c/nothing/part", {}),
    ("GET", "/desk/c/nothing/files/m/0", {}),
    ("GET", "/desk/c/nothing/files/m/0", {"sec-fetch-mode": "no-cors"}),
    ("POST", "/desk/presence", {"x-activity": "person"}),
    ("POST", "/desk/c/nothing/read", {}),
    ("POST", "/desk/c/nothing/draft", {}),
    ("GET", "/desk", {"x-activity": "background"}),
    ("GET", "/desk", {"x-activity": "anything"}),
    ("GET", "/desk", {"sec-fetch-mode": "cors"}),
    ("GET", "/desk", {"sec-fetch-mode": "navigate", "sec-purpose": "prefetch;prerender"}),
)
BY_THE_PERSON = (
    ("GET", "/desk", {}),
    ("GET", "/desk", {"sec-fetch-mode": "navigate"}),
    ("GET", "/desk/list", {"x-activity": "person", "sec-fetch-mode": "cors"}),
    ("GET", "/desk/c/nothing/part", {"x-activity": "person"}),
    ("GET", "/desk/c/nothing/files/m/0", {"sec-fetch-mode": "navigate"}),
    ("POST", "/desk/c/nothing/claim", {"x-activity": "person"}),
    ("POST", "/desk/c/nothing/draft", {"x-activity": "person"}),
)


async def at_the_desk(house: House) -> Visitor:
    mira = await house.visitor()
    assert (await mira.sign_in()).status_code == 303
    await mira.get("/desk")
    return mira


async def call(person: Visitor, method: str, path: str, headers: dict[str, str]) -> int:
    form = {"csrf": person.csrf, "status": "online", "seq": "1", "text": "a"} if method == "POST" else None
    return (await person.client.request(method, path, data=form, headers=headers)).status_code


async def is_in(person: Visitor) -> bool:
    return await call(person, "GET", "/desk/list", {"accept": "application/json"}) == 200


@pytest.mark.parametrize(("method", "path", "headers"), BY_THEMSELVES)
async def test_what_a_page_does_by_itself_keeps_no_session(house: House, method, path, headers) -> None:
    mira = await at_the_desk(house)
    for _ in range(8):
        house.clock.advance(IDLE / 8 - timedelta(seconds=1))
        assert await call(mira, method, path, headers) not in {303, 401, 500}
    assert await is_in(mira)
    house.clock.advance(timedelta(seconds=8))
    assert not await is_in(mira)


@pytest.mark.parametrize(("method", "path", "headers"), BY_THE_PERSON)
async def test_what_the_person_does_keeps_it_until_twelve_hours_are_over(house: House, method, path, headers) -> None:
    mira = await at_the_desk(house)
    hours = int(ABSOLUTE.total_seconds() // 3600)
    for _ in range(hours // 3 - 1):
        house.clock.advance(timedelta(hours=3))
        assert await call(mira, method, path, headers) not in {303, 401, 500}
        assert await is_in(mira)
    house.clock.advance(timedelta(hours=3))
    assert not await is_in(mira)


async def test_a_stream_that_stays_open_keeps_no_session(house: House) -> None:
    mira = await at_the_desk(house)
    async with mira.client.stream("GET", "/desk/events") as stream:
        assert stream.status_code == 200
        async for line in stream.aiter_lines():
            if line.startswith("event: snapshot"):
                break
        house.clock.advance(IDLE)
    assert not await is_in(mira)


@pytest.mark.parametrize("role", [Role.CLIENT_ADMIN, Role.PROVIDER_ADMIN])
async def test_an_admin_is_signed_out_after_an_hour(house: House, role: Role) -> None:
    await house.accounts.add_user("root@example.org", "Root", PASSWORD, NOON, roles=[role, Role.AGENT])
    admin = await house.visitor()
    await admin.sign_in("root@example.org")
    house.clock.advance(IDLE_OF_ADMINS - timedelta(seconds=1))
    assert await is_in(admin)
    house.clock.advance(timedelta(seconds=1))
    assert not await is_in(admin)
    assert timedelta(hours=1) == IDLE_OF_ADMINS


async def test_who_becomes_an_admin_is_idle_like_one_at_once(house: House) -> None:
    mira = await at_the_desk(house)
    house.clock.advance(timedelta(hours=2))
    assert await is_in(mira)
    await house.users.save(replace(await house.mira(), roles=frozenset({Role.AGENT, Role.PROVIDER_ADMIN})))
    assert not await is_in(mira)


async def test_the_cookie_lasts_as_long_as_the_session_can(house: House) -> None:
    answer = await (await house.visitor()).sign_in()
    [cookie] = [c for c in answer.headers.get_list("set-cookie") if c.startswith("switchboard_session=")]
    assert f"Max-Age={12 * 3600};" in cookie


def test_every_route_that_is_said_to_be_called_by_scripts_exists() -> None:
    paths = {context.path for context in iter_route_contexts(create_app(World().services()).routes)}
    assert paths >= NEVER | SCRIPTS


def test_scripts_of_signed_in_pages_call_the_server_in_one_place_that_says_who_acts() -> None:
    calling = re.compile(r"\b(?:fetch|sendBeacon|XMLHttpRequest)\s*\(")
    callers = {file.relative_to(STATIC).as_posix() for file in STATIC.rglob("*.js") if calling.search(file.read_text())}
    assert {caller for caller in callers if not caller.startswith("chat/")} == {"js/http.js"}
    streams = {file.name for file in STATIC.rglob("*.js") if "new EventSource" in file.read_text()}
    assert streams == {"live.js"}
