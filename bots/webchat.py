"""The web chat as a channel: what visitors post becomes Inbounds, what we say becomes part of their feed."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bots.bounds import bounded
from bots.channels import WebChannel
from bots.errors import FileRefused
from bots.files import store_file
from bots.ports import Blobs
from conversation.clock import Clock
from conversation.ids import ChannelId
from conversation.message import Attachment, ChannelKind, ContentKind, Inbound, OutboxItem, Sender
from conversation.ports import Delivered, Inbox, Settlement

FILE_BYTES = 10 * 1024 * 1024
TOKEN_AGE = timedelta(days=365)


class WebChatSender:
    """The ChannelSender of all web chats: a visitor's feed is the thread's messages once they are recorded as
    delivered, so recording the delivery is the delivery, and nothing can be sent twice.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def send(self, item: OutboxItem) -> Settlement:
        return Delivered(item, str(item.message.id), self._clock.now())


class VisitorTokens:
    """Signed tokens that name a visitor of one channel (HMAC-SHA256). The first key signs, all keys are accepted, so
    keys can be rotated. The browser keeps the token in its local storage; there is no cookie.
    """

    def __init__(self, keys: Sequence[str], clock: Clock) -> None:
        if not keys or not all(keys):
            raise ValueError("visitor tokens need a signing key: set SWITCHBOARD_SECRET_KEYS")
        self._keys = [hashlib.sha256(b"switchboard visitor:" + key.encode()).digest() for key in keys]
        self._clock = clock

    def issue(self, channel: ChannelId) -> tuple[str, str]:
        """A new visitor: reference and token."""
        visitor = secrets.token_urlsafe(16)
        issued = int(self._clock.now().timestamp())
        body = _encode(json.dumps([visitor, channel, issued], separators=(",", ":")).encode())
        return visitor, f"{body}.{_encode(self._sign(self._keys[0], body))}"

    def read(self, channel: ChannelId, token: str) -> str | None:
        """The visitor's reference, None if the token is forged, too old, or of another channel."""
        body, _, signature = token.partition(".")
        given = _decode(signature)
        if given is None or not any(hmac.compare_digest(self._sign(key, body), given) for key in self._keys):
            return None
        visitor, owner, issued = json.loads(_decode(body) or b"[]")
        age = self._clock.now().timestamp() - issued
        return str(visitor) if owner == channel and age <= TOKEN_AGE.total_seconds() else None

    @staticmethod
    def _sign(key: bytes, body: str) -> bytes:
        return hmac.new(key, body.encode(), hashlib.sha256).digest()


@dataclass(frozen=True, slots=True)
class WebChatIntake:
    """Commits what visitors post. The browser makes `number`, once per message: posting it again changes nothing."""

    channels: Mapping[ChannelId, WebChannel]
    inbox: Inbox
    blobs: Blobs
    clock: Clock

    async def message(self, channel: ChannelId, visitor: str, number: str, text: str, language: str | None) -> None:
        """A text the visitor wrote."""
        await self._accept(channel, visitor, number, language, kind=ContentKind.TEXT, text=text.strip())

    async def press(
        self, channel: ChannelId, visitor: str, number: str, title: str, payload: str, language: str | None
    ) -> None:
        """A button the visitor pressed."""
        await self._accept(
            channel, visitor, number, language, kind=ContentKind.BUTTON, text=title, payload=payload or title
        )

    async def file(
        self,
        channel: ChannelId,
        visitor: str,
        number: str,
        name: str,
        content: bytes,
        language: str | None,
        *,
        media_type: str = "",
    ) -> str:
        """A file. Returns "" once it is safe, else why it is refused (conversation.files.check.Refusal)."""
        claimed = Attachment(ContentKind.FILE, name, media_type)
        try:
            stored = await store_file(self.blobs, self.channels[channel].client, claimed, content, FILE_BYTES)
        except FileRefused as refused:
            return refused.code
        await self._accept(channel, visitor, number, language, kind=stored.kind, attachments=(stored,))
        return ""

    async def _accept(
        self, channel: ChannelId, visitor: str, number: str, language: str | None, **content: Any
    ) -> None:
        now: datetime = self.clock.now()
        inbound = Inbound(
            key=f"web:{visitor}:{number}",
            client=self.channels[channel].client,
            channel=channel,
            channel_kind=ChannelKind.WEBCHAT,
            thread_ref=visitor,
            order=int(now.timestamp() * 1_000_000),
            sender=Sender(visitor, language=language),
            sent_at=now,
            received_at=now,
            platform_message_id=number,
            **content,
        )
        await self.inbox.accept([bounded(inbound)])


def _encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _decode(text: str) -> bytes | None:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return None
