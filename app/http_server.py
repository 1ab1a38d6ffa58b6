"""Listens and serves: uvicorn as every HTTP server of ours runs it, trusting no header and waiting for nobody."""

import asyncio
import errno
import socket
from collections.abc import Generator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from app.settings import SettingsError
from web.timed_protocol import ConnectionLimits, timed_protocol

BACKLOG = 2048
FINISH_SECONDS = 2


async def serve_http(app: ASGIApp, listening: socket.socket, limits: ConnectionLimits, stop: asyncio.Event) -> None:
    """Serves until `stop`; requests under way are finished, open live streams are ended after two seconds."""
    config = uvicorn.Config(
        app,
        http=timed_protocol(limits),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=limits.keep_alive_seconds,
        timeout_graceful_shutdown=FINISH_SECONDS,
        h11_max_incomplete_event_size=limits.head_bytes,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    waiting = asyncio.create_task(stop.wait())
    await asyncio.wait((serving, waiting), return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    server.should_exit = True
    await serving


def listen(host: str, port: int, *, hint: str, tries: int = 1) -> socket.socket:
    """A socket that listens on the port, or on the next free one of `tries`. Raises SettingsError, with the hint."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for number in range(port, min(port + tries, 65536)):
        listening = socket.socket(family)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, number))
            listening.listen(BACKLOG)  # until somebody listens, another process may bind the same port
        except OSError as error:
            listening.close()
            if error.errno != errno.EADDRINUSE or number == port + tries - 1:
                raise SettingsError(f"cannot listen on {host}:{number} ({error.strerror}); {hint}") from error
        else:
            return listening
    raise SettingsError(f"cannot listen on {host}:{port}; {hint}")


class _Server(uvicorn.Server):
    """Leaves signals to us: several parts share the process."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield
