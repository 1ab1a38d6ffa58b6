"""A sender to one webhook on this machine."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bots.notices.addresses import WebhookAddress
from bots.notices.webhook import WebhookNotices
from nlu.http_guard import Guard
from nlu.wire import open_http

SECRET = "0123456789abcdef0123456789abcdef"


@asynccontextmanager
async def webhook_sender(url: str) -> AsyncIterator[WebhookNotices]:
    guard = Guard(allowed=frozenset({url.removeprefix("http://")}))
    address = WebhookAddress(f"{url}/sla", SECRET)
    async with open_http() as http:
        yield WebhookNotices(http, guard, lambda _: address)
