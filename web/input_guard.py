"""Refuses what no page could use and no database could hold, before a route sees it: NUL, bytes that are not UTF-8,
lone surrogates, headers that are none, and whatever is longer than conversation.limits says.

Bodies are looked at when the route reads them, so a route that refuses earlier reads nothing. Calls of platforms are
left as they are: their signature counts first (bots).
"""

from collections.abc import Iterable
from urllib.parse import unquote_to_bytes, urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from conversation import limits
from conversation.json_reader import JsonRefused, read_json
from conversation.plain_text import is_plain
from web.errors import Malformed, TooLong, respond_to

RAW = "/webhooks/"
FORM, JSON, MULTIPART = "application/x-www-form-urlencoded", "application/json", "multipart/form-data"


class InputGuard:
    """ASGI middleware; `app` sees clean paths, queries, headers and bodies only."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            check_headers(scope["headers"])
        except (Malformed, TooLong) as error:  # an address of the request cannot be told: its Host may be what is wrong
            await PlainTextResponse(f"{error.detail}\n", error.status_code)(scope, receive, send)
            return
        try:
            check_address(scope)
        except (Malformed, TooLong) as error:
            scope["path"], scope["query_string"] = "/", b""
            await respond_to(Request(scope), error)(scope, receive, send)
            return
        await self.app(scope, _checked(scope, receive), send)


def check_headers(headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Raises Malformed or TooLong. Bytes beyond ASCII may be (RFC 9110, 5.5): whoever compares them expects them."""
    size = 0
    for name, value in headers:
        size += len(name) + len(value)
        if len(value) > limits.HEADER_BYTES or size > limits.HEADERS_BYTES:
            raise TooLong("header " + name.decode("latin-1"), limits.HEADER_BYTES, len(value), "bytes", status=431)
        if any((byte < 32 and byte != 9) or byte == 127 for byte in value):
            raise Malformed(f"header {name.decode('latin-1')}: control characters are not allowed")
        if name == b"host":
            _check_host(value)


def check_address(scope: Scope) -> None:
    """Raises Malformed or TooLong for the request's path and query."""
    path = scope.get("raw_path") or scope["path"].encode("utf-8", "surrogatepass")
    _check_encoded("the path", path, limits.PATH_BYTES)
    _check_encoded("the query", scope["query_string"].replace(b"+", b" "), limits.QUERY_BYTES)
    if not is_plain(scope["path"]):
        raise Malformed("the path holds a character that is none")


def check_form(body: bytes) -> None:
    """Raises Malformed or TooLong for a form as browsers encode it."""
    fields = body.split(b"&")
    if len(fields) > limits.FIELDS:
        raise TooLong("the form", limits.FIELDS, len(fields), "fields", status=413)
    for field in fields:
        name, _, value = field.replace(b"+", b" ").partition(b"=")
        check_field(_decoded("a field's name", name), _decoded("a field's value", value))


def check_field(name: str, value: str, longest: int = limits.FIELD) -> None:
    """Raises Malformed or TooLong for one field of a form."""
    if len(name) > limits.FIELD_NAME:
        raise TooLong("a field's name", limits.FIELD_NAME, len(name))
    if not is_plain(name) or not is_plain(value):
        raise Malformed(f"{name[:40]!r}: NUL and lone surrogates are not allowed")
    if len(value) > longest:
        raise TooLong(name, longest, len(value))


def check_json(body: bytes) -> None:
    """Raises Malformed for what read_json() refuses, and for texts that are not plain, however deep they lie."""
    try:
        value = read_json(body)
    except JsonRefused as error:
        raise Malformed(str(error)) from error
    if not _is_plain_tree(value):
        raise Malformed("NUL and lone surrogates are not allowed")


def _is_plain_tree(value: object) -> bool:
    match value:
        case str():
            return is_plain(value)
        case list():
            return all(map(_is_plain_tree, value))
        case dict():
            return all(is_plain(name) and _is_plain_tree(inner) for name, inner in value.items())
    return True


def _check_encoded(what: str, encoded: bytes, longest: int) -> None:
    if len(encoded) > longest:
        raise TooLong(what, longest, len(encoded), "bytes", status=414)
    _decoded(what, encoded)


def _decoded(what: str, encoded: bytes) -> str:
    try:
        text = unquote_to_bytes(encoded).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(f"{what} is not UTF-8") from error
    if "\x00" in text:
        raise Malformed(f"{what} holds a NUL")
    return text


def _check_host(value: bytes) -> None:
    try:
        host = urlsplit(f"//{value.decode('ascii')}")
        wrong = host.netloc.encode("ascii") != value or not (host.port is None or host.port >= 0)
    except ValueError:
        wrong = True
    if wrong:
        raise Malformed("header host: this is not a host's name or address")


def _checked(scope: Scope, receive: Receive) -> Receive:
    """Gives forms and JSON out whole, once they are checked; other bodies piece by piece as they come."""
    if scope["path"].startswith(RAW):
        return receive
    media_type, _, parameters = Headers(scope=scope).get("content-type", "").partition(";")
    check = {FORM: check_form, JSON: check_json}.get(media_type.strip().lower())
    if check is None:
        return _refused(receive) if _has_other_charset(media_type, parameters) else receive
    done = False

    async def whole() -> Message:
        nonlocal done
        if done:
            return await receive()
        parts: list[bytes] = []
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return message
            parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                break
        body, done = b"".join(parts), True
        if body:
            check(body)
        return {"type": "http.request", "body": body, "more_body": False}

    return whole


def _has_other_charset(media_type: str, parameters: str) -> bool:
    """Whether a form's fields would be read as anything but UTF-8: Python knows charsets that no form has."""
    if media_type.strip().lower() != MULTIPART:
        return False
    charset = next((p for p in parameters.lower().split(";") if p.strip().startswith("charset")), "")
    return bool(charset) and charset.partition("=")[2].strip(' "') not in ("utf-8", "utf8", "us-ascii")


def _refused(receive: Receive) -> Receive:
    async def refuse() -> Message:
        await receive()
        raise Malformed("a form must be in UTF-8")

    return refuse
