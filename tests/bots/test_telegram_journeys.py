"""Telegram end to end: the real aiogram against our own Bot API server."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from bots.backoff import Backoff
from bots.channels import Mode, TelegramChannel
from bots.errors import ChannelError, FileRefused, TokenRejected
from bots.memory import MemoryBlobs, MemoryGapReports, MemoryInbox, MemoryPollState, MemoryThreads
from bots.telegram.adapter import TelegramAdapter
from conversation.clock import ManualClock
from conversation.message import Attachment, Button, ContentKind, Inbound
from conversation.ports import Delivered, Failed, Retry
from tests.bots.making import CLIENT, NOW, TELEGRAM, item
from tests.platforms.telegram_server import TelegramServer, telegram_server

LONG = '/order_status{"order_number": "100234", "email": "lena.kraus@example.org", "reason": "late"}'


class World:
    def __init__(self, server: TelegramServer) -> None:
        self.server = server
        self.inbox = MemoryInbox()
        self.threads = MemoryThreads(self.inbox)
        self.blobs = MemoryBlobs()
        self.state = MemoryPollState()
        self.reports = MemoryGapReports()
        self.clock = ManualClock(NOW)

    def adapter(self, channel: TelegramChannel = TELEGRAM, *, holder: str = "a", inbox: Any = None) -> TelegramAdapter:
        return TelegramAdapter(
            channel,
            inbox=inbox or self.inbox,
            offered=self.threads,
            blobs=self.blobs,
            state=self.state,
            reports=self.reports,
            clock=self.clock,
            holder=holder,
            api_url=self.server.url,
            backoff=Backoff(timedelta(milliseconds=1), timedelta(milliseconds=5)),
            poll_seconds=5,
        )


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with telegram_server() as server:
        yield World(server)


@asynccontextmanager
async def running(adapter: TelegramAdapter) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(adapter.run(stop))
    try:
        yield
    finally:
        stop.set()
        await task
        await adapter.close()


@asynccontextmanager
async def open_adapter(
    world: World, channel: TelegramChannel = TELEGRAM, **more: Any
) -> AsyncIterator[TelegramAdapter]:
    adapter = world.adapter(channel, **more)
    try:
        yield adapter
    finally:
        await adapter.close()


async def test_a_message_is_polled_answered_and_its_button_comes_back(world: World) -> None:
    adapter = world.adapter()
    async with running(adapter):
        world.server.customer_says(42, "Wo ist meine Bestellung?")
        await world.inbox.holding(1)
        reply = item("Diese?", buttons=(Button("100234", LONG), Button("Andere", "/other")))
        world.threads.add("42", reply.message)
        delivered = await adapter.send(reply)
        assert isinstance(delivered, Delivered)
        assert delivered.platform_message_id == str(world.server.sent[0].message_id)
        world.server.customer_presses(42, "100234")
        pressed = (await world.inbox.holding(2))[1]
        world.server.customer_presses(42, "Andere")
        other = (await world.inbox.holding(3))[2]
    assert (pressed.kind, pressed.text, pressed.payload) == (ContentKind.BUTTON, "100234", LONG)
    assert (other.text, other.payload) == ("Andere", "/other")
    assert world.server.answered == ["cb1", "cb2"]


async def test_the_offset_moves_only_after_the_inbox_has_committed(world: World) -> None:
    class Stubborn(MemoryInbox):
        refusals = 2

        async def accept(self, inbounds: Sequence[Inbound]) -> int:
            if self.refusals:
                self.refusals -= 1
                raise OSError("the database is away")
            return await super().accept(inbounds)

    inbox = Stubborn()
    async with running(world.adapter(inbox=inbox)):
        first = world.server.customer_says(42, "eins")
        await inbox.holding(1)
        world.server.customer_says(42, "zwei")
        assert [i.text for i in await inbox.holding(2)] == ["eins", "zwei"]
    assert world.server.confirmed > first["update_id"]
    assert world.state.positions["telegram:123456"].offset == first["update_id"] + 2


async def test_a_second_process_takes_over_where_the_first_stopped(world: World) -> None:
    async with running(world.adapter(holder="first")):
        world.server.customer_says(42, "eins")
        await world.inbox.holding(1)
    async with running(world.adapter(holder="second")):
        world.server.customer_says(42, "zwei")
        assert [i.text for i in await world.inbox.holding(2)] == ["eins", "zwei"]


async def test_only_the_holder_of_the_lease_polls(world: World) -> None:
    await world.state.acquire("telegram:123456", "other", NOW, timedelta(minutes=1))
    adapter = world.adapter()
    async with running(adapter):
        world.server.customer_says(42, "eins")
        await asyncio.sleep(0)
    assert "getUpdates" not in world.server.calls
    assert world.state.leases["telegram:123456"][0] == "other"


async def test_update_ids_that_restart_after_a_quiet_week_are_not_missed(world: World) -> None:
    await world.state.acquire("telegram:123456", "a", NOW, timedelta(minutes=1))
    await world.state.advance("telegram:123456", "a", 900_000, NOW)
    world.clock.advance(timedelta(days=8))
    world.server.restart_update_ids(17)
    async with running(world.adapter()):
        world.server.customer_says(42, "noch da?")
        await world.inbox.holding(1)
    assert world.state.positions["telegram:123456"].offset == 18


async def test_one_unreadable_update_does_not_hold_up_the_next(world: World) -> None:
    async with running(world.adapter()):
        world.server.customer_sends(42, photo="nonsense")
        world.server.customer_says(42, "danach")
        kinds = [inbound.kind for inbound in await world.inbox.holding(2)]
    assert kinds == [ContentKind.UNSUPPORTED, ContentKind.TEXT]


async def test_a_forgotten_webhook_is_removed_before_polling(world: World) -> None:
    world.server.webhook = {"url": "https://old.example/hook", "secret_token": ""}
    async with running(world.adapter()):
        world.server.customer_says(42, "hallo")
        await world.inbox.holding(1)


WEBHOOK = TelegramChannel(TELEGRAM.id, TELEGRAM.client, TELEGRAM.token, Mode.WEBHOOK, "s3cret")
SECRET = {"X-Telegram-Bot-Api-Secret-Token": "s3cret"}


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({}, b'{"update_id": 1}', 401),
        ({"X-Telegram-Bot-Api-Secret-Token": "wröng"}, b'{"update_id": 1}', 401),
        (SECRET, b"{", 400),
        (SECRET, b"[]", 400),
        (SECRET, b'{"update_id": 1, "poll": {}}', 200),
    ],
)
async def test_the_webhook_tells_strangers_and_nonsense_apart(
    world: World, headers: dict[str, str], body: bytes, status: int
) -> None:
    async with open_adapter(world, WEBHOOK) as adapter:
        assert (await adapter.handle(headers, body))[0] == status


async def test_a_webhook_call_is_acknowledged_only_after_the_commit(world: World) -> None:
    class Away(MemoryInbox):
        async def accept(self, inbounds: Sequence[Inbound]) -> int:
            raise OSError("the database is away")

    body = b'{"update_id": 5, "message": {"message_id": 1, "date": 1700000000, "text": "hi",'
    body += b'"chat": {"id": 42, "type": "private"}, "from": {"id": 42, "is_bot": false, "first_name": "L"}}}'
    async with open_adapter(world, WEBHOOK, inbox=Away()) as adapter:
        assert (await adapter.handle(SECRET, body))[0] == 500
    async with open_adapter(world, WEBHOOK) as adapter:
        for _ in range(10):
            assert (await adapter.handle(SECRET, body))[0] == 200
    assert len(world.inbox.accepted) == 1


async def test_registering_tells_telegram_url_and_secret(world: World) -> None:
    async with open_adapter(world, WEBHOOK) as adapter:
        await adapter.register("https://sb.example/webhooks/telegram/alpenrad-telegram")
    assert world.server.webhook["secret_token"] == "s3cret"


async def test_long_texts_arrive_in_order_within_the_limit_and_buttons_come_last(world: World) -> None:
    text = "\n".join(f"Zeile {n} 🚲🚲 mit etwas Text, der sich zieht" for n in range(400))
    async with open_adapter(world) as adapter:
        settled = await adapter.send(item(text, buttons=(Button("Ja", "/affirm"),)))
    assert isinstance(settled, Delivered)
    sent = world.server.sent
    assert len(sent) > 3
    assert "\n".join(part.text for part in sent) == text
    assert [bool(part.buttons) for part in sent] == [False] * (len(sent) - 1) + [True]
    assert settled.platform_message_id == str(sent[-1].message_id)


async def test_nothing_a_person_types_breaks_the_markup(world: World) -> None:
    text = "<b>1 < 2 & 3 > 2</b> *_[x](y)`"
    async with open_adapter(world) as adapter:
        await adapter.send(item(text))
    assert world.server.sent[0].text == text


async def test_files_and_pictures_go_out(world: World) -> None:
    png = await world.blobs.write(CLIENT, b"\x89PNG\r\n\x1a\n...")
    pdf = await world.blobs.write(CLIENT, b"%PDF-1.7")
    files = (
        Attachment(ContentKind.IMAGE, "a.png", "image/png", 11, png, stored=True),
        Attachment(ContentKind.FILE, "b.pdf", "application/pdf", 8, pdf, stored=True),
    )
    async with open_adapter(world) as adapter:
        settled = await adapter.send(item("Bitte sehr", image="https://shop.example/bike.jpg", attachments=files))
    assert isinstance(settled, Delivered)
    assert [sent.method for sent in world.server.sent] == ["sendPhoto", "sendPhoto", "sendDocument", "sendMessage"]
    assert world.server.sent[2].file == b"%PDF-1.7"


async def test_a_picture_telegram_cannot_load_becomes_a_link(world: World) -> None:
    world.server.refuse_next("sendPhoto", 400, "Bad Request: failed to get HTTP URL content")
    async with open_adapter(world) as adapter:
        await adapter.send(item("So:", image="https://shop.example/bike.jpg"))
    assert [sent.text for sent in world.server.sent] == ["https://shop.example/bike.jpg", "So:"]


async def test_a_customer_who_blocked_us_is_a_permanent_failure(world: World) -> None:
    world.server.blocked.add(42)
    world.server.unknown.add(43)
    async with open_adapter(world) as adapter:
        blocked, unknown = await adapter.send(item()), await adapter.send(item(ref="43"))
    assert isinstance(blocked, Failed)
    assert "blocked" in blocked.error
    assert isinstance(unknown, Failed)
    assert "chat not found" in unknown.error


async def test_retry_after_is_honoured(world: World) -> None:
    world.server.refuse_next("sendMessage", 429, "Too Many Requests: retry after 7", retry_after=7)
    async with open_adapter(world) as adapter:
        settled = await adapter.send(item())
    assert isinstance(settled, Retry)
    assert settled.at == NOW + timedelta(seconds=7)
    assert not settled.maybe_sent


async def test_a_server_error_is_tried_again_and_a_cut_off_call_is_flagged(world: World) -> None:
    world.server.refuse_next("sendMessage", 502, "Bad Gateway")
    async with open_adapter(world) as adapter:
        refused = await adapter.send(item())
        world.server.cut_off_next("sendMessage")
        cut = await adapter.send(item())
    assert isinstance(refused, Retry)
    assert not refused.maybe_sent
    assert isinstance(cut, Retry)
    assert cut.maybe_sent


async def test_a_message_cut_in_the_middle_goes_on_where_it_stopped(world: World) -> None:
    text = "a" * 4000 + "\n" + "b" * 4000 + "\n" + "c" * 4000
    outgoing = item(text)
    async with open_adapter(world) as adapter:
        world.server.refuse_next("sendMessage", 429, "Too Many Requests", after=1, retry_after=1)
        interrupted = await adapter.send(outgoing)
        assert isinstance(interrupted, Retry)
        assert [sent.text[0] for sent in world.server.sent] == ["a"]
        assert isinstance(await adapter.send(outgoing), Delivered)
    assert [sent.text[0] for sent in world.server.sent] == ["a", "b", "c"]


async def test_a_rejected_token_is_the_channels_trouble_not_the_messages(world: World) -> None:
    wrong = TelegramChannel(TELEGRAM.id, TELEGRAM.client, "123456:wrong")
    async with open_adapter(world, wrong) as adapter:
        with pytest.raises(TokenRejected, match="set a valid one"):
            await adapter.send(item())
        with pytest.raises(TokenRejected):
            await adapter.check()
    assert "wrong" not in repr(wrong)


async def test_check_names_the_bot_or_the_trouble(world: World) -> None:
    async with open_adapter(world) as adapter:
        assert await adapter.check() == "@alpi_bot"
        world.server.refuse_next("getMe", 502, "Bad Gateway")
        with pytest.raises(ChannelError, match="cannot be reached"):
            await adapter.check()


async def test_a_customers_file_is_fetched_checked_and_kept(world: World) -> None:
    world.server.keep_file("good", b"%PDF-1.4 invoice")
    world.server.keep_file("bad", b"MZ\x90\x00 program")
    good = Attachment(ContentKind.FILE, "../Rechnung.pdf", "application/pdf", 16, "good")
    async with open_adapter(world) as adapter:
        kept = await adapter.fetch(good)
        assert (kept.stored, kept.name, kept.media_type) == (True, "Rechnung.pdf", "application/pdf")
        assert await world.blobs.read(CLIENT, kept.reference) == b"%PDF-1.4 invoice"
        for reference, size, code in [("bad", 10, "program"), ("none", 10, "gone"), ("good", 30_000_000, "too_large")]:
            with pytest.raises(FileRefused) as refused:
                await adapter.fetch(Attachment(ContentKind.FILE, "x.pdf", "application/pdf", size, reference))
            assert refused.value.code == code


async def test_a_call_that_never_arrived_cannot_have_doubled_and_no_token_is_told(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    world.server.url = "http://127.0.0.1:1"
    async with open_adapter(world) as adapter:
        settled = await adapter.send(item())
        with pytest.raises(ChannelError) as trouble:
            await adapter.check()
    assert isinstance(settled, Retry)
    assert not settled.maybe_sent
    assert "TEST-token" not in settled.error + str(trouble.value) + caplog.text
