"""Who may send files is judged before a byte of them is read: the session, the right, the site, the quota."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import Request
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from accounts.user import Right
from web.auth import check_origin, services_of, signed_in
from web.errors import Forbidden, TooBusy, TooLarge, WebError, respond_to
from web.input_guard import MULTIPART
from web.security import announced_size


@dataclass(frozen=True, slots=True)
class UploadRoute:
    """A route that takes files. Without a right it judges its callers itself, before it reads."""

    path: re.Pattern[str]
    right: Right | None


UPLOADS: Sequence[UploadRoute] = (
    UploadRoute(re.compile(r"/desk/c/[^/]+/reply"), Right.DESK),
    UploadRoute(re.compile(r"/chat/[^/]+/files"), None),
)
"""Every route that takes files; anywhere else a form is as small as any other."""


def is_upload(scope: Scope) -> bool:
    """Whether the request may be as large as a file."""
    return upload_route(scope) is not None


def upload_route(scope: Scope) -> UploadRoute | None:
    """The route of UPLOADS that a form with files goes to."""
    if scope["method"] != "POST" or not Headers(scope=scope).get("content-type", "").startswith(MULTIPART):
        return None
    return next((route for route in UPLOADS if route.path.fullmatch(scope["path"])), None)


class UploadGate:
    """ASGI middleware in front of the desk's upload routes; `limit` is in bytes."""

    def __init__(self, app: ASGIApp, *, limit: int) -> None:
        self.app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = upload_route(scope) if scope["type"] == "http" else None
        if route is None or route.right is None:
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        try:
            await self._judge(request, route.right)
        except (WebError, HTTPException) as error:
            await respond_to(request, error)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    async def _judge(self, request: Request, right: Right) -> None:
        check_origin(request)
        person = (await signed_in(request)).user
        if not person.may(right):
            raise Forbidden(f"{person.email} does not have the right {right.value}")
        size = size_of(request, self._limit)
        refused = await services_of(request).gate.desk_upload(person.id, size)
        if refused is not None:
            raise TooBusy("too many files in a short time", refused.retry_after)


def size_of(request: Request, limit: int) -> int:
    """The announced length of an upload. Raises TooLarge, and 411 where none is announced: what is reserved before
    it is read must be known.
    """
    size = announced_size(request.headers)
    if size is None:
        raise HTTPException(411, "say how long the upload is: a Content-Length is missing")
    if size > limit:
        raise TooLarge(limit)
    return size
