"""The append-only facts about a conversation: the audit trail, and the input of SLA clocks, reports and replays."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from conversation.ids import ChannelId, ClientId, ConversationId, EventId, ThreadId
from conversation.message import Author, AuthorKind


class EventKind(StrEnum):
    """Each kind with the keys of its `data`. Times in data are ISO 8601 in UTC."""

    OPENED = "opened"  # channel_kind, language, customer, queue?, priority, segment?
    CUSTOMER_MESSAGE = "customer_message"  # message_id, content, platform_at, received_at, key
    CUSTOMER_EDITED = "customer_edited"  # platform_message_id, old_text, text
    # message_id, language, intent, confidence, answerable, ranking, entities, engine, version (of the bot)
    UNDERSTOOD = "understood"
    LANGUAGE_CHANGED = "language_changed"  # language
    FLOW_STARTED = "flow_started"  # flow
    FLOW_COMPLETED = "flow_completed"  # flow
    FLOW_CANCELLED = "flow_cancelled"  # flow
    ACTION_CALLED = "action_called"  # action, ok, status, ms, error?
    WORK_ORDER = "work_order"  # title, fields
    BOT_REPLIED = "bot_replied"  # message_id (written to the outbox, not yet delivered)
    HANDOFF_REQUESTED = "handoff_requested"  # reason, queue, priority, topic, slots, intents, confidence
    QUEUED = "queued"  # queue, priority, reason
    PRIORITY_CHANGED = "priority_changed"  # from, to, reason
    ASSIGNED = "assigned"  # agent, name
    RELEASED = "released"  # agent, reason
    TRANSFERRED = "transferred"  # from_agent?, to_agent?, to_queue?
    RETURNED_TO_BOT = "returned_to_bot"  # agent
    AGENT_REPLIED = "agent_replied"  # message_id, question, macro?, holding, key (in the outbox, not yet delivered)
    NOTE_ADDED = "note_added"  # message_id, key
    DELIVERED = "delivered"  # message_id, author (AuthorKind), agent?, accepted_at, platform_message_id, question?
    DELIVERY_FAILED = "delivery_failed"  # message_id, author, reason, permanent
    DELIVERY_DROPPED = "delivery_dropped"  # message_id, reason
    MAYBE_DOUBLED = "maybe_doubled"  # message_id
    SNOOZED = "snoozed"  # until
    UNSNOOZED = "unsnoozed"
    RESOLVED = "resolved"  # by (ResolvedBy), agent?, disposition, silent?
    MERGED = "merged"  # into, clocks (the ids of those that the other takes over)
    TOOK_OVER = "took_over"  # duplicate, clocks (what they were), handled, waiting_since?
    REOPENED = "reopened"  # reason
    CONTAINMENT_REVOKED = "containment_revoked"  # by_conversation
    CUSTOMER_BLOCKED = "customer_blocked"
    SLA_WARNING = "sla_warning"  # clock, percent, due_at
    SLA_BREACH = "sla_breach"  # clock, clock_kind, percent, due_at, agents_online, free_places (both at that moment)
    SLA_TERMS_CHANGED = "sla_terms_changed"  # from, to (policy versions), policy (the new one, whole), reason
    CSAT_ASKED = "csat_asked"  # message_id
    CSAT = "csat"  # score, comment (the score is the first one given, once per conversation; comment is empty)
    CSAT_COMMENT = "csat_comment"  # score, comment (what the customer said about the score afterwards)


@dataclass(frozen=True, slots=True)
class Event:
    """One fact. `seq` is 0 until storage gives it the conversation's next number, in commit order."""

    id: EventId
    client: ClientId
    channel: ChannelId
    thread: ThreadId
    conversation: ConversationId
    kind: EventKind
    at: datetime
    actor: Author = field(default_factory=lambda: Author(AuthorKind.SYSTEM))
    data: Mapping[str, Any] = field(default_factory=dict)
    seq: int = 0
