"""The ports in memory: a second real implementation, for tests and trials that need no database."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bots.ports import Gap, Position
from conversation.ids import ChannelId, ClientId, MessageId, ThreadId
from conversation.message import Button, DeliveryState, Inbound, Message, OutboxItem
from conversation.ports import Delivered, Failed, Retry, Settlement


class MemoryInbox:
    """Keeps what was accepted, once per client, channel and key, in order of acceptance."""

    def __init__(self) -> None:
        self.accepted: list[Inbound] = []
        self._keys: set[tuple[ClientId, ChannelId, str]] = set()
        self.arrived = asyncio.Event()

    async def accept(self, inbounds: Sequence[Inbound]) -> int:
        fresh = 0
        for inbound in inbounds:
            key = inbound.client, inbound.channel, inbound.key
            if key not in self._keys:
                self._keys.add(key)
                self.accepted.append(inbound)
                fresh += 1
        self.arrived.set()
        return fresh

    async def holding(self, count: int) -> list[Inbound]:
        """Waits until at least `count` were accepted."""
        while len(self.accepted) < count:
            self.arrived.clear()
            await self.arrived.wait()
        return list(self.accepted)


class MemoryOutbox:
    """Rows by message, oldest first; a thread's next message waits for the one before it."""

    def __init__(self) -> None:
        self.items: dict[MessageId, OutboxItem] = {}
        self.states: dict[MessageId, DeliveryState] = {}
        self.settled: list[Settlement] = []
        self.changed = asyncio.Event()
        self._due: dict[MessageId, datetime] = {}
        self._held: dict[MessageId, datetime] = {}

    def add(self, item: OutboxItem, due: datetime) -> None:
        self.items[item.message.id] = item
        self.states[item.message.id] = DeliveryState.PENDING
        self._due[item.message.id] = due

    async def take(self, worker: str, now: datetime, *, limit: int, hold: timedelta) -> list[OutboxItem]:  # noqa: ARG002
        taken: list[OutboxItem] = []
        threads = set()
        for key, item in self.items.items():
            if self.states[key] not in (DeliveryState.PENDING, DeliveryState.SENDING) or len(taken) == limit:
                continue
            thread, free = item.message.thread, self._held.get(key, now) <= now
            if thread not in threads and free and self._due[key] <= now:
                if self.states[key] is DeliveryState.SENDING:
                    item = self.items[key] = replace(item, maybe_sent=True)  # noqa: PLW2901
                self.states[key] = DeliveryState.SENDING
                self._held[key] = now + hold
                taken.append(item)
            threads.add(thread)
        return taken

    async def settle(self, settlements: Sequence[Settlement]) -> None:
        for settlement in settlements:
            key = settlement.item.message.id
            self._held.pop(key, None)
            match settlement:
                case Delivered():
                    self.states[key] = DeliveryState.DELIVERED
                case Failed():
                    self.states[key] = DeliveryState.FAILED
                case Retry():
                    self.states[key] = DeliveryState.PENDING
                    self._due[key] = settlement.at
                    item = self.items[key]
                    self.items[key] = replace(
                        item, attempts=item.attempts + 1, maybe_sent=item.maybe_sent or settlement.maybe_sent
                    )
            self.settled.append(settlement)
        self.changed.set()

    async def next_due(self, now: datetime) -> datetime | None:
        waiting = [self._due[key] for key, state in self.states.items() if state is DeliveryState.PENDING]
        return max(min(waiting), now) if waiting else None

    async def having_settled(self, count: int) -> list[Settlement]:
        """Waits until at least `count` settlements were made."""
        while len(self.settled) < count:
            self.changed.clear()
            await self.changed.wait()
        return list(self.settled)


class MemoryWakeups:
    """Topics as events; an announcement wakes those who wait, and the next one to wait."""

    def __init__(self) -> None:
        self._topics: dict[str, asyncio.Event] = {}
        self.waits = 0

    async def announce(self, *topics: str) -> None:
        for topic in topics:
            self._event(topic).set()

    async def wait(self, topic: str, timeout: float) -> bool:
        self.waits += 1
        event = self._event(topic)
        try:
            async with asyncio.timeout(timeout):
                await event.wait()
        except TimeoutError:
            return False
        event.clear()
        return True

    def _event(self, topic: str) -> asyncio.Event:
        return self._topics.setdefault(topic, asyncio.Event())


class MemoryPollState:
    """Leases and positions of pollers."""

    def __init__(self) -> None:
        self.leases: dict[str, tuple[str, datetime]] = {}
        self.positions: dict[str, Position] = {}
        self.marks: dict[str, datetime] = {}
        self.marked = asyncio.Event()

    async def acquire(self, poller: str, holder: str, now: datetime, hold: timedelta) -> bool:
        owner, until = self.leases.get(poller, (holder, now))
        if owner != holder and until > now:
            return False
        self.leases[poller] = (holder, now + hold)
        return True

    async def release(self, poller: str, holder: str) -> None:
        if self.leases.get(poller, ("",))[0] == holder:
            del self.leases[poller]

    async def position(self, poller: str) -> Position | None:
        return self.positions.get(poller)

    async def advance(self, poller: str, holder: str, offset: int, now: datetime) -> bool:
        owner, until = self.leases.get(poller, ("", now))
        if owner != holder or until <= now:
            return False
        self.positions[poller] = Position(offset, now)
        return True

    async def beat(self, poller: str, now: datetime, within: timedelta) -> datetime | None:
        mark = self.marks.get(poller)
        if mark is not None and mark < now - within:
            return mark
        self._mark(poller, now)
        return None

    async def caught_up(self, poller: str, since: datetime, until: datetime) -> bool:
        if self.marks.get(poller) != since:
            return False
        self._mark(poller, until)
        return True

    async def having_marked(self, poller: str, at: datetime) -> None:
        """Waits until `poller` was alive at `at` or later."""
        while self.marks.get(poller, datetime.min.replace(tzinfo=UTC)) < at:
            self.marked.clear()
            await self.marked.wait()

    def _mark(self, poller: str, at: datetime) -> None:
        self.marks[poller] = at
        self.marked.set()


class MemoryGapReports:
    """Gaps in the order they were told."""

    def __init__(self) -> None:
        self.gaps: list[Gap] = []
        self.told = asyncio.Event()

    async def report(self, gap: Gap) -> None:
        self.gaps.append(gap)
        self.told.set()


class MemoryBlobs:
    """Files by client and number."""

    def __init__(self) -> None:
        self.files: dict[tuple[ClientId, str], bytes] = {}

    async def write(self, client: ClientId, data: bytes) -> str:
        reference = f"{client}-{len(self.files) + 1}"
        self.files[client, reference] = data
        return reference

    async def read(self, client: ClientId, reference: str) -> bytes | None:
        return self.files.get((client, reference))


class MemoryThreads:
    """The threads of an inbox, and the buttons of the messages it was told about."""

    def __init__(self, inbox: MemoryInbox) -> None:
        self._inbox = inbox
        self._messages: dict[tuple[ChannelId, str], list[Message]] = {}

    def add(self, thread_ref: str, message: Message) -> None:
        self._messages.setdefault((message.channel, thread_ref), []).append(message)

    async def thread_of(self, channel: ChannelId, ref: str) -> ThreadId | None:
        known = any((i.channel, i.thread_ref) == (channel, ref) for i in self._inbox.accepted)
        return ThreadId(f"{channel}/{ref}") if known else None

    async def recent(self, channel: ChannelId, since: datetime, limit: int) -> Sequence[str]:
        found = [i.thread_ref for i in reversed(self._inbox.accepted) if i.channel == channel and i.sent_at >= since]
        return list(dict.fromkeys(found))[:limit]

    async def offered(self, channel: ChannelId, thread_ref: str) -> Sequence[Button]:
        messages = self._messages.get((channel, thread_ref), [])
        return [button for message in reversed(messages) for button in message.buttons]
