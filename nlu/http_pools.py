"""How calls share connections: one deadline for a whole blocking exchange, and pools that systems do not share."""

import functools
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore
import httpx


@functools.cache
def tls_context() -> ssl.SSLContext:
    """One for the process: reading the certificates of all authorities takes some 40 ms. Nobody may change it."""
    return httpx.create_ssl_context(trust_env=False)


class PoolPerName(httpx.AsyncBaseTransport):
    """Connections are used again for the host they were opened for alone. Behind one address there may be many: a
    certificate that was checked for one proves nothing of another, and a slow one takes no other's place.
    """

    def __init__(self, limits: httpx.Limits) -> None:
        self._limits = limits
        self._pools: dict[str, httpx.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """See httpx.AsyncBaseTransport."""
        name = str(request.extensions.get("sni_hostname") or request.url.host)
        if name not in self._pools:
            self._pools[name] = httpx.AsyncHTTPTransport(verify=tls_context(), trust_env=False, limits=self._limits)
        return await self._pools[name].handle_async_request(request)

    async def aclose(self) -> None:
        """See httpx.AsyncBaseTransport."""
        pools, self._pools = list(self._pools.values()), {}
        for pool in pools:
            await pool.aclose()


class DeadlineTransport(httpx.HTTPTransport):
    """A pool for threads in which every wait ends with the thread's `deadline`, however the other side drips."""

    def __init__(self, limits: httpx.Limits) -> None:
        super().__init__(trust_env=False, verify=tls_context())
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls_context(),
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=_Backend(),
        )


class _Until(threading.local):
    moment = float("inf")


_until = _Until()


@contextmanager
def deadline(moment: float) -> Iterator[None]:
    """Until when (time.monotonic) this thread's calls may last while the block does."""
    before, _until.moment = _until.moment, moment
    try:
        yield
    finally:
        _until.moment = before


def _left(timeout: float | None) -> float | None:
    left = _until.moment - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the deadline of the whole exchange is over")
    if left == float("inf"):
        return timeout
    return left if timeout is None else min(left, timeout)


class _Backend(httpcore.NetworkBackend):
    def __init__(self) -> None:
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        opened = self._inner.connect_tcp(host, port, _left(timeout), local_address, socket_options)
        return _Stream(opened)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, _left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
