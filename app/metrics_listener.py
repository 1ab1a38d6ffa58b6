"""Serves a process's metrics on an address of its own, which strangers do not reach."""

import asyncio
from contextlib import closing

import structlog

from app.http_server import listen, serve_http
from app.web import readiness_of
from app.wiring import Platform
from nlu.endpoints import bracketed
from web.metrics import create_metrics

log = structlog.get_logger(__name__)

PORTS_TRIED = 100
_HINT = "choose another address in SWITCHBOARD_METRICS, or `off`"


async def serve_metrics(built: Platform, stop: asyncio.Event) -> None:
    """Until `stop`. Several processes of one machine take one port after the other, from the one that is set."""
    settings = built.settings
    if settings.metrics_address is None:
        await stop.wait()
        return
    host, port = settings.metrics_address
    application = create_metrics(built.metrics.registry, readiness_of(built), settings.metrics_token.get_secret_value())
    with closing(listen(host, port, hint=_HINT, tries=PORTS_TRIED if port else 1)) as listening:
        log.info("metrics", url=f"http://{bracketed(host)}:{listening.getsockname()[1]}/metrics")
        await serve_http(application, listening, settings.connection_limits, stop)
