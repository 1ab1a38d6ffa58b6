"""Opens a platform channel; the libraries behind it, slow to import, are loaded only when one is really there."""

import asyncio
from collections.abc import Mapping
from typing import Protocol

from bots.channels import SlackChannel, TelegramChannel
from bots.ports import Blobs, GapReports, Offered, PollState, Threads
from conversation.clock import Clock
from conversation.message import Attachment, OutboxItem
from conversation.ports import Inbox, Settlement

TELEGRAM_API_URL = "https://api.telegram.org"
SLACK_API_URL = "https://slack.com/api/"


class Adapter(Protocol):
    """One open channel on Telegram or Slack."""

    async def send(self, item: OutboxItem) -> Settlement:
        """Sends a message (bots.ports.ChannelSender)."""
        ...

    async def run(self, stop: asyncio.Event) -> None:
        """Listens until `stop` and keeps the channel's heartbeat: fetches updates in modes polling and socket; in modes
        webhook and events it belongs where the platform calls, in a web process.
        """
        ...

    async def handle(self, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """A webhook call (bots.ports.WebhookHandler)."""
        ...

    async def fetch(self, attachment: Attachment) -> Attachment:
        """A customer's file, kept as a blob. Raises FileRefused."""
        ...

    async def check(self) -> str:
        """Who we are there, in words. Raises ChannelError, saying what is wrong."""
        ...

    async def close(self) -> None:
        """Ends what is going on and closes the connections."""
        ...


def open_channel(
    channel: TelegramChannel | SlackChannel,
    *,
    inbox: Inbox,
    threads: Threads,
    offered: Offered,
    blobs: Blobs,
    state: PollState,
    reports: GapReports,
    clock: Clock,
    holder: str,
    telegram_api_url: str = TELEGRAM_API_URL,
    slack_api_url: str = SLACK_API_URL,
) -> Adapter:
    """The adapter of an active channel. `holder` names this process in leases. Close it when done."""
    if isinstance(channel, TelegramChannel):
        from bots.telegram.adapter import TelegramAdapter  # noqa: PLC0415  costs 2.6 s

        return TelegramAdapter(
            channel,
            inbox=inbox,
            offered=offered,
            blobs=blobs,
            state=state,
            reports=reports,
            clock=clock,
            holder=holder,
            api_url=telegram_api_url,
        )
    from bots.slack.adapter import SlackAdapter  # noqa: PLC0415  as above

    return SlackAdapter(
        channel,
        inbox=inbox,
        threads=threads,
        offered=offered,
        blobs=blobs,
        state=state,
        reports=reports,
        clock=clock,
        holder=holder,
        api_url=slack_api_url,
    )
