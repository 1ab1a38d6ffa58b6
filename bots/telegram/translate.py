"""Turns Telegram updates into what customers said, so that nothing behind this file knows Telegram."""

import hashlib
import logging
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from aiogram.types import (
    CallbackQuery,
    ChatMemberUpdated,
    InlineKeyboardButton,
    Message,
    Update,
    User,
)

from bots.bounds import bounded
from bots.channels import TelegramChannel
from bots.errors import Unreadable
from conversation.ids import ChannelId
from conversation.message import Attachment, ChannelKind, ContentKind, Inbound, Sender
from conversation.plain_text import clean_tree

log = logging.getLogger(__name__)

ALLOWED_UPDATES = ["message", "edited_message", "callback_query", "my_chat_member"]

_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,64})(?:@\w+)?(?:\s+(.*))?", re.DOTALL)
_SERVICE = frozenset({"pinned_message", "message_auto_delete_timer_changed", "write_access_allowed"})


def translate(update: Update, channel: TelegramChannel, received_at: datetime) -> Inbound | None:
    """The update as an Inbound; None for what is no customer speaking to us: groups, channels, other bots, service
    messages. A long button payload is still shortened (see bots.payloads). Pure.
    """
    if update.message is not None:
        return _message(update.message, update.update_id, channel, received_at)
    if update.edited_message is not None:
        return _edit(update.edited_message, update.update_id, channel, received_at)
    if update.callback_query is not None:
        return _button(update.callback_query, update.update_id, channel, received_at)
    if update.my_chat_member is not None:
        return _membership(update.my_chat_member, update.update_id, channel, received_at)
    return None


def read(raw: Mapping[str, Any], channel: TelegramChannel, received_at: datetime) -> Inbound | None:
    """`translate` for raw JSON. An update aiogram cannot read still reaches people as `unsupported`, if it says who
    wrote where; one bad update must never hold up those behind it.
    """
    plain = clean_tree(dict(raw))
    try:
        found = translate(Update.model_validate(plain), channel, received_at)
        return bounded(found) if found is not None else None
    except Exception as error:  # noqa: BLE001  whatever it is; its text would repeat the customer's words
        log.error(  # noqa: TRY400  as above
            "channel %s: update %s is of a shape we do not know (%s)",
            channel.id,
            str(raw.get("update_id"))[:20],
            type(error).__name__,
        )
        return _unreadable(plain, channel, received_at)


def _base(
    key: str,
    update_id: int,
    chat_id: int,
    user: User,
    channel: TelegramChannel,
    sent_at: datetime,
    received_at: datetime,
) -> dict[str, Any]:
    attributes = {"username": user.username} if user.username else {}
    return {
        "key": key,
        "client": channel.client,
        "channel": ChannelId(channel.id),
        "channel_kind": ChannelKind.TELEGRAM,
        "thread_ref": str(chat_id),
        "order": update_id,
        "sender": Sender(str(user.id), user.full_name, user.language_code, attributes),
        "sent_at": sent_at,
        "received_at": received_at,
        "raw": {"update_id": update_id},
    }


def _message(message: Message, update_id: int, channel: TelegramChannel, received_at: datetime) -> Inbound | None:
    user = message.from_user
    if message.chat.type != "private" or user is None or user.is_bot or _is_service(message):
        return None
    base = _base(
        f"message:{message.chat.id}:{message.message_id}",
        update_id,
        message.chat.id,
        user,
        channel,
        message.date,
        received_at,
    )
    return Inbound(**base, platform_message_id=str(message.message_id), **_content(message))


def _is_service(message: Message) -> bool:
    return any(getattr(message, name, None) is not None for name in _SERVICE)


def _content(message: Message) -> dict[str, Any]:
    """Kind, text, payload and attachments of a message."""
    if message.text is not None:
        command = _COMMAND.fullmatch(message.text)
        if command:
            return {"kind": ContentKind.COMMAND, "text": command[1], "payload": (command[2] or "").strip()}
        return {"kind": ContentKind.TEXT, "text": message.text}
    found = _file(message)
    if found is not None:
        return {"kind": found.kind, "text": message.caption or "", "attachments": (found,)}
    return _other(message)


def _other(message: Message) -> dict[str, Any]:
    if message.sticker is not None:
        return {"kind": ContentKind.STICKER, "text": message.sticker.emoji or ""}
    if message.location is not None:
        place = message.venue
        words = f"{place.title}, {place.address}" if place is not None else ""
        point = f"{message.location.latitude:.6f},{message.location.longitude:.6f}"
        return {"kind": ContentKind.LOCATION, "text": words or point, "payload": point}
    if message.contact is not None:
        names = (message.contact.first_name, message.contact.last_name, message.contact.phone_number)
        return {"kind": ContentKind.TEXT, "text": " ".join(name for name in names if name)}
    return {"kind": ContentKind.UNSUPPORTED, "text": message.caption or ""}


def _file(message: Message) -> Attachment | None:
    if message.photo:
        largest = max(message.photo, key=lambda size: size.width * size.height)
        name = f"photo-{message.message_id}.jpg"
        return Attachment(ContentKind.IMAGE, name, "image/jpeg", largest.file_size, largest.file_id)
    if message.voice is not None:
        voice = message.voice
        name = f"voice-{message.message_id}.ogg"
        return Attachment(ContentKind.VOICE, name, voice.mime_type or "audio/ogg", voice.file_size, voice.file_id)
    if message.video_note is not None:
        note = message.video_note
        return Attachment(
            ContentKind.FILE, f"video-{message.message_id}.mp4", "video/mp4", note.file_size, note.file_id
        )
    for file in (message.animation, message.document, message.video, message.audio):
        if file is not None:
            media_type = file.mime_type or "application/octet-stream"
            kind = ContentKind.IMAGE if media_type.startswith("image/") else ContentKind.FILE
            name = file.file_name or f"file-{message.message_id}"
            return Attachment(kind, name, media_type, file.file_size, file.file_id)
    return None


def _edit(message: Message, update_id: int, channel: TelegramChannel, received_at: datetime) -> Inbound | None:
    user = message.from_user
    if message.chat.type != "private" or user is None or user.is_bot or message.location is not None:
        return None  # a live location "edits" its message every few seconds
    text = message.text or message.caption or ""
    # The platform counts edit dates in seconds: the digest keeps two edits within one second apart.
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    edited = datetime.fromtimestamp(message.edit_date, UTC) if message.edit_date else message.date
    base = _base(
        f"edit:{message.chat.id}:{message.message_id}:{message.edit_date}:{digest}",
        update_id,
        message.chat.id,
        user,
        channel,
        edited,
        received_at,
    )
    number = str(message.message_id)
    return Inbound(**base, kind=ContentKind.EDIT, text=text, edits=number, platform_message_id=number)


def _button(query: CallbackQuery, update_id: int, channel: TelegramChannel, received_at: datetime) -> Inbound | None:
    message = query.message
    if message is None or message.chat.type != "private" or query.data is None:
        return None
    base = _base(
        f"callback:{query.id}",
        update_id,
        message.chat.id,
        query.from_user,
        channel,
        received_at,
        received_at,
    )
    base["raw"] = {"update_id": update_id, "callback_query_id": query.id, "pressed_message_id": message.message_id}
    return Inbound(**base, kind=ContentKind.BUTTON, text=_title(query), payload=query.data)


def _title(query: CallbackQuery) -> str:
    """The pressed button's title, which only the keyboard of the message knows."""
    keyboard = query.message.reply_markup if isinstance(query.message, Message) else None
    rows: list[list[InlineKeyboardButton]] = keyboard.inline_keyboard if keyboard is not None else []
    return next((button.text for row in rows for button in row if button.callback_data == query.data), "")


def _membership(
    member: ChatMemberUpdated, update_id: int, channel: TelegramChannel, received_at: datetime
) -> Inbound | None:
    if member.chat.type != "private":
        return None
    status = str(member.new_chat_member.status)
    kind = {"kicked": ContentKind.BLOCKED, "member": ContentKind.JOIN}.get(status)
    if kind is None:
        return None
    base = _base(
        f"member:{member.chat.id}:{int(member.date.timestamp())}:{status}",
        update_id,
        member.chat.id,
        member.from_user,
        channel,
        member.date,
        received_at,
    )
    return Inbound(**base, kind=kind)


def _unreadable(raw: Mapping[str, Any], channel: TelegramChannel, received_at: datetime) -> Inbound | None:
    message = raw.get("message")
    if not isinstance(message, Mapping):
        return None
    chat, user = message.get("chat"), message.get("from")
    if not isinstance(chat, Mapping) or not isinstance(user, Mapping) or chat.get("type") != "private":
        return None
    ids = (raw.get("update_id"), chat.get("id"), user.get("id"), message.get("message_id"))
    if not all(isinstance(number, int) for number in ids):
        return None
    update_id, chat_id, user_id, message_id = ids
    text = message.get("text")
    words = (str(user.get(part) or "") for part in ("first_name", "last_name"))
    found = Inbound(
        key=f"message:{chat_id}:{message_id}",
        client=channel.client,
        channel=channel.id,
        channel_kind=ChannelKind.TELEGRAM,
        thread_ref=str(chat_id),
        order=int(update_id or 0),
        kind=ContentKind.TEXT if isinstance(text, str) and text else ContentKind.UNSUPPORTED,
        sender=Sender(str(user_id), " ".join(word for word in words if word)),
        sent_at=_moment(message.get("date"), received_at),
        received_at=received_at,
        text=text if isinstance(text, str) else "",
        platform_message_id=str(message_id),
        raw={"update_id": update_id, "unreadable": True},
    )
    try:
        return bounded(found)
    except Unreadable as error:
        log.warning("channel %s: update %s is dropped: %s", channel.id, update_id, error)
        return None


def _moment(date: object, otherwise: datetime) -> datetime:
    """The time of a Unix time stamp, or the other one for what is none."""
    try:
        return datetime.fromtimestamp(date, UTC) if isinstance(date, int | float) else otherwise
    except (OverflowError, OSError, ValueError):
        return otherwise
