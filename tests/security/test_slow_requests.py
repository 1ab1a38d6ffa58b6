"""Requests that never end, over raw sockets: who holds a place must use it."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from app.http_server import listen, serve_http
from web.timed_protocol import ConnectionLimits

QUICK = ConnectionLimits(
    head_seconds=0.6, body_seconds=0.8, body_rate=2_000, keep_alive_seconds=1, unread_seconds=0.6, half_open=256
)
CLOSED_WITHIN = 3.0
MEBIBYTE = 1024 * 1024
LARGE = 32
HEAD = b"POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"


async def app(scope: Any, receive: Any, send: Any) -> None:
    """`/upload` counts what it is sent, `/stream` sends a line now and then, `/large` a lot, `/early` does not listen."""
    assert scope["type"] == "http"

    async def answer(body: bytes, *, more: bool = False, begin: bool = True) -> None:
        if begin:
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": body, "more_body": more})

    if scope["path"] == "/upload":
        size, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            size, more = size + len(message["body"]), message["more_body"]
        await answer(str(size).encode())
    elif scope["path"] == "/stream":
        for number in range(12):
            await answer(b"tick\n", more=number < 11, begin=number == 0)
            await asyncio.sleep(0.2)
    elif scope["path"] == "/large":
        for number in range(LARGE):
            await answer(bytes(MEBIBYTE), more=number < LARGE - 1, begin=number == 0)
    elif scope["path"] == "/slow":
        await asyncio.sleep(2)
        await answer(b"done")
    else:
        await answer(b"early")


@dataclass
class Connection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        with contextlib.suppress(OSError):
            await self.writer.drain()

    async def rest(self) -> bytes:
        """Everything until the other side closes; a reset is a close, too."""
        got = bytearray()
        with contextlib.suppress(OSError):
            while piece := await self.reader.read(65536):
                got += piece
        return bytes(got)

    async def drip(self, data: bytes, every: float) -> bytes:
        """One byte now and then for ever; what came back until the other side closed."""

        async def dripping() -> None:
            for place in range(len(data)):
                await self.send(data[place : place + 1])
                await asyncio.sleep(every)

        task = asyncio.create_task(dripping())
        try:
            return await self.rest()
        finally:
            task.cancel()


@asynccontextmanager
async def served(limits: ConnectionLimits = QUICK) -> AsyncIterator[int]:
    stop = asyncio.Event()
    listening = listen("127.0.0.1", 0, hint="a test")
    serving = asyncio.create_task(serve_http(app, listening, limits, stop))
    try:
        yield listening.getsockname()[1]
    finally:
        stop.set()
        await serving
        listening.close()


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Connection]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Connection(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


HALF_SENT = {
    "nothing": b"",
    "half a line": b"GET /up",
    "a head without end": b"GET /upload HTTP/1.1\r\nHost: x\r\nX-A: b\r\n",
    "a header without end": b"GET /upload HTTP/1.1\r\nHost: x\r\nX-A: bbbbb",
    "no body": HEAD % 100,
    "half a body": HEAD % 100 + b"x" * 50,
    "half a chunk": b"POST /upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nxxx",
    "no last chunk": b"POST /upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nxxx\r\n",
    "half a second request": b"GET /early HTTP/1.1\r\nHost: x\r\n\r\nGET /ear",
    "an answered request whose body never ends": HEAD.replace(b"/upload", b"/early") % 100 + b"x",
}


@pytest.mark.parametrize("sent", HALF_SENT.values(), ids=HALF_SENT)
async def test_fifty_half_sent_requests_are_closed_in_time(sent: bytes) -> None:
    async with served() as port, contextlib.AsyncExitStack() as stack:
        many = [await stack.enter_async_context(connected(port)) for _ in range(50)]
        began = time.monotonic()
        for one in many:
            await one.send(sent)
        answers = await asyncio.gather(*(one.rest() for one in many))
        took = time.monotonic() - began
    assert took < CLOSED_WITHIN
    begun = sent.startswith(b"GET /early") or b"/early" in sent
    expected = b"" if not sent else b"HTTP/1.1 200 " if begun else b"HTTP/1.1 408 "
    assert {answer[:13] for answer in answers} == {expected}


@pytest.mark.parametrize(
    ("first", "dripped"),
    [
        (b"", b"GET /upload HTTP/1.1\r\nHost: x\r\n" + b"X-A: b\r\n" * 100),
        (b"GET /upload HTTP/1.1\r\nHost: x\r\n", b"X" * 500),
        (HEAD % 5000, b"x" * 500),
        (HEAD.replace(b"/upload", b"/early") % 5000, b"x" * 500),
        (b"POST /upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 200),
        (b"GET /early HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /early HTTP/1.1\r\nX: " + b"y" * 500),
        (b"\r\n", b"\r\n" * 500),
    ],
)
async def test_a_drip_holds_no_place(first: bytes, dripped: bytes) -> None:
    async with served() as port, connected(port) as one:
        await one.send(first)
        async with asyncio.timeout(CLOSED_WITHIN):
            answer = await one.drip(dripped, 0.02)
    assert answer.startswith(b"HTTP/1.1 400 " if first == b"\r\n" else (b"HTTP/1.1 408 ", b"HTTP/1.1 200 "))
    assert b"HTTP/1.1 408 " not in answer or b"retry-after: 1" in answer.lower()


async def test_a_burst_buys_no_hours_for_a_drip() -> None:
    async with served() as port, connected(port) as one:
        await one.send(HEAD % 10_000_000 + b"x" * 5_000_000)
        async with asyncio.timeout(CLOSED_WITHIN):
            assert (await one.drip(b"x" * 500, 0.02)).startswith(b"HTTP/1.1 408 ")


async def test_a_slow_but_honest_upload_goes_through() -> None:
    """2.5 s, three times as long as a body may be too slow, at a little more than the least rate."""
    async with served() as port, connected(port) as one:
        await one.send(HEAD % 6_000)
        for _ in range(25):
            await one.send(b"x" * 240)
            await asyncio.sleep(0.1)
        assert (await one.reader.readuntil(b"6000")).startswith(b"HTTP/1.1 200 ")


async def test_a_head_in_pieces_goes_through_if_it_is_there_in_time() -> None:
    async with served() as port, connected(port) as one:
        for byte in b"GET /early HTTP/1.1\r\nHost: x\r\n\r\n":
            await one.send(bytes([byte]))
            await asyncio.sleep(0.005)
        assert (await one.reader.readuntil(b"early")).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("path", [b"/stream", b"/slow"])
async def test_answers_may_take_their_time(path: bytes) -> None:
    async with served() as port, connected(port) as one:
        await one.send(b"GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % path)
        answer = await one.rest()
    assert answer.count(b"tick") == 12 if path == b"/stream" else b"done" in answer


async def test_a_download_lasts_as_long_as_somebody_reads_and_no_longer() -> None:
    ask = b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    async with served() as port, connected(port) as reads, connected(port) as sleeps:
        await reads.send(ask)
        await sleeps.send(ask)
        for _ in range(LARGE):  # together longer than an answer may be unread, but never still for so long
            await reads.reader.readexactly(MEBIBYTE)
            await asyncio.sleep(0.1)
        await reads.rest()
        assert len(await sleeps.rest()) < LARGE * MEBIBYTE


async def test_a_kept_connection_takes_several_requests_and_then_ends() -> None:
    async with served() as port, connected(port) as one:
        for _ in range(3):
            await one.send(b"GET /early HTTP/1.1\r\nHost: x\r\n\r\n")
            await one.reader.readuntil(b"early")
            await asyncio.sleep(0.7)  # longer than a head may take
        began = time.monotonic()
        await one.rest()
        assert time.monotonic() - began < CLOSED_WITHIN


async def test_pipelined_requests_are_all_answered() -> None:
    async with served() as port, connected(port) as one:
        await one.send(b"GET /early HTTP/1.1\r\nHost: x\r\n\r\n" * 20 + HEAD % 3 + b"abc")
        answer = await one.rest()
    assert answer.count(b"HTTP/1.1 200 ") == 21


async def test_who_waits_for_our_100_is_not_late() -> None:
    async with served() as port, connected(port) as one:
        await one.send(b"POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        assert (await one.reader.readuntil(b"done")).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("head", [b"X-A: " + b"b" * 100_000, b"X: y\r\n" * 20_000, b"X" * 200_000])
async def test_a_head_has_a_size(head: bytes) -> None:
    async with served() as port, connected(port) as one:
        await one.send(b"GET /early HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n\r\n")
        answer = await one.rest()
        assert answer.startswith(b"HTTP/1.1 400 ") or not answer  # reset before we could read it
    async with served() as port, connected(port) as one:
        await one.send(b"GET /early HTTP/1.1\r\nHost: x\r\nX-A: " + b"b" * 30_000 + b"\r\n\r\n")
        assert b"early" in await one.reader.readuntil(b"early")


async def test_too_many_half_requests_cost_the_oldest_its_place_and_nobody_else() -> None:
    limits = replace(QUICK, half_open=10, head_seconds=30, body_seconds=30)
    async with served(limits) as port, contextlib.AsyncExitStack() as stack:
        many = [await stack.enter_async_context(connected(port)) for _ in range(10)]
        for one in many:
            await one.send(b"GET /early HTTP/1.1\r\n")
            await asyncio.sleep(0.01)
        async with connected(port) as honest:
            await honest.send(b"GET /early HTTP/1.1\r\nHost: x\r\n\r\n")
            await honest.reader.readuntil(b"early")
            evicted = await many[0].rest()
            assert evicted.startswith(b"HTTP/1.1 503 ")
            assert b"retry-after: 1" in evicted.lower()
        await many[-1].send(b"Host: x\r\n\r\n")
        await many[-1].reader.readuntil(b"early")


async def test_our_answers_have_a_date_and_name_no_server() -> None:
    async with served() as port, connected(port) as asks, connected(port) as late:
        await asks.send(b"GET /early HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        await late.send(b"GET /")
        for answer in (await asks.rest(), await late.rest()):
            head = answer.partition(b"\r\n\r\n")[0].lower()
            assert b"\r\ndate: " in head
            assert b"\r\nserver:" not in head


async def test_a_request_given_up_leaves_no_trace_of_an_error(caplog: pytest.LogCaptureFixture) -> None:
    async with served() as port, connected(port) as one:
        await one.send(HEAD % 100)
        await one.rest()
    assert "Exception" not in caplog.text
