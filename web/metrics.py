"""What operators ask a process on a port of its own: the numbers for Prometheus, and why it is not ready."""

import hmac
from collections.abc import Mapping

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from web.ports import Check
from web.readiness import Readiness


def create_metrics(registry: CollectorRegistry, checks: Mapping[str, Check], token: str = "") -> Starlette:
    """The application of one process. With a token everything but `/healthz` wants `Authorization: Bearer <token>`."""
    readiness = Readiness(checks)

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    async def healthz(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(_: Request) -> Response:
        problems = await readiness.problems()
        return JSONResponse({"ready": not problems, "problems": dict(problems)}, 503 if problems else 200)

    routes = [Route("/metrics", metrics), Route("/healthz", healthz), Route("/readyz", readyz)]
    return Starlette(routes=routes, middleware=[Middleware(BearerToken, token=token)])


class BearerToken:
    """Lets nobody in without the token, if there is one."""

    def __init__(self, app: ASGIApp, *, token: str) -> None:
        self.app = app
        self._expected = f"Bearer {token}".encode() if token else b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._expected and scope["type"] == "http" and scope["path"] != "/healthz":
            given = HTTPConnection(scope).headers.get("authorization", "")
            if not hmac.compare_digest(given.encode("utf-8", "replace"), self._expected):
                refused = PlainTextResponse("a token is needed\n", 401, {"WWW-Authenticate": "Bearer"})
                await refused(scope, receive, send)
                return
        await self.app(scope, receive, send)
