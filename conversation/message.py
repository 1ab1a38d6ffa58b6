"""What customers send and what we send back, the same on every channel."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from conversation.ids import ChannelId, ClientId, ConversationId, InboxId, MessageId, ThreadId


class ChannelKind(StrEnum):
    """The platforms a channel can live on."""

    TELEGRAM = "telegram"
    SLACK = "slack"
    WEBCHAT = "webchat"


class ContentKind(StrEnum):
    """What an inbound update is; each has a defined result (docs/messages.md)."""

    TEXT = "text"
    COMMAND = "command"  # text is the command without slash, payload its argument
    BUTTON = "button"  # payload is the button's payload, text its title
    IMAGE = "image"
    FILE = "file"
    VOICE = "voice"
    LOCATION = "location"
    STICKER = "sticker"
    EDIT = "edit"  # `edits` names the platform message; text is the new text
    JOIN = "join"
    BLOCKED = "blocked"  # the customer blocked or left us
    UNSUPPORTED = "unsupported"


class AuthorKind(StrEnum):
    """Who speaks or acts."""

    CUSTOMER = "customer"
    BOT = "bot"
    AGENT = "agent"
    SYSTEM = "system"


class Visibility(StrEnum):
    """Who may read a message: everybody, or only agents (an internal note)."""

    PUBLIC = "public"
    NOTE = "note"


class DeliveryState(StrEnum):
    """Where an outgoing message is on its way; inbound messages are `received`, notes `internal`."""

    RECEIVED = "received"
    INTERNAL = "internal"
    PENDING = "pending"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a message or caused an event; `id` is a UserId for agents, a customer reference for customers."""

    kind: AuthorKind
    id: str = ""
    name: str = ""


BOT = Author(AuthorKind.BOT)
SYSTEM = Author(AuthorKind.SYSTEM)


@dataclass(frozen=True, slots=True)
class Button:
    """A choice offered to the customer; `payload` comes back when it is pressed (Rasa: `/intent{"slot": "value"}`)."""

    title: str
    payload: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file, by reference: `reference` is a blob key once stored, before that the platform's own file id or URL.
    `refused` says why it was not stored: a Refusal, or GONE (conversation.files.check).
    """

    kind: ContentKind
    name: str
    media_type: str
    size: int | None = None
    reference: str = ""
    stored: bool = False
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Sender:
    """The customer as the platform shows them. `reference` is the platform's user id; `attributes` may carry a
    signed identity's claims (web chat).
    """

    reference: str
    name: str = ""
    language: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Inbound:
    """One platform update, translated. `key` is unique per channel and cannot recur: it is what makes the same
    update delivered ten times change state once. `order` sorts waiting updates of one thread (Telegram: update_id;
    Slack: ts in microseconds; web chat: microseconds of receipt).
    """

    key: str
    client: ClientId
    channel: ChannelId
    channel_kind: ChannelKind
    thread_ref: str
    order: int
    kind: ContentKind
    sender: Sender
    sent_at: datetime
    received_at: datetime
    text: str = ""
    payload: str = ""
    attachments: tuple[Attachment, ...] = ()
    platform_message_id: str = ""
    edits: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InboxItem:
    """An Inbound that is safely committed and waits for its turn; `attempts` counts failed tries."""

    id: InboxId
    thread: ThreadId
    inbound: Inbound
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """What the bot wants to say, before it has an address."""

    text: str
    buttons: tuple[Button, ...] = ()
    image: str | None = None
    custom: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One line of a transcript. `epoch` is the conversation's epoch when it was written: bot output of an earlier
    epoch is dropped instead of sent, so the bot never talks over a person.
    """

    id: MessageId
    client: ClientId
    channel: ChannelId
    thread: ThreadId
    conversation: ConversationId
    author: Author
    created_at: datetime
    text: str = ""
    kind: ContentKind = ContentKind.TEXT
    visibility: Visibility = Visibility.PUBLIC
    state: DeliveryState = DeliveryState.PENDING
    buttons: tuple[Button, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    image: str | None = None
    epoch: int = 0
    platform_message_id: str = ""
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    edited_at: datetime | None = None
    error: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """The customer changed an earlier message (named by the platform's id)."""

    platform_message_id: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """A message due for delivery, leased to one deliverer. `thread_ref` is the platform's address; `maybe_sent` is
    true when an earlier try was cut off after the call began: the platform may have it already.
    """

    message: Message
    channel_kind: ChannelKind
    thread_ref: str
    attempts: int = 0
    maybe_sent: bool = False
