"""Calls of an ASGI application in process, also of streams that never end by themselves."""

import asyncio
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from io import BytesIO
from typing import Any
from urllib.parse import quote, urlencode

from pypdf import PdfReader
from starlette.types import ASGIApp, Message

HOST = "desk.test"
STREAM = "text/event-stream"
BROKEN = 599
ADDRESS = ("192.0.2.7", 40_000)


@dataclass(frozen=True)
class Answer:
    """What came back. `text` is what a person or a script could read in it, of a PDF its words."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cookies: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        if self.headers.get("content-type", "").startswith("application/pdf"):
            return "\n".join(page.extract_text() for page in PdfReader(BytesIO(self.body)).pages)
        return self.body.decode("utf-8", "replace")

    @property
    def everything(self) -> str:
        """Headers and body."""
        return "\n".join([*(f"{name}: {value}" for name, value in self.headers.items()), *self.cookies, self.text])


@dataclass
class Browser:
    """A caller with cookies. `csrf` is the token of the last page it read; `bearer` is sent along if there is one."""

    app: ASGIApp
    bearer: str = ""
    cookies: dict[str, str] = field(default_factory=dict)
    csrf: str = ""

    async def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        json: bytes | None = None,
        csrf: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One call. A stream is left after its first event."""
        content, kind = b"", ""
        if form is not None:
            content, kind = urlencode(form).encode(), "application/x-www-form-urlencoded"
        if json is not None:
            content, kind = json, "application/json"
        sent = {"host": HOST, "content-length": str(len(content))} | dict(headers or {})
        if kind:
            sent["content-type"] = kind
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if self.bearer:
            sent["authorization"] = f"Bearer {self.bearer}"
        if csrf:
            sent["x-csrf-token"] = csrf
        answer = await _exchange(self.app, method, path, urlencode(query or {}), sent, content)
        self._remember(answer)
        return answer

    async def read(self, path: str) -> Answer:
        """A page, whose token is kept for the acts that follow."""
        answer = await self.ask("GET", path)
        if found := re.search(r'name="csrf" (?:content|value)="(\w+)"', answer.text):
            self.csrf = found[1]
        return answer

    def _remember(self, answer: Answer) -> None:
        for line in answer.cookies:
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value


@dataclass
class Heard:
    """A stream as it comes in; `left()` ends it."""

    text: str = ""
    status: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)
    leave: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, wanted: str, seconds: float = 10) -> None:
        """Waits for it, but not for ever: whether it came, the tests say."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while wanted not in self.text:
                    self.news.clear()
                    await self.news.wait()


async def listen(browser: Browser, path: str, heard: Heard) -> None:
    """Reads a stream into `heard` until it ends or is left."""
    sent = {"host": HOST}
    if browser.cookies:
        sent["cookie"] = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    if browser.bearer:
        sent["authorization"] = f"Bearer {browser.bearer}"

    def take(message: Message) -> None:
        heard.status = message.get("status", heard.status)
        heard.text += message.get("body", b"").decode()
        heard.news.set()

    await _run(browser.app, _scope("GET", path, "", sent), b"", take, heard.leave)


async def _exchange(
    app: ASGIApp, method: str, path: str, query: str, headers: Mapping[str, str], content: bytes
) -> Answer:
    started: list[Message] = []
    chunks: list[bytes] = []
    leave = asyncio.Event()

    def take(message: Message) -> None:
        if message["type"] == "http.response.start":
            started.append(message)
            return
        chunks.append(message.get("body", b""))
        kind = dict(started[0]["headers"]).get(b"content-type", b"")
        if kind.startswith(STREAM.encode()) and b"\n\n" in b"".join(chunks).replace(b"\r\n", b"\n"):
            leave.set()

    try:
        await _run(app, _scope(method, path, query, headers), content, take, leave)
    except Exception as error:  # noqa: BLE001  what gets out of the application is an answer as well, and a wrong one
        return Answer(BROKEN, {}, repr(error).encode())
    pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in started[0]["headers"]]
    cookies = tuple(value for name, value in pairs if name == "set-cookie")
    return Answer(started[0]["status"], dict(pairs), b"".join(chunks), cookies)


async def _run(
    app: ASGIApp, scope: dict[str, Any], content: bytes, take: Callable[[Message], None], leave: asyncio.Event
) -> None:
    waiting = [{"type": "http.request", "body": content, "more_body": False}]

    async def receive() -> Message:
        if waiting:
            return waiting.pop()
        await leave.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        take(message)

    try:
        async with asyncio.timeout(30):
            await app(scope, receive, send)
    except TimeoutError:
        raise AssertionError(f"{scope['method']} {scope['path']} does not end") from None


def _scope(method: str, path: str, query: str, headers: Mapping[str, str]) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "method": method,
        "path": path,
        "raw_path": quote(path).encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ADDRESS,
        "server": (HOST, 80),
    }
