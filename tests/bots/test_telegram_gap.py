"""A gap longer than Telegram keeps messages is found and told; a shorter one Telegram bridges itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from bots.backoff import Backoff
from bots.channels import Mode, TelegramChannel
from bots.errors import ChannelError
from bots.memory import MemoryBlobs, MemoryGapReports, MemoryInbox, MemoryPollState, MemoryThreads
from bots.telegram.adapter import TelegramAdapter
from conversation.clock import ManualClock
from tests.bots.making import NOW, TELEGRAM
from tests.platforms.telegram_server import TelegramServer, telegram_server

WEBHOOK = TelegramChannel(TELEGRAM.id, TELEGRAM.client, TELEGRAM.token, Mode.WEBHOOK, "s3cret")
ALIVE = f"alive:{TELEGRAM.id}"
HOUR = timedelta(hours=1)


class World:
    def __init__(self, server: TelegramServer) -> None:
        self.server = server
        self.inbox = MemoryInbox()
        self.state = MemoryPollState()
        self.reports = MemoryGapReports()
        self.clock = ManualClock(NOW)

    def adapter(self, channel: TelegramChannel = TELEGRAM, holder: str = "here") -> TelegramAdapter:
        return TelegramAdapter(
            channel,
            inbox=self.inbox,
            offered=MemoryThreads(self.inbox),
            blobs=MemoryBlobs(),
            state=self.state,
            reports=self.reports,
            clock=self.clock,
            holder=holder,
            api_url=self.server.url,
            backoff=Backoff(timedelta(milliseconds=1), timedelta(milliseconds=5)),
            poll_seconds=0,
            look_every=0.01,
            look_soon=0.01,
        )


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with telegram_server() as server:
        yield World(server)


@asynccontextmanager
async def running(*adapters: TelegramAdapter) -> AsyncIterator[None]:
    stop = asyncio.Event()
    tasks = [asyncio.create_task(adapter.run(stop)) for adapter in adapters]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*tasks)
        for adapter in adapters:
            await adapter.close()


async def outage(world: World, hours: float, *adapters: TelegramAdapter) -> None:
    """Heard at NOW, and again so many hours later."""
    await world.state.beat(ALIVE, NOW, HOUR)
    world.clock.set(NOW + hours * HOUR)
    async with asyncio.timeout(10), running(*adapters):
        await world.state.having_marked(ALIVE, world.clock.now())


@pytest.mark.parametrize("channel", [TELEGRAM, WEBHOOK], ids=["polling", "webhook"])
async def test_more_than_a_day_is_reported_with_what_is_lost(world: World, channel: TelegramChannel) -> None:
    await outage(world, 30, world.adapter(channel))
    (gap,) = world.reports.gaps
    assert (gap.client, gap.channel, gap.since, gap.until) == (TELEGRAM.client, TELEGRAM.id, NOW, NOW + 30 * HOUR)
    assert gap.recovered.fetched == 0
    assert "those from 2026-11-23 10:00 UTC to 2026-11-23 16:00 UTC are lost" in gap.recovered.lost


@pytest.mark.parametrize("channel", [TELEGRAM, WEBHOOK], ids=["polling", "webhook"])
async def test_less_than_a_day_is_no_gap(world: World, channel: TelegramChannel) -> None:
    await outage(world, 23, world.adapter(channel))
    assert world.reports.gaps == []


async def test_of_two_web_processes_one_reports(world: World) -> None:
    await outage(world, 30, world.adapter(WEBHOOK, "a"), world.adapter(WEBHOOK, "b"))
    assert len(world.reports.gaps) == 1


async def test_quiet_polls_keep_the_channel_alive_and_cost_one_write_a_minute(world: World) -> None:
    async with asyncio.timeout(10), running(world.adapter()):
        for minute in range(3):
            world.clock.set(NOW + minute * timedelta(minutes=1))
            await world.state.having_marked(ALIVE, world.clock.now())
        marked = world.state.marks[ALIVE]
        world.clock.advance(timedelta(seconds=30))
        world.server.customer_says(42, "hallo")
        await world.inbox.holding(1)
    assert world.state.marks[ALIVE] == marked == NOW + timedelta(minutes=2)


async def test_a_report_that_fails_leaves_the_gap_to_be_reported_again(world: World) -> None:
    class Stubborn(MemoryGapReports):
        refusals = 1

        async def report(self, gap: object) -> None:
            if self.refusals:
                self.refusals -= 1
                raise OSError("the database is away")
            await super().report(gap)  # type: ignore[arg-type]

    world.reports = Stubborn()
    await outage(world, 30, world.adapter(WEBHOOK))
    assert len(world.reports.gaps) == 1


async def test_the_check_tells_how_the_webhook_does(world: World) -> None:
    adapter = world.adapter(WEBHOOK)
    with pytest.raises(ChannelError, match="SWITCHBOARD_PUBLIC_URL"):
        await adapter.check()
    await adapter.register("https://support.example/webhooks/telegram/alpenrad-telegram")
    world.server.customer_says(42, "wartet")
    url = "webhook https://support.example/webhooks/telegram/alpenrad-telegram"
    assert await adapter.check() == f"@alpi_bot, {url}, 1 waiting"
    failed = NOW - timedelta(minutes=5)
    world.server.webhook_error = (int(failed.timestamp()), "Connection refused")
    with pytest.raises(ChannelError, match=r"does not get through: .*1 waiting.*09:55 UTC: Connection refused"):
        await adapter.check()
    world.clock.advance(2 * HOUR)
    assert "last error 2026-11-23 09:55 UTC: Connection refused" in await adapter.check()
    await adapter.close()
