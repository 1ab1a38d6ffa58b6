"""One Telegram bot of one client: receives by polling or webhook, sends, fetches files."""

import asyncio
import hmac
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import AiogramError, TelegramAPIError, TelegramNotFound, TelegramUnauthorizedError
from aiogram.types import WebhookInfo
from aiohttp import ClientError

from bots.backoff import Backoff
from bots.bounds import bounded
from bots.channels import Mode, TelegramChannel
from bots.downloads import download
from bots.errors import ChannelError, FileRefused, TokenRejected
from bots.files import store_file
from bots.gaps import LOOK_EVERY, LOOK_SOON, Heartbeat
from bots.opening import TELEGRAM_API_URL
from bots.payloads import expand
from bots.ports import Blobs, GapReports, Offered, PollState, Recovered
from bots.telegram.poller import POLL_SECONDS, TelegramPoller
from bots.telegram.sender import TelegramSender, answer
from bots.telegram.translate import ALLOWED_UPDATES, read
from conversation.clock import Clock
from conversation.files.check import MAX_BYTES
from conversation.json_reader import JsonRefused, read_json
from conversation.message import Attachment, ContentKind, OutboxItem
from conversation.ports import Inbox, Settlement

log = logging.getLogger(__name__)

SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105  the header's name, not a secret

KEPT = timedelta(hours=24)  # https://core.telegram.org/bots/api#getting-updates
LATELY = timedelta(hours=1)
_WHEN = "%Y-%m-%d %H:%M UTC"


class TelegramAdapter:
    """`api_url` may name a local Bot API server. Close it when done: it keeps connections open."""

    def __init__(
        self,
        channel: TelegramChannel,
        *,
        inbox: Inbox,
        offered: Offered,
        blobs: Blobs,
        state: PollState,
        reports: GapReports,
        clock: Clock,
        holder: str,
        api_url: str = TELEGRAM_API_URL,
        backoff: Backoff | None = None,
        poll_seconds: int = POLL_SECONDS,
        look_every: float = LOOK_EVERY,
        look_soon: float = LOOK_SOON,
    ) -> None:
        self.channel = channel
        self._inbox = inbox
        self._offered = offered
        self._blobs = blobs
        self._clock = clock
        waits = backoff or Backoff()
        session = AiohttpSession(api=TelegramAPIServer.from_base(api_url))
        self._bot = Bot(channel.token, session=session)
        self._sender = TelegramSender(self._bot, channel, blobs, clock, waits)
        self._heartbeat = Heartbeat(
            channel.id,
            channel.client,
            retries=KEPT,
            recover=self.recover,
            state=state,
            reports=reports,
            clock=clock,
            holder=holder,
            backoff=waits,
            look_every=look_every,
            look_soon=look_soon,
        )
        self._poller = TelegramPoller(
            self._bot,
            channel,
            self.accept,
            self._polled,
            state,
            clock,
            holder=holder,
            backoff=waits,
            poll_seconds=poll_seconds,
        )
        self._answers: set[asyncio.Task[None]] = set()

    async def send(self, item: OutboxItem) -> Settlement:
        return await self._sender.send(item)

    async def run(self, stop: asyncio.Event) -> None:
        """Polls until `stop`; in webhook mode whoever runs this is who Telegram calls."""
        if self.channel.mode is Mode.WEBHOOK:
            await self._heartbeat.run(stop, _always)
            return
        await self._leave_webhook()
        await self._poller.run(stop)

    async def accept(self, updates: Sequence[Mapping[str, Any]]) -> None:
        """Commits the updates to the inbox; when it returns they are safe. Then pressed buttons stop spinning. What is
        of no shape that Telegram sends is logged and passed over: it must not hold up those behind it.
        """
        now = self._clock.now()
        read_updates = [read(update, self.channel, now) for update in updates]
        found = [await expand(inbound, self._offered) for inbound in read_updates if inbound is not None]
        inbounds = [bounded(inbound) for inbound in found]
        if inbounds:
            await self._inbox.accept(inbounds)
        for inbound in inbounds:
            if inbound.kind is ContentKind.BUTTON:
                self._later(answer(self._bot, str(inbound.raw["callback_query_id"])))

    async def recover(self, since: datetime, until: datetime) -> Recovered:
        """Nothing older than a day can be fetched from Telegram, so a gap only gets its words."""
        lost = f"Telegram keeps messages for 24 hours: those from {since:{_WHEN}} to {until - KEPT:{_WHEN}} are lost"
        return Recovered(0, lost)

    async def handle(self, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """The webhook. Anything but 200 makes Telegram deliver the update again."""
        given = next((value for name, value in headers.items() if name.lower() == SECRET_HEADER), "")
        if not self.channel.secret or not hmac.compare_digest(given.encode(), self.channel.secret.encode()):
            return 401, b"wrong or missing secret token"
        try:
            update = read_json(body)
        except JsonRefused as error:
            return 400, str(error).encode("utf-8", "replace")
        if not isinstance(update, dict) or not isinstance(update.get("update_id"), int):
            return 400, b"the body is not an update"
        try:
            await self.accept([update])
        except Exception:
            log.exception("channel %s: an update could not be committed; Telegram will repeat it", self.channel.id)
            return 500, b"try again"
        return 200, b""

    async def check(self) -> str:
        """The bot's user name, as Telegram knows it, and in webhook mode how the webhook does. Raises TokenRejected or
        ChannelError, saying why.
        """
        try:
            me = await self._bot.get_me(request_timeout=10)
            hook = await self._bot.get_webhook_info(request_timeout=10) if self.channel.mode is Mode.WEBHOOK else None
        except (TelegramUnauthorizedError, TelegramNotFound) as error:
            raise TokenRejected(self.channel.id, error.message) from error
        except (AiogramError, TimeoutError) as error:
            raise ChannelError(f"channel {self.channel.id}: Telegram cannot be reached ({error})") from error
        return f"@{me.username}" if hook is None else f"@{me.username}, {self._webhook_words(hook)}"

    async def register(self, url: str) -> None:
        """Tells Telegram to bring updates to `url`. Waiting updates are kept."""
        await self._bot.set_webhook(
            url, secret_token=self.channel.secret, allowed_updates=ALLOWED_UPDATES, drop_pending_updates=False
        )

    async def fetch(self, attachment: Attachment) -> Attachment:
        """The customer's file, checked and kept as a blob. Raises FileRefused."""
        if attachment.stored:
            return attachment
        if attachment.size is not None and attachment.size > MAX_BYTES:
            raise FileRefused("too_large", f"{attachment.name} is larger than 20 MB, more than Telegram gives to bots")
        try:
            file = await self._bot.get_file(attachment.reference, request_timeout=20)
            if file.file_path is None:
                raise FileRefused("gone", f"Telegram no longer has {attachment.name}")
            url = self._bot.session.api.file_url(self._bot.token, file.file_path)
            content = await download(url, attachment.name, "Telegram")
        except TelegramAPIError as error:
            raise FileRefused("gone", f"Telegram does not give {attachment.name} ({error.message})") from error
        except ClientError as error:
            raise FileRefused("gone", f"{attachment.name} could not be fetched ({type(error).__name__})") from error
        return await store_file(self._blobs, self.channel.client, attachment, content)

    async def close(self) -> None:
        """Ends what is still going on and closes the connections."""
        await asyncio.gather(*self._answers, return_exceptions=True)
        await self._bot.session.close()

    def _webhook_words(self, hook: WebhookInfo) -> str:
        """How the webhook does. Raises ChannelError if Telegram does not get through to it."""
        if not hook.url:
            raise ChannelError(
                f"channel {self.channel.id}: Telegram knows no webhook of this bot; it is registered when a web "
                "process starts with SWITCHBOARD_PUBLIC_URL set"
            )
        words = f"webhook {hook.url}, {hook.pending_update_count} waiting"
        if hook.last_error_date is None:
            return words
        words += f", last error {hook.last_error_date:{_WHEN}}: {hook.last_error_message or 'no reason given'}"
        if hook.pending_update_count and self._clock.now() - hook.last_error_date < LATELY:
            raise ChannelError(f"channel {self.channel.id}: Telegram does not get through: {words}")
        return words

    async def _polled(self) -> None:
        await self._heartbeat.beat(_always)

    async def _leave_webhook(self) -> None:
        try:
            if (await self._bot.get_webhook_info(request_timeout=10)).url:
                log.warning("channel %s: removing the bot's webhook, because its mode is polling", self.channel.id)
                await self._bot.delete_webhook(drop_pending_updates=False)
        except (AiogramError, TimeoutError) as error:
            log.warning("channel %s: could not look for a webhook, polling anyway: %s", self.channel.id, error)

    def _later(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._answers.add(task)
        task.add_done_callback(self._answers.discard)


async def _always() -> bool:
    return True
