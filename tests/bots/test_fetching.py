"""Customers' files are fetched before a message is decided, and never hold it up."""

import asyncio

from bots.errors import FileRefused
from bots.fetching import ChannelFiles
from bots.telegram.translate import read
from conversation.ids import ChannelId
from conversation.message import Attachment, Inbound
from tests.bots.making import NOW, TELEGRAM
from tests.platforms.telegram_server import TelegramServer


class Platform:
    def __init__(self, trouble: Exception | None = None, *, hangs: bool = False) -> None:
        self.trouble, self.hangs = trouble, hangs

    async def fetch(self, attachment: Attachment) -> Attachment:
        if self.hangs:
            await asyncio.Event().wait()
        if self.trouble is not None:
            raise self.trouble
        return Attachment(attachment.kind, attachment.name, "application/pdf", 4, "blob-1", stored=True)


def sent() -> Inbound:
    file = {"file_id": "d", "file_unique_id": "u", "file_name": "r.pdf", "mime_type": "application/pdf"}
    inbound = read(TelegramServer().customer_sends(42, document=file), TELEGRAM, NOW)
    assert inbound is not None
    return inbound


async def test_a_file_is_kept_and_named_by_our_own_reference() -> None:
    kept = await ChannelFiles({TELEGRAM.id: Platform()}).fetch(sent())
    assert [(file.reference, file.stored) for file in kept.attachments] == [("blob-1", True)]


async def test_a_file_that_cannot_be_had_says_why_and_the_message_goes_on() -> None:
    for platform, why in (
        (Platform(FileRefused("type", "no")), "type"),
        (Platform(RuntimeError("ours")), "gone"),
        (Platform(hangs=True), "gone"),
    ):
        kept = await ChannelFiles({TELEGRAM.id: platform}, patience=0.01).fetch(sent())
        assert [(file.reference, file.stored, file.refused) for file in kept.attachments] == [("d", False, why)]
    inbound = sent()
    assert await ChannelFiles({ChannelId("other"): Platform()}).fetch(inbound) is inbound
