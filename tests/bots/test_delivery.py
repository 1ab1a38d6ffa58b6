"""The delivery loop: in order per thread, together across threads, honest about failures, quiet when idle."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.backoff import Backoff
from bots.delivery import Deliverer
from bots.errors import TokenRejected
from bots.limits import Bucket, Limits
from bots.memory import MemoryOutbox, MemoryWakeups
from bots.webchat import WebChatSender
from conversation.clock import ManualClock
from conversation.ids import ChannelId
from conversation.message import ChannelKind, OutboxItem
from conversation.ports import Delivered, Failed, Retry, Settlement
from tests.bots.making import NOW, item

CHANNEL = ChannelId("alpenrad-telegram")
FAST = Backoff(timedelta(milliseconds=1), timedelta(milliseconds=2))


class Platform:
    """A sender that does what the test says, one answer after the other, and then delivers."""

    def __init__(self, clock: ManualClock, *answers: Callable[[OutboxItem], Settlement]) -> None:
        self.clock = clock
        self.answers = list(answers)
        self.texts: list[str] = []
        self.items: list[OutboxItem] = []
        self.gate: asyncio.Event | None = None
        self.waiting = 0
        self.arrived = asyncio.Event()

    async def reached(self, count: int) -> None:
        """Waits until that many sends are under way."""
        while self.waiting < count:
            self.arrived.clear()
            await self.arrived.wait()

    async def send(self, item: OutboxItem) -> Settlement:
        self.items.append(item)
        self.waiting += 1
        self.arrived.set()
        if self.gate is not None:
            await self.gate.wait()
        self.waiting -= 1
        if self.answers:
            return self.answers.pop(0)(item)
        self.texts.append(item.message.text)
        return Delivered(item, f"p-{item.message.id}", self.clock.now())


class World:
    def __init__(self) -> None:
        self.clock = ManualClock(NOW)
        self.outbox = MemoryOutbox()
        self.wakeups = MemoryWakeups()
        self.platform = Platform(self.clock)
        self.slept: list[float] = []

    def deliverer(self, *, limit: int = 100, sweep: float = 30) -> Deliverer:
        async def sleep(seconds: float) -> None:
            self.slept.append(seconds)

        return Deliverer(
            self.outbox,
            {CHANNEL: self.platform},
            self.wakeups,
            self.clock,
            worker="w",
            limits=Limits(clock=lambda: 0.0, sleep=sleep),
            backoff=FAST,
            limit=limit,
            sweep=sweep,
        )

    def add(self, *texts: str, ref: str = "42") -> None:
        for text in texts:
            self.outbox.add(item(text, ref=ref), self.clock.now())


@asynccontextmanager
async def running(deliverer: Deliverer) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(deliverer.run(stop))
    try:
        yield
    finally:
        stop.set()
        await task


async def test_a_threads_messages_arrive_in_order_one_after_the_other() -> None:
    world = World()
    world.add("eins", "zwei", "drei")
    async with running(world.deliverer()):
        settled = await world.outbox.having_settled(3)
    assert world.platform.texts == ["eins", "zwei", "drei"]
    assert all(isinstance(settlement, Delivered) for settlement in settled)


async def test_threads_do_not_wait_for_each_other() -> None:
    world = World()
    world.platform.gate = asyncio.Event()
    for ref in range(20):
        world.add("x", ref=str(ref))
    async with running(world.deliverer()):
        await world.platform.reached(20)
        world.platform.gate.set()
        await world.outbox.having_settled(20)


async def test_no_more_than_the_limit_are_under_way_at_once() -> None:
    world = World()
    world.platform.gate = asyncio.Event()
    for ref in range(7):
        world.add("x", ref=str(ref))
    async with running(world.deliverer(limit=3)):
        await world.platform.reached(3)
        for _ in range(20):
            await asyncio.sleep(0)
        assert world.platform.waiting == 3
        world.platform.gate.set()
        await world.outbox.having_settled(7)


async def test_a_wake_up_ends_the_sleep_at_once_and_idling_asks_only_once_a_sweep() -> None:
    world = World()
    async with running(world.deliverer(sweep=60)):
        for _ in range(50):
            await asyncio.sleep(0)
        assert world.wakeups.waits == 1
        world.add("neu")
        await world.wakeups.announce("outbox")
        await world.outbox.having_settled(1)


async def test_a_lost_wake_up_costs_a_sweep_not_the_message() -> None:
    world = World()
    async with running(world.deliverer(sweep=0.02)):
        await asyncio.sleep(0)
        world.add("neu")
        await world.outbox.having_settled(1)


async def test_a_retry_waits_until_it_is_due_and_holds_its_thread() -> None:
    world = World()
    world.platform.answers = [lambda i: Retry(i, world.clock.now() + timedelta(seconds=7), "slow down")]
    world.add("eins", "zwei")
    async with running(world.deliverer(sweep=0.01)):
        await world.outbox.having_settled(1)
        assert world.platform.texts == []
        world.clock.advance(timedelta(seconds=7))
        await world.outbox.having_settled(3)
    assert world.platform.texts == ["eins", "zwei"]
    assert world.platform.items[1].attempts == 1


async def test_a_rejected_token_rests_the_channel_and_fails_no_message() -> None:
    world = World()

    def rejected(item: OutboxItem) -> Settlement:
        raise TokenRejected(CHANNEL, "Unauthorized")

    world.platform.answers = [rejected]
    world.add("eins")
    deliverer = world.deliverer(sweep=0.01)
    async with running(deliverer):
        await world.outbox.having_settled(1)
        world.add("anderer", ref="43")
        second = (await world.outbox.having_settled(2))[1]
        assert isinstance(second, Retry)
        assert len(world.platform.items) == 1
        assert "set a valid one" in deliverer.rejected[CHANNEL].reason
        world.clock.advance(timedelta(minutes=1))
        await world.outbox.having_settled(4)
    assert sorted(world.platform.texts) == ["anderer", "eins"]
    assert deliverer.rejected == {}


async def test_a_sender_that_breaks_is_tried_again_and_flagged() -> None:
    world = World()

    def broken(item: OutboxItem) -> Settlement:
        raise RuntimeError("a mistake of ours")

    world.platform.answers = [broken]
    world.add("eins")
    async with running(world.deliverer(sweep=0.005)):
        await world.outbox.having_settled(1)
        world.clock.advance(timedelta(seconds=1))
        await world.outbox.having_settled(2)
    assert world.platform.items[1].maybe_sent


async def test_a_message_that_fails_for_a_day_is_given_up_and_says_why() -> None:
    world = World()
    world.add("eins")
    world.clock.advance(timedelta(hours=24))
    world.platform.answers = [lambda i: Retry(i, world.clock.now() + timedelta(seconds=1), "Telegram is in trouble")]
    async with running(world.deliverer()):
        (settled,) = await world.outbox.having_settled(1)
    assert isinstance(settled, Failed)
    assert "Telegram is in trouble" in settled.error


async def test_a_channel_nobody_sends_for_keeps_its_messages() -> None:
    world = World()
    world.outbox.add(item("x", channel="elsewhere"), NOW)
    async with running(world.deliverer()):
        (settled,) = await world.outbox.having_settled(1)
    assert isinstance(settled, Retry)
    assert "set its token" in settled.error


async def test_stopping_finishes_what_was_taken_and_takes_nothing_more() -> None:
    world = World()
    world.platform.gate = asyncio.Event()
    world.add("eins", "zwei")
    stop = asyncio.Event()
    task = asyncio.create_task(world.deliverer().run(stop))
    await world.platform.reached(1)
    stop.set()
    await asyncio.sleep(0)
    world.platform.gate.set()
    await task
    assert world.platform.texts == ["eins"]
    assert len(world.outbox.settled) == 1


async def test_a_delivery_that_cannot_be_recorded_is_recorded_later_not_sent_again() -> None:
    world = World()
    original, refusals = world.outbox.settle, 2

    async def settle(settlements: Sequence[Settlement]) -> None:
        nonlocal refusals
        if refusals:
            refusals -= 1
            raise OSError("the database is away")
        await original(settlements)

    world.outbox.settle = settle  # type: ignore[method-assign]
    world.add("eins")
    async with running(world.deliverer()):
        await world.outbox.having_settled(1)
    assert len(world.platform.items) == 1


async def test_the_web_chat_is_delivered_by_being_recorded_under_our_own_id() -> None:
    outgoing = item(kind=ChannelKind.WEBCHAT)
    settled = await WebChatSender(ManualClock(NOW)).send(outgoing)
    assert settled == Delivered(outgoing, str(outgoing.message.id), NOW)


@given(st.floats(0.5, 50), st.integers(1, 40), st.lists(st.floats(0, 5), min_size=1, max_size=60))
def test_a_bucket_never_lets_more_through_than_burst_and_rate(rate: float, burst: int, pauses: list[float]) -> None:
    bucket, now, sent = Bucket(rate, burst), 100.0, []
    for pause in pauses:
        now += pause
        sent.append(now + bucket.reserve(now))
    for i, start in enumerate(sent):
        for j in range(i, len(sent)):
            assert j - i + 1 <= burst + rate * (sent[j] - start) + 1e-6


@pytest.mark.parametrize(
    ("kind", "ref", "waits"),
    [
        (ChannelKind.TELEGRAM, "42", [0, 0, 0, 1, 2]),
        (ChannelKind.SLACK, "C1:1.2", [0, 0, 0, 1, 2]),
        (ChannelKind.WEBCHAT, "v", [0, 0, 0, 0, 0]),
    ],
)
async def test_chats_are_spared_by_platform(kind: ChannelKind, ref: str, waits: list[float]) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(round(seconds, 3))

    limits = Limits(clock=lambda: 5.0, sleep=sleep)
    for _ in waits:
        await limits.wait(item(kind=kind, ref=ref))
    assert slept == [wait for wait in waits if wait]


def test_back_off_doubles_up_to_its_longest_and_is_never_in_step() -> None:
    backoff = Backoff(timedelta(seconds=1), timedelta(seconds=60))
    for failures, full in enumerate([1, 2, 4, 8, 16, 32, 60, 60]):
        waits = {backoff.after(failures).total_seconds() for _ in range(20)}
        assert all(full / 2 <= wait <= full for wait in waits)
        assert len(waits) > 1
    assert backoff.after(10_000) <= timedelta(seconds=60)
