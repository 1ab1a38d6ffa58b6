"""Web addresses that packs name: what may be called, what a customer may be sent to, and what may be shown of one."""

import re

from nlu.endpoints import NotAnEndpoint, endpoint_of

_CLEAN = re.compile(r"[!-\[\]-~]+")  # printable ASCII but space and backslash, which browsers and libraries read apart
_SENT_TO = re.compile(r"(https?://|mailto:|tel:)", re.IGNORECASE)


def wrong_address(url: str) -> str:
    """Why nothing can be called at `url`; empty if it can."""
    if not is_readable(url):
        return "it holds a space, a backslash, or a character that is not ASCII"
    try:
        endpoint_of(url)
    except NotAnEndpoint as error:
        return str(error)
    return ""


def is_readable(url: str) -> bool:
    """Whether an address holds only characters that everybody who takes it apart reads in the same way."""
    return _CLEAN.fullmatch(url) is not None


def is_harmless_link(url: str) -> bool:
    """Whether a customer may be sent there: a page, a mailbox or a phone, nothing that runs."""
    return _SENT_TO.match(url) is not None and not re.search(r"[\s\\]", url)


def shown(url: str) -> str:
    """As much of the address as is no secret: neither user, password, query nor fragment."""
    start = re.split(r"[?#]", url, maxsplit=1)[0]
    scheme, slashes, rest = start.partition("//")
    host, slash, path = rest.partition("/")
    return f"{scheme}{slashes}{host.rpartition('@')[2]}{slash}{path}"[:200]
