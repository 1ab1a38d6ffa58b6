"""Links to the files of a chat: signed, good for an hour at most, for one client's one thread."""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from conversation.clock import Clock
from conversation.ids import ClientId, MessageId, ThreadId

STEP = timedelta(minutes=30)
"""A link ends at a whole step, one to two steps after it was made: within a step it stays the same, so that browsers
know again what they have."""


@dataclass(frozen=True, slots=True)
class FileLink:
    """What a link leads to: the attachment `index` of a message. `seconds` is how long it still does."""

    thread: ThreadId
    message: MessageId
    index: int
    seconds: int

    @property
    def expired(self) -> bool:
        return self.seconds <= 0


class FileLinks:
    """Makes and reads links (HMAC-SHA256). The first key signs, all keys are accepted, so keys can be rotated."""

    def __init__(self, keys: Sequence[str], clock: Clock) -> None:
        if not keys or not all(keys):
            raise ValueError("links to files need a signing key: set SWITCHBOARD_SECRET_KEYS")
        self._keys = [hashlib.sha256(b"switchboard file link:" + key.encode()).digest() for key in keys]
        self._clock = clock

    def issue(self, client: ClientId, thread: ThreadId, message: MessageId, index: int) -> str:
        """A link's token, safe in an address."""
        step = int(STEP.total_seconds())
        until = (int(self._clock.now().timestamp()) // step + 2) * step
        body = json.dumps([thread, message, index, until], separators=(",", ":")).encode()
        return f"{_encode(body)}.{_encode(_sign(self._keys[0], client, body))}"

    def read(self, client: ClientId, token: str) -> FileLink | None:
        """What the token leads to, which may have expired; None if it was not made by us for this client."""
        body, signature = map(_decode, token.partition(".")[::2])
        if not any(hmac.compare_digest(_sign(key, client, body), signature) for key in self._keys):
            return None
        thread, message, index, until = json.loads(body)
        return FileLink(ThreadId(thread), MessageId(message), index, until - int(self._clock.now().timestamp()))


def _sign(key: bytes, client: ClientId, body: bytes) -> bytes:
    return hmac.new(key, json.dumps(client).encode() + b"\0" + body, hashlib.sha256).digest()


def _encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _decode(text: str) -> bytes:
    """Empty, which nothing is signed as, for what is no base64."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return b""
