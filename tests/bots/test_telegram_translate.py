"""Each kind of Telegram update has one defined result."""

from typing import Any

import pytest

from bots.telegram.translate import read
from conversation.message import ContentKind, Inbound
from tests.bots.making import NOW, TELEGRAM
from tests.platforms.telegram_server import TelegramServer

server = TelegramServer()


def translated(update: dict[str, Any]) -> Inbound:
    inbound = read(update, TELEGRAM, NOW)
    assert inbound is not None
    return inbound


def test_a_text_keeps_words_sender_and_address() -> None:
    update = server.customer_says(42, "Wo ist meine Bestellung 100234?")
    inbound = translated(update)
    assert (inbound.kind, inbound.text) == (ContentKind.TEXT, "Wo ist meine Bestellung 100234?")
    assert (inbound.thread_ref, inbound.order) == ("42", update["update_id"])
    assert (inbound.sender.reference, inbound.sender.name, inbound.sender.language) == ("42", "Lena Kraus", "de")
    assert inbound.key == f"message:42:{update['message']['message_id']}"
    assert inbound.sent_at.tzinfo is not None
    assert inbound.client == TELEGRAM.client


@pytest.mark.parametrize(
    ("text", "kind", "words", "payload"),
    [
        ("/start", ContentKind.COMMAND, "start", ""),
        ("/start order_100234", ContentKind.COMMAND, "start", "order_100234"),
        ("/help@alpi_bot", ContentKind.COMMAND, "help", ""),
        ("/status 1 2", ContentKind.COMMAND, "status", "1 2"),
        ("/ what", ContentKind.TEXT, "/ what", ""),
        ("und/oder", ContentKind.TEXT, "und/oder", ""),
    ],
)
def test_commands_are_told_from_text(text: str, kind: ContentKind, words: str, payload: str) -> None:
    inbound = translated(server.customer_says(42, text))
    assert (inbound.kind, inbound.text, inbound.payload) == (kind, words, payload)


PHOTO = [
    {"file_id": "small", "file_unique_id": "s", "width": 90, "height": 90, "file_size": 900},
    {"file_id": "large", "file_unique_id": "l", "width": 900, "height": 900, "file_size": 90000},
]
FILE = {"file_unique_id": "u", "file_size": 5}


@pytest.mark.parametrize(
    ("content", "kind", "text", "reference"),
    [
        ({"photo": PHOTO, "caption": "kaputt"}, ContentKind.IMAGE, "kaputt", "large"),
        (
            {"document": {"file_id": "d", "file_name": "r.pdf", "mime_type": "application/pdf", **FILE}},
            ContentKind.FILE,
            "",
            "d",
        ),
        (
            {"document": {"file_id": "d", "file_name": "p.png", "mime_type": "image/png", **FILE}},
            ContentKind.IMAGE,
            "",
            "d",
        ),
        ({"voice": {"file_id": "v", "duration": 3, "mime_type": "audio/ogg", **FILE}}, ContentKind.VOICE, "", "v"),
        ({"video": {"file_id": "x", "width": 1, "height": 1, "duration": 1, **FILE}}, ContentKind.FILE, "", "x"),
        ({"video_note": {"file_id": "n", "length": 1, "duration": 1, **FILE}}, ContentKind.FILE, "", "n"),
        ({"audio": {"file_id": "a", "duration": 1, **FILE}}, ContentKind.FILE, "", "a"),
    ],
)
def test_files_are_named_by_reference(content: dict[str, Any], kind: ContentKind, text: str, reference: str) -> None:
    inbound = translated(server.customer_sends(42, **content))
    assert (inbound.kind, inbound.text) == (kind, text)
    assert [(file.reference, file.stored) for file in inbound.attachments] == [(reference, False)]
    assert inbound.attachments[0].name


@pytest.mark.parametrize(
    ("content", "kind", "text", "payload"),
    [
        (
            {
                "sticker": {
                    "file_id": "s",
                    "type": "regular",
                    "width": 1,
                    "height": 1,
                    "is_animated": False,
                    "is_video": False,
                    "emoji": "👍",
                    **FILE,
                }
            },
            ContentKind.STICKER,
            "👍",
            "",
        ),
        (
            {"location": {"latitude": 47.5, "longitude": 11.25}},
            ContentKind.LOCATION,
            "47.500000,11.250000",
            "47.500000,11.250000",
        ),
        (
            {
                "location": {"latitude": 1, "longitude": 2},
                "venue": {"location": {"latitude": 1, "longitude": 2}, "title": "Laden", "address": "Weg 1"},
            },
            ContentKind.LOCATION,
            "Laden, Weg 1",
            "1.000000,2.000000",
        ),
        (
            {"contact": {"phone_number": "+491", "first_name": "Lena", "last_name": "K"}},
            ContentKind.TEXT,
            "Lena K +491",
            "",
        ),
        ({"dice": {"emoji": "🎲", "value": 3}}, ContentKind.UNSUPPORTED, "", ""),
        ({"something_of_2031": {"a": 1}}, ContentKind.UNSUPPORTED, "", ""),
    ],
)
def test_other_kinds_have_a_result_each(content: dict[str, Any], kind: ContentKind, text: str, payload: str) -> None:
    inbound = translated(server.customer_sends(42, **content))
    assert (inbound.kind, inbound.text, inbound.payload) == (kind, text, payload)


def test_an_edit_names_the_message_it_changes() -> None:
    first = server.customer_says(42, "Bestellung 1")
    number = first["message"]["message_id"]
    inbound = translated(server.customer_edits(42, number, "Bestellung 2"))
    assert (inbound.kind, inbound.text, inbound.edits) == (ContentKind.EDIT, "Bestellung 2", str(number))


def test_two_edits_within_a_second_are_two_but_one_delivered_twice_is_one() -> None:
    number = server.customer_says(42, "a")["message"]["message_id"]
    update = server.customer_edits(42, number, "b")
    again = {**update, "update_id": 7}
    other = server.customer_edits(42, number, "c")
    assert translated(update).key == translated(again).key != translated(other).key


def test_moving_live_locations_are_no_edits() -> None:
    message = server.message(42, location={"latitude": 1, "longitude": 2}, edit_date=1_700_000_000)
    assert read(server.add(edited_message=message), TELEGRAM, NOW) is None


def test_blocking_and_coming_back_are_told() -> None:
    assert translated(server.customer_blocks(42)).kind is ContentKind.BLOCKED
    assert translated(server.customer_blocks(42, blocks=False)).kind is ContentKind.JOIN


@pytest.mark.parametrize(
    "update",
    [
        {"message": {**server.message(42, text="hi"), "chat": {"id": -1, "type": "group", "title": "g"}}},
        {"message": {**server.message(42, text="hi"), "from": {"id": 9, "is_bot": True, "first_name": "b"}}},
        {"channel_post": {**server.message(42, text="hi"), "chat": {"id": -2, "type": "channel", "title": "c"}}},
        {"message": server.message(42, message_auto_delete_timer_changed={"message_auto_delete_time": 3})},
        {"poll_of_2031": {"x": 1}},
    ],
)
def test_what_is_no_customer_speaking_to_us_is_left_alone(update: dict[str, Any]) -> None:
    assert read({"update_id": 1, **update}, TELEGRAM, NOW) is None


def test_an_update_the_sdk_cannot_read_still_reaches_people() -> None:
    broken = server.message(42, photo="not a list")
    inbound = translated({"update_id": 1, "message": broken})
    assert (inbound.kind, inbound.sender.name) == (ContentKind.UNSUPPORTED, "Lena Kraus")
    assert read({"update_id": 1, "message": {"chat": "?"}}, TELEGRAM, NOW) is None
