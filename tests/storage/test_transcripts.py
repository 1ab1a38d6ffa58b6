"""A visitor's feed, a thread's transcript, and the buttons that were offered."""

from datetime import timedelta

from conversation.draft import Draft
from conversation.ids import ChannelId, ClientId, ThreadId
from conversation.message import Author, AuthorKind, Button, ChannelKind, Reply
from conversation.resolution import Answered
from storage.transcripts import Transcripts
from tests.builders import NOON, inbound
from tests.storage.harness import CLIENT, Process


async def test_the_feed_shows_what_became_visible_in_that_order(process: Process) -> None:
    transcripts = Transcripts(process.database)
    await process.receive(inbound("hello"))
    await process.handle_all()
    thread = (await process.conversation()).thread
    assert [(i.position, i.message.text) for i in await transcripts.feed(thread)] == [(1, "hello")]
    await process.receive(inbound("more", key="2", order=2))
    await process.handle_all()
    await process.deliver_all()
    assert [(i.position, i.message.text) for i in await transcripts.feed(thread)] == [
        (1, "hello"),
        (2, "more"),
        (3, "You said: hello"),
        (4, "You said: more"),
    ]
    assert [i.position for i in await transcripts.feed(thread, 2, limit=1)] == [3]
    assert await transcripts.feed(ThreadId("another")) == []


async def test_notes_are_in_the_transcript_and_never_in_the_feed(process: Process) -> None:
    transcripts = Transcripts(process.database)
    await process.receive(inbound("a human please"))
    await process.handle_all()
    draft = Draft(await process.conversation(), NOON)
    draft.note(Author(AuthorKind.AGENT, "u1", "Anna"), "he is angry")
    await process.store.commit([draft.change()])
    await process.deliver_all()
    thread = draft.conversation.thread
    assert "he is angry" not in [i.message.text for i in await transcripts.feed(thread)]
    assert [m.text for m in await transcripts.of_thread(thread, {CLIENT}, limit=1)] == ["he is angry"]
    assert await transcripts.of_thread(thread, {ClientId("kontor")}) == []


async def test_only_web_chats_have_a_feed(process: Process) -> None:
    await process.receive(inbound("hello", channel_kind=ChannelKind.TELEGRAM))
    await process.handle_all()
    await process.deliver_all()
    assert await Transcripts(process.database).feed((await process.conversation()).thread) == []


async def test_offered_buttons_are_found_newest_first(process: Process) -> None:
    transcripts = Transcripts(process.database)
    for order, name in enumerate(("old", "new"), start=1):
        button = Button(name, f"/{name}", None)
        process.bots.answers[name] = lambda turn, button=button: Answered(
            (Reply("Which?", (button,)),), turn.conversation.tracker
        )
        await process.receive(inbound(name, key=name, order=order))
        await process.handle_all()
    channel = ChannelId("alpenrad-web")
    assert [b.title for b in await transcripts.offered(channel, "chat-1")] == ["new", "old"]
    assert await transcripts.offered(channel, "chat-2") == []
    assert await transcripts.thread_of(channel, "chat-1") == (await process.conversation()).thread
    assert await transcripts.thread_of(channel, "chat-2") is None


async def test_recent_threads_of_a_channel_come_latest_first(process: Process) -> None:
    transcripts, channel, hour = Transcripts(process.database), ChannelId("alpenrad-web"), timedelta(hours=1)
    for order, ref in enumerate(("chat-1", "chat-2", "chat-3")):
        process.clock.set(NOON + order * hour)
        at = process.clock.now()
        await process.receive(inbound(ref, thread=ref, order=order, at=at))
        await process.handle_all()
    await process.receive(inbound("waits", thread="chat-4", at=NOON + 3 * hour))
    assert await transcripts.recent(channel, NOON, 9) == ["chat-4", "chat-3", "chat-2", "chat-1"]
    assert await transcripts.recent(channel, NOON + hour, 2) == ["chat-4", "chat-3"]
    assert await transcripts.recent(channel, NOON + 4 * hour, 9) == []
    assert await transcripts.recent(ChannelId("kontor-slack"), NOON, 9) == []
