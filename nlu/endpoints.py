"""A web address taken apart without guessing: what it names, or why it is refused."""

import re
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from urllib.parse import SplitResult, urlsplit, urlunsplit

import idna

PORTS = {"http": 80, "https": 443}
_ODD = re.compile(r"[\x00-\x20\x7f\\]")
_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PAIR = re.compile(r"(?P<host>\[[^\[\]@/]+\]|[^\[\]:@/]+):(?P<port>[0-9]{1,5})")


class NotAnEndpoint(ValueError):
    """This is no address that we call; one sentence says why and what to write, and repeats nothing of it."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A host and a port. `host` is an IP address in its one spelling, or a name in lower case as name servers know it
    (IDNA), without a trailing dot.
    """

    host: str
    port: int

    def __str__(self) -> str:
        return f"{bracketed(self.host)}:{self.port}"

    @property
    def is_literal(self) -> bool:
        """Whether `host` is an IP address: there is nothing to resolve."""
        return _literal(self.host) is not None


def endpoint_of(url: str) -> tuple[Endpoint, SplitResult]:
    """Where a URL leads, and its parts. Raises NotAnEndpoint."""
    parts = _split(url)
    if parts.scheme not in PORTS:
        raise NotAnEndpoint("this is not a web address; write https://host/path")
    if "@" in parts.netloc:
        raise NotAnEndpoint("a web address here has no user and password; send them in a header")
    try:
        port = PORTS[parts.scheme] if parts.port is None else parts.port
    except ValueError as error:
        raise NotAnEndpoint("this is not a web address (its port is none); write https://host:443/path") from error
    if not port:
        raise NotAnEndpoint("this is not a web address (its port is none); write https://host:443/path")
    return Endpoint(_host(parts.hostname or ""), port), parts


def read_pair(text: str) -> Endpoint:
    """`host:port` as an operator writes it, `[v6]:port` for an IPv6 address. Raises NotAnEndpoint."""
    found = _PAIR.fullmatch(text.strip())
    if found is None or not 0 < int(found["port"]) < 65536:
        raise NotAnEndpoint(f"{text!r} is not host:port; write rasa-shop:5005, 10.0.0.7:5005 or [fd00::7]:5005")
    return Endpoint(_host(found["host"].removeprefix("[").removesuffix("]")), int(found["port"]))


def at_address(parts: SplitResult, address: str, port: int) -> str:
    """The URL with an IP address in place of its host, without its fragment."""
    return urlunsplit((parts.scheme, f"{bracketed(address)}:{port}", parts.path or "/", parts.query, ""))


def bracketed(host: str) -> str:
    """The host as a URL writes it."""
    return f"[{host}]" if ":" in host else host


def _split(url: str) -> SplitResult:
    if _ODD.search(url):
        raise NotAnEndpoint("this is not a web address (it holds a space, a backslash or a control character)")
    try:
        return urlsplit(url)
    except ValueError as error:  # a bracket that is never closed, a character that only looks like one of ours
        raise NotAnEndpoint("this is not a web address; write https://host/path") from error


def _host(text: str) -> str:
    """One spelling for each host. Refused are names that only some resolvers take for an IPv4 address (0177.0.0.1,
    2130706433, 0x7f.1), since the check and the call may differ about them.
    """
    host = text.lower()
    if (literal := _literal(host)) is not None:
        return literal
    if not host.isascii():
        host = _ascii(host)
    host = host.removesuffix(".")
    if (literal := _literal(host)) is not None:
        return literal
    if not _NAME.fullmatch(host):
        raise NotAnEndpoint("this is not a web address (its host is no name); write https://host/path")
    if _NUMBER.fullmatch(host.rpartition(".")[2]):
        raise NotAnEndpoint("this is not a web address (its host is half a number); write an IP address as 192.0.2.1")
    return host


def _literal(host: str) -> str | None:
    try:
        address = ip_address(host)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        raise NotAnEndpoint("an address with a zone is a neighbour's, not one on the internet")
    return str(address)


def _ascii(host: str) -> str:
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise NotAnEndpoint("this is not a web address (its host is no name); write https://host/path") from error
