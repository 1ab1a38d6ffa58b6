"""Every route × every method × every parameter it declares × what no text, number, date or JSON is: never a 5xx.

The routes are those of the application object over a real platform; a new one is covered as soon as it is there.
"""

import hashlib
import hmac
import itertools
import json
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import structlog
from fastapi import FastAPI

from accounts.user import Role
from app.processes import Part
from app.web import create_web
from conversation.ids import ChannelId
from conversation.message import AuthorKind
from tests.journeys.conftest import (  # noqa: F401  fixtures
    _awake,
    _one_model,
    backend,
    embedded,
    place,
    scaled,
)
from tests.journeys.house import WEB, House, Place, number, open_house
from tests.journeys.packs import channel, open_hours, pack_copy
from tests.journeys.people import Colleague
from tests.journeys.waiting import eventually
from tests.platforms.slack_server import SlackServer, slack_server
from tests.platforms.telegram_server import telegram_server
from tests.security.requests import Answer, Endpoint, Taken, call, encoded, endpoints

TOKEN, SECRET = "123456:TEST-token", "s3cret"
MANY = "1000000,1000000,1000000"
TEXTS = ("\x00", "a\x00b", "\ud800", "é" * 300, "'\";--\r\n", "²", "x" * 30_000)
RAW = ("%ff", "%ed%a0%80")
NUMBERS = ("-1", "2147483648", "9223372036854775808", "1" + "0" * 400, "1" * 5000, "1e999", "NaN", "٣")
DATES = ("0001-01-01", "9999-12-31", "1970-01-01", "2999-12-31", "10000-01-01")
MONTHS = ("0001-01", "9999-12", "0000-00", "1970-01", "2999-12", "٢٠٢٦-١٠")
WEEKS = ("0001-W01", "9999-W53", "2026-W99")
FEW = ("\x00", "\ud800", "x" * 30_000, "9" * 400, "²")
BY_KIND: Mapping[str, Sequence[str]] = {
    "int": (*NUMBERS, "\x00", "²"),
    "float": (*NUMBERS, "\x00"),
    "bool": ("\x00", "2", "x" * 300),
    "date": (*DATES, "\x00", "1" * 400),
    "list": FEW,
}
BY_NAME: Mapping[str, Sequence[str]] = {"month": MONTHS, "week": WEEKS}
"""Beside TEXTS, for those whose text is no free one."""
UNDECLARED = (
    *("month", "first_response", "next_response", "resolution", "objective", "calendar", "hours", "channel", "queue"),
    *("topic", "reason", "agent", "language", "clock", "evidence", "decision", "recipient", "lang"),
)
"""What some routes read from the request without declaring it."""
TERMS = ("99999999999999999999d", "9" * 400 + "h", "٣", "1e9", "1h" * 5_000, "24/7;24/7", "mon-sun 99:99-99:99")
JSON_VALUES: tuple[Any, ...] = (None, True, 1, -1, 2**63 - 1, -(2**63), 1.5, "", "x", "\x00", "\ud800", "x" * 3_000, [], {})
BODIES = (
    *(b"[]", b'"x"', b"null", b"1", b"{}", b"", b"{", b"\xff", b"\x00", b"NaN", b"[1e999]", b'{"a":1e999}'),
    *(b'{"a":NaN}', b'{"a":1,"a":2}', b'{"a":' + b"9" * 6000 + b"}", b'{"a":1' + b"0" * 400 + b"}", b"\xfe\xff\x00{"),
    *(b"[" * 3000 + b"]" * 3000, b'{"a":' * 3000 + b"1" + b"}" * 3000, b'"' + b'\\"' * 30_000, b'{"number":"\\ud800"}'),
    *(b"a=1&payload=[]", b"payload=%ff", b"payload=" + b"[" * 3000, b"&" * 5000, b"=%00", b"a=" + b"b" * 300_000),
)
TELEGRAM_PATH, SLACK_PATH = "/webhooks/telegram/alpenrad-telegram", "/webhooks/slack/alpenrad-slack"
TELEGRAM_HEADER = b"x-telegram-bot-api-secret-token"
CHAT = (("POST", f"/chat/{WEB}/session"), ("POST", f"/chat/{WEB}/messages"), ("GET", f"/chat/{WEB}/events"))
HOOKS = (("POST", TELEGRAM_PATH), ("POST", SLACK_PATH), ("OPTIONS", f"/chat/{WEB}/session"), ("GET", "/static/css/base.css"))
ODD = (b"\xff\xfe", b"\xb2", b"\x00", b"a\x01b", b"x" * 9_000, b"9" * 400, b"", b"[", b"http://[", b"-1", b"\xed\xa0\x80")
HEADERS = [
    (name, value)
    for name in (
        *(b"cookie", b"x-csrf-token", b"authorization", b"origin", b"accept-language", b"content-type", b"accept"),
        *(b"content-length", b"last-event-id", b"user-agent", b"if-modified-since", b"if-none-match", b"range", b"referer"),
        *(b"x-forwarded-for", b"x-forwarded-proto", TELEGRAM_HEADER, b"x-slack-signature", b"x-slack-request-timestamp"),
    )
    for value in (*ODD, b"switchboard_session=\xff", b"Bearer \xff.\xff", b"Bearer " + b"a" * 4_000 + b".e", b"de;q=\xb2")
]
MESSAGE = {"number": "0123456789ab", "text": "Hallo", "title": "", "payload": "", "language": "de"}


def _part(name: bytes, value: bytes, more: bytes = b"") -> bytes:
    return b'--b\r\nContent-Disposition: form-data; name="' + name + b'"' + more + b"\r\n\r\n" + value + b"\r\n"


MULTI = b"multipart/form-data; boundary=b"
KEY = _part(b"key", b"k")
PARTS: Sequence[tuple[bytes, bytes, int]] = (
    (MULTI, KEY + _part(b"text", b"a\x00b") + b"--b--\r\n", 400),
    (MULTI, KEY + _part(b"te\x00xt", b"a") + b"--b--\r\n", 400),
    (MULTI, KEY + _part(b"files", b"hello", b'; filename="a\x00.txt"') + b"--b--\r\n", 400),
    (MULTI, KEY + _part(b"files", b"hello", b'; filename="' + b"x" * 30_000 + b'"') + b"--b--\r\n", 400),
    (MULTI, KEY + _part(b"text", b"x" * 20_001) + b"--b--\r\n", 422),
    (MULTI, KEY + _part(b"text", b"x" * 2_000_000) + b"--b--\r\n", 400),
    (MULTI, KEY * 2_000 + b"--b--\r\n", 400),
    (MULTI, b"\xff" * 1_000, 400),
    (b"multipart/form-data", KEY + b"--b--\r\n", 400),
    (MULTI + b"; charset=idna", KEY + b"--b--\r\n", 400),
    (MULTI + b"; charset=utf-7", KEY + b"--b--\r\n", 400),
)
JSON_TYPE, FORM_TYPE = b"application/json", b"application/x-www-form-urlencoded"


@dataclass
class Site:
    """The application with honest values for everything a path may name."""

    app: FastAPI
    house: House
    slack: SlackServer
    values: Mapping[str, str]
    visitor: str
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1000))

    def telegram_update(self, text: str = "Hallo") -> dict[str, Any]:
        return {
            "update_id": next(self.numbers),
            "message": {
                "message_id": next(self.numbers),
                "date": int(time.time()),
                "chat": {"id": 42, "type": "private", "first_name": "Lena"},
                "from": {"id": 42, "is_bot": False, "first_name": "Lena", "language_code": "de"},
                "text": text,
                "document": {"file_id": "f", "file_unique_id": "u", "file_name": "a.pdf", "file_size": 1},
            },
        }

    def honest(self, endpoint: Endpoint) -> dict[str, str]:
        named = {name: self.values.get(name, "1") for name in endpoint.places}
        chosen = {name: t.choices[0] for name, t in endpoint.types.items() if t.choices and name not in self.values}
        return named | chosen


@dataclass(frozen=True)
class Person:
    name: str
    cookie: bytes
    csrf: bytes

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        return [(b"cookie", self.cookie), (b"x-csrf-token", self.csrf), (b"accept", b"application/json")]


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()


@asynccontextmanager
async def site_of(place: Place, folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    monkeypatch.setenv("ALPENRAD_TELEGRAM_TOKEN", TOKEN)
    monkeypatch.setenv("ALPENRAD_TELEGRAM_SECRET", SECRET)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))  # a line for each call
    async with telegram_server(TOKEN) as telegram, slack_server() as slack:
        monkeypatch.setenv("ALPENRAD_SLACK_BOT_TOKEN", slack.bot_token)
        monkeypatch.setenv("ALPENRAD_SLACK_SIGNING_SECRET", slack.secret)
        pack = pack_copy(
            folder,
            open_hours(),
            channel("alpenrad-telegram", mode="webhook"),
            channel("alpenrad-slack", mode="events", app_token=""),
        )
        settings: dict[str, Any] = {"telegram_api_url": telegram.url, "slack_api_url": f"{slack.url}/api/"}
        settings |= {name: MANY for name in ("chat_messages", "chat_uploads", "chat_megabytes", "chat_streams")}
        house_of = open_house(place, pack, Part.WORKER, **settings, desk_streams=10**6, desk_uploads=10**6)
        async with house_of as house:
            app = create_web(house.built)
            yield await _furnished(app, house, slack)


async def _furnished(app: FastAPI, house: House, slack: SlackServer) -> Site:
    """A customer who waits for a person, one who was given to one, and their names in addresses."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.test") as client:
        token = (await client.post(f"/chat/{WEB}/session")).json()["token"]
        body = {"number": number(), "text": "Ich möchte mit einem Menschen sprechen", "language": "de"}
        headers = {"Authorization": f"Bearer {token}"}
        assert (await client.post(f"/chat/{WEB}/messages", json=body, headers=headers)).status_code == 202
    visitor = house.built.transcripts
    ref = await eventually(lambda: _ref(house), "the message has become a conversation")
    found = await house.found(ref)
    agent = await house.agent("Mira Sander")
    await house.built.desk.claim(agent, found.id)
    message = (await house.messages(ref))[0]
    assert visitor is not None
    today = date.today()  # noqa: DTZ011  any day near now will do
    values = {
        "client": "alpenrad",
        "conversation": str(found.id),
        "message": str(message.id),
        "month": f"{today:%Y-%m}",
        "day": today.isoformat(),
        "table": "days",
        "form": "csv",
        "channel": str(WEB),
        "reference": "x" * 40,
        "name": "chat.js",
        "rest": "css/base.css",
        "entry": "1",
    }
    return Site(app, house, slack, values, token)


async def _ref(house: House) -> str:
    from sqlalchemy import select  # noqa: PLC0415

    from storage.schema import conversations, threads  # noqa: PLC0415
    from storage.tenancy import ALL_CLIENTS  # noqa: PLC0415

    waiting = select(threads.c.ref).join(conversations, conversations.c.thread == threads.c.id)
    async with house.built.database.reading(ALL_CLIENTS) as connection:
        return str(await connection.scalar(waiting.where(conversations.c.state == "queued")) or "")


async def sign_in(site: Site, name: str, *roles: Role) -> Person:
    email = await site.house.employ(f"{name} Person", *roles)
    transport = httpx.ASGITransport(site.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.test") as client:
        colleague = Colleague(client)
        await colleague.signs_in(email)
        await colleague.page(_home(roles))
        cookie = "; ".join(f"{k}={v}" for k, v in client.cookies.items())
        return Person(name, cookie.encode(), colleague._token.encode())


def _home(roles: tuple[Role, ...]) -> str:
    homes = {Role.AGENT: "/desk", Role.SUPERVISOR: "/wallboard", Role.TRAINER: "/training/alpenrad"}
    homes |= {Role.CLIENT_ADMIN: "/dashboard/alpenrad", Role.PROVIDER_ADMIN: "/admin"}
    return homes[roles[0]]


class Found:
    """Counts answers and keeps those that must not be."""

    def __init__(self) -> None:
        self.answers: Counter[int] = Counter()
        self.broken: list[str] = []

    def add(self, told: str, answer: Answer) -> Answer:
        self.answers[answer.status] += 1
        if answer.status >= 500 or answer.error is not None or answer.status == 0:
            self.broken.append(f"{answer.status} {told} {answer.error!r}"[:600])
        return answer

    def told(self) -> str:
        """Empty if nothing broke."""
        return "\n".join(sorted(set(self.broken))[:40])


def ordered(app: FastAPI) -> list[Endpoint]:
    """Signing out comes last, signing in before (it takes its time)."""
    return sorted(endpoints(app), key=lambda e: (e.path == "/logout", e.path == "/login", e.path, e.method))


def values_for(taken: Taken) -> Sequence[str]:
    """What this parameter could break on."""
    if taken.choices or taken.name in ("email", "password", "code"):
        return FEW
    return BY_KIND.get(taken.kind, (*TEXTS, *BY_NAME.get(taken.name, ("1" + "0" * 400,))))


def one_by_one(endpoint: Endpoint, honest: Mapping[str, str]) -> Iterator[tuple[str, str, dict[str, str]]]:
    """What is wrong, the address, and the form."""
    form = {t.name: t.choices[0] if t.choices else "1" for t in endpoint.form if t.name != "files"}
    for name in endpoint.places:
        for value in (*map(encoded, values_for(endpoint.types.get(name, Taken(name, "str")))), *RAW):
            if value:
                yield f"{name}={value[:60]!r}", endpoint.address({**honest, name: value}), form
    for taken in endpoint.query:
        for value in (*map(encoded, values_for(taken)), *RAW):
            yield f"?{taken.name}={value[:60]!r}", f"{endpoint.address(honest)}?{taken.name}={value}", form
    for taken in endpoint.form:
        for value in values_for(taken) if taken.name in form else ():
            yield f"form {taken.name}={value[:60]!r}", endpoint.address(honest), {**form, taken.name: value}


def all_at_once(
    endpoint: Endpoint, honest: Mapping[str, str], values: Sequence[str]
) -> Iterator[tuple[str, str, dict[str, str]]]:
    """The same value everywhere but in the path, also in what a route reads without declaring it."""
    names = [*(t.name for t in endpoint.query if not t.choices), *UNDECLARED]
    for value in values:
        query = "&".join(f"{name}={encoded(value)}" for name in names)
        form = {name: value for name in (*(t.name for t in endpoint.form), *UNDECLARED) if name != "files"}
        yield f"all={value[:60]!r}", f"{endpoint.address(honest)}?{query[:7_900]}", form


async def send(site: Site, person: Person, endpoint: Endpoint, address: str, form: Mapping[str, str]) -> Answer:
    path, _, query = address.partition("?")
    headers = list(person.headers)
    body = b""
    if endpoint.method == "POST":
        body = "&".join(f"{encoded(k)}={encoded(v)}" for k, v in form.items()).encode()
        headers.append((b"content-type", FORM_TYPE))
    return await call(site.app, endpoint.method, path, query=query, headers=headers, body=body)


@pytest.mark.timeout(400)
async def test_no_route_breaks_on_any_value_of_its_parameters(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, honest = Found(), Counter[int]()
    async with site_of(place, tmp_path, monkeypatch) as site:
        known = ordered(site.app)
        assert len(known) > 80
        everybody = await sign_in(site, "everything", *Role)
        for endpoint in known:
            values = site.honest(endpoint)
            answer = await send(site, everybody, endpoint, endpoint.address(values), {})
            honest[answer.status] += 1
            for told, address, form in one_by_one(endpoint, values):
                found.add(
                    f"{endpoint.method} {endpoint.path} {told}", await send(site, everybody, endpoint, address, form)
                )
        for role in Role:
            person = await sign_in(site, str(role), role)
            for endpoint in known:
                for told, address, form in all_at_once(endpoint, site.honest(endpoint), FEW[-2:]):
                    answer = await send(site, person, endpoint, address, form)
                    found.add(f"{role} {endpoint.method} {endpoint.path} {told}", answer)
        for told, address, form in terms():
            found.add(told, await call(site.app, "GET", address, query=form, headers=everybody.headers))
    assert found.told() == ""
    assert honest[200] > 50, f"honest values must get through to what lies behind the routes: {honest}"
    assert found.answers[400] > 500
    assert found.answers[422] > 300


def terms() -> Iterator[tuple[str, str, str]]:
    """The what-if page reads its terms from the address by itself."""
    for name in ("first_response", "resolution", "objective", "hours", "month", "calendar"):
        for value in (*TERMS, *MONTHS, *NUMBERS[:6]):
            chosen = "&calendar=own" if name == "hours" else ""
            query = f"{name}={encoded(value)}{chosen}"[:7_900]
            yield f"what-if {query[:80]}", "/dashboard/alpenrad/what-if", query


@pytest.mark.timeout(400)
async def test_no_body_breaks_the_chat_or_a_platforms_webhook(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Found()
    async with site_of(place, tmp_path, monkeypatch) as site:
        for body in (*BODIES, *mutated(MESSAGE)):
            for media_type in (JSON_TYPE, FORM_TYPE):
                answer = found.add(f"chat {body[:80]!r}", await post_chat(site, body, media_type))
                assert answer.status in (202, 400, 413, 422), (body[:80], answer.status, answer.body)
        for body in (*BODIES, *mutated(site.telegram_update())):
            unsigned = await call(site.app, "POST", TELEGRAM_PATH, body=body)
            signed = await call(site.app, "POST", TELEGRAM_PATH, body=body, headers=[(TELEGRAM_HEADER, SECRET.encode())])
            assert unsigned.status == 401, (body[:80], unsigned.status)
            found.add(f"telegram {body[-400:]!r}", signed)
        for body in (*BODIES, *mutated(site.slack.customer_says("hallo")), *pressed(site.slack)):
            assert (await post_slack(site, body, secret="wrong")).status == 401
            found.add(f"slack {body[-400:]!r}", await post_slack(site, body))
        for body in (b"[]", b'"x"', b"null", b"1", b"[" * 3_000):
            assert (await post_slack(site, body)).status == 400
    assert found.told() == ""


async def test_what_a_customer_wrote_is_kept_with_replacements_however_odd_its_characters(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with site_of(place, tmp_path, monkeypatch) as site:
        update = site.telegram_update("Ha\x00llo \ud83d und\udc00")
        headers = [(TELEGRAM_HEADER, SECRET.encode())]
        assert (await call(site.app, "POST", TELEGRAM_PATH, body=json.dumps(update).encode(), headers=headers)).status == 200
        event = json.dumps(site.slack.customer_says("Ha\x00llo \ud83d und\udc00")).encode()
        assert (await post_slack(site, event)).status == 200
        for ref, where in (("42", "alpenrad-telegram"), ("D1", "alpenrad-slack")):
            said = await eventually(lambda r=ref, w=where: _said(site.house, r, w), f"{where} has the message")
            assert said == ["Ha\ufffdllo \ufffd und\ufffd"]


async def test_no_header_breaks_a_route(embedded: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = Found()
    async with site_of(embedded, tmp_path, monkeypatch) as site:
        person = await sign_in(site, "everything", *Role)
        for name, value in HEADERS:
            for method, path in (("GET", "/desk"), ("POST", "/desk/presence"), ("GET", f"/chat/{WEB}"), *CHAT, *HOOKS):
                own = [(k, v) for k, v in person.headers if k != name]
                answer = await call(site.app, method, path, headers=[*own, (name, value)], body=b"status=online")
                found.add(f"{name!r}: {value[:60]!r} {method} {path}", answer)
        for host in (b"[", b"a b", b"x" * 9_000, b"\xff", b"a:99999", b"@", b"a/b", b""):
            found.add(f"host {host[:60]!r}", await call(site.app, "GET", "/desk", host=host, headers=person.headers))
        for stamp, signature in ((b"abc", b"v0=" + b"0" * 64), (b"1", b"v0=\xff"), (b"\xb2", b"v0=x"), (b"9" * 500, b"")):
            headers = [(b"x-slack-request-timestamp", stamp), (b"x-slack-signature", signature)]
            assert (await call(site.app, "POST", SLACK_PATH, headers=headers, body=b"{}")).status == 401
        headers = [(TELEGRAM_HEADER, b"\xff\xfe")]
        assert (await call(site.app, "POST", TELEGRAM_PATH, headers=headers, body=b"{}")).status == 401
    assert found.told() == ""


async def test_a_form_in_several_parts_is_checked_like_any_other(
    embedded: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with site_of(embedded, tmp_path, monkeypatch) as site:
        person = await sign_in(site, "everything", Role.AGENT)
        path = f"/desk/c/{site.values['conversation']}/reply"
        for kind, body, status in PARTS:
            headers = [*person.headers, (b"content-type", kind)]
            answer = await call(site.app, "POST", path, headers=headers, body=body)
            assert answer.status == status, (body[:200], answer.status, answer.body[:200])


def mutated(value: Any) -> Iterator[bytes]:
    """JSON texts: the value with each of its parts, however deep, replaced by each of JSON_VALUES or left out."""
    for path in _parts(value):
        for other in JSON_VALUES:
            yield json.dumps(_with(value, path, other)).encode()


def _parts(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from _parts(child, (*path, key))


def _with(value: Any, path: tuple[Any, ...], other: Any) -> Any:
    if not path:
        return other
    if isinstance(value, dict):
        return {k: _with(v, path[1:], other) if k == path[0] else v for k, v in value.items()}
    return [_with(v, path[1:], other) if k == path[0] else v for k, v in enumerate(value)]


def pressed(slack: SlackServer) -> Iterator[bytes]:
    """Interactions come as a form."""
    payload = {
        "type": "block_actions",
        "user": {"id": "U1", "name": "lena"},
        "container": {"message_ts": "1700000000.000100", "channel_id": "D1"},
        "actions": [{"type": "button", "action_id": "a", "value": "v", "action_ts": "1700000001.0", "text": {"text": "Ja"}}],
    }
    for body in mutated(payload):
        yield urlencode({"payload": body.decode()}).encode()
    yield urlencode({"command": "/help", "channel_id": "D1", "text": "\x00", "user_id": "x" * 9_000}).encode()


async def post_chat(site: Site, body: bytes, media_type: bytes) -> Answer:
    headers = [(b"authorization", f"Bearer {site.visitor}".encode()), (b"content-type", media_type)]
    return await call(site.app, "POST", f"/chat/{WEB}/messages", headers=headers, body=body)


async def post_slack(site: Site, body: bytes, secret: str = "") -> Answer:
    stamp = str(int(time.time()))
    key = (secret or site.slack.secret).encode()
    signature = hmac.new(key, f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    headers = [
        (b"x-slack-request-timestamp", stamp.encode()),
        (b"x-slack-signature", f"v0={signature}".encode()),
        (b"content-type", JSON_TYPE),
    ]
    return await call(site.app, "POST", SLACK_PATH, headers=headers, body=body)


async def _said(house: House, ref: str, where: str) -> list[str]:
    return await house.said(ref, AuthorKind.CUSTOMER, ChannelId(where))
