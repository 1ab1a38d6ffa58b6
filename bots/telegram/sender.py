"""Sends messages to Telegram chats, in as many parts as its limits ask for, and reads its refusals."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

from aiogram import Bot
from aiogram.exceptions import (
    AiogramError,
    ClientDecodeError,
    TelegramAPIError,
    TelegramBadRequest,
    TelegramEntityTooLarge,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramUnauthorizedError,
)
from aiogram.types import BufferedInputFile, InlineKeyboardButton, InlineKeyboardMarkup, InputFile, Message
from aiohttp import ClientConnectorError

from bots.backoff import Backoff
from bots.channels import TelegramChannel
from bots.errors import TokenRejected
from bots.payloads import shorten
from bots.ports import Blobs
from bots.progress import Progress
from bots.text import split_text, utf16_length
from conversation.clock import Clock
from conversation.message import Attachment, Button, ContentKind, OutboxItem
from conversation.ports import Delivered, Failed, Retry, Settlement

log = logging.getLogger(__name__)

TEXT_LIMIT = 4096  # UTF-16 units, https://core.telegram.org/bots/api#sendmessage
CAPTION_LIMIT = 1024
CALLBACK_DATA_BYTES = 64
PHOTO_BYTES = 10 * 1024 * 1024
UPLOAD_BYTES = 50 * 1024 * 1024
CALL_TIMEOUT = 20  # seconds

Part = Callable[[], Awaitable[Message]]


class TelegramSender:
    """The ChannelSender of one bot. Text goes out plain, so nothing a person types can break it."""

    def __init__(self, bot: Bot, channel: TelegramChannel, blobs: Blobs, clock: Clock, backoff: Backoff) -> None:
        self._bot = bot
        self._channel = channel
        self._blobs = blobs
        self._clock = clock
        self._backoff = backoff
        self._progress = Progress()

    async def send(self, item: OutboxItem) -> Settlement:
        message = item.message.id
        try:
            parts = await self._parts(item)
            if not parts:
                return Failed(item, "the message is empty: Telegram takes no blank text")
            for part in parts[len(self._progress.of(message)) :]:
                sent = await part()
                self._progress.accepted(message, str(sent.message_id))
        except (TimeoutError, AiogramError) as error:
            settlement = self._refused(item, error)
            if isinstance(settlement, Failed):
                self._progress.forget(message)
            return settlement
        last = self._progress.of(message)[-1]
        self._progress.forget(message)
        return Delivered(item, last, self._clock.now())

    async def _parts(self, item: OutboxItem) -> list[Part]:
        """The calls this message takes, in order; buttons go with the last text."""
        message, chat = item.message, int(item.thread_ref)
        parts: list[Part] = []
        texts = split_text(message.text, TEXT_LIMIT, utf16_length)
        if message.image:
            parts.append(self._picture(chat, message.image))
        parts += [await self._file(chat, attachment) for attachment in message.attachments]
        keyboard = _keyboard(message.buttons)
        if keyboard is not None and not texts:
            texts = ["…"]
        for number, text in enumerate(texts, start=1):
            parts.append(self._text(chat, text, keyboard if number == len(texts) else None))
        return parts

    def _text(self, chat: int, text: str, keyboard: InlineKeyboardMarkup | None) -> Part:
        return lambda: self._bot.send_message(
            chat, text, parse_mode=None, reply_markup=keyboard, request_timeout=CALL_TIMEOUT
        )

    def _picture(self, chat: int, url: str) -> Part:
        async def picture() -> Message:
            try:
                return await self._bot.send_photo(chat, url, request_timeout=CALL_TIMEOUT)
            except TelegramBadRequest as error:
                if "chat" in error.message.lower():
                    raise
                log.warning("channel %s: Telegram cannot show the picture %s: %s", self._channel.id, url, error.message)
                return await self._bot.send_message(chat, url, parse_mode=None, request_timeout=CALL_TIMEOUT)

        return picture

    async def _file(self, chat: int, attachment: Attachment) -> Part:
        content = await self._blobs.read(self._channel.client, attachment.reference)
        if content is None or len(content) > UPLOAD_BYTES:
            why = "gone" if content is None else "larger than 50 MB, more than Telegram takes"
            note = f"📎 {attachment.name} ✗"
            log.error("channel %s: the file %s is %s", self._channel.id, attachment.reference, why)
            return self._text(chat, note, None)
        file = BufferedInputFile(content, attachment.name)
        if attachment.kind is ContentKind.IMAGE and len(content) <= PHOTO_BYTES:
            return lambda: self._photo_or_document(chat, file)
        return lambda: self._bot.send_document(chat, file, request_timeout=CALL_TIMEOUT * 3)

    async def _photo_or_document(self, chat: int, file: InputFile) -> Message:
        try:
            return await self._bot.send_photo(chat, file, request_timeout=CALL_TIMEOUT * 3)
        except TelegramBadRequest as error:
            if "chat" in error.message.lower():
                raise
            return await self._bot.send_document(chat, file, request_timeout=CALL_TIMEOUT * 3)

    def _refused(self, item: OutboxItem, error: Exception) -> Settlement:
        """What a refusal means. Raises TokenRejected when it concerns the whole bot."""
        now, begun = self._clock.now(), bool(self._progress.of(item.message.id)) or item.maybe_sent
        later = now + self._backoff.after(item.attempts)
        match error:
            case TelegramRetryAfter():
                return Retry(item, now + timedelta(seconds=error.retry_after), "Telegram asks to slow down", begun)
            case TelegramUnauthorizedError() | TelegramNotFound():
                raise TokenRejected(self._channel.id, error.message) from error
            case TelegramForbiddenError():
                return Failed(item, f"the customer cannot be reached on Telegram any more ({_plain(error)})")
            case TelegramEntityTooLarge() | TelegramBadRequest() | TelegramMigrateToChat():
                return Failed(item, f"Telegram refuses the message ({_plain(error)})")
            case TelegramNetworkError():
                never_arrived = isinstance(error.__cause__, ClientConnectorError)
                return Retry(item, later, f"Telegram cannot be reached ({_plain(error)})", begun or not never_arrived)
            case ClientDecodeError() | TimeoutError():
                return Retry(item, later, "Telegram's answer was cut off", maybe_sent=True)
            case _:
                return Retry(item, later, f"Telegram is in trouble ({_plain(error)})", begun)


def _plain(error: Exception) -> str:
    return error.message if isinstance(error, TelegramAPIError) else str(error)


def _keyboard(buttons: Sequence[Button]) -> InlineKeyboardMarkup | None:
    """One button a row when titles are long, two otherwise."""
    if not buttons:
        return None
    keys = [_key(button) for button in buttons[:100]]
    width = 2 if all(len(button.title) <= 18 for button in buttons) else 1
    rows = [keys[start : start + width] for start in range(0, len(keys), width)]
    return InlineKeyboardMarkup(inline_keyboard=rows)


def _key(button: Button) -> InlineKeyboardButton:
    title = button.title.strip() or "…"
    target: dict[str, Any] = (
        {"url": button.url} if button.url else {"callback_data": shorten(button.payload or title, CALLBACK_DATA_BYTES)}
    )
    return InlineKeyboardButton(text=title, **target)


async def answer(bot: Bot, callback_query_id: str) -> None:
    """Ends the spinner on a pressed button. Best effort: Telegram refuses queries older than a quarter of an hour."""
    try:
        async with asyncio.timeout(CALL_TIMEOUT):
            await bot.answer_callback_query(callback_query_id)
    except (TimeoutError, AiogramError) as error:
        log.info("a pressed button keeps its spinner: %s", _plain(error))
