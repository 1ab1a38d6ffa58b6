"""Whose address a request came from, as limits count it."""

from ipaddress import IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

IPV6_PREFIX = 64
"""One customer line gets a /64 from its provider (RFC 6177), so its single addresses are nobody in particular."""


def counted_address(connection: HTTPConnection) -> str:
    """The address under which limits and failures of this request are counted: an IPv4 address, the /64 network of an
    IPv6 address, or empty if the server does not know the other side (a Unix socket).
    """
    return counted(connection.client.host) if connection.client else ""


def counted(host: str) -> str:
    """`host` as counted_address() counts it; a host that is no IP address stays as it is."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Network((address, IPV6_PREFIX), strict=False))


def host_of(origin: str) -> str:
    """Host and port of an `Origin` header; empty for what is none."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""
