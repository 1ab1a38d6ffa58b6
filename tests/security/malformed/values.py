"""What is no text, number, date or JSON, and where it is put."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.journeys.house import WEB

TOKEN, SECRET = "123456:TEST-token", "s3cret"
MANY = "1000000,1000000,1000000"
TEXTS = ("a\x00b", "\ud800", "é" * 300, "'\";--\r\n", "²", "x" * 30_000)
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
JSON_VALUES: tuple[Any, ...] = (
    None,
    True,
    1,
    -1,
    2**63 - 1,
    -(2**63),
    1.5,
    "",
    "x",
    "\x00",
    "\ud800",
    "x" * 3_000,
    [],
    {},
)
BODIES = (
    *(b"[]", b'"x"', b"null", b"1", b"{}", b"", b"{", b"\xff", b"\x00", b"NaN", b"[1e999]", b'{"a":1e999}'),
    *(b'{"a":NaN}', b'{"a":1,"a":2}', b'{"a":' + b"9" * 6000 + b"}", b'{"a":1' + b"0" * 400 + b"}", b"\xfe\xff\x00{"),
    *(b"[" * 3000 + b"]" * 3000, b'{"a":' * 3000 + b"1" + b"}" * 3000, b'"' + b'\\"' * 30_000, b'{"number":"\\ud800"}'),
    *(b"a=1&payload=[]", b"payload=%ff", b"payload=" + b"[" * 3000, b"&" * 5000, b"=%00", b"a=" + b"b" * 300_000),
)
TELEGRAM_PATH, SLACK_PATH = "/webhooks/telegram/alpenrad-telegram", "/webhooks/slack/alpenrad-slack"
TELEGRAM_HEADER = b"x-telegram-bot-api-secret-token"
CHAT = (("POST", f"/chat/{WEB}/session"), ("POST", f"/chat/{WEB}/messages"), ("GET", f"/chat/{WEB}/events"))
HOOKS = (
    ("POST", TELEGRAM_PATH),
    ("POST", SLACK_PATH),
    ("OPTIONS", f"/chat/{WEB}/session"),
    ("GET", "/static/css/base.css"),
)
ODD = (
    b"\xff\xfe",
    b"\xb2",
    b"\x00",
    b"a\x01b",
    b"x" * 9_000,
    b"9" * 400,
    b"",
    b"[",
    b"http://[",
    b"-1",
    b"\xed\xa0\x80",
)
HEADERS = [
    (name, value)
    for name in (
        *(b"cookie", b"x-csrf-token", b"authorization", b"origin", b"accept-language", b"content-type", b"accept"),
        *(
            b"content-length",
            b"last-event-id",
            b"user-agent",
            b"if-modified-since",
            b"if-none-match",
            b"range",
            b"referer",
        ),
        *(
            b"x-forwarded-for",
            b"x-forwarded-proto",
            TELEGRAM_HEADER,
            b"x-slack-signature",
            b"x-slack-request-timestamp",
        ),
    )
    for value in (
        *ODD,
        b"switchboard_session=\xff",
        b"Bearer \xff.\xff",
        b"Bearer " + b"a" * 4_000 + b".e",
        b"de;q=\xb2",
    )
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
