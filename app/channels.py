"""The channel adapters of this process: one per active channel, kept in step with the packs."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import structlog

from app.directory import Directory
from app.lanes import keep_running
from bots.channels import ChannelConfig, Mode, SlackChannel, TelegramChannel, WebChannel
from bots.errors import ChannelError
from bots.fetching import ChannelFiles
from bots.opening import Adapter
from bots.ports import ChannelSender
from conversation.ids import ChannelId, ClientId
from conversation.message import ChannelKind, OutboxItem
from conversation.ports import Failed, Settlement

log = structlog.get_logger(__name__)

_FETCHED = frozenset({Mode.POLLING, Mode.SOCKET})
_BROUGHT = frozenset({Mode.WEBHOOK, Mode.EVENTS})

MakeAdapter = Callable[[TelegramChannel | SlackChannel], Adapter]


@runtime_checkable
class _Registers(Protocol):
    """An adapter whose platform must be told where to bring updates."""

    async def register(self, url: str) -> None: ...


@dataclass(frozen=True)
class _OwnMessages:
    """Sends the messages of the channel's client. Another one may have written under its id in the past."""

    client: ClientId
    sender: ChannelSender

    async def send(self, item: OutboxItem) -> Settlement:
        if item.message.client != self.client:
            return Failed(item, f"the channel {item.message.channel} belongs to another client")
        return await self.sender.send(item)


@dataclass
class _Running:
    stop: asyncio.Event
    task: asyncio.Task[None]


class Channels:
    """`sync()` makes adapters for channels that became active or changed, and closes the others. `senders` is what the
    deliverer looks into; it is changed in place.
    """

    def __init__(self, directory: Directory, web_sender: ChannelSender, make: MakeAdapter) -> None:
        self._directory = directory
        self._web_sender = web_sender
        self._make = make
        self._adapters: dict[ChannelId, Adapter] = {}
        self._configs: dict[ChannelId, ChannelConfig] = {}
        self._running: dict[ChannelId, _Running] = {}
        self._modes: set[Mode] = set()
        self._registered: dict[ChannelId, str] = {}
        self.senders: dict[ChannelId, ChannelSender] = {}
        self.files = ChannelFiles(self._adapters)

    async def sync(self) -> None:
        """Brings adapters and senders in step with the packs as they are now."""
        wanted = {channel.id: channel for channel in self._directory.channels() if channel.active}
        for channel, config in list(self._configs.items()):
            if wanted.get(channel) != config:
                await self._remove(channel)
        for channel_id, config in wanted.items():
            if isinstance(config, WebChannel):
                self.senders[channel_id] = _OwnMessages(config.client, self._web_sender)
            elif channel_id not in self._adapters:
                self._configs[channel_id] = config
                self._adapters[channel_id] = adapter = self._make(config)
                self.senders[channel_id] = _OwnMessages(config.client, adapter)
        for channel_id in set(self.senders) - set(wanted):
            del self.senders[channel_id]
        self._start_running()

    async def poll(self, stop: asyncio.Event) -> None:
        """Runs what must fetch its updates (long polling, Socket Mode) until `stop`."""
        await self._run(_FETCHED, stop)

    async def listen(self, stop: asyncio.Event) -> None:
        """Keeps the heartbeats of what is brought to us (webhook, Events API) until `stop`: only processes that the
        platforms can call may do so, else a dead web process would look alive.
        """
        await self._run(_BROUGHT, stop)

    async def webhook(
        self, kind: ChannelKind, channel: ChannelId, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes]:
        """A platform's call for one channel."""
        adapter = self._adapters.get(channel)
        if adapter is None or self._configs[channel].kind is not kind:
            return 404, b"there is no such channel"
        return await adapter.handle(headers, body)

    async def register_webhooks(self, base_url: str) -> bool:
        """Tells Telegram where to bring the updates of channels in webhook mode, once for each; whether all know."""
        complete = True
        for channel, config in list(self._configs.items()):
            adapter = self._adapters.get(channel)  # a pack may have changed while we told another platform
            if not isinstance(adapter, _Registers) or getattr(config, "mode", None) is not Mode.WEBHOOK:
                continue
            url = f"{base_url}/webhooks/{config.kind}/{config.id}"
            if self._registered.get(channel) != url:
                complete &= await self._register(channel, adapter, url)
        return complete

    async def _register(self, channel: ChannelId, adapter: "_Registers", url: str) -> bool:
        try:
            await adapter.register(url)
        except Exception:
            log.exception("webhook could not be registered; until it is, no updates arrive", channel=channel, url=url)
            return False
        current: object = self._adapters.get(channel)
        if current is not adapter:
            return False
        self._registered[channel] = url
        log.info("webhook registered", channel=channel, url=url)
        return True

    async def check(self) -> Mapping[ChannelId, str]:
        """Every active channel's own word for itself, or `problem: …`."""
        answers: dict[ChannelId, str] = {}
        for channel, adapter in self._adapters.items():
            try:
                answers[channel] = await adapter.check()
            except ChannelError as error:
                answers[channel] = f"problem: {error}"
        return answers

    async def close(self) -> None:
        for channel in list(self._adapters):
            await self._remove(channel)

    async def _run(self, modes: frozenset[Mode], stop: asyncio.Event) -> None:
        self._modes |= modes
        self._start_running()
        try:
            await stop.wait()
        finally:
            self._modes -= modes
            for channel in [c for c in self._running if self._mode(c) in modes]:
                await self._stop_running(channel)

    def _start_running(self) -> None:
        for channel, adapter in self._adapters.items():
            if channel not in self._running and self._mode(channel) in self._modes:
                stop = asyncio.Event()
                task = asyncio.create_task(keep_running(f"listen {channel}", adapter.run, stop))
                self._running[channel] = _Running(stop, task)

    def _mode(self, channel: ChannelId) -> Mode | None:
        return getattr(self._configs[channel], "mode", None)

    async def _stop_running(self, channel: ChannelId) -> None:
        running = self._running.pop(channel, None)
        if running is not None:
            running.stop.set()
            await running.task

    async def _remove(self, channel: ChannelId) -> None:
        await self._stop_running(channel)
        del self._configs[channel]
        self._registered.pop(channel, None)
        self.senders.pop(channel, None)
        await self._adapters.pop(channel).close()
