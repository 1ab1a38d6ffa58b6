"""The only place where errors meet HTTP: a page for people, problem+json (RFC 9457) for scripts.

WebError
├── NotSignedIn     no session, or it has ended: to the login page
├── Forbidden       signed in, but this is not theirs
├── Missing         there is no such thing, or it is another client's
├── Unsafe          the CSRF token is missing or wrong
├── Invalid         a form or query value cannot be used
├── FileNotAccepted a file is too large or of a kind we do not carry
├── Ended           a display link that shows nothing any more
├── Moved           somebody else changed it first; the page shows the new state
└── TooBusy         beyond a quota: come back later (says when)

Raised while a request is read, and therefore HTTPExceptions:
├── TooLarge        the body is beyond the limit
├── TooLong         a field, header or address is
└── Malformed       NUL, bytes that are no text, JSON that is none
"""

import traceback
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.exceptions import HTTPException

from conversation.errors import Conflict, IllegalTransition
from web.access_log import route_of

log = structlog.get_logger(__name__)


class WebError(Exception):
    """The root: `status`, and `key`, the name of its words in the catalogue (`error.<key>`)."""

    status = 500
    key = "broken"

    def __init__(self, detail: str = "", **facts: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.facts: Mapping[str, Any] = facts


class NotSignedIn(WebError):
    status, key = 401, "signed_out"


class Forbidden(WebError):
    status, key = 403, "forbidden"


class Missing(WebError):
    status, key = 404, "missing"


class Unsafe(WebError):
    status, key = 403, "unsafe"


class Invalid(WebError):
    status, key = 422, "invalid"


class FileNotAccepted(WebError):
    status, key = 415, "file"


class Moved(WebError):
    status, key = 409, "moved"


class TooBusy(WebError):
    """`seconds` until it is worth trying again."""

    status, key = 429, "busy"

    def __init__(self, detail: str, seconds: int) -> None:
        super().__init__(detail, retry_after=seconds)
        self.seconds = seconds


class Ended(WebError):
    status, key = 410, "display"


class TooLarge(HTTPException):
    """The request's body exceeds `limit` bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(413, f"the body exceeds {limit} bytes; send less")


class TooLong(HTTPException):
    """`what` is longer than it may be."""

    def __init__(self, what: str, limit: int, length: int, unit: str = "characters", *, status: int = 422) -> None:
        super().__init__(status, f"{what}: {length} {unit}; at most {limit} are allowed")


class Malformed(HTTPException):
    """The request holds what no text, number or address is."""

    def __init__(self, detail: str) -> None:
        super().__init__(400, detail)


_BY_STATUS = {
    400: "invalid",
    401: "signed_out",
    403: "forbidden",
    404: "missing",
    405: "missing",
    411: "invalid",
    413: "large",
    414: "large",
    415: "invalid",
    422: "invalid",
    429: "busy",
    431: "large",
}


def install(app: FastAPI) -> None:
    """Every way to fail gets its answer."""

    @app.exception_handler(WebError)
    async def web_error(request: Request, error: WebError) -> Response:
        return respond_to(request, error)

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> Response:
        return respond_to(request, error)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        places = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        return respond(request, 422, "invalid", places)

    @app.exception_handler(IllegalTransition)
    @app.exception_handler(Conflict)
    async def moved(request: Request, error: Exception) -> Response:
        return respond(request, 409, "moved", str(error))

    @app.exception_handler(OverflowError)
    async def out_of_range(request: Request, error: OverflowError) -> Response:
        """A number or date that was given leads where calendars and columns end; the log says where it got through."""
        log.error("a value went out of range", route=route_of(request.scope), traceback=_plain_traceback(error))
        return respond(request, 422, "invalid", "a number or date is out of range")

    @app.exception_handler(Exception)
    async def broken(request: Request, error: Exception) -> Response:
        told = _plain_traceback(error)
        log.error("request failed", route=route_of(request.scope), method=request.method, traceback=told)
        return respond(request, 500, "broken")


def respond_to(request: Request, error: WebError | HTTPException) -> Response:
    """The error as its reader wants it, saying when to come back if it knows."""
    if isinstance(error, HTTPException):
        response = respond(request, error.status_code, _BY_STATUS.get(error.status_code, "broken"), str(error.detail))
        response.headers.update(error.headers or {})
        return response
    response = respond(request, error.status, error.key, error.detail, error.facts)
    if isinstance(error, TooBusy):
        response.headers["Retry-After"] = str(error.seconds)
    return response


def _plain_traceback(error: Exception) -> str:
    """Prettier ones print the values of variables, and with them tokens."""
    return "".join(traceback.format_exception(error))


def respond(
    request: Request, status: int, key: str, detail: str = "", facts: Mapping[str, Any] | None = None
) -> Response:
    """The error in the shape its reader wants."""
    if wants_json(request):
        body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "code": key}
        if detail:
            body["detail"] = detail
        return JSONResponse(body | dict(facts or {}), status, media_type="application/problem+json")
    if status == 401 and request.method in ("GET", "HEAD"):
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/login?next={quote(target, safe='')}", 303)
    response: Response = request.app.state.pages.error(request, status, key)
    return response


def wants_json(request: Request) -> bool:
    """Scripts say so; the API, the chat's script and the platforms always want JSON."""
    return request.url.path.startswith(("/api/", "/chat/", "/webhooks/")) or "application/json" in request.headers.get(
        "accept", ""
    )
