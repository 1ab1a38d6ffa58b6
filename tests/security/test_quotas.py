"""What one visitor, address, client and colleague may take: refused with when to come back, never at others' cost."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from app.settings import Settings
from conversation.quota import LocalQuotas, Place, Quotas, Refused
from storage.quotas import RedisQuotas
from storage.redis_client import redis_client
from tests.chat.world import CHANNEL, World, served
from tests.journeys.waiting import eventually
from tests.security.requests import call, endpoints
from tests.web.conftest import Browser
from tests.web.world import World as Desk
from web.application import create_app
from web.chat.routes import chat_router
from web.quotas import Gate, NewVisitors, QuotaLimits, Scopes, Streams
from web.uploads import UPLOADS

PNG = b"\x89PNG\r\n\x1a\n"
SMALL = QuotaLimits(
    streams=Scopes(3, 5, 7),
    messages=Scopes(4, 9, 100),
    uploads=Scopes(3, 30, 30),
    kibibytes=Scopes(12 * 1024, 40 * 1024, 40 * 1024),
    new_visitors=NewVisitors(30, 40),
    desk_streams=2,
    desk_uploads=3,
    desk_kibibytes=4 * 1024,
)


class Chat:
    """Two web processes in front of one chat, counting together."""

    def __init__(self, world: World, urls: list[str]) -> None:
        self.world = world
        self.urls = urls

    def visitor(self) -> "Visitor":
        reference, token = self.world.visitors.issue(CHANNEL)
        return Visitor(self, reference, token)


class Visitor:
    def __init__(self, chat: Chat, reference: str, token: str) -> None:
        self.chat = chat
        self.reference = reference
        self.headers = {"Authorization": f"Bearer {token}"}

    async def arrives(self) -> "Visitor":
        """Has written before: only then there is something to listen to."""
        assert (await self.post(number=999)).status_code == 202
        return self

    async def post(self, text: str = "Hallo", number: int = 0, process: int = 0) -> httpx.Response:
        body = {"number": f"{self.reference[:8]}-{number:06d}".replace("_", "-"), "text": text}
        async with httpx.AsyncClient(base_url=self.chat.urls[process]) as client:
            return await client.post("messages", json=body, headers=self.headers)

    async def upload(self, size: int, number: int, process: int = 0) -> httpx.Response:
        file = {"file": ("bild.png", PNG + b"x" * size)}
        async with httpx.AsyncClient(base_url=self.chat.urls[process], timeout=30) as client:
            return await client.post("files", data={"number": f"upload-{number:06d}"}, files=file, headers=self.headers)

    @asynccontextmanager
    async def listening(self, process: int = 0) -> AsyncIterator[httpx.Response]:
        async with (
            httpx.AsyncClient(base_url=self.chat.urls[process], timeout=30) as client,
            client.stream("GET", "events", headers=self.headers) as answer,
        ):
            lines = answer.aiter_lines()  # it is kept until the end: without it the stream would be closed
            if answer.status_code == 200:
                await anext(lines)
            yield answer


@pytest.fixture(params=["alone", "together"])
async def make_quotas(request: pytest.FixtureRequest) -> AsyncIterator[Callable[[], Quotas]]:
    """Counters of one process, or of several over a real Redis."""
    if request.param == "alone":
        alone = LocalQuotas()
        yield lambda: alone
        return
    client = redis_client(request.getfixturevalue("redis_server"))
    await client.flushall()
    yield lambda: RedisQuotas(client)
    await client.aclose()


@pytest.fixture
async def chat(make_quotas: Callable[[], Quotas]) -> AsyncIterator[Chat]:
    world = World()
    async with AsyncExitStack() as stack:
        apps = [world.app(gate=Gate.of(make_quotas(), SMALL)) for _ in range(2)]
        urls = [await stack.enter_async_context(served(app)) for app in apps]
        yield Chat(world, [f"{url}/chat/{CHANNEL}/" for url in urls])


def comes_back(answer: httpx.Response) -> bool:
    """Whether a refusal says when, in a way that the script of another site may read."""
    return int(answer.headers["retry-after"]) >= 1


async def test_one_visitors_streams_are_few_and_an_honest_one_still_gets_in(chat: Chat) -> None:
    greedy, honest = await chat.visitor().arrives(), await chat.visitor().arrives()
    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(greedy.listening(n % 2)) for n in range(12)]
        assert [a.status_code for a in opened].count(200) == 3
        refused = [a for a in opened if a.status_code != 200]
        assert {a.status_code for a in refused} == {429}
        assert all(map(comes_back, refused))
        async with honest.listening() as mine:
            assert mine.status_code == 200
    await eventually(lambda: _opens(greedy), "the places are free again")


async def test_an_address_and_a_client_have_their_limits_too(chat: Chat) -> None:
    async with AsyncExitStack() as stack:
        visitors = [await chat.visitor().arrives() for _ in range(9)]
        opened = [await stack.enter_async_context(v.listening(n % 2)) for n, v in enumerate(visitors)]
        assert [a.status_code for a in opened].count(200) == 5


async def test_streams_opened_at_the_same_moment_are_no_more_than_the_limit(chat: Chat) -> None:
    greedy = await chat.visitor().arrives()
    async with AsyncExitStack() as stack:
        opened = await asyncio.gather(*(stack.enter_async_context(greedy.listening(n % 2)) for n in range(20)))
        assert [a.status_code for a in opened].count(200) == 3


async def test_a_flood_of_messages_is_cut_and_costs_nobody_else_theirs(chat: Chat) -> None:
    loud, quiet = chat.visitor(), chat.visitor()
    answers = await asyncio.gather(*(loud.post(number=n, process=n % 2) for n in range(30)))
    assert [a.status_code for a in answers].count(202) == 4
    refused = next(a for a in answers if a.status_code == 429)
    assert refused.json()["error"] == "slow_down"
    assert comes_back(refused)
    assert (await quiet.post()).status_code == 202
    assert len([i for i in chat.world.inbox.accepted if i.thread_ref == loud.reference]) == 4


async def test_malformed_messages_count_as_well(chat: Chat) -> None:
    loud = chat.visitor()
    answers = [await loud.post("", number=n) for n in range(6)]
    assert [a.status_code for a in answers] == [422] * 4 + [429] * 2


async def test_what_may_be_stored_at_once_is_reserved_before_it_is_read(chat: Chat) -> None:
    visitor = chat.visitor()
    answers = await asyncio.gather(*(visitor.upload(5 * 1024 * 1024, n, n % 2) for n in range(8)))
    assert [a.status_code for a in answers].count(201) == 2, "two of 5 MiB fit into 12"
    assert {a.status_code for a in answers} == {201, 429}
    assert len(chat.world.blobs.files) == 2


async def test_new_visitors_of_one_address_are_counted(chat: Chat) -> None:
    async with httpx.AsyncClient(base_url=chat.urls[0]) as one, httpx.AsyncClient(base_url=chat.urls[1]) as other:
        answers = [await (one, other)[n % 2].post("session") for n in range(36)]
    assert [a.status_code for a in answers].count(201) == 30
    assert answers[-1].status_code == 429
    assert comes_back(answers[-1])


async def test_a_dead_processes_streams_stop_counting(make_quotas: Callable[[], Quotas]) -> None:
    quotas = make_quotas()
    alive = Streams(quotas, hold=0.6, beat=0.1)
    dead = Streams(make_quotas(), hold=0.6, beat=1_000.0)
    places = [Place("visitor", 2)]
    assert isinstance(await alive.enter(places), str)
    died = await dead.enter(places)
    assert isinstance(died, str)
    assert isinstance(await alive.enter(places), Refused)
    await asyncio.sleep(0.8)
    late = await alive.enter(places)
    assert isinstance(late, str), "the dead one's place is free, the living one's is still held"
    assert isinstance(await alive.enter(places), Refused)
    await alive.leave(late)
    await dead.leave(died)


async def test_a_colleague_has_few_streams_and_the_next_one_says_when(desk: Desk) -> None:
    app = create_app(desk.services(gate=Gate.of(LocalQuotas(), SMALL)))
    _, cookie = await _cookie(app, "ben")
    headers = {"cookie": cookie.decode(), "accept": "application/json"}
    async with served(app) as url, httpx.AsyncClient(base_url=url, headers=headers, timeout=30) as client:
        async with AsyncExitStack() as stack:
            opened = [await stack.enter_async_context(client.stream("GET", "/desk/events")) for _ in range(3)]
            assert [a.status_code for a in opened] == [200, 200, 429]
            assert comes_back(opened[-1])

        async def opens() -> bool:
            async with client.stream("GET", "/desk/events") as answer:
                return answer.status_code == 200

        await eventually(opens, "a place is free again")


@pytest.fixture
async def desk() -> Desk:
    return await Desk.make()


async def _opens(visitor: Visitor) -> bool:
    async with visitor.listening() as answer:
        return answer.status_code == 200


UPLOAD = (
    b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
    + b"x" * 1_500_000
    + b"\r\n--b--\r\n"
)
FORM = (b"content-type", b"multipart/form-data; boundary=b")


async def test_nobody_makes_us_read_a_file_who_may_not_send_one(desk: Desk) -> None:
    c = await desk.held()
    chat = World()
    services = desk.services(chat=_chat_of(chat), gate=Gate.of(LocalQuotas(), SMALL))
    app = create_app(services)
    reply, file = f"/desk/c/{c.id}/reply", f"/chat/{CHANNEL}/files"
    cookie = await _cookie(app, "mira")
    no_right = await _cookie(app, "carl")
    token = (b"authorization", f"Bearer {chat.visitors.issue(CHANNEL)[1]}".encode())
    evil = (b"origin", b"https://evil.example")
    for told, path, headers, status in (
        ("a stranger", reply, [], 401),
        ("a wrong session", reply, [(b"cookie", b"switchboard_session=x")], 401),
        ("somebody without the right", reply, [no_right], 403),
        ("another site", reply, [cookie, evil], 403),
        ("no visitor", file, [], 401),
        ("a wrong visitor", file, [(b"authorization", b"Bearer a.b")], 401),
        ("a visitor from another site", file, [token, evil], 403),
        ("no such chat", "/chat/nobody/files", [token], 404),
        ("elsewhere", "/login", [], 413),
    ):
        accept = (b"accept", b"application/json")
        answer = await call(app, "POST", path, headers=[*headers, FORM, accept], body=UPLOAD)
        assert (answer.status, answer.read) == (status, 0), (told, answer.status, answer.read, answer.body[:200])


async def test_a_file_that_is_announced_as_too_large_or_not_at_all_is_not_read(desk: Desk) -> None:
    c = await desk.held()
    chat = World()
    app = create_app(desk.services(chat=_chat_of(chat), gate=Gate.of(LocalQuotas(), SMALL)))
    cookie = await _cookie(app, "mira")
    token = (b"authorization", f"Bearer {chat.visitors.issue(CHANNEL)[1]}".encode())
    for path, who in ((f"/desk/c/{c.id}/reply", cookie), (f"/chat/{CHANNEL}/files", token)):
        huge = [who, FORM, (b"content-length", b"999999999")]
        answer = await call(app, "POST", path, headers=huge, pieces=[UPLOAD])
        assert (answer.status, answer.read) == (413, 0), answer.body
        answer = await call(app, "POST", path, headers=[who, FORM], pieces=[UPLOAD])
        assert (answer.status, answer.read) == (411, 0), answer.body


async def test_a_colleagues_files_are_counted(desk: Desk) -> None:
    c = await desk.held()
    app = create_app(desk.services(gate=Gate.of(LocalQuotas(), SMALL)))
    cookie = await _cookie(app, "mira")
    small = b'--b\r\nContent-Disposition: form-data; name="key"\r\n\r\nk\r\n--b--\r\n'
    headers = [cookie, FORM, (b"accept", b"application/json"), (b"x-csrf-token", b"wrong")]
    answers = [await call(app, "POST", f"/desk/c/{c.id}/reply", headers=headers, body=small) for _ in range(5)]
    assert [a.status for a in answers] == [403, 403, 403, 429, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert json.loads(answers[-1].body)["retry_after"] >= 1


def _chat_of(chat: World) -> Any:
    return chat_router(
        chat, chat.visitors, chat.intake, chat, chat, chat.blobs, chat.links, gate=Gate.of(LocalQuotas(), SMALL)
    )


async def _cookie(app: Any, who: str) -> tuple[bytes, bytes]:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.test") as client:
        await Browser(client).sign_in(who)
        return b"cookie", "; ".join(f"{k}={v}" for k, v in client.cookies.items()).encode()


def test_every_route_that_takes_files_is_among_those_that_judge_first(desk: Desk) -> None:
    taking = {e.path for e in endpoints(create_app(desk.services())) if any(t.kind == "UploadFile" for t in e.form)}
    assert taking
    for path in taking:
        assert any(u.path.fullmatch(path.replace("{", "").replace("}", "")) for u in UPLOADS), path


def test_quotas_are_settings_that_say_what_is_wrong_with_them() -> None:
    chosen = Settings(_env_file=None, chat_streams="1,20,300", chat_megabytes="1,2,3", desk_megabytes=7)  # type: ignore[call-arg, arg-type]
    limits = chosen.quota_limits
    assert limits.streams == Scopes(1, 20, 300)
    assert limits.kibibytes == Scopes(1024, 2048, 3072)
    assert limits.desk_kibibytes == 7 * 1024
    assert Settings(_env_file=None).quota_limits == QuotaLimits()  # type: ignore[call-arg]
    for wrong in ("", "1", "1,2", "0,1,2", "5,4,9", "1,2,x", "1,2,-3", "1,2,3,4", "²,3,4", "1" * 30 + ",2,3"):
        with pytest.raises(ValidationError, match="per visitor, per address, per client"):
            Settings(_env_file=None, chat_messages=wrong)  # type: ignore[call-arg, arg-type]
