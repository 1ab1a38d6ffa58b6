"""Posts messages to Slack, in as many parts as its limits ask for, and reads its refusals."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from aiohttp import ClientConnectorError, ClientError
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bots.backoff import Backoff
from bots.channels import SlackChannel
from bots.errors import TokenRejected
from bots.payloads import shorten
from bots.ports import Blobs
from bots.progress import Progress
from bots.slack.markup import escape
from bots.slack.refusals import REJECTED, code_of, retry_after, status_of
from bots.text import split_text
from conversation.clock import Clock
from conversation.message import Attachment, Button, OutboxItem
from conversation.ports import Delivered, Failed, Retry, Settlement

log = logging.getLogger(__name__)

TEXT_LIMIT = 3000  # a section's text; a message's own text may have 40,000, which nobody reads
BUTTON_TITLE = 75
BUTTON_VALUE_BYTES = 2000
BUTTONS_PER_BLOCK = 25

_PASSING = frozenset(
    {
        "ratelimited",
        "rate_limited",
        "message_limit_exceeded",
        "internal_error",
        "fatal_error",
        "service_unavailable",
        "request_timeout",
        "rollup_error",
        "team_added_to_org",
    }
)
_WORDS = {
    "channel_not_found": "the Slack conversation no longer exists",
    "is_archived": "the Slack channel is archived",
    "not_in_channel": "our app is not in the Slack channel; invite it there",
    "account_inactive": "our app's account in this workspace was removed; install it again",
    "token_revoked": "our app was uninstalled from this workspace; install it again",
    "missing_scope": "our app lacks a permission; see docs/slack.md for the scopes it needs",
    "user_not_found": "the customer's Slack account no longer exists",
    "cannot_dm_bot": "the other side is a bot",
}

Part = Callable[[], Awaitable[str]]


class SlackSender:
    """The ChannelSender of one app."""

    def __init__(
        self, web: AsyncWebClient, channel: SlackChannel, blobs: Blobs, clock: Clock, backoff: Backoff
    ) -> None:
        self._web = web
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
                return Failed(item, "the message is empty: Slack takes no blank text")
            for part in parts[len(self._progress.of(message)) :]:
                self._progress.accepted(message, await part())
        except (SlackClientError, ClientError, TimeoutError) as error:
            settlement = self._refused(item, error)
            if isinstance(settlement, Failed):
                self._progress.forget(message)
            return settlement
        last = self._progress.of(message)[-1]
        self._progress.forget(message)
        return Delivered(item, last, self._clock.now())

    async def _parts(self, item: OutboxItem) -> list[Part]:
        """The calls this message takes, in order; buttons go with the last text."""
        message = item.message
        room, _, thread = item.thread_ref.partition(":")
        address = {"channel": room, "thread_ts": thread or None}
        parts: list[Part] = [self._picture(address, message.image)] if message.image else []
        parts += [await self._file(address, attachment) for attachment in message.attachments]
        texts = split_text(message.text, TEXT_LIMIT, lambda text: len(escape(text)))
        buttons = _blocks(message.buttons)
        if buttons and not texts:
            texts = ["…"]
        for number, text in enumerate(texts, start=1):
            parts.append(self._text(address, text, buttons if number == len(texts) else []))
        return parts

    def _text(self, address: Mapping[str, Any], text: str, buttons: list[dict[str, Any]]) -> Part:
        words = escape(text)
        section = {"type": "section", "text": {"type": "mrkdwn", "text": words}}
        blocks = [section, *buttons] if buttons else None
        return lambda: self._post(address, text=words, blocks=blocks)

    def _picture(self, address: Mapping[str, Any], url: str) -> Part:
        async def picture() -> str:
            block = {"type": "image", "image_url": url, "alt_text": url.rpartition("/")[2] or url}
            try:
                return await self._post(address, text=escape(url), blocks=[block])
            except SlackApiError as error:
                if code_of(error) not in ("invalid_blocks", "invalid_attachments"):
                    raise
                log.warning("channel %s: Slack cannot show the picture %s", self._channel.id, url)
                return await self._post(address, text=escape(url), blocks=None)

        return picture

    async def _post(self, address: Mapping[str, Any], **content: Any) -> str:
        response = await self._web.chat_postMessage(**address, **content, unfurl_links=False, unfurl_media=False)
        return str(response["ts"])

    async def _file(self, address: Mapping[str, Any], attachment: Attachment) -> Part:
        content = await self._blobs.read(self._channel.client, attachment.reference)
        if content is None:
            log.error("channel %s: the file %s is gone", self._channel.id, attachment.reference)
            return self._text(address, f"📎 {attachment.name} ✗", [])

        async def upload() -> str:
            response = await self._web.files_upload_v2(
                content=content,
                filename=attachment.name,
                title=attachment.name,
                channel=address["channel"],
                thread_ts=address["thread_ts"],
            )
            return str(response["files"][0]["id"])

        return upload

    def _refused(self, item: OutboxItem, error: Exception) -> Settlement:
        """What a refusal means. Raises TokenRejected when it concerns the whole app."""
        now, begun = self._clock.now(), bool(self._progress.of(item.message.id)) or item.maybe_sent
        later = now + self._backoff.after(item.attempts)
        if not isinstance(error, SlackApiError):
            never_arrived = isinstance(error, ClientConnectorError)
            reason = f"Slack cannot be reached ({type(error).__name__})"
            return Retry(item, later, reason, maybe_sent=begun or not never_arrived)
        code = code_of(error)
        if code in REJECTED:
            raise TokenRejected(self._channel.id, code) from error
        wait = retry_after(error)
        if wait is not None:
            return Retry(item, now + wait, "Slack asks to slow down", begun)
        if code in _PASSING or status_of(error) >= 500:
            return Retry(item, later, f"Slack is in trouble ({code or status_of(error)})", begun)
        return Failed(item, _WORDS.get(code, f"Slack refuses the message ({code or 'no reason given'})"))


def _blocks(buttons: Sequence[Button]) -> list[dict[str, Any]]:
    elements = [_element(number, button) for number, button in enumerate(buttons[:100])]
    rows = [elements[start : start + BUTTONS_PER_BLOCK] for start in range(0, len(elements), BUTTONS_PER_BLOCK)]
    return [{"type": "actions", "elements": row} for row in rows]


def _element(number: int, button: Button) -> dict[str, Any]:
    title = button.title.strip() or "…"
    shown = title if len(title) <= BUTTON_TITLE else title[: BUTTON_TITLE - 1] + "…"
    element: dict[str, Any] = {
        "type": "button",
        "action_id": f"switchboard-{number}",
        "text": {"type": "plain_text", "text": shown, "emoji": True},
    }
    if button.url:
        return element | {"url": button.url}
    return element | {"value": shorten(button.payload or title, BUTTON_VALUE_BYTES)}
