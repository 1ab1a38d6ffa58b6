"""The same job over Telegram, with the real aiogram: by long polling, and by webhook through the real web."""

import importlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import httpx
import pytest

from app.processes import Part
from bots.ports import Position
from conversation.conversation import State
from conversation.events import EventKind
from conversation.ids import ChannelId, ClientId
from conversation.message import AuthorKind, ContentKind, Inbound
from storage.poll_state import SqlPollState
from tests.journeys.house import House, Place, open_house, working
from tests.journeys.packs import channel, open_hours, pack_copy
from tests.journeys.waiting import eventually
from tests.platforms.telegram_server import TelegramServer, telegram_server

TELEGRAM = ChannelId("alpenrad-telegram")
TOKEN = "123456:TEST-token"
LENA = 42
PHOTO = [{"file_id": "bike", "file_unique_id": "bike", "width": 800, "height": 600, "file_size": 24}]
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 16


@pytest.fixture
async def telegram(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TelegramServer]:
    importlib.import_module("bots.telegram.adapter")  # its library takes seconds; in a test that would look like a hang
    monkeypatch.setenv("SWITCHBOARD_CLIENT__ALPENRAD__TELEGRAM_TOKEN", TOKEN)
    monkeypatch.setenv("SWITCHBOARD_CLIENT__ALPENRAD__TELEGRAM_SECRET", "s3cret")
    async with telegram_server(TOKEN) as server:
        yield server


async def heard(server: TelegramServer, *parts: str, chat: int = LENA) -> str:
    """What the bot has sent to the chat, once it contains all `parts`."""

    async def look() -> str:
        return next((s.text for s in server.sent if s.chat_id == chat and all(p in s.text for p in parts)), "")

    return await eventually(look, lambda: (parts, server.sent))


async def passed_to_a_person(house: House, chat: int = LENA) -> None:
    async def look() -> bool:
        found = await house.conversation(str(chat), TELEGRAM)
        return found is not None and found.state is State.QUEUED

    await eventually(look, "the conversation waits for a person")


async def test_by_long_polling_from_start_to_a_persons_answer(
    place: Place, telegram: TelegramServer, tmp_path: Path
) -> None:
    pack = pack_copy(tmp_path, open_hours())
    async with open_house(place, pack, Part.WORKER, Part.POLL, telegram_api_url=telegram.url) as house:
        telegram.customer_says(LENA, "/start")
        await heard(telegram, "Ich bin Alpi")
        telegram.customer_presses(LENA, "Wo ist meine Bestellung?")
        await heard(telegram, "Bestellnummer")
        telegram.customer_says(LENA, "100234")
        await heard(telegram, "Deine Bestellung 100234")
        asked = telegram.customer_says(LENA, "Ich möchte mit einem Menschen sprechen")
        await passed_to_a_person(house)
        telegram.keep_file("bike", PNG)
        telegram.customer_sends(LENA, photo=PHOTO, caption="so kam es an")
        telegram.customer_edits(LENA, asked["message"]["message_id"], "Bitte einen Menschen")

        agent, conversation = await house.agent("Mira Sander"), await house.found(str(LENA), TELEGRAM)
        await eventually(lambda: house.events(str(LENA), EventKind.CUSTOMER_EDITED, TELEGRAM), "the edit is kept")
        await house.built.desk.claim(agent, conversation.id)
        await house.built.desk.reply(agent, conversation.id, "Hallo Lena, ich sehe es mir an.", key="k-1")
        await heard(telegram, "ich sehe es mir an")
        await house.built.desk.resolve(agent, conversation.id, "answered")

        said = {m.text: m for m in await house.messages(str(LENA), TELEGRAM)}
        assert said["Bitte einen Menschen"].edited_at is not None
        picture = said["so kam es an"].attachments[0]
        assert (picture.kind, picture.stored) == (ContentKind.IMAGE, True)
        assert await house.built.blobs.read(ClientId("alpenrad"), picture.reference) == PNG
        await eventually(lambda: house.kept(str(LENA), TELEGRAM), "the first response is met")
        assert telegram.answered == ["cb1"]


async def test_a_deep_link_starts_what_it_names_and_a_customer_who_blocks_the_bot_is_left_alone(
    embedded: Place, telegram: TelegramServer, tmp_path: Path
) -> None:
    pack = pack_copy(tmp_path, open_hours())
    async with open_house(embedded, pack, Part.WORKER, Part.POLL, telegram_api_url=telegram.url) as house:
        telegram.customer_says(LENA, "/start order_status")
        await heard(telegram, "Bestellnummer")
        telegram.customer_says(LENA, "Ich möchte mit einem Menschen sprechen")
        await passed_to_a_person(house)
        telegram.customer_blocks(LENA)
        await eventually(lambda: house.events(str(LENA), EventKind.CUSTOMER_BLOCKED, TELEGRAM), "the block is kept")
        agent, conversation = await house.agent("Mira Sander"), await house.found(str(LENA), TELEGRAM)
        await house.built.desk.claim(agent, conversation.id)
        await house.built.desk.reply(agent, conversation.id, "Sind Sie noch da?", key="k-1")
        (failed,) = await eventually(
            lambda: house.events(str(LENA), EventKind.DELIVERY_FAILED, TELEGRAM), "the agent learns of it"
        )
        assert failed.data["permanent"]
        assert "blocked" in failed.data["reason"]
        assert await house.first_response(str(LENA), TELEGRAM) == "running"


async def test_the_offset_moves_only_after_the_commit_and_a_failed_commit_loses_nothing(
    embedded: Place, telegram: TelegramServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused: list[int] = []
    async with open_house(
        embedded, pack_copy(tmp_path, open_hours()), Part.WORKER, telegram_api_url=telegram.url
    ) as house:
        accept = house.built.inbox.accept

        async def stubborn(inbounds: Sequence[Inbound]) -> int:
            if len(refused) < 2:
                refused.append(telegram.confirmed)
                raise OSError("the database is away")
            return await accept(inbounds)

        monkeypatch.setattr(house.built.inbox, "accept", stubborn)
        first = telegram.customer_says(LENA, "Wo ist meine Bestellung 100234?")["update_id"]
        async with working(house.built, Part.POLL):
            await heard(telegram, "Deine Bestellung 100234")
            state = SqlPollState(house.built.database, Position)

            async def moved() -> bool:
                position = await state.position("telegram:123456")
                return position is not None and position.offset == first + 1

            await eventually(moved, "the position is kept")
        assert refused == [0, 0]
        assert await house.said(str(LENA), AuthorKind.CUSTOMER, TELEGRAM) == ["Wo ist meine Bestellung 100234?"]


async def test_by_webhook_through_the_real_web(embedded: Place, telegram: TelegramServer, tmp_path: Path) -> None:
    pack = pack_copy(tmp_path, open_hours(), channel(TELEGRAM, mode="webhook"))
    async with open_house(embedded, pack, Part.WEB, Part.WORKER, telegram_api_url=telegram.url) as house:
        await eventually(lambda: registered(telegram), "the webhook is registered")
        assert telegram.webhook == {"url": f"{house.url}/webhooks/telegram/{TELEGRAM}", "secret_token": "s3cret"}
        update = telegram.customer_says(LENA, "Wo ist meine Bestellung 100234?")
        async with httpx.AsyncClient() as stranger:
            for headers in ({}, {"X-Telegram-Bot-Api-Secret-Token": "guessed"}):
                refused = await stranger.post(telegram.webhook["url"], json=update, headers=headers)
                assert refused.status_code == 401
            elsewhere = await stranger.post(f"{house.url}/webhooks/telegram/nobody", json=update)
            assert elsewhere.status_code == 404
        assert [await telegram.deliver_webhook(update) for _ in range(3)] == [200, 200, 200]
        await heard(telegram, "Deine Bestellung 100234")
        thanks = telegram.customer_says(LENA, "Danke, das war alles")
        assert await telegram.deliver_webhook(thanks) == 200
        await eventually(house.quiet, "everything is handled")
        assert await house.said(str(LENA), AuthorKind.CUSTOMER, TELEGRAM) == [
            "Wo ist meine Bestellung 100234?",
            "Danke, das war alles",
        ]
        assert len([s for s in telegram.sent if "Deine Bestellung" in s.text]) == 1


async def registered(server: TelegramServer) -> bool:
    return bool(server.webhook["url"])
