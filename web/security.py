"""Walls around every response and request: headers that forbid what we never do, and a limit to what we read."""

from collections.abc import Callable, Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.errors import TooLarge

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class SecurityHeaders:
    """Adds the headers a route has not set itself. A route that brings its own policy with `frame-ancestors` (the web
    chat, made to be embedded) is spared the old frame header.
    """

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self.app = app
        self._headers = dict(HEADERS)
        if secure:
            self._headers["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                own_frames = "frame-ancestors" in headers.get("content-security-policy", "")
                for name, value in self._headers.items():
                    if not (own_frames and name == "X-Frame-Options"):
                        headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, guarded)


class BodyLimit:
    """Refuses bodies beyond `limit` bytes, announced or not; beyond `upload_limit` where files are taken."""

    def __init__(self, app: ASGIApp, *, limit: int, upload_limit: int, is_upload: Callable[[Scope], bool]) -> None:
        self.app = app
        self._limit = limit
        self._upload_limit = upload_limit
        self._is_upload = is_upload

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self._upload_limit if self._is_upload(scope) else self._limit
        announced, seen = announced_size(Headers(scope=scope)), 0
        too_large = announced is not None and announced > limit

        async def counted() -> Message:
            nonlocal seen
            if too_large:
                raise TooLarge(limit)
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise TooLarge(limit)
            return message

        await self.app(scope, counted, send)


def announced_size(headers: Headers) -> int | None:
    """The body's length as its sender announces it; None if it comes in pieces of which nobody knows how many."""
    given = headers.get("content-length", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None
