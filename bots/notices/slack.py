"""Alarms in the provider's own Slack channel, by a bot's token or an incoming webhook."""

import re
from datetime import timedelta

from aiohttp import ClientConnectorError, ClientError
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bots.notices.ports import Accepted, Never, NotNow, Told
from bots.notices.words import SHOWN, Wording
from bots.slack.markup import escape
from bots.slack.refusals import code_of, retry_after
from sla.notice import Alarm, Notice

TIMEOUT_SECONDS = 15
_CODE = re.compile(r"[a-z]{2,20}(?:_[a-z]{2,20}){1,4}")
_TRY_LATER = timedelta(seconds=30)
_HERE = "\N{OBJECT REPLACEMENT CHARACTER}"  # where the due time goes, which is markup and must not be escaped


class SlackByToken:
    """Posts as an app that was invited to the channel."""

    def __init__(self, token: str, channel: str, wording: Wording, *, api_url: str) -> None:
        self._web = AsyncWebClient(token=token, base_url=api_url, timeout=TIMEOUT_SECONDS, retry_handlers=[])
        self._channel = channel
        self._wording = wording

    async def send(self, notice: Notice) -> Told:
        """See bots.notices.ports.NoticeSender."""
        try:
            await self._web.chat_postMessage(
                channel=self._channel,
                text=slack_text(notice, self._wording),
                unfurl_links=False,
                metadata={"event_type": "switchboard_sla_alarms", "event_payload": {"notice": notice.id}},
            )
        except (SlackClientError, ClientError, TimeoutError) as error:
            return _not_now(error)
        return Accepted()

    async def check(self) -> str:
        """Asks Slack whether it knows the token."""
        try:
            known = await self._web.auth_test()
        except (SlackClientError, ClientError, TimeoutError) as error:
            return f"problem: Slack says {_reason(error)}"
        return f"as {known.get('user', 'an app')} in {known.get('team', 'a workspace')}, to {self._channel}"


class SlackByWebhook:
    """Posts to an incoming webhook, whose URL is the secret."""

    def __init__(self, url: str, wording: Wording) -> None:
        self._hook = AsyncWebhookClient(url, timeout=TIMEOUT_SECONDS, retry_handlers=[])
        self._wording = wording

    async def send(self, notice: Notice) -> Told:
        """See bots.notices.ports.NoticeSender."""
        try:
            answer = await self._hook.send(text=slack_text(notice, self._wording), unfurl_links=False)
        except (SlackClientError, ClientError, TimeoutError) as error:
            return _not_now(error)
        if answer.status_code == 200:
            return Accepted()
        if answer.status_code == 429:
            seconds = answer.headers.get("Retry-After") or answer.headers.get("retry-after") or ""
            wait = timedelta(seconds=int(seconds)) if seconds.isdigit() else _TRY_LATER
            return NotNow("Slack asks us to slow down", wait=wait)
        return NotNow(
            f"Slack answered {answer.status_code}{_code_in(answer.body)}", maybe_sent=answer.status_code >= 500
        )

    async def check(self) -> str:
        """An incoming webhook has no question to ask: anything sent there would be read."""
        return "an incoming webhook, not tried: whatever is sent there is read"


def slack_text(notice: Notice, wording: Wording) -> str:
    """The notice in Slack's markup, times on each reader's own clock."""
    mark = ":rotating_light:" if notice.breaches or notice.dangers else ":warning:"
    lines = [f"{mark} *{escape(wording.title(notice))}*"]
    if notice.maybe_sent:
        lines.append(f"_{escape(wording.twice)}_")
    if not notice.is_digest:
        return "\n".join([*lines, _line(notice.alarms[0], notice, wording)])
    lines += [escape(line) for line in wording.counts(notice)]
    for alarm in notice.worst(SHOWN):
        lines.append(f"• {escape(wording.headline(alarm))} · {_line(alarm, notice, wording)}")
    return "\n".join(line for line in (*lines, escape(wording.more(notice))) if line)


def _line(alarm: Alarm, notice: Notice, wording: Wording) -> str:
    due = ""
    if alarm.due_at is not None:
        due = (
            f"<!date^{int(alarm.due_at.timestamp())}^{{date_short_pretty}} {{time}}|{alarm.due_at:%Y-%m-%d %H:%M} UTC>"
        )
    told = escape(wording.details(alarm, notice.recipient, _HERE if due else "")).replace(_HERE, due)
    return f"{told} · <{wording.link(alarm, notice.recipient)}|{escape(wording.open)}>"


def _code_in(body: object) -> str:
    """Slack's own code, such as `no_service`; anything else that answers there is not repeated."""
    return f" {body}" if isinstance(body, str) and _CODE.fullmatch(body) else ""


def _not_now(error: Exception) -> Told:
    if isinstance(error, SlackApiError):
        code = code_of(error)
        if code == "is_archived":
            return Never("the Slack channel is archived; set SWITCHBOARD_ALERT_SLACK_CHANNEL")
        return NotNow(f"Slack says {code or 'no'}", wait=retry_after(error) or timedelta(0))
    return NotNow(_reason(error), maybe_sent=not isinstance(error, ClientConnectorError))


def _reason(error: Exception) -> str:
    if isinstance(error, SlackApiError):
        return code_of(error) or "no"
    if isinstance(error, TimeoutError):
        return f"nothing within {TIMEOUT_SECONDS} s"
    if isinstance(error, ClientConnectorError):
        return "it cannot be reached"
    return type(error).__name__
