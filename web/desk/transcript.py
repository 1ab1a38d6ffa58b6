"""A conversation as it reads: messages, notes, and the facts between them, in order of time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from conversation.events import Event, EventKind
from conversation.message import AuthorKind, ContentKind, DeliveryState, Message, Visibility
from handoff.views import ClientView, ConversationView
from web.formats import Formats

MARKS = {
    DeliveryState.PENDING: "sent",
    DeliveryState.SENDING: "sent",
    DeliveryState.DELIVERED: "delivered",
    DeliveryState.FAILED: "failed",
    DeliveryState.DROPPED: "dropped",
}
FACTS = frozenset(
    {
        EventKind.HANDOFF_REQUESTED,
        EventKind.ASSIGNED,
        EventKind.RELEASED,
        EventKind.TRANSFERRED,
        EventKind.RETURNED_TO_BOT,
        EventKind.PRIORITY_CHANGED,
        EventKind.SNOOZED,
        EventKind.UNSNOOZED,
        EventKind.RESOLVED,
        EventKind.REOPENED,
        EventKind.SLA_BREACH,
        EventKind.ACTION_CALLED,
        EventKind.FLOW_COMPLETED,
        EventKind.CUSTOMER_BLOCKED,
        EventKind.MAYBE_DOUBLED,
        EventKind.CSAT,
    }
)


@dataclass(frozen=True, slots=True)
class File:
    """An attachment as shown; `index` addresses it within its message."""

    index: int
    name: str
    size: str
    image: bool
    available: bool


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
    for message in view.messages:
        kind = "note" if message.visibility is Visibility.NOTE else str(message.author.kind)
        mine = message.author.kind in (AuthorKind.AGENT, AuthorKind.BOT)
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
                    i, a.name or f.words("desk.file"), f.size(a.size), a.media_type.startswith("image/"), bool(a.stored)
                )
                for i, a in enumerate(message.attachments)
            ],
            told=f.words.maybe(f"mark.{MARKS.get(message.state, '')}", "") if mine else "",
            message=message.id,
            mine=message.author.kind is AuthorKind.AGENT and message.author.id == agent,
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
        if event.kind in FACTS and (text := _sentence(event, f)):
            quiet = "breach" if event.kind is EventKind.SLA_BREACH else "fact"
            yield Line(f"event-{event.id}", quiet, event.at, text)


def _sentence(event: Event, f: Formats) -> str:
    """The fact in words; empty for one that says nothing by itself."""
    words, data = f.words, event.data
    who = event.actor.name or data.get("name") or words("author.agent")
    match event.kind:
        case EventKind.HANDOFF_REQUESTED:
            return words("fact.handoff", reason=words.maybe(f"reason.{data.get('reason')}", str(data.get("reason"))))
        case EventKind.ASSIGNED:
            return words("fact.assigned", who=data.get("name") or who)
        case EventKind.TRANSFERRED if not data.get("to_queue"):
            return ""
        case EventKind.TRANSFERRED:
            return words("fact.transferred", who=who, to=data["to_queue"])
        case EventKind.RELEASED:
            return words("fact.released")
        case EventKind.PRIORITY_CHANGED:
            return words("fact.priority", to=words.maybe(f"priority.{data.get('to')}", str(data.get("to"))))
        case EventKind.SNOOZED:
            until = datetime.fromisoformat(str(data["until"]))
            return words("fact.snoozed", until=f.moment(until))
        case EventKind.RESOLVED:
            how = words.maybe(f"disposition.{data.get('disposition')}", str(data.get("disposition") or ""))
            by = words(f"fact.resolved.{data.get('by', 'agent')}", who=who)
            return f"{by} · {how}" if how else by
        case EventKind.SLA_BREACH:
            return words("fact.breach", clock=words.maybe(f"clock.name.{_clock(data)}", words("clock.name.any")))
        case EventKind.ACTION_CALLED:
            state = "ok" if data.get("ok") else "failed"
            return words(f"fact.action.{state}", action=data.get("action", ""))
        case EventKind.FLOW_COMPLETED:
            return words("fact.flow", flow=data.get("flow", ""))
        case EventKind.CSAT:
            return words("fact.csat", score=data.get("score", ""))
        case _:
            return words(f"fact.{event.kind}")


def _clock(data: object) -> str:
    kind = data.get("clock", "") if hasattr(data, "get") else ""
    return str(kind)
