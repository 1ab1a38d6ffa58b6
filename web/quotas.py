"""What one visitor, address, client or colleague may take of us: how much, under which key, and who holds a stream."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from sse_starlette import EventSourceResponse
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from conversation.quota import Charge, LocalQuotas, Place, Quotas, Refused

log = structlog.get_logger(__name__)

HOLD_SECONDS = 30.0
"""So long after its process died a stream still counts."""
BEAT_SECONDS = 10.0
MINUTE, HOUR = 60.0, 3600.0
KIBIBYTE = 1024

Refuse = Callable[[Refused], Response]
"""Makes the answer of a call that was refused."""


@dataclass(frozen=True, slots=True)
class Scopes:
    """A limit for one visitor, for one address (an office behind one line is many visitors) and for one client."""

    visitor: int
    address: int
    client: int

    def __str__(self) -> str:
        return f"{self.visitor},{self.address},{self.client}"


@dataclass(frozen=True, slots=True)
class NewVisitors:
    """A limit for strangers: they are nobody yet, so it is for an address and for a client."""

    address: int = 60
    client: int = 1_200


@dataclass(frozen=True, slots=True)
class QuotaLimits:
    """Streams at once; messages, uploads and new visitors a minute; kibibytes an hour. `desk_…` are for one person."""

    streams: Scopes = Scopes(5, 500, 5_000)
    messages: Scopes = Scopes(40, 1_200, 12_000)
    uploads: Scopes = Scopes(6, 120, 600)
    kibibytes: Scopes = Scopes(60 * KIBIBYTE, 1_000 * KIBIBYTE, 10_000 * KIBIBYTE)
    new_visitors: NewVisitors = NewVisitors()
    desk_streams: int = 12
    desk_uploads: int = 60
    desk_kibibytes: int = 1_000 * KIBIBYTE


@dataclass(frozen=True, slots=True)
class Caller:
    """A visitor of a client's web chat; an empty address (a Unix socket) and an empty visitor count nowhere."""

    client: str
    address: str
    visitor: str = ""

    def keys(self, what: str, scopes: Scopes | NewVisitors) -> list[tuple[str, int]]:
        """The narrowest first."""
        found = [(f"{what}:client:{self.client}", scopes.client)]
        if self.address:
            found.insert(0, (f"{what}:address:{self.address}", scopes.address))
        if self.visitor and isinstance(scopes, Scopes):
            found.insert(0, (f"{what}:visitor:{self.client}:{self.visitor}", scopes.visitor))
        return found


class Streams:
    """The open streams of this process: each holds its places until it ends, by a heartbeat for all of them."""

    def __init__(self, quotas: Quotas, *, hold: float = HOLD_SECONDS, beat: float = BEAT_SECONDS) -> None:
        self._quotas = quotas
        self._hold = hold
        self._beat = beat
        self._open: dict[str, list[str]] = {}
        self._beating: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._open)

    async def enter(self, places: Sequence[Place]) -> str | Refused:
        """Takes the places; the name to leave them by, or why there are none."""
        name = secrets.token_urlsafe(12)
        refused = await self._quotas.occupy(name, places, self._hold)
        if refused is not None:
            return refused
        self._open[name] = [place.key for place in places]
        if self._beating is None or self._beating.done():
            self._beating = asyncio.create_task(self._keep(), name="stream leases")
        return name

    async def leave(self, name: str) -> None:
        """Gives the places back."""
        keys = self._open.pop(name, [])
        if not self._open and self._beating is not None:
            self._beating.cancel()
            self._beating = None
        await self._quotas.leave(name, keys)

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(self._beat)
            counted = dict(self._open)
            try:
                await self._quotas.prolong(counted, self._hold)
                for name in counted.keys() - self._open.keys():  # it ended meanwhile and may have been held again
                    await self._quotas.leave(name, counted[name])
            except Exception:
                log.exception("open streams could not be counted on; trying again", streams=len(self._open))


class CountedStream(Response):
    """A stream that holds `places` from before its first byte until its end, however it ends; `refuse` makes the answer
    where there are none left.
    """

    def __init__(self, stream: EventSourceResponse, streams: Streams, places: Sequence[Place], refuse: Refuse) -> None:
        super().__init__()
        self.body_iterator = stream.body_iterator
        self._stream = stream
        self._streams = streams
        self._places = places
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        held = await self._streams.enter(self._places)
        if isinstance(held, Refused):
            await self._refuse(held)(scope, receive, send)
            return
        try:
            await self._stream(scope, receive, send)
        finally:
            await asyncio.shield(self._streams.leave(held))


@dataclass(frozen=True)
class Gate:
    """Reserves before anything is done; a refusal says how long it lasts."""

    quotas: Quotas
    limits: QuotaLimits
    streams: Streams

    @classmethod
    def of(cls, quotas: Quotas | None = None, limits: QuotaLimits | None = None) -> "Gate":
        """One that counts with `quotas`, or for this process alone."""
        counting = quotas or LocalQuotas()
        return cls(counting, limits or QuotaLimits(), Streams(counting))

    async def new_visitor(self, caller: Caller) -> Refused | None:
        """A stranger asks for a session."""
        return await self.quotas.spend(_charges(caller, "visitors", self.limits.new_visitors, MINUTE))

    async def message(self, caller: Caller, size: int) -> Refused | None:
        """A message of `size` bytes."""
        return await self.quotas.spend(
            [*_charges(caller, "messages", self.limits.messages, MINUTE), *self._bytes(caller, size)]
        )

    async def upload(self, caller: Caller, size: int) -> Refused | None:
        """A file in a body of `size` bytes."""
        return await self.quotas.spend(
            [*_charges(caller, "uploads", self.limits.uploads, MINUTE), *self._bytes(caller, size)]
        )

    async def desk_upload(self, person: str, size: int) -> Refused | None:
        """A colleague's file in a body of `size` bytes."""
        return await self.quotas.spend(
            [
                Charge(f"uploads:person:{person}", self.limits.desk_uploads, MINUTE),
                Charge(f"bytes:person:{person}", self.limits.desk_kibibytes, HOUR, _kibibytes(size)),
            ]
        )

    def visitor_stream(self, stream: EventSourceResponse, caller: Caller, refuse: Refuse) -> Response:
        """The stream of a visitor, counted while it is open."""
        places = [Place(key, limit) for key, limit in caller.keys("streams", self.limits.streams)]
        return CountedStream(stream, self.streams, places, refuse)

    def desk_stream(self, stream: EventSourceResponse, person: str, refuse: Refuse) -> Response:
        """The stream of a colleague, or of the screens with one display link, counted while it is open."""
        places = [Place(f"streams:person:{person}", self.limits.desk_streams)]
        return CountedStream(stream, self.streams, places, refuse)

    def _bytes(self, caller: Caller, size: int) -> list[Charge]:
        return _charges(caller, "bytes", self.limits.kibibytes, HOUR, _kibibytes(size))


def _charges(caller: Caller, what: str, scopes: Scopes | NewVisitors, seconds: float, cost: int = 1) -> list[Charge]:
    return [Charge(key, limit, seconds, cost) for key, limit in caller.keys(what, scopes)]


def _kibibytes(size: int) -> int:
    return max(1, -(-size // KIBIBYTE))
