"""Rows and values: how conversations, messages, events and inbound updates are laid out in their tables."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import RowMapping

from conversation.conversation import (
    Conversation,
    Customer,
    HandoffReason,
    Priority,
    ResolvedBy,
    State,
    Thread,
)
from conversation.events import Event, EventKind
from conversation.ids import (
    ChannelId,
    ClientId,
    ConversationId,
    CustomerId,
    EventId,
    MessageId,
    QueueId,
    ThreadId,
    UserId,
)
from conversation.message import (
    Attachment,
    Author,
    AuthorKind,
    Button,
    ChannelKind,
    ContentKind,
    DeliveryState,
    Inbound,
    Message,
    Sender,
    Visibility,
)


def conversation_row(c: Conversation) -> dict[str, Any]:
    """The columns of `conversations`, all but `seq`, which only event numbering moves."""
    return {
        "id": c.id,
        "client": c.client,
        "channel": c.channel,
        "channel_kind": c.channel_kind.value,
        "thread": c.thread,
        "customer": c.customer,
        "customer_name": c.customer_name,
        "opened_at": c.opened_at,
        "updated_at": c.updated_at,
        "state": c.state.value,
        "version": c.version,
        "epoch": c.epoch,
        "language": c.language,
        "priority": c.priority.value,
        "queue": c.queue,
        "topic": c.topic,
        "preview": c.preview,
        "assignee": c.assignee,
        "assignee_name": c.assignee_name,
        "last_agent": c.last_agent,
        "handoff_reason": c.handoff_reason.value if c.handoff_reason else None,
        "handed_off_at": c.handed_off_at,
        "queued_at": c.queued_at,
        "assigned_at": c.assigned_at,
        "waiting_since": c.waiting_since,
        "snoozed_until": c.snoozed_until,
        "completed": c.completed,
        "resolved_at": c.resolved_at,
        "resolved_by": c.resolved_by.value if c.resolved_by else None,
        "disposition": c.disposition,
        "containment_revoked": c.containment_revoked,
        "csat": c.csat,
        "csat_score": c.csat_score,
        "csat_at": c.csat_at,
        "tracker": c.tracker,
    }


def conversation_of(row: RowMapping) -> Conversation:
    """The conversation in a row of `conversations`."""
    return Conversation(
        id=ConversationId(row["id"]),
        client=ClientId(row["client"]),
        channel=ChannelId(row["channel"]),
        channel_kind=ChannelKind(row["channel_kind"]),
        thread=ThreadId(row["thread"]),
        customer=CustomerId(row["customer"]),
        customer_name=row["customer_name"],
        opened_at=row["opened_at"],
        updated_at=row["updated_at"],
        state=State(row["state"]),
        version=row["version"],
        epoch=row["epoch"],
        language=row["language"],
        priority=Priority(row["priority"]),
        queue=QueueId(row["queue"]) if row["queue"] else None,
        topic=row["topic"],
        preview=row["preview"],
        assignee=UserId(row["assignee"]) if row["assignee"] else None,
        assignee_name=row["assignee_name"],
        last_agent=UserId(row["last_agent"]) if row["last_agent"] else None,
        handoff_reason=HandoffReason(row["handoff_reason"]) if row["handoff_reason"] else None,
        handed_off_at=row["handed_off_at"],
        queued_at=row["queued_at"],
        assigned_at=row["assigned_at"],
        waiting_since=row["waiting_since"],
        snoozed_until=row["snoozed_until"],
        completed=bool(row["completed"]),
        resolved_at=row["resolved_at"],
        resolved_by=ResolvedBy(row["resolved_by"]) if row["resolved_by"] else None,
        disposition=row["disposition"],
        containment_revoked=bool(row["containment_revoked"]),
        csat=row["csat"],
        csat_score=row["csat_score"],
        csat_at=row["csat_at"],
        tracker=row["tracker"],
    )


def customer_of(row: RowMapping) -> Customer:
    """The customer in a row of `customers`."""
    return Customer(CustomerId(row["id"]), ClientId(row["client"]), row["reference"], row["name"], row["attributes"])


def thread_of(row: RowMapping) -> Thread:
    """The thread in a row of `threads`."""
    return Thread(
        id=ThreadId(row["id"]),
        client=ClientId(row["client"]),
        channel=ChannelId(row["channel"]),
        channel_kind=ChannelKind(row["channel_kind"]),
        ref=row["ref"],
        customer=CustomerId(row["customer"]),
        language=row["language"],
    )


def message_row(m: Message) -> dict[str, Any]:
    """The columns of `messages` that a new message brings."""
    return {
        "id": m.id,
        "client": m.client,
        "channel": m.channel,
        "thread": m.thread,
        "conversation": m.conversation,
        "author_kind": m.author.kind.value,
        "author_id": m.author.id,
        "author_name": m.author.name,
        "created_at": m.created_at,
        "text": m.text,
        "kind": m.kind.value,
        "visibility": m.visibility.value,
        "state": m.state.value,
        "buttons": [{"title": b.title, "payload": b.payload, "url": b.url} for b in m.buttons],
        "attachments": [_attachment_json(a) for a in m.attachments],
        "image": m.image,
        "epoch": m.epoch,
        "platform_message_id": m.platform_message_id,
        "sent_at": m.sent_at,
        "delivered_at": m.delivered_at,
        "edited_at": m.edited_at,
        "error": m.error,
        "language": m.language,
    }


def message_of(row: RowMapping) -> Message:
    """The message in a row of `messages`."""
    return Message(
        id=MessageId(row["id"]),
        client=ClientId(row["client"]),
        channel=ChannelId(row["channel"]),
        thread=ThreadId(row["thread"]),
        conversation=ConversationId(row["conversation"]),
        author=Author(AuthorKind(row["author_kind"]), row["author_id"], row["author_name"]),
        created_at=row["created_at"],
        text=row["text"],
        kind=ContentKind(row["kind"]),
        visibility=Visibility(row["visibility"]),
        state=DeliveryState(row["state"]),
        buttons=tuple(Button(**b) for b in row["buttons"]),
        attachments=tuple(_attachment_of(a) for a in row["attachments"]),
        image=row["image"],
        epoch=row["epoch"],
        platform_message_id=row["platform_message_id"],
        sent_at=row["sent_at"],
        delivered_at=row["delivered_at"],
        edited_at=row["edited_at"],
        error=row["error"],
        language=row["language"],
    )


def event_row(e: Event) -> dict[str, Any]:
    """The columns of `events`."""
    return {
        "conversation": e.conversation,
        "seq": e.seq,
        "id": e.id,
        "client": e.client,
        "channel": e.channel,
        "thread": e.thread,
        "kind": e.kind.value,
        "at": e.at,
        "actor_kind": e.actor.kind.value,
        "actor_id": e.actor.id,
        "actor_name": e.actor.name,
        "data": e.data,
    }


def event_of(row: RowMapping) -> Event:
    """The event in a row of `events`."""
    return Event(
        id=EventId(row["id"]),
        client=ClientId(row["client"]),
        channel=ChannelId(row["channel"]),
        thread=ThreadId(row["thread"]),
        conversation=ConversationId(row["conversation"]),
        kind=EventKind(row["kind"]),
        at=row["at"],
        actor=Author(AuthorKind(row["actor_kind"]), row["actor_id"], row["actor_name"]),
        data=row["data"],
        seq=row["seq"],
    )


_SYSTEM = Author(AuthorKind.SYSTEM)
_KINDS = {kind.value: kind for kind in EventKind}


class Brief(NamedTuple):
    """An event of which only this was read: where hundreds of thousands are, whole ones take too long to make."""

    conversation: ConversationId
    client: ClientId
    kind: EventKind
    at: datetime
    seq: int
    data: Mapping[str, Any]

    @property
    def actor(self) -> Author:
        """Nobody: who counts is in `data`."""
        return _SYSTEM


def brief(conversation: str, client: str, kind: str, at: datetime, seq: int, data: Mapping[str, Any]) -> Brief:
    """An event from the columns read of it."""
    return Brief(ConversationId(conversation), ClientId(client), _KINDS[kind], at, seq, data)


def inbound_json(i: Inbound) -> dict[str, Any]:
    """An Inbound as JSON; what the inbox row's own columns hold is left out."""
    return {
        "channel_kind": i.channel_kind.value,
        "thread_ref": i.thread_ref,
        "kind": i.kind.value,
        "sender": {
            "reference": i.sender.reference,
            "name": i.sender.name,
            "language": i.sender.language,
            "attributes": i.sender.attributes,
        },
        "sent_at": i.sent_at,
        "text": i.text,
        "payload": i.payload,
        "attachments": [_attachment_json(a) for a in i.attachments],
        "platform_message_id": i.platform_message_id,
        "edits": i.edits,
        "raw": i.raw,
    }


def inbound_of(row: RowMapping) -> Inbound:
    """The Inbound in a row of `inbox`."""
    data: Mapping[str, Any] = row["inbound"]
    return Inbound(
        key=row["key"],
        client=ClientId(row["client"]),
        channel=ChannelId(row["channel"]),
        channel_kind=ChannelKind(data["channel_kind"]),
        thread_ref=data["thread_ref"],
        order=row["order"],
        kind=ContentKind(data["kind"]),
        sender=Sender(**data["sender"]),
        sent_at=datetime.fromisoformat(data["sent_at"]),
        received_at=row["received_at"],
        text=data["text"],
        payload=data["payload"],
        attachments=tuple(_attachment_of(a) for a in data["attachments"]),
        platform_message_id=data["platform_message_id"],
        edits=data["edits"],
        raw=data["raw"],
    )


def _attachment_json(a: Attachment) -> dict[str, Any]:
    return {
        "kind": a.kind.value,
        "name": a.name,
        "media_type": a.media_type,
        "size": a.size,
        "reference": a.reference,
        "stored": a.stored,
        **({"refused": a.refused} if a.refused else {}),
    }


def _attachment_of(data: Mapping[str, Any]) -> Attachment:
    return Attachment(**{**data, "kind": ContentKind(data["kind"])})
