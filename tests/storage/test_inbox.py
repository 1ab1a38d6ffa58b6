"""Rule 1 and 2 on the way in: the same update changes state once, and each thread is handled in order."""

import asyncio
from dataclasses import replace

from sqlalchemy import func, select

from conversation.message import Attachment, ContentKind, Sender
from conversation.pipeline import handle_inbound
from storage.schema import customers, inbox, threads
from storage.tenancy import ALL_CLIENTS
from tests.builders import inbound, minutes
from tests.storage.harness import Process


async def count(process: Process, table: object) -> int:
    async with process.database.reading(ALL_CLIENTS) as connection:
        return int(await connection.scalar(select(func.count()).select_from(table)) or 0)


async def test_an_update_accepted_ten_times_is_one_message(process: Process) -> None:
    accepted = [await process.receive(inbound("hello", key="u1")) for _ in range(10)]
    assert accepted == [1] + [0] * 9
    await process.handle_all()
    assert [m.text for m in await process.messages()] == ["hello", "You said: hello"]
    assert await process.receive(inbound("hello", key="u1")) == 0
    assert await process.handle_all() == []


async def test_an_update_ten_times_in_one_batch_is_one_message(process: Process) -> None:
    assert await process.receive(*[inbound("hello", key="u1")] * 10) == 1
    assert await count(process, inbox) == 1


async def test_an_update_accepted_ten_times_at_once_is_one_message(process: Process) -> None:
    accepted = await asyncio.gather(*(process.receive(inbound("hello", key="u1")) for _ in range(10)))
    assert sum(accepted) == 1
    assert await count(process, threads) == 1


async def test_the_same_key_on_two_channels_is_two_messages(process: Process) -> None:
    assert await process.receive(inbound(key="u1"), inbound(key="u1", channel="alpenrad-telegram")) == 2


async def test_a_batch_of_many_threads_is_accepted_together(process: Process) -> None:
    many = [inbound(f"m{n}", key=f"k{n}", thread=f"chat-{n % 70}", order=n) for n in range(900)]
    assert await process.receive(*many) == 900
    assert await count(process, threads) == 70
    assert await count(process, customers) == 70
    assert process.told.topics == ["inbox"]


async def test_an_update_survives_the_database_whole(process: Process) -> None:
    sent = replace(
        inbound("Grüße 👋", kind=ContentKind.FILE, payload="p", edits="old", at=inbound().sent_at + minutes(1)),
        sender=Sender("chat-1", "Lena", "de-AT", {"email": "lena@example.com"}),
        attachments=(Attachment(ContentKind.FILE, "a.pdf", "application/pdf", 12, "ref"),),
        raw={"update_id": 7},
    )
    await process.receive(sent)
    work = await process.lease_one()
    assert work.item.inbound == sent
    assert work.thread.language == "de"
    assert work.customer.attributes == {"email": "lena@example.com"}


async def test_text_no_database_can_hold_is_made_storable(process: Process) -> None:
    await process.receive(inbound("a\x00b\ud83dc", key="k\x00", thread="t\x00"))
    assert await process.receive(inbound("again", key="k\x00", thread="t\x00")) == 0
    await process.handle_all()
    assert [m.text for m in await process.messages()] == ["a\ufffdb\ufffdc", "You said: a\ufffdb\ufffdc"]


async def test_a_customer_who_changes_their_name_is_known_by_the_new_one(process: Process) -> None:
    await process.receive(inbound(key="1", name="Lena"))
    await process.receive(inbound(key="2", order=2, name="Lena M."), inbound(key="3", order=3, name=""))
    work = await process.lease_one()
    assert work.customer.name == "Lena M."


async def test_waiting_messages_of_a_thread_are_leased_one_by_one_in_platform_order(process: Process) -> None:
    await process.receive(*(inbound(f"m{n}", key=f"k{n}", order=n) for n in (3, 1, 2)))
    seen = []
    while works := await process.lease():
        [work] = works
        seen.append(work.item.inbound.text)
        assert await process.lease("w2") == []
        await handle_inbound(works, process.pipeline)
    assert seen == ["m1", "m2", "m3"]
