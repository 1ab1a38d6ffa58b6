"""Who really calls: X-Forwarded-For says it, if a reverse proxy sent it that the operator trusts."""

import re
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Protocol

from starlette.types import ASGIApp, Receive, Scope, Send

Network = IPv4Network | IPv6Network
IpAddress = IPv4Address | IPv6Address

FOR, PROTO, HOST = b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host"
FORWARDED = frozenset({FOR, PROTO, HOST, b"x-real-ip", b"forwarded"})
MOST_HOPS = 32
"""A chain of more trusted proxies than this is no chain but an attempt to keep us busy."""
_HOP = re.compile(r"\[(?P<v6>[0-9A-Fa-f:.]{2,45})\](?::[0-9]{1,5})?|(?P<v4>[0-9.]{7,15})(?::[0-9]{1,5})?")
_HOST = re.compile(rb"(?:\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(?::[0-9]{1,5})?")


class ForwardedSightings(Protocol):
    """Is told of forwarded headers that do not count. Must not block."""

    def saw(self, peer: str, headers: Sequence[str], *, trusted: bool) -> None:
        """`peer` sent these; `trusted`: it is a trusted proxy, but does not send X-Forwarded-For."""
        ...


class Unnoticed:
    """Forgets what it is told."""

    def saw(self, peer: str, headers: Sequence[str], *, trusted: bool) -> None:
        """See ForwardedSightings."""


class TrustedProxies:
    """Sets the scope's client (and scheme and Host) from the headers of peers in `networks`.

    The right-most address of X-Forwarded-For that is no trusted proxy is the client: what stands left of it is the
    client's own claim. `Forwarded` (RFC 7239) and X-Real-IP are not read: a proxy that knows only one kind of header
    lets its callers' other kinds through. If the header is missing or cannot be read the peer itself is the client.
    """

    def __init__(self, app: ASGIApp, *, networks: Sequence[Network], sightings: ForwardedSightings) -> None:
        self.app = app
        self._networks = tuple(networks)
        self._sightings = sightings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and scope.get("client"):
            self._correct(scope)
        await self.app(scope, receive, send)

    def _correct(self, scope: Scope) -> None:
        host, port = scope["client"]
        peer = _address(host.partition("%")[0])
        told = [(name, value) for name, value in scope["headers"] if name in FORWARDED]
        is_trusted = peer is not None and self._trusts(peer)
        if peer is not None:
            scope["client"] = (str(peer), port)
        if told and not (is_trusted and any(name == FOR for name, _ in told)):
            names = sorted({name.decode("ascii") for name, _ in told})
            self._sightings.saw(str(peer or host), names, trusted=is_trusted)
        if peer is None or not is_trusted:
            return
        client = self._client([value for name, value in told if name == FOR])
        if client is not None and client != peer:
            scope["client"] = (str(client), 0)
        _take_scheme(scope, [value for name, value in told if name == PROTO])
        _take_host(scope, [value for name, value in told if name == HOST])

    def _client(self, values: Sequence[bytes]) -> IpAddress | None:
        """None if the header is missing, cannot be read as far as it matters, or has no end."""
        hop: IpAddress | None = None
        for number, text in enumerate(_from_the_right(values)):
            hop = _address(text) if number < MOST_HOPS else None
            if hop is None or not self._trusts(hop):
                return hop
        return hop

    def _trusts(self, address: IpAddress) -> bool:
        return any(address in network for network in self._networks)


def _from_the_right(values: Sequence[bytes]) -> Iterator[str]:
    """The hops of all lines of the header, the nearest first; no more is split than is asked for."""
    for value in reversed(values):
        rest = value.decode("latin-1")
        while rest:
            rest, _, hop = rest.rpartition(",")
            yield hop.strip(" \t")


def _address(text: str) -> IpAddress | None:
    """An IP address with or without port and brackets; an IPv4 one inside an IPv6 one is itself. None for all else:
    `unknown`, obfuscated names, zones.
    """
    found = _HOP.fullmatch(text)
    bare = (found["v6"] or found["v4"]) if found else text
    try:
        address = ip_address(bare)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return None
        return address.ipv4_mapped or address
    return address


def _take_scheme(scope: Scope, values: Sequence[bytes]) -> None:
    if len(values) == 1 and (scheme := values[0].strip().lower()) in (b"http", b"https"):
        scope["scheme"] = scheme.decode("ascii")


def _take_host(scope: Scope, values: Sequence[bytes]) -> None:
    """Several hosts in a row are ambiguous, so the Host header stays as it is."""
    if len(values) == 1 and _HOST.fullmatch(values[0].strip()):
        others = [(name, value) for name, value in scope["headers"] if name != b"host"]
        scope["headers"] = [(b"host", values[0].strip()), *others]
