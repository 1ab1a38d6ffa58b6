"""Where a client wants to hear of alarms: the `alerts:` part of client.yml."""

import hashlib
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from conversation.packfile import Node, Problems
from nlu.web_address import wrong_address

_KEYS, _WEBHOOK_KEYS = ("webhook", "email"), ("url", "secret")
_MAILBOX = re.compile(r"[^@\s,;:<>]+@[^@\s,;:<>]+\.[^@\s,;:<>]+")
_SHORTEST_SECRET = 16


@dataclass(frozen=True, slots=True)
class WebhookAddress:
    """A client's own system. The secret signs what we send; both come from the client's own environment variables."""

    url: str = field(repr=False)
    secret: str = field(repr=False)

    @property
    def host(self) -> str:
        """What may be shown and logged: a URL's path and query may hold secrets."""
        return urlsplit(self.url).netloc.rpartition("@")[2]

    @property
    def digest(self) -> str:
        """The same as long as neither URL nor secret change; tells neither."""
        return hashlib.sha256(f"{self.url}\n{self.secret}".encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Alerts:
    """Who of the client hears of alarms."""

    webhook: WebhookAddress | None = None
    emails: tuple[str, ...] = ()


def parse_alerts(node: Node | None, problems: Problems) -> Alerts:
    """The pack's `alerts:`; what is wrong goes to `problems`. An address whose variable is not set is switched off."""
    if node is None:
        return Alerts()
    if not node.is_mapping:
        problems.add(node, "must be a mapping", f"keys: {', '.join(_KEYS)}")
        return Alerts()
    problems.unknown_keys(node, _KEYS)
    emails = tuple(str(child.value).strip() for child in node.get("email") or () if str(child.value).strip())
    for child in node.get("email") or ():
        if str(child.value).strip() and not is_mailbox(str(child.value)):
            problems.add(child, f"{child.value!r} is not an e-mail address", "write name@example.org")
    return Alerts(_webhook(node.get("webhook"), problems), tuple(dict.fromkeys(emails)))


def is_mailbox(text: str) -> bool:
    """Whether a text can be an e-mail address: one name, one domain, nothing that a header could be broken with."""
    return _MAILBOX.fullmatch(text.strip()) is not None


def _webhook(node: Node | None, problems: Problems) -> WebhookAddress | None:
    if node is None:
        return None
    if not node.is_mapping:
        problems.add(node, "must be a mapping", 'write `{url: "${ALERT_URL:-}", secret: "${ALERT_SECRET:-}"}`')
        return None
    problems.unknown_keys(node, _WEBHOOK_KEYS)
    url, secret = problems.text(node, "url", "").strip(), problems.text(node, "secret", "").strip()
    if not url:
        return None
    if wrong_address(url):
        problems.add(node.get("url") or node, "this is not a web address", "write https://host/path")
        return None
    if url.lower().startswith("http:"):
        problems.add(node.get("url") or node, "what is sent can be read on its way", "use https://", warning=True)
    if len(secret) < _SHORTEST_SECRET:
        problems.add(
            node.get("secret") or node,
            "a webhook needs a secret of at least 16 characters",
            "its receiver checks our signature with it; `openssl rand -hex 32` makes one",
        )
        return None
    return WebhookAddress(url, secret)
