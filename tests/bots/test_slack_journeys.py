"""Slack end to end: the real slack-bolt and slack-sdk against our own workspace server."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from bots.backoff import Backoff
from bots.channels import Mode, SlackChannel
from bots.errors import ChannelError, FileRefused, TokenRejected
from bots.memory import MemoryBlobs, MemoryGapReports, MemoryInbox, MemoryPollState, MemoryThreads
from bots.slack.adapter import SlackAdapter
from conversation.clock import ManualClock
from conversation.message import Attachment, Button, ChannelKind, ContentKind, Inbound, OutboxItem
from conversation.ports import Delivered, Failed, Retry
from tests.bots.making import NOW, SLACK, item
from tests.platforms.slack_server import BOT_USER, SlackServer, slack_server

EVENTS = SlackChannel(SLACK.id, SLACK.client, "xoxb-test", "", "signing-secret", Mode.EVENTS)
LONG = "/order" + json.dumps({"why": "x" * 2500})


class Away(MemoryInbox):
    async def accept(self, inbounds: Sequence[Inbound]) -> int:
        raise OSError("the database is away")


class World:
    def __init__(self, server: SlackServer) -> None:
        self.server = server
        self.inbox = MemoryInbox()
        self.threads = MemoryThreads(self.inbox)
        self.blobs = MemoryBlobs()
        self.clock = ManualClock(NOW)
        self.state = MemoryPollState()
        self.reports = MemoryGapReports()

    def adapter(self, channel: SlackChannel, inbox: Any = None) -> SlackAdapter:
        return SlackAdapter(
            channel,
            inbox=inbox or self.inbox,
            threads=self.threads,
            offered=self.threads,
            blobs=self.blobs,
            state=self.state,
            reports=self.reports,
            clock=self.clock,
            holder="here",
            api_url=self.server.url + "/api/",
            backoff=Backoff(timedelta(milliseconds=1), timedelta(milliseconds=5)),
            ping_interval=0.5,
        )


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with slack_server() as server:
        yield World(server)


@asynccontextmanager
async def opened(world: World, channel: SlackChannel = EVENTS, **more: Any) -> AsyncIterator[SlackAdapter]:
    adapter = world.adapter(channel, **more)
    stop = asyncio.Event()
    task = asyncio.create_task(adapter.run(stop))
    try:
        yield adapter
    finally:
        stop.set()
        await task
        await adapter.close()


def post(text: str = "Hallo", ref: str = "D1", **more: Any) -> OutboxItem:
    return item(text, ref=ref, kind=ChannelKind.SLACK, channel="kontor-slack", **more)


async def test_over_socket_mode_a_message_is_heard_answered_and_its_button_comes_back(world: World) -> None:
    async with opened(world, SLACK) as adapter:
        assert await world.server.deliver(world.server.customer_says("Ich brauche einen Laptop"))
        reply = post("Welchen?", buttons=(Button("Der große", LONG), Button("Egal", "/any")))
        world.threads.add("D1", reply.message)
        delivered = await adapter.send(reply)
        assert isinstance(delivered, Delivered)
        assert delivered.platform_message_id == world.server.posted[0].ts
        assert await world.server.deliver(world.server.customer_presses("Der große"))
        assert await world.server.deliver(world.server.customer_presses("Egal"))
    said, pressed, other = world.inbox.accepted
    assert (said.sender.name, said.sender.language) == ("Lena Kraus", "de")
    assert (pressed.kind, pressed.text, pressed.payload) == (ContentKind.BUTTON, "Der große", LONG)
    assert pressed.thread_ref == "D1"
    assert (other.text, other.payload) == ("Egal", "/any")


async def test_a_connection_that_slack_renews_keeps_hearing(world: World) -> None:
    async with opened(world, SLACK):
        assert await world.server.deliver(world.server.customer_says("eins"))
        world.server.connected.clear()
        await world.server.sockets[-1].send_str('{"type": "disconnect", "reason": "refresh_requested"}')
        await world.server.connected.wait()
        assert await world.server.deliver(world.server.customer_says("zwei"))
    assert [inbound.text for inbound in world.inbox.accepted] == ["eins", "zwei"]


async def test_socket_mode_does_not_acknowledge_what_was_not_committed(world: World) -> None:
    async with opened(world, SLACK, inbox=Away()):
        assert not await world.server.deliver(world.server.customer_says("eins"), wait=0.2)
    async with opened(world, SLACK):
        world.server.connected.clear()
        assert await world.server.deliver(world.server.customer_says("eins"), retry=1)


async def test_events_that_concern_nobody_are_acknowledged_too(world: World) -> None:
    async with opened(world, SLACK):
        assert await world.server.deliver(world.server.event(type="reaction_added", user="U1", reaction="+1"))
        assert await world.server.deliver(world.server.customer_says("hi", bot_id="B9"))
        assert await world.server.deliver(world.server.customer_says("hi", user=BOT_USER, bot_id="BBOT"))
    assert world.inbox.accepted == []


async def test_over_http_the_same_event_ten_times_is_accepted_once_and_slack_is_asked_once(world: World) -> None:
    async with opened(world) as adapter:
        event = world.server.customer_says(f"<@{BOT_USER}> hallo", channel="C1")
        for _ in range(5):
            assert (await adapter.handle(*world.server.signed(event)))[0] == 200
            assert (await adapter.handle(*world.server.signed(world.server.mention(event))))[0] == 200
    assert [inbound.text for inbound in world.inbox.accepted] == ["hallo"]
    assert world.server.calls.count("auth.test") == 1
    assert world.server.calls.count("users.info") == 1


async def test_thread_replies_are_heard_only_where_we_take_part(world: World) -> None:
    async with opened(world) as adapter:
        asked = world.server.customer_says(f"<@{BOT_USER}> hallo", channel="C1")
        root = asked["event"]["ts"]
        mine = world.server.customer_says("und noch was", channel="C1", thread_ts=root)
        foreign = world.server.customer_says("unter uns", channel="C1", thread_ts="1.000001")
        for event in (asked, mine, foreign, world.server.customer_edits(mine, "und noch eins")):
            assert (await adapter.handle(*world.server.signed(event)))[0] == 200
    assert [i.text for i in world.inbox.accepted] == ["hallo", "und noch was", "und noch eins"]
    assert {i.thread_ref for i in world.inbox.accepted} == {f"C1:{root}"}


async def test_the_challenge_is_answered_and_strangers_and_old_signatures_are_refused(world: World) -> None:
    event = world.server.customer_says("hi")
    async with opened(world) as adapter:
        status, body = await adapter.handle(*world.server.signed({"type": "url_verification", "challenge": "c4"}))
        assert (status, json.loads(body)) == (200, {"challenge": "c4"})
        assert (await adapter.handle(*world.server.signed(event, secret="wrong")))[0] == 401
        assert (await adapter.handle(*world.server.signed(event, age=301)))[0] == 401
        assert (await adapter.handle({}, b'{"type": "event_callback"}'))[0] == 401
        assert (await adapter.handle({"content-type": "application/json"}, b"{"))[0] == 401
    async with opened(world, SlackChannel(SLACK.id, SLACK.client, "xoxb-test", "xapp-test")) as adapter:
        assert (await adapter.handle(*world.server.signed(event, secret="")))[0] == 404
    assert world.inbox.accepted == []


async def test_an_event_is_acknowledged_only_after_the_commit(world: World) -> None:
    event = world.server.customer_says("hi")
    async with opened(world, inbox=Away()) as adapter:
        assert (await adapter.handle(*world.server.signed(event)))[0] == 500
    world.server.refuse_next("auth.test", "invalid_auth")
    async with opened(world) as adapter:
        assert (await adapter.handle(*world.server.signed(event)))[0] == 500
        assert (await adapter.handle(*world.server.signed(event)))[0] == 200
    assert len(world.inbox.accepted) == 1


async def test_buttons_pressed_over_http_are_heard(world: World) -> None:
    async with opened(world) as adapter:
        await adapter.send(post("Bitte", ref="C1:1700000000.000100", buttons=(Button("Ja & nein", "/affirm"),)))
        payload = world.server.customer_presses("Ja & nein")
        for _ in range(2):
            assert (await adapter.handle(*world.server.signed(payload)))[0] == 200
    (pressed,) = world.inbox.accepted
    assert (pressed.thread_ref, pressed.payload) == ("C1:1700000000.000100", "/affirm")


async def test_a_missing_name_never_holds_a_message_up(world: World) -> None:
    world.server.refuse_next("users.info", "missing_scope")
    async with opened(world) as adapter:
        assert (await adapter.handle(*world.server.signed(world.server.customer_says("hi"))))[0] == 200
    assert world.inbox.accepted[0].sender.name == ""


async def test_replies_go_to_their_thread_escaped_split_and_with_buttons_last(world: World) -> None:
    text = "\n".join(f"Zeile {n}: 1 < 2 & <!channel>" for n in range(300))
    async with opened(world) as adapter:
        buttons = tuple(Button(f"{n} " + "x" * 90, f"/n{n}") for n in range(30))
        settled = await adapter.send(post(text, ref="C1:1700000000.000100", buttons=buttons))
    assert isinstance(settled, Delivered)
    posted = world.server.posted
    assert "\n".join(p.text for p in posted) == text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert {(p.channel, p.thread_ts) for p in posted} == {("C1", "1700000000.000100")}
    assert [len(p.buttons) for p in posted] == [0] * (len(posted) - 1) + [30]


async def test_files_and_pictures_go_out(world: World) -> None:
    reference = await world.blobs.write(SLACK.client, b"%PDF-1.7")
    file = Attachment(ContentKind.FILE, "b.pdf", "application/pdf", 8, reference, stored=True)
    async with opened(world) as adapter:
        world.server.refuse_next("chat.postMessage", "invalid_blocks")
        settled = await adapter.send(post("Bitte", image="https://x.example/a.png", attachments=(file,)))
        assert isinstance(settled, Delivered)
    assert world.server.uploaded == [{"name": "b.pdf", "content": b"%PDF-1.7", "channel": "D1", "thread_ts": None}]
    assert [p.text for p in world.server.posted] == ["https://x.example/a.png", "Bitte"]


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("channel_not_found", "no longer exists"),
        ("is_archived", "archived"),
        ("account_inactive", "install it again"),
        ("token_revoked", "install it again"),
        ("something_new", "something_new"),
    ],
)
async def test_permanent_refusals_fail_in_words_an_agent_understands(world: World, code: str, says: str) -> None:
    world.server.refuse_next("chat.postMessage", code)
    async with opened(world) as adapter:
        settled = await adapter.send(post())
    assert isinstance(settled, Failed)
    assert says in settled.error


async def test_passing_refusals_are_tried_again(world: World) -> None:
    server = world.server
    server.refuse_next("chat.postMessage", "ratelimited", status=429, Retry_After="9")
    server.refuse_next("chat.postMessage", "internal_error")
    server.refuse_next("chat.postMessage", "", status=503)
    async with opened(world) as adapter:
        slow, internal, down = [await adapter.send(post()) for _ in range(3)]
        server.cut_off_next("chat.postMessage")
        cut = await adapter.send(post())
    assert isinstance(slow, Retry)
    assert slow.at == NOW + timedelta(seconds=9)
    assert isinstance(internal, Retry)
    assert isinstance(down, Retry)
    assert [slow.maybe_sent, internal.maybe_sent, down.maybe_sent] == [False] * 3
    assert isinstance(cut, Retry)
    assert cut.maybe_sent
    assert len(server.posted) == 1


async def test_a_message_cut_in_the_middle_goes_on_where_it_stopped(world: World) -> None:
    outgoing = post("a" * 2900 + "\n" + "b" * 2900)
    world.server.refuse_next("chat.postMessage", "ratelimited", status=429, after=1, Retry_After="1")
    async with opened(world) as adapter:
        assert isinstance(await adapter.send(outgoing), Retry)
        assert isinstance(await adapter.send(outgoing), Delivered)
    assert [p.text[0] for p in world.server.posted] == ["a", "b"]


async def test_a_rejected_token_is_the_channels_trouble_not_the_messages(world: World) -> None:
    wrong = SlackChannel(SLACK.id, SLACK.client, "xoxb-wrong", "", "signing-secret", Mode.EVENTS)
    async with opened(world, wrong) as adapter:
        with pytest.raises(TokenRejected):
            await adapter.send(post())
        with pytest.raises(TokenRejected, match="invalid_auth"):
            await adapter.check()
    async with opened(world) as adapter:
        assert await adapter.check() == "konti in Kontor"


async def test_a_customers_file_is_fetched_with_the_token_and_only_from_slack(world: World) -> None:
    good = world.server.keep_file("Rechnung.pdf", b"%PDF-1.4")
    bad = world.server.keep_file("x.exe", b"MZ\x90")
    async with opened(world) as adapter:
        kept = await adapter.fetch(Attachment(ContentKind.FILE, good["name"], "application/pdf", 8, good["id"]))
        assert await world.blobs.read(SLACK.client, kept.reference) == b"%PDF-1.4"
        for reference, code in [(bad["id"], "program"), ("F404", "gone")]:
            with pytest.raises(FileRefused) as refused:
                await adapter.fetch(Attachment(ContentKind.FILE, "x.pdf", "application/pdf", 8, reference))
            assert refused.value.code == code
        world.server.url = "http://evil.example"
        with pytest.raises(FileRefused, match="outside Slack"):
            await adapter.fetch(Attachment(ContentKind.FILE, "x.pdf", "application/pdf", 8, good["id"]))


async def test_a_call_that_never_arrived_cannot_have_doubled_and_no_token_is_told(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    world.server.url = "http://127.0.0.1:1"
    async with opened(world) as adapter:
        settled = await adapter.send(post())
        with pytest.raises(ChannelError) as trouble:
            await adapter.check()
    assert isinstance(settled, Retry)
    assert not settled.maybe_sent
    assert "xoxb-test" not in settled.error + str(trouble.value) + caplog.text
