"""Reads an answer's body as it arrives, and stops before it is larger than allowed, packed or unpacked."""

import zlib
from collections.abc import AsyncIterable, Iterable

import httpx

AS_IT_IS = {"Accept-Encoding": "identity"}
"""The header that asks for an answer unpacked. Servers may pack it all the same."""
_GZIP = frozenset({"gzip", "x-gzip"})
_PLAIN = frozenset({"", "identity"})


class BadBody(Exception):
    """The body cannot be used; the text says why and repeats nothing of it."""


class BodyReader:
    """A body of at most `limit` bytes, fed piece by piece. Memory stays near the limit, whatever the pieces unpack to.
    Raises BadBody for a longer one, and for an encoding other than gzip or deflate.
    """

    def __init__(self, limit: int, encoding: str = "") -> None:
        self._limit = limit
        self._left_packed = limit + limit // 100 + 1024  # what cannot be packed grows a little
        self._body = bytearray()
        self._packed = _packing(encoding)

    def feed(self, data: bytes) -> None:
        """Takes the next piece."""
        if self._packed is None:
            self._body += data
        else:
            self._left_packed -= len(data)
            self._packed.inflate(data, self._body, self._limit)
        if len(self._body) > self._limit or self._left_packed < 0:
            raise BadBody(f"its answer is longer than {self._limit} bytes")

    def finish(self) -> bytes:
        """The whole body. Raises BadBody for one that was cut."""
        if self._packed is not None and not self._packed.is_complete:
            raise BadBody("its answer is packed, and broken")
        return bytes(self._body)


class _Packed:
    """gzip (of one or several members) or deflate. `formats` are zlib's numbers of those to try in turn."""

    def __init__(self, *formats: int) -> None:
        self._formats = list(formats)
        self._inflater = zlib.decompressobj(self._formats[0])
        self._head = b""

    @property
    def is_complete(self) -> bool:
        return self._inflater.eof

    def inflate(self, data: bytes, body: bytearray, limit: int) -> None:
        """Adds what `data` unpacks to, until `body` is one byte longer than `limit`."""
        if len(self._formats) > 1:
            data, self._head = self._head + data, b""
            if len(data) < 2:  # a format is known by its first two bytes
                self._head = data
                return
            self._choose(data)
        while data and len(body) <= limit:
            if self._inflater.eof:
                self._inflater = zlib.decompressobj(self._formats[0])
            try:
                body += self._inflater.decompress(data, limit + 1 - len(body))
            except zlib.error as error:
                raise BadBody("its answer is packed, and broken") from error
            data = self._inflater.unused_data or self._inflater.unconsumed_tail

    def _choose(self, head: bytes) -> None:
        try:
            zlib.decompressobj(self._formats[0]).decompress(head[:2], 1)
        except zlib.error:
            self._inflater = zlib.decompressobj(self._formats[1])
            self._formats = self._formats[1:]
        else:
            self._formats = self._formats[:1]


def _packing(encoding: str) -> _Packed | None:
    name = encoding.strip().lower()
    if name in _PLAIN:
        return None
    if name in _GZIP:
        return _Packed(zlib.MAX_WBITS | 16)
    if name == "deflate":
        return _Packed(zlib.MAX_WBITS, -zlib.MAX_WBITS)  # RFC 9110, 8.4.1.2: some send it bare
    raise BadBody("its answer is packed in a way that was not asked for")


async def read_body(response: httpx.Response, limit: int) -> bytes:
    """The body of an answer that is still streaming. Raises BadBody."""
    reader = BodyReader(limit, response.headers.get("content-encoding", ""))
    pieces = response.stream  # below httpx's own unpacking, which knows no limit
    if not isinstance(pieces, AsyncIterable):
        raise TypeError("this answer streams to threads: use body_pieces")
    async for piece in pieces:
        reader.feed(piece)
    return reader.finish()


def body_pieces(response: httpx.Response) -> Iterable[bytes]:
    """The pieces of an answer that streams to a thread, as they were sent."""
    pieces = response.stream
    if not isinstance(pieces, Iterable):
        raise TypeError("this answer streams to an event loop: use read_body")
    return pieces
