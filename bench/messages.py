"""Messages per second through the real storage, and the time one alone takes: `python -m bench.messages`.

Every figure stands beside a trivial handler, the same core over memory that forgets, measured in the same run between
the same rounds. The ratios can be compared across machines; the rates cannot. The bot is scripted: this measures the
path of a message, not the understanding of it (see bench.nlu). Figures are medians of rounds; `noise` is how far the
middle half of the trivial handler's rounds lies apart, in per cent of their median: smaller differences mean nothing.
"""

import asyncio
import contextlib
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from _pytest.outcomes import Failed

from conversation.clock import Clock, SystemClock
from conversation.memory import MemoryStore
from conversation.message import Inbound
from conversation.pipeline import Pipeline, handle_inbound
from conversation.ports import Delivered, Inbox, Outbox, Store
from storage import migrations
from storage.database import Database
from storage.inbox import SqlInbox
from storage.outbox import SqlOutbox
from storage.store import SqlStore
from tests import postgres, servers
from tests.builders import OneQueue, ScriptedBots, inbound
from tests.storage.harness import HOLD, Told

BATCH = 64
MESSAGES = 512
ROUNDS = 5
ALONE = 40
PARTS = ("accept", "handle", "deliver")


@dataclass(frozen=True)
class Way:
    """Where messages go in, are handled and come out."""

    inbox: Inbox
    store: Store
    outbox: Outbox


Seconds = Mapping[str, list[float]]
"""Seconds per message of each round, by part and, under "alone", of one message from acceptance to its delivery."""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        sqlite = f"sqlite:///{folder}/bench.db"
        asyncio.run(migrations.upgrade(sqlite))
        urls = {"SQLite": sqlite}
        with contextlib.suppress(Failed):  # no PostgreSQL on this machine: SQLite alone
            made = asyncio.run(postgres.create(stack.enter_context(servers.postgres_url())))
            stack.callback(lambda: asyncio.run(postgres.drop(made)))
            urls["PostgreSQL"] = made.app
        for name, url in urls.items():
            report(name, *asyncio.run(measure(url)))


async def measure(url: str) -> tuple[Seconds, Seconds]:
    """The database's figures and the trivial handler's, rounds taking turns."""
    database, told, clock = Database(url), Told(), SystemClock()
    real = Way(SqlInbox(database, told), SqlStore(database, clock, told, told), SqlOutbox(database, clock, told, told))
    ours: dict[str, list[float]] = {part: [] for part in (*PARTS, "alone")}
    trivial: dict[str, list[float]] = {part: [] for part in (*PARTS, "alone")}
    try:
        for number in range(-1, ROUNDS):  # the first round warms up and does not count
            memory = MemoryStore()
            for way, figures in ((Way(memory, memory, memory), trivial), (real, ours)):
                taken = await played(way, clock, f"{time.time_ns()}")
                if number >= 0:
                    for part, seconds in taken.items():
                        figures[part].append(seconds)
    finally:
        await database.dispose()
    return ours, trivial


async def played(way: Way, clock: Clock, prefix: str) -> Mapping[str, float]:
    """One round: many messages part by part, then some alone."""
    pipeline = Pipeline(way.store, ScriptedBots(), OneQueue(), clock)
    many = [arrived(clock, f"{prefix}-{number}") for number in range(MESSAGES)]
    marks = [time.perf_counter()]
    for start in range(0, MESSAGES, BATCH):
        await way.inbox.accept(many[start : start + BATCH])
    marks.append(time.perf_counter())
    await handle(way, pipeline, clock)
    marks.append(time.perf_counter())
    delivered = await deliver(way, clock)
    marks.append(time.perf_counter())
    assert delivered == MESSAGES, f"{delivered} of {MESSAGES} were answered"
    alone = []
    for number in range(ALONE):
        begun = time.perf_counter()
        await way.inbox.accept([arrived(clock, f"{prefix}-alone-{number}")])
        await handle(way, pipeline, clock)
        assert await deliver(way, clock) == 1
        alone.append(time.perf_counter() - begun)
    spans = {part: (end - begin) / MESSAGES for part, begin, end in zip(PARTS, marks, marks[1:], strict=False)}
    return {**spans, "alone": statistics.median(alone)}


def arrived(clock: Clock, thread: str) -> Inbound:
    return inbound("hello", thread=thread, at=clock.now())


async def handle(way: Way, pipeline: Pipeline, clock: Clock) -> None:
    while works := await way.store.lease("bench", clock.now(), limit=BATCH, hold=HOLD):
        await handle_inbound(works, pipeline)


async def deliver(way: Way, clock: Clock) -> int:
    delivered = 0
    while items := await way.outbox.take("bench", clock.now(), limit=BATCH, hold=HOLD):
        await way.outbox.settle([Delivered(item, f"p-{item.message.id}", clock.now()) for item in items])
        delivered += len(items)
    return delivered


def report(name: str, ours: Seconds, trivial: Seconds) -> None:
    print(f"{name}: {MESSAGES} messages in batches of {BATCH}, {ROUNDS} rounds, {ALONE} alone in each")
    print(f"  {'':10}{'per second':>12}{'trivial':>12}{'ratio':>8}{'noise':>8}")
    for part in PARTS:
        mine, theirs = statistics.median(ours[part]), statistics.median(trivial[part])
        print(f"  {part:10}{1 / mine:12.0f}{1 / theirs:12.0f}{mine / theirs:8.1f}{noise(trivial[part]):7.0f}%")
    mine, theirs = (statistics.median(side["alone"]) * 1000 for side in (ours, trivial))
    print(f"  {'alone, ms':10}{mine:12.2f}{theirs:12.2f}{mine / theirs:8.1f}{noise(trivial['alone']):7.0f}%\n")


def noise(rounds: Sequence[float]) -> float:
    """How far the middle half lies apart, in per cent of the median."""
    low, middle, high = statistics.quantiles(rounds, n=4)
    return (high - low) / middle * 100


if __name__ == "__main__":
    main()
