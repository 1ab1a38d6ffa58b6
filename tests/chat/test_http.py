"""The web chat over HTTP: who may use it, what it accepts, and how the feed arrives."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from conversation.message import Button, ContentKind
from tests.chat.world import SHOP, World, served
from web.chat.assets import Assets

NUMBER = "0123456789ab"


@pytest.fixture
async def world() -> World:
    return World()


@pytest.fixture
async def http(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with served(world.app(sweep=0.05)) as url, httpx.AsyncClient(base_url=f"{url}/chat/alpenrad-web/") as client:
        yield client


async def arrive(http: httpx.AsyncClient) -> dict[str, str]:
    token = (await http.post("session")).json()["token"]
    return {"Authorization": f"Bearer {token}"}


async def post(http: httpx.AsyncClient, headers: dict[str, str], **body: Any) -> httpx.Response:
    return await http.post("messages", json={"number": NUMBER, **body}, headers=headers)


class Stream:
    """Reads events off a response."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        self._lines = lines

    async def next(self) -> tuple[str, str, Any]:
        """The next event's type, id and data; comments are passed over."""
        event: dict[str, str] = {}
        async for line in self._lines:
            if not line and "data" in event:
                return event.get("event", "message"), event.get("id", ""), json.loads(event["data"])
            if not line:
                event = {}
            field, _, value = line.partition(": ")
            event[field] = value
        raise AssertionError("the stream has ended")


@asynccontextmanager
async def listening(http: httpx.AsyncClient, headers: dict[str, str], after: str = "") -> AsyncIterator[Stream]:
    more = {"Last-Event-ID": after} if after else {}
    async with http.stream("GET", "events", headers=headers | more) as response:
        assert response.status_code == 200
        yield Stream(response.aiter_lines())


async def test_a_posted_message_is_safe_once_however_often_it_is_posted(world: World, http: httpx.AsyncClient) -> None:
    visitor = await arrive(http)
    for _ in range(3):
        assert (await post(http, visitor, text="Wo ist meine Bestellung?", language="de-AT")).status_code == 202
    (inbound,) = world.inbox.accepted
    assert (inbound.text, inbound.sender.language) == ("Wo ist meine Bestellung?", "de")


async def test_a_pressed_button_is_a_button(world: World, http: httpx.AsyncClient) -> None:
    assert (await post(http, await arrive(http), text="Ja", title="Ja", payload="/affirm")).status_code == 202
    assert (world.inbox.accepted[0].kind, world.inbox.accepted[0].payload) == (ContentKind.BUTTON, "/affirm")


async def test_the_feed_is_told_from_the_start_then_live_and_each_message_once(
    world: World, http: httpx.AsyncClient
) -> None:
    visitor = await arrive(http)
    await post(http, visitor, text="Hallo")
    world.says("Diese?", buttons=[Button("100234", "/order")])
    async with listening(http, visitor) as stream:
        first, second, ready = [await stream.next() for _ in range(3)]
        world.says("Ich bin jetzt da.", agent="Mira Sonntag")
        world.types("Mira Sonntag")
        live, typing = await stream.next(), await stream.next()
    assert (first[2]["author"], first[2]["number"], first[2]["text"]) == ("customer", NUMBER, "Hallo")
    assert second[2]["buttons"] == [{"title": "100234", "payload": "/order", "url": None}]
    assert ready[0] == "ready"
    assert (live[2]["author"], live[2]["name"]) == ("agent", "Mira")
    assert (typing[0], typing[2]) == ("typing", {"author": "agent", "name": "Mira"})


async def test_a_browser_goes_on_behind_the_last_event_it_has_seen(world: World, http: httpx.AsyncClient) -> None:
    visitor = await arrive(http)
    await post(http, visitor, text="eins")
    world.says("zwei")
    async with listening(http, visitor, after="1") as stream:
        assert (await stream.next())[2]["text"] == "zwei"


async def test_lost_notices_and_a_lost_redis_cost_time_not_messages(world: World, http: httpx.AsyncClient) -> None:
    visitor = await arrive(http)
    await post(http, visitor, text="eins")
    async with listening(http, visitor, after="1") as stream:
        assert (await stream.next())[0] == "ready"
        world.says("unbemerkt", quietly=True)
        assert (await stream.next())[2]["text"] == "unbemerkt"
        world.lose_redis()
        world.says("danach", quietly=True)
        assert (await stream.next())[2]["text"] == "danach"


@pytest.mark.parametrize("busy", [True, False])
@pytest.mark.parametrize(
    ("withdraw", "reason"),
    [
        (lambda world: setattr(world, "channel", None), "closed"),
        (lambda world: setattr(world, "channel", replace(world.channel, client="kontor")), "closed"),
        (lambda world: setattr(world, "channel", replace(world.channel, origins=("https://new.example",))), "closed"),
        (lambda world: world.clock.advance(timedelta(days=366)), "expired"),
    ],
)
async def test_a_feed_ends_with_its_reason_when_the_visitor_may_not_read_on(
    world: World, http: httpx.AsyncClient, withdraw: Any, reason: str, busy: bool
) -> None:
    visitor = await arrive(http) | {"Origin": SHOP}
    await post(http, visitor, text="Hallo")
    async with listening(http, visitor) as stream:
        assert [(await stream.next())[0] for _ in range(2)] == ["message", "ready"]
        withdraw(world)
        if busy:
            for number in range(5):
                world.says(f"geheim {number}")
        assert await stream.next() == ("ended", "", {"reason": reason})
        with pytest.raises(AssertionError, match="ended"):
            await stream.next()


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"text": ""}, "needs a text"),
        ({"text": "  ", "title": " "}, "needs a text"),
        ({"text": "x" * 4001}, "at most 4000"),
        ({"text": 5}, "must be a text"),
        ({"text": "x", "number": "kurz"}, "8 to 64"),
        ({"text": "x", "number": None}, "8 to 64"),
    ],
)
async def test_what_cannot_be_used_is_refused_with_what_would_be_right(
    world: World, http: httpx.AsyncClient, body: dict[str, Any], says: str
) -> None:
    response = await post(http, await arrive(http), **body)
    assert (response.status_code, response.json()["error"]) == (422, "invalid")
    assert says in response.json()["detail"]
    assert not world.inbox.accepted


async def test_bodies_that_are_no_json_and_strangers_are_refused(http: httpx.AsyncClient) -> None:
    visitor = await arrive(http)
    assert (await http.post("messages", content=b"{", headers=visitor)).status_code == 422
    assert (await http.post("messages", content=b"[]", headers=visitor)).status_code == 422
    for headers in ({}, {"Authorization": "Bearer x.y"}, {"Authorization": "Basic abc"}):
        assert (await post(http, headers, text="hi")).status_code == 401
        assert (await http.get("events", headers=headers)).status_code == 401


async def test_only_allowed_sites_and_our_own_pages_may_use_the_chat(world: World, http: httpx.AsyncClient) -> None:
    own = str(http.base_url).partition("/chat")[0]
    for origin, status in [(SHOP, 201), (own, 201), ("https://evil.example", 403), ("null", 403)]:
        response = await http.post("session", headers={"Origin": origin})
        assert response.status_code == status
        assert response.headers.get("access-control-allow-origin") == (origin if status == 201 else None)
    asked = await http.options("messages", headers={"Origin": SHOP, "Access-Control-Request-Method": "POST"})
    assert asked.status_code == 204
    assert "Authorization" in asked.headers["access-control-allow-headers"]


async def test_no_cookie_is_ever_set(world: World, http: httpx.AsyncClient) -> None:
    visitor = await arrive(http)
    for response in (await http.get(""), await http.get("widget.js"), await post(http, visitor, text="hi")):
        assert "set-cookie" not in response.headers


async def test_one_visitor_cannot_drown_the_others(world: World, http: httpx.AsyncClient) -> None:
    visitor, other = await arrive(http), await arrive(http)
    answers = [await post(http, visitor, text="x", number=f"number-{n:03d}") for n in range(42)]
    assert [answer.status_code for answer in answers][-1] == 429
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert (await post(http, other, text="x")).status_code == 202


async def test_files_are_accepted_shown_and_refused(world: World, http: httpx.AsyncClient) -> None:
    visitor = await arrive(http)

    async def send(name: str, content: bytes, number: str) -> httpx.Response:
        return await http.post("files", data={"number": number}, files={"file": (name, content)}, headers=visitor)

    assert (await send("bild.png", b"\x89PNG\r\n\x1a\n", "number-001")).status_code == 201
    assert (await send("seite.html", b"<script>", "number-002")).status_code == 415
    assert (await send("leer.txt", b"", "number-003")).status_code == 422
    assert (await send("gross.txt", b"x" * 10_500_000, "number-004")).status_code == 413
    assert (await http.post("files", data={"number": "number-005"}, headers=visitor)).status_code == 422
    (sent,) = world.inbox.accepted
    async with listening(http, visitor) as stream:
        (file,) = (await stream.next())[2]["files"]
    assert sent.attachments[0].reference not in file["reference"]
    shown = await http.get(f"files/{file['reference']}/bild.png")
    assert (shown.content, shown.headers["content-type"]) == (b"\x89PNG\r\n\x1a\n", "image/png")
    assert shown.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert (shown.headers["cross-origin-resource-policy"], shown.headers["cache-control"][:7]) == (
        "cross-origin",
        "private",
    )
    assert (await http.get(f"files/{sent.attachments[0].reference}/bild.png")).status_code == 404


async def test_what_is_no_picture_is_downloaded_whatever_its_link_says(world: World, http: httpx.AsyncClient) -> None:
    visitor = await arrive(http)
    await http.post("files", data={"number": NUMBER}, files={"file": ("a.txt", b"hello")}, headers=visitor)
    async with listening(http, visitor) as stream:
        (file,) = (await stream.next())[2]["files"]
    got = await http.get(f"files/{file['reference']}/a.png")
    assert got.headers["content-type"] == "application/octet-stream"
    assert got.headers["content-disposition"] == "attachment; filename*=UTF-8''a.txt"


async def test_nothing_is_confirmed_that_is_not_safe(world: World) -> None:
    world.broken = True
    transport = httpx.ASGITransport(world.app(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://chat.example/chat/alpenrad-web/") as http:
        assert (await post(http, await arrive(http), text="hi")).status_code == 500


@pytest.mark.parametrize(
    ("accept", "query", "language"),
    [("de-AT,de;q=0.9", "", "de"), ("en-GB", "", "en"), ("fr", "", "en"), ("de", "?lang=en", "en")],
)
async def test_the_page_speaks_the_browsers_language_and_runs_nothing_inline(
    http: httpx.AsyncClient, accept: str, query: str, language: str
) -> None:
    page = await http.get(f"../alpenrad-web{query}", headers={"Accept-Language": accept})
    assert f'<html lang="{language}">' in page.text
    assert "<style" not in page.text
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert f"frame-ancestors 'self' {SHOP}" in page.headers["content-security-policy"]
    assert "x-frame-options" not in page.headers
    assert (await http.get("../nobody")).status_code == 404


async def test_the_script_to_embed_loads_its_parts_from_where_it_came_and_stays_small(http: httpx.AsyncClient) -> None:
    loader = await http.get("widget.js")
    assert loader.headers["access-control-allow-origin"] == "*"
    assert loader.headers["cross-origin-resource-policy"] == "cross-origin"
    version = Assets().version
    parts = [await http.get(f"../static/{version}/{name}") for name in Assets().files]
    assert all(part.status_code == 200 and "immutable" in part.headers["cache-control"] for part in parts)
    plain = [await http.get(part.url, headers={"accept-encoding": "identity"}) for part in parts]
    assert [part.content for part in plain] == [part.content for part in parts]
    transferred = loader.num_bytes_downloaded + sum(part.num_bytes_downloaded for part in parts)
    assert transferred <= 30_000
    assert transferred < sum(part.num_bytes_downloaded for part in plain) / 2
    assert (await http.get("../static/older/chat.js")).headers["cache-control"] == "no-store"
    assert (await http.get(f"../static/{version}/..%2fbase.css")).status_code in (404, 405)
    assert (await http.get("../nobody/widget.js")).status_code == 404


async def test_a_listener_who_leaves_is_forgotten(world: World, http: httpx.AsyncClient) -> None:
    visitor = await arrive(http)
    await post(http, visitor, text="eins")
    async with listening(http, visitor) as stream:
        await stream.next()
    async with asyncio.timeout(5):
        while True:
            world.says("noch eine")
            if not any(queue.qsize() == 0 for queue in world.listeners):
                break
            await asyncio.sleep(0.01)
