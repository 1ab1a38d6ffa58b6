"""A visitor's feed as Server-Sent Events: each message once, in order, from where the browser stopped."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from sse_starlette import ServerSentEvent

from accounts.watch import EndedBecause
from conversation.ids import ChannelId, ThreadId
from conversation.message import AuthorKind, Message
from conversation.ports import Changed
from web.chat.links import FileLinks
from web.chat.ports import Feed, FeedEntry, LiveThreads

SWEEP = 5.0  # seconds; how late a lost notice can make a message
PAUSE = 1.0
BATCH = 100
RETRY_MS = 2000

Judge = Callable[[], EndedBecause | None]


async def feed_events(
    channel: ChannelId,
    visitor: str,
    after: int,
    feed: Feed,
    live: LiveThreads,
    links: FileLinks,
    judge: Judge,
    *,
    sweep: float = SWEEP,
) -> AsyncIterator[ServerSentEvent]:
    """`message` events whose id is the feed position, `typing` in between, and `ready` once the past is told. `judge`
    is asked before each event, and at least every `sweep` seconds, why the visitor may not read on: the stream then
    ends with `ended`.
    """
    yield ServerSentEvent(comment="hello", retry=RETRY_MS)
    thread = await feed.thread_of(channel, visitor)
    if thread is None:  # nothing was ever posted; the browser asks again
        return
    async for event in _feed(thread, after, feed, live, links, sweep):
        if (reason := judge()) is not None:
            yield ServerSentEvent(event="ended", data=json.dumps({"reason": reason}))
            return
        if event is not None:
            yield event


async def _feed(
    thread: ThreadId, after: int, feed: Feed, live: LiveThreads, links: FileLinks, sweep: float
) -> AsyncIterator[ServerSentEvent | None]:
    """The events, and None wherever time has passed without any."""
    told = False
    while True:
        notices = live.thread(thread)
        arriving = asyncio.ensure_future(anext(notices, None))
        try:
            await asyncio.sleep(0)  # the subscription is under way before the past is read: nothing falls between
            while True:
                async for entry in _after(feed, thread, after):
                    after = entry.position
                    yield _message_event(entry, links)
                if not told:
                    told = True
                    yield ServerSentEvent(event="ready", data="{}")
                await asyncio.wait({arriving}, timeout=sweep)
                if not arriving.done():
                    yield None
                    continue
                notice = arriving.result()
                if notice is None:
                    break
                arriving = asyncio.ensure_future(anext(notices, None))
                if not isinstance(notice, Changed):
                    yield _typing_event(notice)
        finally:
            arriving.cancel()
        await asyncio.sleep(PAUSE)


async def _after(feed: Feed, thread: ThreadId, after: int) -> AsyncIterator[FeedEntry]:
    while entries := await feed.feed(thread, after, BATCH):
        for entry in entries:
            yield entry
        after = entries[-1].position
        if len(entries) < BATCH:
            return


def _message_event(entry: FeedEntry, links: FileLinks) -> ServerSentEvent:
    shown = json.dumps(shown_message(entry.message, links), ensure_ascii=False)
    return ServerSentEvent(event="message", id=str(entry.position), data=shown)


def _typing_event(notice: Any) -> ServerSentEvent:
    data = {"author": str(notice.author), "name": first_name(str(notice.name))}
    return ServerSentEvent(event="typing", data=json.dumps(data, ensure_ascii=False))


def shown_message(message: Message, links: FileLinks) -> Mapping[str, Any]:
    """What a visitor may know of a message: agents by first name only, files by links that expire."""
    mine = message.author.kind is AuthorKind.CUSTOMER
    return {
        "id": message.id,
        "number": message.platform_message_id if mine else "",
        "author": message.author.kind,
        "name": "" if mine else first_name(message.author.name),
        "kind": message.kind,
        "text": message.text,
        "at": (message.sent_at or message.created_at).isoformat(),
        "buttons": [{"title": b.title, "payload": b.payload, "url": b.url} for b in message.buttons],
        "image": message.image,
        "files": [
            {"name": f.name, "type": f.media_type, "size": f.size, "index": i, "reference": _link(message, i, links)}
            for i, f in enumerate(message.attachments)
            if f.stored
        ],
    }


def _link(message: Message, index: int, links: FileLinks) -> str:
    return links.issue(message.client, message.thread, message.id, index)


def first_name(name: str) -> str:
    """The first word of a name."""
    return name.split(maxsplit=1)[0] if name.split() else ""
