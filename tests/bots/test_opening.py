"""Channels are opened by kind, and a process without them never loads their libraries."""

import subprocess
import sys

from bots.memory import MemoryBlobs, MemoryGapReports, MemoryInbox, MemoryPollState, MemoryThreads
from bots.opening import open_channel
from conversation.clock import ManualClock
from tests.bots.making import NOW, SLACK, TELEGRAM

LOOK = "import sys, bots.opening, bots.delivery, bots.webchat, bots.channels, bots.memory, bots.fetching; "
LOOK += "print([m for m in ('aiogram', 'slack_bolt', 'slack_sdk', 'aiohttp') if m in sys.modules])"


async def test_each_kind_has_its_adapter() -> None:
    inbox = MemoryInbox()
    threads = MemoryThreads(inbox)
    for channel in (TELEGRAM, SLACK):
        adapter = open_channel(
            channel,
            inbox=inbox,
            threads=threads,
            offered=threads,
            blobs=MemoryBlobs(),
            state=MemoryPollState(),
            reports=MemoryGapReports(),
            clock=ManualClock(NOW),
            holder="here",
        )
        assert channel.kind in type(adapter).__name__.lower()
        await adapter.close()


def test_nothing_slow_is_imported_until_a_channel_is_opened() -> None:
    found = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
