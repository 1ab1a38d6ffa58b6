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


async def test_what_arrived_live_is_not_doubled(world: World) -> None:
    await world.hear(world.said(-61, "Hallo"))
    await world.lose_touch()
    early, late = world.said(0.5, "kam noch an"), world.said(9.9, "kam schon an")
    world.said(5, "kam nicht an")
    await world.hear(early)
    await world.hear(late)
    await come_back(world)
    await world.hear(late)
    assert sorted(world.texts()) == ["Hallo", "kam nicht an", "kam noch an", "kam schon an"]
    assert world.reports.gaps[0].recovered.fetched == 1


async def test_edits_mentions_and_new_customers_are_found_and_nobody_elses_words(world: World) -> None:
    told = world.said(-30, "bitte drei")
    await world.hear(told)
    await world.lose_touch()
    foreign = world.said(1, "unter uns", channel="C1")["event"]["ts"]
    world.said(2, f"<@{BOT_USER}> bitte helfen", channel="C1", user="U2")
    world.said(3, "noch unter uns", channel="C1", thread_ts=foreign)
    world.said(4, f"<@{BOT_USER}> und du?", channel="C1", thread_ts=foreign)
    world.said(5, "beigetreten", subtype="channel_join", channel="C1")
    world.said(6, "ich bin neu", channel="D2", user="U3")
    world.said(7, "Werbung", channel="D2", user="U3", bot_id="B9")
    world.said(8, "von uns", channel="D2", user=BOT_USER, bot_id="BBOT")
    world.server.stamp = lambda: stamp(NOW + 9 * MINUTE)  # type: ignore[method-assign]
    edit = world.server.customer_edits(told, "bitte vier")
    await come_back(world)
    await world.hear(edit)
    found = [(i.kind, i.thread_ref.partition(":")[0], i.text) for i in world.inbox.accepted[1:]]
    assert sorted(found) == [
        (ContentKind.EDIT, "D1", "bitte vier"),
        (ContentKind.TEXT, "C1", "bitte helfen"),
        (ContentKind.TEXT, "C1", "und du?"),
        (ContentKind.TEXT, "D2", "ich bin neu"),
    ]
    assert world.texts(f"C1:{foreign}") == ["und du?"]


async def test_without_the_scopes_known_rooms_are_read_and_the_doubt_is_reported(world: World) -> None:
    world.server.scopes.clear()
    await world.hear(world.said(-61, "Hallo"))
    await world.lose_touch()
    world.said(1, "eins")
    world.said(2, "ich bin neu", channel="D2", user="U3")
    await come_back(world)
    assert [i.text for i in world.inbox.accepted] == ["Hallo", "eins"]
    lost = world.reports.gaps[0].recovered.lost
    assert all(scope in lost for scope in ("im:read", "channels:read", "groups:read"))


async def test_a_slow_slack_is_waited_for_as_long_as_it_asks(world: World) -> None:
    await world.hear(world.said(-61, "Hallo"))
    await world.lose_touch()
    world.said(1, "eins")
    world.server.refuse_next("conversations.history", "ratelimited", status=429, Retry_After="17")
    await come_back(world)
    assert world.texts() == ["Hallo", "eins"]
    assert world.pauses == [17]
    assert world.server.calls.count("conversations.history") == 2


async def test_many_pages_are_read_to_the_end(world: World) -> None:
    await world.hear(world.said(-61, "Hallo"))
    await world.lose_touch()
    texts = [f"Nr. {n}" for n in range(450)]
    for number, text in enumerate(texts):
        world.said(1 + number / 100, text)
    await come_back(world)
    assert world.texts() == ["Hallo", *texts]
    assert world.server.calls.count("conversations.history") == 3


async def test_a_gap_with_nothing_missed_is_reported_as_that(world: World) -> None:
    await world.hear(world.said(-61, "Hallo"))
    await world.lose_touch()
    await come_back(world)
    assert world.texts() == ["Hallo"]
    assert [(gap.recovered.fetched, gap.recovered.lost) for gap in world.reports.gaps] == [(0, "")]


async def test_an_outage_that_slack_bridges_itself_is_no_gap(world: World) -> None:
    await world.lose_touch()
    world.said(1, "eins")
    await come_back(world, after=4)
    assert world.reports.gaps == []
    assert not {"conversations.history", "users.conversations"} & set(world.server.calls)


async def test_the_very_first_start_has_no_gap(world: World) -> None:
    world.said(-600, "lange vorher")
    await come_back(world)
    assert (world.inbox.accepted, world.reports.gaps) == ([], [])


async def test_two_processes_that_come_back_together_fetch_the_gap_once(world: World) -> None:
    await world.hear(world.said(-61, "Hallo"))
    await world.lose_touch()
    for minute in range(1, 6):
        world.said(minute, f"Nr. {minute}")
    await come_back(world, world.adapter(holder="a"), world.adapter(holder="b"))
    assert world.texts() == ["Hallo", *(f"Nr. {n}" for n in range(1, 6))]
    assert len(world.reports.gaps) == 1
    assert world.server.calls.count("conversations.history") == 1


async def test_even_both_fetching_at_once_doubles_nothing(world: World) -> None:
    await world.hear(world.said(-61, "Hallo"))
    for minute in range(1, 6):
        world.said(minute, f"Nr. {minute}")
    adapters = [world.adapter(holder=name) for name in "ab"]
    until = NOW + 10 * MINUTE
    recovered = await asyncio.gather(*(adapter.recover(NOW, until) for adapter in adapters))
    assert sum(r.fetched for r in recovered) == 5
    assert world.texts() == ["Hallo", *(f"Nr. {n}" for n in range(1, 6))]
    for adapter in adapters:
        await adapter.close()


async def test_a_fetch_that_breaks_off_leaves_the_gap_and_is_begun_again(world: World) -> None:
    await world.hear(world.said(-61, "Hallo"))
    await world.lose_touch()
    world.said(1, "eins")
    world.server.refuse_next("conversations.history", "", status=503)
    world.server.cut_off_next("users.conversations")
    await come_back(world)
    assert world.texts() == ["Hallo", "eins"]
    assert len(world.reports.gaps) == 1


async def test_a_room_we_were_thrown_out_of_does_not_hold_the_others_up(world: World) -> None:
    await world.hear(world.said(-62, f"<@{BOT_USER}> hallo", channel="C1"))
    await world.hear(world.said(-61, "Hallo"))
    del world.server.rooms["C1"]
    await world.lose_touch()
    world.said(1, "eins")
    await come_back(world)
    assert world.texts() == ["Hallo", "eins"]
    assert "room C1 could not be read (channel_not_found)" in world.reports.gaps[0].recovered.lost


async def test_too_long_a_gap_is_fetched_for_a_week_and_the_rest_reported(world: World) -> None:
    await world.hear(world.said(-61, "Hallo"))
    await world.lose_touch()
    world.said(60, "zu lange her")
    world.said(8 * 24 * 60, "vor einem Tag")
    await come_back(world, after=9 * 24 * 60)
    assert world.texts() == ["Hallo", "vor einem Tag"]
    assert "2026-11-25 10:00 UTC were not fetched" in world.reports.gaps[0].recovered.lost


async def test_a_connection_that_was_away_for_long_fetches_when_it_is_back(world: World) -> None:
    await world.hear(world.said(-61, "Hallo"))
    async with asyncio.timeout(10), running(world.adapter(SLACK)):
        await world.server.connected.wait()
        await world.state.having_marked(ALIVE, NOW)
        world.server.refuse_next("apps.connections.open", "internal_error")
        world.server.connected.clear()
        world.said(5, "eins")
        await world.server.sockets[-1].close()
        world.clock.set(NOW + 10 * MINUTE)
        await world.state.having_marked(ALIVE, world.clock.now())
    assert world.texts() == ["Hallo", "eins"]


async def test_a_rejected_token_is_said_in_words(world: World) -> None:
    adapter = world.adapter()
    world.server.refuse_next("users.conversations", "invalid_auth")
    with pytest.raises(TokenRejected):
        await adapter.recover(NOW, NOW + 10 * MINUTE)
    await adapter.close()
