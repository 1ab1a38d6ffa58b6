"""What Slack could not bring during an outage is fetched afterwards: once, in order, and nobody else's words."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest

from bots.backoff import Backoff
from bots.channels import Mode, SlackChannel
from bots.errors import TokenRejected
from bots.memory import MemoryBlobs, MemoryGapReports, MemoryInbox, MemoryPollState, MemoryThreads
from bots.slack.adapter import SlackAdapter
from conversation.clock import ManualClock
from conversation.message import ContentKind
from tests.bots.making import NOW, SLACK
from tests.platforms.slack_server import BOT_USER, SlackServer, slack_server

EVENTS = SlackChannel(SLACK.id, SLACK.client, "xoxb-test", "", "signing-secret", Mode.EVENTS)
ALIVE = f"alive:{SLACK.id}"
MINUTE = timedelta(minutes=1)


def stamp(at: datetime) -> str:
    return f"{at.timestamp():.6f}"


class World:
    """Nobody listens from NOW on; `back` is when somebody does again."""

    def __init__(self, server: SlackServer) -> None:
        self.server = server
        self.inbox = MemoryInbox()
        self.threads = MemoryThreads(self.inbox)
        self.state = MemoryPollState()
        self.reports = MemoryGapReports()
        self.clock = ManualClock(NOW)
        self.pauses: list[float] = []

    def adapter(self, channel: SlackChannel = EVENTS, holder: str = "here") -> SlackAdapter:
        async def pause(seconds: float) -> None:
            self.pauses.append(seconds)

        return SlackAdapter(
            channel,
            inbox=self.inbox,
            threads=self.threads,
            offered=self.threads,
            blobs=MemoryBlobs(),
            state=self.state,
            reports=self.reports,
            clock=self.clock,
            holder=holder,
            api_url=self.server.url + "/api/",
            backoff=Backoff(timedelta(milliseconds=1), timedelta(milliseconds=5)),
            ping_interval=0.2,
            look_every=0.01,
            look_soon=0.01,
            pause=pause,
        )

    def said(self, minutes: float, text: str, **more: str) -> dict:
        """Something a customer writes so many minutes after the outage began; it is in Slack's history from then on."""
        return self.server.customer_says(text, ts=stamp(NOW + minutes * MINUTE), **more)

    async def hear(self, event: dict) -> None:
        """Brings the event while all is well."""
        adapter = self.adapter()
        assert (await adapter.handle(*self.server.signed(event)))[0] == 200
        await adapter.close()

    async def lose_touch(self) -> None:
        assert await self.state.beat(ALIVE, NOW, 5 * MINUTE) is None

    def texts(self, ref: str = "D1") -> list[str]:
        return [i.text for i in self.inbox.accepted if i.thread_ref == ref]


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with slack_server() as server:
        yield World(server)


@asynccontextmanager
async def running(*adapters: SlackAdapter) -> AsyncIterator[None]:
    stop = asyncio.Event()
    tasks = [asyncio.create_task(adapter.run(stop)) for adapter in adapters]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*tasks)
        for adapter in adapters:
            await adapter.close()


async def come_back(world: World, *adapters: SlackAdapter, after: float = 10) -> None:
    """Listens again after so many minutes, until the gap is closed."""
    world.clock.set(NOW + after * MINUTE)
    async with asyncio.timeout(10), running(*(adapters or (world.adapter(),))):
        await world.state.having_marked(ALIVE, world.clock.now())


@pytest.mark.parametrize("channel", [SLACK, EVENTS], ids=["socket", "events"])
async def test_ten_minutes_of_a_direct_message_and_a_thread_are_fetched_once_and_in_order(
    world: World, channel: SlackChannel
) -> None:
    root = world.said(-60, f"<@{BOT_USER}> wer hilft?", channel="C1")
    await world.hear(world.said(-61, "Hallo"))
    await world.hear(root)
    await world.lose_touch()
    thread = root["event"]["ts"]
    for minute, text in [(1, "eins"), (2, "zwei"), (3, "drei")]:
        world.said(minute, text)
    world.said(4, "im Faden", channel="C1", thread_ts=thread)
    await come_back(world, world.adapter(channel))
    assert world.texts() == ["Hallo", "eins", "zwei", "drei"]
    assert world.texts(f"C1:{thread}") == ["wer hilft?", "im Faden"]
    missed = next(i for i in world.inbox.accepted if i.text == "zwei")
    assert (missed.sent_at, missed.received_at) == (NOW + 2 * MINUTE, NOW + 10 * MINUTE)
    assert (missed.sender.name, missed.sender.attributes) == ("Lena Kraus", {"team": "T1"})
    (gap,) = world.reports.gaps
    assert (gap.since, gap.until, gap.client) == (NOW, NOW + 10 * MINUTE, SLACK.client)
    assert (gap.recovered.fetched, gap.recovered.lost) == (4, "")
