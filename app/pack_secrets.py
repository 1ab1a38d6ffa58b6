"""No secret stands in clear in a pack: its files lie in the database, in backups and with whoever writes them."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

from conversation.packfile import Node, Problems

FILES = ("client.yml", "actions.yml", "endpoints.yml")
_NOT_OURS = frozenset({"slots", "set_slots", "success"})
"""What stands below names slots, whatever these are called."""
_ALWAYS = re.compile(
    r"(.*[_-])?(tokens?|secrets?|passwords?|passwd|pwd|passphrase|credentials?|sign|signature|authorization|cookie|"
    r"(api|access|private|secret|signing|encryption)[_-]?key|apikey|sas|hmac)",
    re.IGNORECASE,
)
_IN_QUERY = re.compile(r"(key|sig|code|auth|sv|pass|pw)", re.IGNORECASE)
_ONE_VARIABLE = re.compile(r"\$\{[A-Z0-9_]+(:-)?\}")
_PUT_IN = re.compile(r"\$\{[A-Z0-9_]+(:-)?\}|\{[A-Za-z_]\w*\}")
_SCHEME = re.compile(r"(Bearer|Basic|Token|ApiKey|Api-Key)?", re.IGNORECASE)
_LONG = 16
_KNOWN = re.compile(
    r"\b\d{6,12}:[A-Za-z0-9_-]{30,}|\bxox[a-z]-[A-Za-z0-9-]{8,}|\bxapp-[A-Za-z0-9-]{8,}|hooks\.slack\.com/\S{8,}"
    r"|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}|\bAKIA[A-Z0-9]{16}\b|\b[sr]k_(live|test)_\w{10,}"
    r"|\bAIza[\w-]{30,}|\bSG\.[\w-]{16,}|\beyJ[\w-]{8,}\.[\w-]{8,}\.|-----BEGIN [A-Z ]*PRIVATE KEY"
)


def check_secrets(root: Node, problems: Problems) -> None:
    """Reports each secret that `root` (one of FILES, its variables filled in) holds in clear. Quotes none of them."""
    for keys, node in _texts(root, ()):
        if why := _in_clear(keys, node):
            problems.add(node, why, 'write "${NAME:-}" and set the variable (docs/client-yml.md)')


def _texts(node: Node, keys: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Node]]:
    """The texts below a node, with the keys above each."""
    if node.is_mapping:
        for key, child in node.items():
            if key not in _NOT_OURS:
                yield from _texts(child, (*keys, key))
    elif node.is_list:
        for child in node:
            yield from _texts(child, keys)
    elif node.value is not None and not isinstance(node.value, bool):
        yield keys, node


def _in_clear(keys: tuple[str, ...], node: Node) -> str:
    """What of a text is a secret in clear; empty if nothing is."""
    written = str(node.value if node.written is None else node.written)
    key = keys[-1] if keys else ""
    if not written.strip():
        return ""
    if _ALWAYS.fullmatch(key) and not _is_put_in(written, within_header="headers" in keys[:-1]):
        return f"{key!r} is a secret, and stands here in clear"
    if _KNOWN.search(written):
        return "this holds a token or key in clear"
    return _in_address(written)


def _is_put_in(written: str, *, within_header: bool) -> bool:
    """Whether the whole secret comes from a variable, or from a slot; the variable has no default that would be one."""
    if not within_header:
        return (
            _ONE_VARIABLE.fullmatch(written.strip()) is not None
            or re.fullmatch(r"\{[A-Za-z_]\w*\}", written) is not None
        )
    rest = _PUT_IN.sub("", written)
    words = re.sub(r"[\w.-]{1,32}=|[:;,]", " ", rest)  # names of a cookie's parts, and what stands between
    return rest != written and _SCHEME.fullmatch(words.strip()) is not None


def _in_address(written: str) -> str:
    if "://" not in written:
        return ""
    plain = _PUT_IN.sub("", re.sub(r"\$\{[A-Z0-9_]{1,200}:-([^}]{0,1000})\}", r"\1", written))
    try:
        parts = urlsplit(plain)
        query = parse_qsl(parts.query)
    except ValueError:  # its own reader says what is wrong with it
        return ""
    if parts.netloc.partition("@")[1] and re.search(r"[^:@]", parts.netloc.rpartition("@")[0]):
        return "this address holds a user or password in clear"
    for name, value in query:
        if value and (_ALWAYS.fullmatch(name) or (_IN_QUERY.fullmatch(name) and len(value) >= _LONG)):
            return f"this address holds {name!r} in clear"
    return ""
