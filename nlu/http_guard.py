"""Keeps the calls that client packs declare away from the provider's own network (SSRF)."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import SplitResult

import httpx

from nlu.endpoints import PORTS, Endpoint, NotAnEndpoint, at_address, bracketed, endpoint_of, read_pair
from nlu.public_addresses import is_public

Resolve = Callable[[str, int], Awaitable[list[str]]]
ResolveNow = Callable[[str, int], list[str]]
ACTION_HOSTS = "SWITCHBOARD_ALLOWED_ACTION_HOSTS"
ENGINE_HOSTS = "SWITCHBOARD_ALLOWED_ENGINE_HOSTS"


class Forbidden(Exception):
    """The target lies where no client may reach; the message names it and how an operator can allow it."""


class Unresolvable(Exception):
    """The host has no address."""


async def resolve(host: str, port: int) -> list[str]:
    """All addresses of a host, by the system's resolver. Raises Unresolvable."""
    return await asyncio.get_running_loop().run_in_executor(None, resolve_now, host, port)


def resolve_now(host: str, port: int) -> list[str]:
    """Like resolve, but blocks."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unresolvable(f"{host} cannot be resolved") from error
    return [str(entry[4][0]) for entry in found]


@dataclass(frozen=True, slots=True)
class PinnedTarget:
    """A request's URL with the checked address in place of the host name, so that nobody can change the answer of the
    name server between check and call; `host` is for the Host header and `name` for TLS.
    """

    url: str
    host: str
    name: str


@dataclass(frozen=True)
class Guard:
    """`allowed` holds the `host:port` pairs that packs may reach wherever they resolve to; `setting` is where an
    operator writes them.
    """

    allowed: Collection[str] = field(default_factory=frozenset)
    resolver: Resolve = resolve
    resolver_now: ResolveNow = resolve_now
    setting: str = ACTION_HOSTS

    async def pin(self, url: str) -> PinnedTarget:
        """The URL bound to a checked address. Raises Forbidden or Unresolvable."""
        end, parts = _read(url)
        addresses = [end.host] if end.is_literal else await self.resolver(end.host, end.port)
        return self._pinned(end, parts, addresses)

    def pin_now(self, url: str) -> PinnedTarget:
        """Like pin, but blocks."""
        end, parts = _read(url)
        addresses = [end.host] if end.is_literal else self.resolver_now(end.host, end.port)
        return self._pinned(end, parts, addresses)

    def allows(self, end: Endpoint) -> bool:
        """Whether the operator lets packs reach this host and port wherever it is."""
        return end in self._allowed

    @cached_property
    def _allowed(self) -> frozenset[Endpoint]:
        return frozenset(read_pair(pair) for pair in self.allowed)

    def _pinned(self, end: Endpoint, parts: SplitResult, addresses: Sequence[str]) -> PinnedTarget:
        if not addresses:
            raise Unresolvable(f"{end.host} has no address")
        if not self.allows(end):
            for text in addresses:
                if not is_public(text):
                    hint = f"the operator can allow it with {self.setting}={end}"
                    raise Forbidden(f"{end.host} leads to {text}, an address of a private network; {hint}")
        host = bracketed(end.host) if end.port == PORTS[parts.scheme] else str(end)
        return PinnedTarget(at_address(parts, addresses[0].partition("%")[0], end.port), host, end.host)


class GuardedTransport(httpx.BaseTransport):
    """Sends each request to a checked address, with the name it was meant for in Host header and TLS."""

    def __init__(self, guard: Guard, inner: httpx.BaseTransport) -> None:
        self._guard = guard
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """See httpx.BaseTransport. Raises Forbidden or Unresolvable."""
        target = self._guard.pin_now(str(request.url))
        headers = httpx.Headers(request.headers)
        headers["Host"] = target.host
        pinned = httpx.Request(
            request.method,
            target.url,
            headers=headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": target.name},
        )
        return self._inner.handle_request(pinned)

    def close(self) -> None:
        """See httpx.BaseTransport."""
        self._inner.close()


def _read(url: str) -> tuple[Endpoint, SplitResult]:
    try:
        return endpoint_of(url)
    except NotAnEndpoint as error:
        raise Forbidden(str(error)) from error


__all__ = [
    "ACTION_HOSTS",
    "ENGINE_HOSTS",
    "Forbidden",
    "Guard",
    "GuardedTransport",
    "PinnedTarget",
    "Resolve",
    "ResolveNow",
    "Unresolvable",
    "is_public",
    "resolve",
    "resolve_now",
]
