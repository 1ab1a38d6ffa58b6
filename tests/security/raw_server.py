"""An HTTP server that sends exactly the bytes it is given, and keeps what it was asked."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class RawServer:
    """`answer` is what every request gets; the connection is closed then."""

    answer: bytes = b""
    port: int = 0
    asked: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._answer(reader, writer)
        finally:
            writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):  # the other side has seen enough
            self.asked.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(self.answer)
            await writer.drain()
            writer.write_eof()
            await reader.read()  # until the other side has read it all, or hangs up


def said(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    lines = "".join(
        f"{line}\r\n" for line in (f"HTTP/1.1 {status}", "Connection: close", f"Content-Length: {len(body)}", *headers)
    )
    return lines.encode("latin-1") + b"\r\n" + body


@contextmanager
def raw_server(answer: bytes = b"") -> Iterator[RawServer]:
    """Listens on loopback in a thread of its own, so that blocking clients can be tested too."""
    server, ready = RawServer(answer), threading.Event()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def run() -> None:
        listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
        server.port = listening.sockets[0].getsockname()[1]
        ready.set()
        async with listening:
            await stop.wait()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    ready.wait()
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
