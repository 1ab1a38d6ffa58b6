"""The web chat as a channel: posted messages, files, and the tokens that tell visitors apart."""

from datetime import timedelta

import pytest

from bots.memory import MemoryBlobs, MemoryInbox
from bots.webchat import VisitorTokens, WebChatIntake
from conversation.clock import ManualClock
from conversation.ids import ChannelId
from conversation.message import ContentKind
from tests.bots.making import NOW, WEB


class World:
    def __init__(self) -> None:
        self.inbox, self.blobs, self.clock = MemoryInbox(), MemoryBlobs(), ManualClock(NOW)
        self.intake = WebChatIntake({WEB.id: WEB}, self.inbox, self.blobs, self.clock)


async def test_a_text_posted_twice_is_one_message() -> None:
    world = World()
    for _ in range(2):
        await world.intake.message(WEB.id, "v1", "n1", " Hallo ", "de")
    await world.intake.message(WEB.id, "v2", "n1", "Hello", "en")
    first, second = world.inbox.accepted
    assert (first.kind, first.text, first.thread_ref) == (ContentKind.TEXT, "Hallo", "v1")
    assert (first.client, first.sender.language, first.platform_message_id) == (WEB.client, "de", "n1")
    assert second.thread_ref == "v2"


async def test_a_pressed_button_carries_title_and_payload() -> None:
    world = World()
    await world.intake.press(WEB.id, "v1", "n1", "Ja", "/affirm", None)
    (pressed,) = world.inbox.accepted
    assert (pressed.kind, pressed.text, pressed.payload) == (ContentKind.BUTTON, "Ja", "/affirm")


async def test_files_are_checked_kept_and_named() -> None:
    world = World()
    assert await world.intake.file(WEB.id, "v1", "n1", "a.png", b"\x89PNG\r\n\x1a\n", "de") == ""
    assert await world.intake.file(WEB.id, "v1", "n2", "a.svg", b"<svg/>", "de") == "type"
    assert await world.intake.file(WEB.id, "v1", "n3", "a.txt", b"x" * 11_000_000, "de") == "too_large"
    (sent,) = world.inbox.accepted
    assert sent.kind is ContentKind.IMAGE
    assert sent.attachments[0].stored
    assert await world.blobs.read(WEB.client, sent.attachments[0].reference) == b"\x89PNG\r\n\x1a\n"


def test_a_token_names_its_visitor_on_its_channel_only() -> None:
    tokens = VisitorTokens(["key"], ManualClock(NOW))
    visitor, token = tokens.issue(WEB.id)
    assert tokens.read(WEB.id, token) == visitor
    assert tokens.read(ChannelId("other"), token) is None
    assert VisitorTokens(["other key"], ManualClock(NOW)).read(WEB.id, token) is None
    assert VisitorTokens(["new", "key"], ManualClock(NOW)).read(WEB.id, token) == visitor
    assert tokens.issue(WEB.id)[0] != visitor


@pytest.mark.parametrize("token", ["", ".", "a.b", "x", "ä.ö", "e30.e30", "W10."])
def test_forged_tokens_are_nobody(token: str) -> None:
    assert VisitorTokens(["key"], ManualClock(NOW)).read(WEB.id, token) is None


def test_tokens_end_after_a_year_and_need_a_key() -> None:
    clock = ManualClock(NOW)
    tokens = VisitorTokens(["key"], clock)
    _, token = tokens.issue(WEB.id)
    clock.advance(timedelta(days=366))
    assert tokens.read(WEB.id, token) is None
    with pytest.raises(ValueError, match="signing key"):
        VisitorTokens([], clock)
