"""The sample clients' own order system, started beside whatever needs it."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Generator, Mapping

import uvicorn

from clients.backend.service import create_app
from nlu.variables import variable_of

PORT = 8801
BACKEND = "BACKEND_URL"
"""The variable of each sample client."""


@contextlib.asynccontextmanager
async def backend() -> AsyncIterator[int]:
    """Serves on 127.0.0.1 while open, on port 8801 or, if that is taken, any other; yields the port."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", PORT))
    except OSError:
        listening.bind(("127.0.0.1", 0))
    server = _Server(uvicorn.Config(create_app(), log_config=None, access_log=False, lifespan="off"))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield int(listening.getsockname()[1])
    finally:
        server.should_exit = True
        await serving
        listening.close()


def addresses(port: int) -> Mapping[str, str]:
    """The variables by which the sample packs find the backend on `port`."""
    return {
        variable_of("alpenrad", BACKEND): f"http://127.0.0.1:{port}",
        variable_of("kontor", BACKEND): f"http://127.0.0.1:{port}/kontor",
    }


class _Server(uvicorn.Server):
    """Leaves signals to the process it runs in."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield
