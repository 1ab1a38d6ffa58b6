"""Keeps the calls that client packs declare away from the provider's own network (SSRF)."""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit, urlunsplit

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[list[str]]]
_PORTS = {"http": 80, "https": 443}
# RFC 6052: an IPv4 address travels in the last 32 bits, so a public-looking address may lead home.
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class Forbidden(Exception):
    """The target lies where no client may reach; the message names it and how an operator can allow it."""


class Unresolvable(Exception):
    """The host has no address."""


async def resolve(host: str, port: int) -> list[str]:
    """All addresses of a host, by the system's resolver. Raises Unresolvable."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unresolvable(f"{host} cannot be resolved: {error}") from error
    return [str(entry[4][0]) for entry in found]


@dataclass(frozen=True, slots=True)
class PinnedTarget:
    """A request's URL with the checked address in place of the host name, so that nobody can change the answer of the
    name server between check and call; `host` is for the Host header and for TLS.
    """

    url: str
    host: str
    name: str


@dataclass(frozen=True)
class Guard:
    """`allowed` holds the `host:port` pairs (lower case) that packs may reach wherever they resolve to."""

    allowed: Collection[str] = field(default_factory=frozenset)
    resolver: Resolve = resolve

    async def pin(self, url: str) -> PinnedTarget:
        """The URL bound to a checked address. Raises Forbidden or Unresolvable."""
        parts, name, port = _read(url)
        addresses = [name] if _literal(name) else await self.resolver(name, port)
        if not addresses:
            raise Unresolvable(f"{name} has no address")
        if f"{name}:{port}" not in self.allowed:
            for text in addresses:
                if not is_public(text):
                    hint = f"the operator can allow it with SWITCHBOARD_ALLOWED_ACTION_HOSTS={name}:{port}"
                    raise Forbidden(f"{name} leads to {text}, an address of a private network; {hint}")
        return PinnedTarget(_with_address(parts, addresses[0], port), _host(parts, name, port), name)


def _read(url: str) -> tuple[SplitResult, str, int]:
    """A URL's parts with its host and port. Raises Forbidden for what is none."""
    try:
        parts = urlsplit(url)
        name, port = (parts.hostname or "").lower(), parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError as error:  # a bracket that is never closed, a port beyond 65535
        raise Forbidden(f"this is not a web address ({error}); write https://host/path") from error
    if not name or not port:
        raise Forbidden("this is not a web address; write https://host/path")
    return parts, name, port


def is_public(text: str) -> bool:
    """Whether an address belongs to the public internet, whatever disguise an IPv4 address wears inside an IPv6 one."""
    address = ipaddress.ip_address(text.split("%", maxsplit=1)[0])
    hidden = _hidden(address)
    if hidden is not None:
        return is_public(str(hidden))
    if isinstance(address, ipaddress.IPv6Address) and address.is_site_local:  # deprecated, and private all the same
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _hidden(address: IpAddress) -> ipaddress.IPv4Address | None:
    if not isinstance(address, ipaddress.IPv6Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


def _literal(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _with_address(parts: SplitResult, address: str, port: int) -> str:
    bare = address.split("%", maxsplit=1)[0]
    host = f"[{bare}]" if ":" in bare else bare
    return urlunsplit((parts.scheme, f"{host}:{port}", parts.path or "/", parts.query, ""))


def _host(parts: SplitResult, name: str, port: int) -> str:
    host = f"[{name}]" if ":" in name else name
    return host if port == _PORTS.get(parts.scheme) else f"{host}:{port}"
