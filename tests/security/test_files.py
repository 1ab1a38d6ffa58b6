"""Files follow the walls: a visitor's own by links that expire, staff's by the conversation, models by nobody."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

import clients
from accounts.user import Role
from app.processes import Part
from conversation.clock import ManualClock
from conversation.ids import ClientId, MessageId, ThreadId
from storage.schema import messages
from storage.schema_bots import bot_versions
from storage.tenancy import ALL_CLIENTS
from tests.builders import NOON
from tests.chat.world import SHOP, World, served
from tests.journeys.conftest import _awake, _one_model, backend, embedded, place, scaled  # noqa: F401  fixtures
from tests.journeys.house import House, Place, open_house
from tests.journeys.people import at_the_desk, listening, signed_in
from web.chat.links import STEP, FileLinks

ALPENRAD, KONTOR = "alpenrad-web", "kontor-web"
PNG = b"\x89PNG\r\n\x1a\n" + b"our picture"


@dataclass(frozen=True)
class Upload:
    """A visitor who sent a picture, and how their feed shows it."""

    http: httpx.AsyncClient
    headers: dict[str, str]
    message: str
    reference: str

    @property
    def fresh(self) -> str:
        return f"links/{self.message}/0"


@asynccontextmanager
async def uploading(url: str, channel: str) -> AsyncIterator[Upload]:
    async with httpx.AsyncClient(base_url=f"{url}/chat/{channel}/", timeout=20) as http:
        token = (await http.post("session")).json()["token"]
        headers = {"Authorization": f"Bearer {token}"}
        sent = await http.post(
            "files",
            data={"number": secrets.token_hex(8), "language": "de"},
            files={"file": ("bild.png", PNG, "image/png")},
            headers=headers,
        )
        assert sent.status_code == 201, sent.text
        async with listening(http, "events", **headers) as feed:
            shown = await feed.until("message", lambda m: bool(m["files"]))
        yield Upload(http, headers, shown["id"], shown["files"][0]["reference"])


@pytest.fixture
async def house(place: Place) -> AsyncIterator[House]:  # noqa: F811
    """Two clients with their bots, on each database."""
    async with open_house(place, Path(clients.__file__).parent / "alpenrad", Part.WEB, Part.WORKER) as built:
        await built.built.clients.apply(Path(clients.__file__).parent / "kontor", by="test")
        yield built


async def test_no_key_of_a_file_or_a_model_opens_anything_through_any_chat(house: House) -> None:
    async with uploading(house.url, ALPENRAD) as lena, uploading(house.url, KONTOR) as eve:
        assert (await lena.http.get(f"files/{lena.reference}/bild.png")).content == PNG
        async with house.built.database.reading(ALL_CLIENTS) as connection:
            models = list(await connection.scalars(select(bot_versions.c.model)))
            uploads = [f["reference"] for m in await connection.scalars(select(messages.c.attachments)) for f in m]
        assert len(models) == len(uploads) == 2
        for key in (*models, *uploads):
            for http in (lena.http, eve.http):
                for headers in ({}, lena.headers, {"Origin": "https://evil.example"}):
                    answer = await http.get(f"files/{key}/x.bin", headers=headers)
                    assert (answer.status_code, PNG in answer.content) == (404, False)
        for client, key in ((c, key) for c in ("alpenrad", "kontor") for key in models):
            assert await house.built.blobs.read(ClientId(client), key) is None


async def test_a_link_is_worth_nothing_elsewhere_and_only_its_visitor_gets_a_fresh_one(house: House) -> None:
    async with (
        uploading(house.url, ALPENRAD) as lena,
        uploading(house.url, ALPENRAD) as jonas,
        uploading(house.url, KONTOR) as eve,
    ):
        assert (await eve.http.get(f"files/{lena.reference}/bild.png")).status_code == 404
        fresh = await lena.http.get(lena.fresh, headers=lena.headers)
        assert (await lena.http.get(f"files/{fresh.json()['reference']}/bild.png")).content == PNG
        for http, headers, status in (
            (lena.http, {}, 401),
            (lena.http, jonas.headers, 404),
            (lena.http, eve.headers, 401),
            (eve.http, eve.headers, 404),
        ):
            assert (await http.get(lena.fresh, headers=headers)).status_code == status
        for odd in ("1", "-1", "x", "99999999999999999999", "²"):
            answer = await lena.http.get(f"links/{lena.message}/{odd}", headers=lena.headers)
            assert answer.status_code == 404
        for odd, status in (("%00", 400), ("nothing", 404), ("%ed%a0%80", 400)):
            assert (await lena.http.get(f"links/{odd}/0", headers=lena.headers)).status_code == status


async def test_staff_get_a_file_by_its_conversation_and_never_one_that_is_another_clients(house: House) -> None:
    mira = await house.employ("Mira Sander", Role.AGENT)
    carl = await house.employ("Carl Auer", Role.CLIENT_ADMIN)
    async with (
        uploading(house.url, ALPENRAD) as lena,
        uploading(house.url, KONTOR) as eve,
        at_the_desk(house.url, mira) as (agent, _),
        signed_in(house.url, carl) as reader,
    ):
        rows = await _attachments(house)
        ours, theirs = rows[lena.message], rows[eve.message]
        at, foreign = (f"/desk/c/{row['conversation']}/files/{row['id']}/0" for row in (ours, theirs))
        assert (await agent.client.get(at)).content == PNG
        crossed = f"/desk/c/{ours['conversation']}/files/{theirs['id']}/0"
        read = at.replace("/desk/", "/dashboard/alpenrad/")
        assert (await reader.client.get(read)).content == PNG
        for path in (foreign, crossed):
            assert (await agent.client.get(path)).status_code == 404
            for client in ("alpenrad", "kontor"):
                answer = await reader.client.get(path.replace("/desk/", f"/dashboard/{client}/"))
                assert answer.status_code == 404
        async with house.built.database.transaction(ALL_CLIENTS) as connection:  # a row that names another's key
            stolen = update(messages).where(messages.c.id == ours["id"]).values(attachments=theirs["attachments"])
            await connection.execute(stolen)
        assert (await agent.client.get(at)).status_code == 404
        assert (await reader.client.get(read)).status_code == 404
        assert (await lena.http.get(f"files/{lena.reference}/bild.png")).status_code == 404
        async with httpx.AsyncClient(base_url=house.url, headers={"Accept": "application/json"}) as stranger:
            for path in (at, read, foreign):
                assert (await stranger.get(path)).status_code == 401


async def _attachments(house: House) -> dict[str, dict[str, Any]]:
    async with house.built.database.reading(ALL_CLIENTS) as connection:
        rows = (await connection.execute(select(messages))).mappings().all()
    return {row["id"]: dict(row) for row in rows if row["attachments"]}


# The links themselves


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


CLIENT, THREAD, MESSAGE = ClientId("alpenrad"), ThreadId("t-1"), MessageId("m-1")


def test_a_link_says_what_it_leads_to_and_ends_within_the_hour(clock: ManualClock) -> None:
    links = FileLinks(["key"], clock)
    token = links.issue(CLIENT, THREAD, MESSAGE, 2)
    found = links.read(CLIENT, token)
    assert found is not None
    assert (found.thread, found.message, found.index, found.expired) == (THREAD, MESSAGE, 2, False)
    assert STEP.total_seconds() <= found.seconds <= 2 * STEP.total_seconds()
    clock.advance(2 * STEP)
    ended = links.read(CLIENT, token)
    assert ended is not None
    assert ended.expired


def test_a_link_stays_the_same_for_a_while_so_that_browsers_know_their_pictures(clock: ManualClock) -> None:
    links = FileLinks(["key"], clock)
    first = links.issue(CLIENT, THREAD, MESSAGE, 0)
    clock.advance(timedelta(minutes=5))
    assert links.issue(CLIENT, THREAD, MESSAGE, 0) == first


def test_keys_rotate_and_those_that_are_gone_open_nothing(clock: ManualClock) -> None:
    token = FileLinks(["old"], clock).issue(CLIENT, THREAD, MESSAGE, 0)
    assert FileLinks(["new", "old"], clock).read(CLIENT, token) is not None
    assert FileLinks(["new"], clock).read(CLIENT, token) is None
    assert FileLinks(["new", "old"], clock).issue(CLIENT, THREAD, MESSAGE, 0) != token
    for keys in ([], [""], ["key", ""]):
        with pytest.raises(ValueError, match="SWITCHBOARD_SECRET_KEYS"):
            FileLinks(keys, clock)


def test_whatever_is_changed_in_a_link_breaks_it(clock: ManualClock) -> None:
    links = FileLinks(["key"], clock)
    token = links.issue(CLIENT, THREAD, MESSAGE, 0)
    body, _, signature = token.partition(".")
    other = links.issue(CLIENT, ThreadId("t-2"), MESSAGE, 0)
    changed = [token[:i] + ("A" if c != "A" else "B") + token[i + 1 :] for i, c in enumerate(token[:-1])]
    crossed = [f"{other.partition('.')[0]}.{signature}", f"{body}.", body, ".", "", f".{signature}", "ü.ü", "\x00.\x00"]
    assert [t for t in (*changed, *crossed, token + "AAAA", f"{body}.{signature}.x") if links.read(CLIENT, t)] == []
    assert links.read(ClientId("kontor"), token) is None
    assert links.read(ClientId("alpenrad2"), token) is None


async def test_an_expired_link_says_so_and_a_foreign_site_gets_nothing() -> None:
    world = World()
    async with served(world.app()) as url, uploading(url, ALPENRAD) as lena:
        path = f"files/{lena.reference}/bild.png"
        assert (await lena.http.get(path, headers={"Origin": SHOP})).headers["access-control-allow-origin"] == SHOP
        refused = await lena.http.get(path, headers={"Origin": "https://evil.example"})
        assert (refused.status_code, PNG in refused.content) == (403, False)
        world.clock.advance(2 * STEP)
        late = await lena.http.get(path)
        assert (late.status_code, late.json()["error"]) == (410, "expired")
        by_hand = {"Accept": "text/html", "Accept-Language": "de"}
        assert "abgelaufen" in (await lena.http.get(path, headers=by_hand)).text
        fresh = (await lena.http.get(lena.fresh, headers=lena.headers)).json()["reference"]
        assert (await lena.http.get(f"files/{fresh}/bild.png")).content == PNG
