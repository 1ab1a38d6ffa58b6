"""HTTP connections with time limits: who does not send a request, or does not read its answer, is let go."""

import asyncio
from dataclasses import dataclass
from typing import Any, ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_PIECE = 8192
_WORDS = {408: b"The request did not arrive in time.\n", 503: b"Too many requests are on their way; try again.\n"}


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """How long a connection may hold a place, in seconds and bytes.

    A request's head must be there `head_seconds` after the connection, or after its first byte on one that is kept
    alive. A body may fall short of `body_rate` bytes a second for `body_seconds` in all; what it is faster counts for
    it, but never for more than that. An answer of which nothing is read for `unread_seconds` is given up. Of more than
    `half_open` connections with half a request the oldest is closed: it has had the most time.
    """

    head_seconds: float = 10.0
    head_bytes: int = 32_768
    body_seconds: float = 20.0
    body_rate: float = 500.0
    keep_alive_seconds: int = 5
    unread_seconds: float = 300.0
    half_open: int = 256


class HalfOpen:
    """The connections of one server whose request is not complete, the oldest first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: dict[TimedProtocol, None] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, connection: "TimedProtocol") -> None:
        """Now the newest; one too many costs the oldest its place."""
        self._waiting.pop(connection, None)
        self._waiting[connection] = None
        if len(self._waiting) > self._most:
            next(iter(self._waiting)).refuse(503)

    def discard(self, connection: "TimedProtocol") -> None:
        """Its request is complete, or it is gone."""
        self._waiting.pop(connection, None)


class TimedProtocol(H11Protocol):
    """Uvicorn's protocol with ConnectionLimits; `timed_protocol` makes the class for one server. Answers have no time
    limit of their own, so that live streams and long downloads last as long as somebody reads them.
    """

    limits: ClassVar[ConnectionLimits]
    half_open: ClassVar[HalfOpen]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._awaited: _Head | _Body | None = None
        self._asked_in: object = None  # the cycle of the request whose body is awaited
        self._unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        self._await(_Head(self))

    def connection_lost(self, exc: Exception | None) -> None:
        self._await(None)
        self._read()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """A head is taken in pieces: h11 looks at its size only between two of them."""
        rest = memoryview(data)
        while rest and not self.transport.is_closing():
            size = HEAD_PIECE if self.conn.their_state is h11.IDLE else len(rest)
            if self._awaited is not None:
                self._awaited.received(min(size, len(rest)))
            super().data_received(bytes(rest[:size]))
            rest = rest[size:]
        self._observe(between_requests=False)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._observe(between_requests=True)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._look_at_unread(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        self._read()
        super().resume_writing()

    def refuse(self, status: int) -> None:
        """Ends the connection, with an answer if none has begun."""
        self._await(None)
        if self.transport.is_closing():
            return
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self._say(status)
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()

    def close_quietly(self) -> None:
        """Ends a connection on which nothing was asked."""
        self._await(None)
        self.transport.close()

    def _observe(self, *, between_requests: bool) -> None:
        """Awaits what is missing of a request now. Between two requests uvicorn's own keep-alive timer runs."""
        state = self.conn.their_state
        if self.transport.is_closing():
            self._await(None)
        elif state is h11.SEND_BODY:
            if not isinstance(self._awaited, _Body) or self._asked_in is not self.cycle:
                self._asked_in = self.cycle
                self._await(_Body(self))
        elif state is h11.IDLE and not between_requests:
            if not isinstance(self._awaited, _Head):
                self._await(_Head(self, begun=True))
        else:
            self._await(None)

    def _await(self, awaited: "_Head | _Body | None") -> None:
        if self._awaited is not None:
            self._awaited.timer.cancel()
        self._awaited = awaited
        if awaited is None:
            self.half_open.discard(self)
        else:
            self.half_open.add(self)

    def _say(self, status: int) -> None:
        words = _WORDS[status]
        headers = [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", str(len(words)).encode("ascii")),
            (b"retry-after", b"1"),
            (b"connection", b"close"),
            *self.server_state.default_headers,
        ]
        for event in (h11.Response(status_code=status, headers=headers), h11.Data(data=words), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")

    def _look_at_unread(self, before: int) -> None:
        self._read()
        self._unread = self.loop.call_later(self.limits.unread_seconds, self._give_up, before)

    def _give_up(self, before: int) -> None:
        left = self.transport.get_write_buffer_size()
        if left < before:
            self._look_at_unread(left)
        else:
            self.transport.abort()

    def _read(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None


class _Head:
    """A request's head, from the connection or, if it has `begun`, from its first byte on."""

    def __init__(self, connection: TimedProtocol, *, begun: bool = False) -> None:
        self._connection = connection
        self._begun = begun
        self.timer = connection.loop.call_later(connection.limits.head_seconds, self._late)

    def received(self, count: int) -> None:
        self._begun = self._begun or count > 0

    def _late(self) -> None:
        if self._begun:
            self._connection.refuse(408)
        else:
            self._connection.close_quietly()


class _Body:
    """A request's body. `_left` is how many seconds it may still be too slow. Time in which we do not read counts for
    nothing, nor does that in which it waits for our `100 Continue`.
    """

    def __init__(self, connection: TimedProtocol) -> None:
        self._connection = connection
        self._most = self._left = connection.limits.body_seconds
        self._step = min(1.0, self._most / 4)
        self.timer = connection.loop.call_later(self._step, self._look)

    def received(self, count: int) -> None:
        self._left = min(self._most, self._left + count / self._connection.limits.body_rate)

    def _look(self) -> None:
        connection = self._connection
        if not (connection.flow.read_paused or connection.cycle.waiting_for_100_continue):
            self._left -= self._step
        if self._left <= 0:
            connection.refuse(408)
        else:
            self.timer = connection.loop.call_later(self._step, self._look)


def timed_protocol(limits: ConnectionLimits) -> type[TimedProtocol]:
    """The protocol class of one server."""
    return type("LimitedProtocol", (TimedProtocol,), {"limits": limits, "half_open": HalfOpen(limits.half_open)})
