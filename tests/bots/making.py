"""Messages and channels for these tests, with everything unimportant filled in."""

import itertools
from datetime import UTC, datetime
from typing import Any

from bots.channels import Mode, SlackChannel, TelegramChannel, WebChannel
from conversation.ids import ChannelId, ClientId, ConversationId, MessageId, ThreadId
from conversation.message import BOT, ChannelKind, Message, OutboxItem

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
CLIENT = ClientId("alpenrad")
TELEGRAM = TelegramChannel(ChannelId("alpenrad-telegram"), CLIENT, "123456:TEST-token", Mode.POLLING, "s3cret")
SLACK = SlackChannel(
    ChannelId("kontor-slack"), ClientId("kontor"), "xoxb-test", "xapp-test", "signing-secret", Mode.SOCKET
)
WEB = WebChannel(ChannelId("alpenrad-web"), CLIENT, ("https://shop.example",))

_numbers = itertools.count(1)


def message(text: str = "Hallo", *, channel: str = "alpenrad-telegram", thread: str = "t1", **more: Any) -> Message:
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "id": MessageId(f"m{number}"),
        "client": CLIENT,
        "channel": ChannelId(channel),
        "thread": ThreadId(thread),
        "conversation": ConversationId("c1"),
        "author": BOT,
        "created_at": NOW,
        "text": text,
    }
    return Message(**defaults | more)


def item(
    text: str = "Hallo",
    *,
    ref: str = "42",
    kind: ChannelKind = ChannelKind.TELEGRAM,
    attempts: int = 0,
    maybe_sent: bool = False,
    **more: Any,
) -> OutboxItem:
    more.setdefault("thread", f"thread-{ref}")
    return OutboxItem(message(text, **more), kind, ref, attempts, maybe_sent)
