"""A worker that tells one notice, stops before it can record that, says so, and waits there to be killed.

`python -m tests.notices.mortal_teller DATABASE_URL WEBHOOK_URL`
"""

import asyncio
import sys

from bots.notices.notifier import Notifier
from bots.notices.ports import Told
from bots.notices.webhook import WebhookNotices
from conversation.clock import ManualClock
from sla.alarm import Tell
from sla.notice import Notice
from storage.alarm_effects import SqlNotices
from storage.database import Database
from tests.builders import NOON, minutes
from tests.notices.telling import webhook_sender
from tests.storage.harness import Told as Ears


class StandsStill:
    """Sends, and never comes back with the answer."""

    def __init__(self, real: WebhookNotices) -> None:
        self.real = real

    async def send(self, notice: Notice) -> Told:
        await self.real.send(notice)
        sys.stdout.write("reached\n")
        sys.stdout.flush()
        await asyncio.Event().wait()
        raise AssertionError("nobody wakes us")

    async def check(self) -> str:
        return ""


async def main(database_url: str, webhook_url: str) -> None:
    database = Database(database_url)
    async with webhook_sender(webhook_url) as real:
        senders = {Tell.WEBHOOK: StandsStill(real)}
        clock = ManualClock(NOON + minutes(10))
        notifier = Notifier(SqlNotices(database, lambda _: "here"), senders, Ears(), clock)
        await notifier.tell_due()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
