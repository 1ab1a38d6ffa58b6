"""One log line and one measurement per request; queries, cookies and headers, where tokens travel, stay out."""

import time

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger("web.access")
QUIET = frozenset({"/healthz", "/readyz"})
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "other"


class AccessLog:
    """Logs method, route, status and milliseconds. Measured are the route's pattern and the methods we know: paths and
    invented methods have no end.
    """

    def __init__(self, app: ASGIApp, *, registry: CollectorRegistry) -> None:
        self.app = app
        self._requests = Counter(
            "switchboard_http_requests", "HTTP requests answered.", ["method", "route", "status"], registry=registry
        )
        self._seconds = Histogram(
            "switchboard_http_request_seconds", "Time until the response began.", ["route"], registry=registry
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500
        method = scope["method"] if scope["method"] in METHODS else OTHER

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._seconds.labels(route_of(scope)).observe(time.perf_counter() - started)
            await send(message)

        try:
            await self.app(scope, receive, watched)
        finally:
            self._requests.labels(method, route_of(scope), str(status)).inc()
            if scope["path"] not in QUIET:
                took = round((time.perf_counter() - started) * 1000, 1)
                log.info("request", method=method, route=route_of(scope), status=status, ms=took)


def route_of(scope: Scope) -> str:
    """The route's pattern: what stands in a path, like a display link's token, is nobody's business in a log."""
    if scope["path"].startswith("/static/"):
        return "/static"
    path: str = getattr(scope.get("route"), "path", "")
    return path or "(none)"
