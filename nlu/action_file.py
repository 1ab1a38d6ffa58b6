"""Reads `actions.yml`: which HTTP call each action of a pack is."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from conversation.packfile import Node, Problems
from nlu.answer_path import PathRefused, require_path
from nlu.duration import seconds
from nlu.web_address import is_readable, shown, wrong_address

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
MAX_TIMEOUT = 20.0
MAX_RETRIES = 5
_KEYS = (
    *("method", "url", "headers", "body", "timeout", "retries", "sign", "slots", "on_status", "success", "utter"),
    *("effect", "shows"),
)
_READS = frozenset({"GET", "HEAD"})
EFFECTS = ("read", "write")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_OURS = (
    *("host", "connection", "content-length", "content-type", "keep-alive"),
    *("proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"),
)
"""Headers by which a call could be taken apart, or taken for one to another host."""
_PLACEHOLDER = re.compile(r"\{([A-Za-z_]\w*)\}")


@dataclass(frozen=True, slots=True)
class OnStatus:
    """What an expected answer that is no success means."""

    slots: Mapping[str, Any] = field(default_factory=dict)
    utter: str = ""


@dataclass(frozen=True, slots=True)
class DeclaredAction:
    """One HTTP call. `timeout` in seconds is for each try; `answers` maps a slot to the JMESPath of its value. `writes`
    says that it changes something in the client's systems; `shows` names, for a slot that means nothing to a customer
    (the id of an offered date), the slots that are shown in its place.
    """

    name: str
    node: Node
    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    timeout: float = 3.0
    retries: int = 2
    secret: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    on_status: Mapping[int, OnStatus] = field(default_factory=dict)
    success: Mapping[str, Any] = field(default_factory=dict)
    utter: str = ""
    writes: bool = False
    shows: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def sets(self) -> frozenset[str]:
        """All slots the action may set."""
        return frozenset((*self.answers, *self.success, *(s for o in self.on_status.values() for s in o.slots)))

    @property
    def needs(self) -> frozenset[str]:
        """All slots the call is made of."""
        parts = (self.url, *self.headers.values(), json.dumps(self.body, ensure_ascii=False))
        return frozenset(name for part in parts for name in _PLACEHOLDER.findall(part))


def parse_actions(root: Node, problems: Problems) -> dict[str, DeclaredAction]:
    """The declared actions by name; what is wrong goes to `problems`."""
    problems.unknown_keys(root, ("actions", "version"))
    listing = root.get("actions")
    if listing is None:
        return {}
    if not listing.is_mapping:
        problems.add(listing, "`actions` must be a mapping", "write `actions:` and then `action_name:` below it")
        return {}
    return {name: _action(name, node, problems) for name, node in listing.items()}


def _action(name: str, node: Node, problems: Problems) -> DeclaredAction:
    problems.unknown_keys(node, _KEYS)
    if not name.startswith("action_"):
        problems.add(node, f"the name {name!r} must begin with action_", f"write `action_{name}`")
    method = problems.text(node, "method", "GET").upper()
    if method not in METHODS:
        problems.add(node.get("method") or node, f"unknown method {method!r}", f"one of {', '.join(METHODS)}")
    body = node.get("body")
    if body is not None and method in ("GET", "HEAD", "DELETE"):
        problems.add(body, f"a {method} request carries no body", "use POST, PUT or PATCH, or delete `body`")
    return DeclaredAction(
        name=name,
        node=node,
        url=_url(node, problems),
        method=method,
        headers=_headers(node.get("headers"), problems),
        body=body.plain() if body else None,
        timeout=_timeout(node, problems),
        retries=_retries(node, problems),
        secret=problems.text(node, "sign", ""),
        answers=_answers(node.get("slots"), problems),
        on_status=_on_status(node.get("on_status"), problems),
        success=_values(node.get("success"), problems),
        utter=problems.text(node, "utter", ""),
        writes=_writes(node, method, problems),
        shows={slot: tuple(str(n.value) for n in names) for slot, names in (node.get("shows") or Node({})).items()},
    )


def _writes(node: Node, method: str, problems: Problems) -> bool:
    """GET and HEAD read, everything else writes, unless the pack says `effect: read` (a search by POST)."""
    effect = problems.text(node, "effect", "read" if method in _READS else "write")
    if effect not in EFFECTS:
        problems.add(node.get("effect") or node, f"`effect` cannot be {effect!r}", "write `read` or `write`")
    return effect != "read"


def _url(node: Node, problems: Problems) -> str:
    url = problems.text(node, "url")
    place = node.get("url") or node
    if not url:
        return url
    plain = _PLACEHOLDER.sub("slot", url)  # a slot's value is quoted when it is put in, so here it may be any word
    if is_readable(plain) and _host_is_open(url):
        problems.add(
            place, "the host of an action is fixed, without slots or passwords", "use slots after the host only"
        )
    elif wrong := wrong_address(plain):
        problems.add(place, f"{shown(url)!r} is not a web address: {wrong}", "write https://host/path")
    return url


def _host_is_open(url: str) -> bool:
    """Whether slots, a user or a password stand in the host."""
    try:
        host = urlsplit(url).netloc
    except ValueError:  # half a bracket: no address at all, as is said then
        return False
    return "{" in host or "@" in host


def _headers(node: Node | None, problems: Problems) -> dict[str, str]:
    if node is None:
        return {}
    if not node.is_mapping:
        problems.add(node, "`headers` must be a mapping", "write `headers: {X-Shop: alpenrad}`")
    for name, value in node.items():
        if not _HEADER.fullmatch(name):
            problems.add(value, f"{name!r} is not a header's name", "use letters, digits and -")
        elif name.lower() in _OURS:
            problems.add(value, f"the header {name} is ours to send", "leave it out")
        if not value.is_scalar or not str(value.value).isascii() or re.search(r"[\r\n\t]", str(value.value)):
            problems.add(value, "a header is one line of ASCII text", f"write `{name}: …` on one line")
    return {name: str(value.value) for name, value in node.items()}


def _timeout(node: Node, problems: Problems) -> float:
    place = node.get("timeout")
    if place is None:
        return 3.0
    try:
        timeout = seconds(str(place.value))
    except ValueError as error:
        problems.add(place, str(error), "for example `timeout: 3s`")
        return 3.0
    if not 0 < timeout <= MAX_TIMEOUT:
        problems.add(place, f"the timeout must lie between 0 and {MAX_TIMEOUT:g} s", "for example `timeout: 3s`")
    return timeout


def _retries(node: Node, problems: Problems) -> int:
    place = node.get("retries")
    if place is None:
        return 2
    if isinstance(place.value, bool) or not isinstance(place.value, int) or not 0 <= place.value <= MAX_RETRIES:
        problems.add(place, f"`retries` must be a number from 0 to {MAX_RETRIES}", "for example `retries: 2`")
        return 2
    return place.value


def _answers(node: Node | None, problems: Problems) -> dict[str, str]:
    answers: dict[str, str] = {}
    for slot, path in node.items() if node else ():
        try:
            require_path(str(path.value))
        except PathRefused as refused:
            problems.add(path, f"{str(path.value)[:60]!r} {refused}", refused.hint)
        answers[slot] = str(path.value)
    return answers


def _on_status(node: Node | None, problems: Problems) -> dict[int, OnStatus]:
    statuses: dict[int, OnStatus] = {}
    for status, meaning in node.items() if node else ():
        if not re.fullmatch(r"[2-5]\d\d", status):
            problems.add(meaning, f"{status!r} is not an HTTP status", "for example `404:`")
            continue
        problems.unknown_keys(meaning, ("set_slots", "utter"))
        utter = problems.text(meaning, "utter", "")
        statuses[int(status)] = OnStatus(_values(meaning.get("set_slots"), problems), utter)
    return statuses


def _values(node: Node | None, problems: Problems) -> dict[str, Any]:
    if node is None:
        return {}
    if not node.is_mapping:
        problems.add(node, "must be a mapping of slots to values", "write `{slot: value}`")
    return {slot: value.plain() for slot, value in node.items()}
