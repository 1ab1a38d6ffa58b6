"""A conversation as it reads: messages, notes, and the facts between them, in order of time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from conversation.events import EventKind
from conversation.message import AuthorKind, ContentKind, DeliveryState, Message, Visibility
from handoff.views import ClientView, ConversationView
from web.desk.sentences import sentence
from web.files import SHOWN
from web.formats import Formats

MARKS = {
    DeliveryState.PENDING: "sent",
    DeliveryState.SENDING: "sent",
    DeliveryState.DELIVERED: "delivered",
    DeliveryState.FAILED: "failed",
    DeliveryState.DROPPED: "dropped",
}


@dataclass(frozen=True, slots=True)
class File:
    """An attachment as shown; `index` addresses it within its message. `why` says what became of one that is not
    available.
    """

    index: int
    name: str
    size: str
    image: bool
    available: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One item of the transcript. `kind`: day, fact, customer, bot, agent, note. `key` is stable across renderings."""

    key: str
    kind: str
    at: datetime
    text: str
    who: str = ""
    mark: str = ""
    error: str = ""
    edited: bool = False
    buttons: Sequence[str] = ()
    files: Sequence[File] = field(default_factory=tuple)
    told: str = ""
    message: str = ""
    mine: bool = False
    sent_as: str = ""  # the browser's own key of what this agent sent: its optimistic line is this one


def lines(view: ConversationView, client: ClientView | None, agent: str, f: Formats, now: datetime) -> list[Line]:
    """The whole transcript, oldest first, with a line for each new day."""
    items = sorted([*_messages(view, client, agent, f), *_facts(view, f)], key=lambda line: line.at)
    result: list[Line] = []
    for line in items:
        day = f.spoken_day(line.at, now)
        if not result or f.spoken_day(result[-1].at, now) != day:
            result.append(Line(f"day-{f.iso(line.at)[:10]}", "day", line.at, day))
        result.append(line)
    return result


def public_only(view: ConversationView) -> Sequence[Message]:
    """What a client may read: no internal notes."""
    return [message for message in view.messages if message.visibility is Visibility.PUBLIC]


def _messages(view: ConversationView, client: ClientView | None, agent: str, f: Formats) -> Iterator[Line]:
    keys = {event.data.get("message_id"): event.data.get("key", "") for event in view.events if "key" in event.data}
    for message in view.messages:
        kind = "note" if message.visibility is Visibility.NOTE else str(message.author.kind)
        mine = message.author.kind in (AuthorKind.AGENT, AuthorKind.BOT)
        own = message.author.kind is AuthorKind.AGENT and message.author.id == agent
        yield Line(
            key=message.id,
            kind=kind if kind != "system" else "bot",
            at=message.sent_at or message.created_at,
            text=message.text or _content(message, f),
            who=_who(message, client, f),
            mark=MARKS.get(message.state, "") if mine else "",
            error=message.error,
            edited=message.edited_at is not None,
            buttons=[button.title for button in message.buttons],
            files=[
                File(
                    i,
                    a.name or f.words("desk.file"),
                    f.size(a.size),
                    a.media_type in SHOWN,
                    bool(a.stored),
                    "" if a.stored else f.words.maybe(f"file.refused.{a.refused}", f.words("desk.file_gone")),
                )
                for i, a in enumerate(message.attachments)
            ],
            told=f.words.maybe(f"mark.{MARKS.get(message.state, '')}", "") if mine else "",
            message=message.id,
            mine=own,
            sent_as=keys.get(message.id, "") if own else "",
        )


def _who(message: Message, client: ClientView | None, f: Formats) -> str:
    if message.author.kind is AuthorKind.BOT:
        return client.bot_name if client else "Bot"
    return message.author.name or f.words(f"author.{message.author.kind}")


def _content(message: Message, f: Formats) -> str:
    if message.attachments or message.kind is ContentKind.TEXT:
        return ""
    return f.words.maybe(f"content.{message.kind}", "")


def _facts(view: ConversationView, f: Formats) -> Iterator[Line]:
    for event in view.events:
        if text := sentence(event, f):
            quiet = "breach" if event.kind is EventKind.SLA_BREACH else "fact"
            yield Line(f"event-{event.id}", quiet, event.at, text)
