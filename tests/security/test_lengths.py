"""Lengths are limited at every edge, and logged values are cut: what is too long is told, what may not be lost is cut."""

import asyncio
import io
import json
import logging
import re
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import structlog

from app import logs
from app.settings import LogFormat
from bots.bounds import bounded
from bots.errors import Unreadable
from conversation import limits
from conversation.json_reader import JsonRefused, read_json
from conversation.limits import MARK, cut
from conversation.message import Attachment, ContentKind, Inbound, Sender
from tests.builders import inbound
from tests.chat.world import served
from tests.security.requests import call, endpoints
from tests.web.world import World as Desk
from web.application import create_app

LONG = 300_000


@pytest.fixture
async def desk() -> Desk:
    return await Desk.make()


def test_what_is_cut_says_so_and_is_exactly_as_long_as_it_may_be() -> None:
    assert cut("x" * 500, 500) == "x" * 500
    assert cut("x" * 501, 500) == "x" * (500 - len(MARK)) + MARK


def test_what_a_customer_wrote_on_a_platform_is_cut_with_a_mark_and_not_lost() -> None:
    sent = inbound("x" * LONG, name="n" * LONG)
    file = Attachment(ContentKind.FILE, "f" * LONG, "m" * LONG, 1, "reference")
    kept = bounded(replace(sent, payload="p" * LONG, attachments=(file,) * 1_000))
    assert len(kept.text) == limits.CUSTOMER_TEXT
    assert kept.text.endswith(MARK)
    assert len(kept.payload) == limits.PAYLOAD
    assert len(kept.sender.name) == limits.NAME
    assert len(kept.attachments) == limits.FILES
    assert (len(kept.attachments[0].name), len(kept.attachments[0].media_type)) == (limits.FILE_NAME, limits.MEDIA_TYPE)


def test_attributes_of_a_customer_are_few_and_short() -> None:
    sender = Sender("42", attributes={f"a{n}": "x" * LONG for n in range(500)} | {"b" * LONG: 1})
    kept = bounded(replace(inbound("hi"), sender=sender)).sender.attributes
    assert len(kept) == limits.ATTRIBUTES
    assert max(len(str(value)) for value in kept.values()) == limits.NAME


@pytest.mark.parametrize(
    "wrong", [{"thread_ref": "x" * LONG}, {"platform_message_id": "x" * LONG}, {"edits": "x" * LONG}, {"order": 2**63}]
)
def test_an_id_is_never_cut_since_it_would_name_somebody_else(wrong: dict[str, object]) -> None:
    with pytest.raises(Unreadable):
        bounded(replace(inbound("hi"), **wrong))  # type: ignore[arg-type]


@pytest.mark.parametrize("days", [-800_000, -4_000, 2, 3_000_000])
def test_a_time_that_cannot_be_true_is_the_time_of_receipt(days: int) -> None:
    sent: Inbound = inbound("hi")
    try:
        odd = sent.received_at + timedelta(days=days)
    except OverflowError:
        odd = sent.received_at.max.replace(tzinfo=sent.received_at.tzinfo)
    assert bounded(replace(sent, sent_at=odd)).sent_at == sent.received_at


async def test_every_text_of_every_form_says_how_long_it_may_be(desk: Desk) -> None:
    app = create_app(desk.services())
    free = [
        f"{e.path} {t.name}"
        for e in endpoints(app)
        for t in e.form
        if t.kind == "str" and not t.choices and not t.limited and e.path not in ("/login", "/language")
    ]
    assert free == []


@pytest.mark.parametrize(
    ("path", "query", "headers", "status"),
    [
        ("/desk/" + "x" * 3_000, "", [], 414),
        ("/desk", "q=" + "x" * 9_000, [], 414),
        ("/login", "", [(b"cookie", b"a=" + b"x" * 9_000)], 431),
        ("/login", "", [(b"x-%d" % n, b"x" * 7_000) for n in range(6)], 431),
        ("/login", "", [(b"authorization", b"Bearer " + b"x" * 9_000)], 431),
    ],
)
async def test_what_is_too_long_is_told_with_how_long_it_may_be(
    desk: Desk, path: str, query: str, headers: list[tuple[bytes, bytes]], status: int
) -> None:
    app = create_app(desk.services())
    answer = await call(app, "GET", path, query=query, headers=[*headers, (b"accept", b"application/json")])
    assert answer.status == status
    assert re.search(rb"\d+ bytes; at most \d+ are allowed", answer.body)


def test_json_is_read_in_linear_time_and_without_recursion() -> None:
    hostile = (
        '"' + '\\"' * 400_000,
        "[" * 1_000_000,
        '{"a":' * 200_000,
        '"' * 1_000_001,
        "\\" * 1_000_000,
        "[" + '"a",' * 250_000,
    )
    began = time.perf_counter()
    for text in hostile:
        with pytest.raises(JsonRefused):
            read_json(text)
    with pytest.raises(JsonRefused):
        read_json("{" + ",".join(f'"{n}":1' for n in range(60_000)) + ',"1":1}')
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize(
    "text",
    [
        "NaN",
        "[Infinity]",
        "-Infinity",
        "1e999",
        "1" + "0" * 400,
        "9" * 5_000,
        str(2**63),
        '{"a":1,"a":2}',
        "",
        "{",
        "\xff",
    ],
)
def test_json_that_means_different_things_to_different_readers_is_refused(text: str) -> None:
    with pytest.raises(JsonRefused):
        read_json(text)


def test_json_as_it_should_be_is_read_as_it_stands() -> None:
    value = {"a": [1, -(2**63), 2**63 - 1, 1.5, True, None, 'x"]{\\', "\ud800", {"b": "ü"}], "c": {}}
    assert read_json(json.dumps(value)) == value
    assert read_json(json.dumps(value).encode()) == value
    deep = json.loads("[" * limits.JSON_DEPTH + "]" * limits.JSON_DEPTH)
    assert read_json(json.dumps(deep)) == deep


@pytest.mark.parametrize("form", list(LogFormat))
def test_what_is_logged_is_cut_whoever_logs_it(form: LogFormat, monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        logs.configure("INFO", form)
        structlog.get_logger("a").info(
            "x" * LONG, email="e" * LONG, many=list(range(100_000)), deep=_deep(), raw=b"x" * LONG
        )
        logging.getLogger("b").warning("refused %s", "x" * LONG, extra={"address": "y" * LONG})
        structlog.get_logger("a").info("half a character \ud800 and \x00", obj=Odd())
        try:
            int("v" * 3_000)
        except ValueError:
            structlog.get_logger("a").exception("broken")
            logging.getLogger("b").exception("broken too")
    finally:
        root.handlers[:] = before
        root.setLevel(level)
        structlog.reset_defaults()
    lines = written.getvalue()
    assert len(lines) < 40_000
    assert re.search("[xeyv]{9000}", lines) is None
    assert lines.count("[…]") >= 5
    lines.encode()


class Odd:
    def __repr__(self) -> str:
        return "z" * LONG


def _deep() -> object:
    deep: object = "x" * LONG
    for _ in range(500):
        deep = {"a": [deep]}
    return deep


def test_the_limits_are_said_in_one_place() -> None:
    """No route has a number of its own."""
    sources = [p for p in Path("web").rglob("*.py") if p.name != "parameters.py"]
    assert sources
    assert not [p for p in sources if re.search(r"max_length=\d", p.read_text("utf-8"))]


@pytest.mark.parametrize(
    ("request_line", "more", "status"),
    [
        (b"GET /static/%00 HTTP/1.1", b"", 400),
        (b"GET /static/%ed%a0%80 HTTP/1.1", b"", 400),
        (b"GET /login?next=%ff HTTP/1.1", b"", 400),
        (b"GET /login?next=" + b"x" * 9_000 + b" HTTP/1.1", b"", 414),
        (b"GET /login HTTP/1.1", b"Cookie: a=\xff\xfe\r\n", 200),
        (b"GET /login HTTP/1.1", b"Origin: http://[\r\n", 200),
        (b"POST /login HTTP/1.1", b"Origin: http://[\r\nContent-Length: 0\r\n", 403),
        (b"GET http://[/ HTTP/1.1", b"", 404),
        (b"GET /login HTTP/1.1", b"X: " + b"x" * 9_000 + b"\r\n", 431),
    ],
)
async def test_the_real_server_hands_on_what_the_guard_looks_at(
    desk: Desk, request_line: bytes, more: bytes, status: int
) -> None:
    async with served(create_app(desk.services())) as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        writer.write(request_line + b"\r\nHost: desk.test\r\nConnection: close\r\n" + more + b"\r\n")
        answer = await reader.read()
        writer.close()
        assert int(answer.split(maxsplit=2)[1]) == status
