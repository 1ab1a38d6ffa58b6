"""Webhooks are registered when and as often as needed, and hearts beat only where the platform can call."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from app.channels import Channels
from app.settings import Settings
from bots.channels import ChannelConfig, Mode, SlackChannel, TelegramChannel
from bots.memory import MemoryBlobs, MemoryGapReports, MemoryInbox, MemoryPollState, MemoryThreads
from bots.opening import Adapter, open_channel
from bots.webchat import WebChatSender
from conversation.clock import ManualClock
from conversation.ids import ChannelId, ClientId
from tests.bots.making import NOW
from tests.platforms.telegram_server import TelegramServer, telegram_server

BASE = "https://support.example"
HOOKED = TelegramChannel(ChannelId("a-telegram"), ClientId("alpenrad"), "123456:TEST-token", Mode.WEBHOOK, "s3cret")
POLLED = TelegramChannel(HOOKED.id, HOOKED.client, HOOKED.token)
EVENTS = SlackChannel(ChannelId("k-slack"), ClientId("kontor"), "xoxb-test", "", "signing-secret", Mode.EVENTS)


class Packs:
    """A directory that holds only channels."""

    def __init__(self, *found: ChannelConfig) -> None:
        self.found = found

    def channels(self) -> Sequence[ChannelConfig]:
        return self.found


class World:
    def __init__(self, server: TelegramServer) -> None:
        self.server = server
        self.packs = Packs(HOOKED)
        self.state = MemoryPollState()
        self.clock = ManualClock(NOW)
        self.channels = Channels(self.packs, WebChatSender(self.clock), self.make)

    def make(self, channel: TelegramChannel | SlackChannel) -> Adapter:
        inbox = MemoryInbox()
        threads = MemoryThreads(inbox)
        return open_channel(
            channel,
            inbox=inbox,
            threads=threads,
            offered=threads,
            blobs=MemoryBlobs(),
            state=self.state,
            reports=MemoryGapReports(),
            clock=self.clock,
            holder="here",
            telegram_api_url=self.server.url,
        )


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with telegram_server() as server:
        world = World(server)
        await world.channels.sync()
        yield world
        await world.channels.close()


async def test_a_webhook_is_registered_once_and_again_after_its_pack_changed(world: World) -> None:
    for _ in range(3):
        assert await world.channels.register_webhooks(BASE)
    assert world.server.calls.count("setWebhook") == 1
    assert world.server.webhook == {"url": f"{BASE}/webhooks/telegram/a-telegram", "secret_token": "s3cret"}
    world.packs.found = (TelegramChannel(HOOKED.id, HOOKED.client, HOOKED.token, Mode.WEBHOOK, "an0ther"),)
    await world.channels.sync()
    assert await world.channels.register_webhooks(BASE)
    assert world.server.webhook["secret_token"] == "an0ther"


async def test_a_refused_registration_is_tried_again(world: World) -> None:
    world.server.refuse_next("setWebhook", 400, "Bad Request: bad webhook: HTTPS url must be provided for webhook")
    assert not await world.channels.register_webhooks(BASE)
    assert await world.channels.register_webhooks(BASE)
    assert world.server.webhook["url"]


async def test_nothing_is_registered_for_channels_that_fetch_or_have_no_such_call(world: World) -> None:
    world.packs.found = (POLLED, EVENTS)
    await world.channels.sync()
    assert await world.channels.register_webhooks(BASE)
    assert "setWebhook" not in world.server.calls


async def test_only_processes_that_can_be_called_keep_such_channels_alive(world: World) -> None:
    world.packs.found = (HOOKED, EVENTS)
    await world.channels.sync()
    stop = asyncio.Event()
    polling = asyncio.create_task(world.channels.poll(stop))
    await asyncio.sleep(0)
    assert not world.channels._running
    listening = asyncio.create_task(world.channels.listen(stop))
    async with asyncio.timeout(5):
        await world.state.having_marked("alive:a-telegram", NOW)
        await world.state.having_marked("alive:k-slack", NOW)
    stop.set()
    await asyncio.gather(polling, listening)
    assert not world.channels._running


@pytest.mark.parametrize(
    ("given", "reachable"),
    [({}, False), ({"public_url": BASE}, True), ({"telegram_api_url": "http://127.0.0.1:8081"}, True)],
)
def test_webhooks_are_registered_where_the_platform_can_reach_us(given: dict[str, str], reachable: bool) -> None:
    assert Settings(_env_file=None, **given).is_reachable is reachable
