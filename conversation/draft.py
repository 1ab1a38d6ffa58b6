"""The steps of a conversation. A Draft takes one conversation through any number of them and yields one Change."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from conversation.change import Change, Work
from conversation.conversation import (
    REVOKE_WITHIN,
    Conversation,
    HandoffReason,
    Priority,
    ResolvedBy,
    State,
    require,
)
from conversation.events import Event, EventKind
from conversation.ids import ConversationId, EventId, MessageId, QueueId, UserId, new_id
from conversation.message import (
    BOT,
    SYSTEM,
    Attachment,
    Author,
    AuthorKind,
    ContentKind,
    DeliveryState,
    Edit,
    Message,
    Reply,
    Visibility,
)
from conversation.resolution import Fact, HandoffPlan
from conversation.understanding import Understanding

PREVIEW_LENGTH = 140


class Draft:
    """Collects the events and messages of one step at one moment. Not shared, not reused after `change()`."""

    def __init__(self, conversation: Conversation, now: datetime) -> None:
        self.conversation = conversation
        self.now = now
        self._base = conversation
        self._events: list[Event] = []
        self._messages: list[Message] = []
        self._edits: list[Edit] = []
        self._revokes: ConversationId | None = None
        self._together: ConversationId | None = None

    @classmethod
    def open(cls, work: Work, language: str, now: datetime) -> "Draft":
        """A new conversation of the thread, in the bot's hands."""
        thread, sent = work.thread, min(work.item.inbound.sent_at, work.item.inbound.received_at)
        conversation = Conversation(
            id=ConversationId(new_id(now)),
            client=thread.client,
            channel=thread.channel,
            channel_kind=thread.channel_kind,
            thread=thread.id,
            customer=thread.customer,
            customer_name=work.customer.name,
            opened_at=sent,
            updated_at=now,
            language=language,
        )
        draft = cls(conversation, now)
        draft.record(
            EventKind.OPENED,
            channel_kind=thread.channel_kind,
            language=language,
            customer=thread.customer,
            priority=conversation.priority,
            **({"segment": segment} if (segment := work.customer.attributes.get("segment")) else {}),
        )
        return draft

    def record(self, kind: EventKind, actor: Author = SYSTEM, **data: Any) -> None:
        """Adds an event; datetimes in `data` become ISO 8601."""
        c = self.conversation
        plain = {k: v.isoformat() if isinstance(v, datetime) else v for k, v in data.items()}
        self._events.append(
            Event(EventId(new_id(self.now)), c.client, c.channel, c.thread, c.id, kind, self.now, actor, plain)
        )

    def receive(self, work: Work) -> Message:
        """The customer's message joins the transcript; a person's clock starts if people have the conversation."""
        inbound = work.item.inbound
        author = Author(AuthorKind.CUSTOMER, inbound.sender.reference, inbound.sender.name)
        sent = min(inbound.sent_at, inbound.received_at)
        message = self._write(
            author,
            text=inbound.text,
            kind=inbound.kind,
            state=DeliveryState.RECEIVED,
            attachments=inbound.attachments,
            platform_message_id=inbound.platform_message_id,
            sent_at=sent,
        )
        self.record(
            EventKind.CUSTOMER_MESSAGE,
            author,
            message_id=message.id,
            content=inbound.kind,
            platform_at=inbound.sent_at,
            received_at=inbound.received_at,
            key=inbound.key,
        )
        if self.conversation.state in (State.QUEUED, State.ASSIGNED):
            waiting = self.conversation.waiting_since or sent
            self._set(waiting_since=waiting, snoozed_until=None)
        self._set(customer_name=inbound.sender.name or self.conversation.customer_name)
        return message

    def edit(self, work: Work) -> None:
        """The customer changed an earlier message; people see the new text, the old one stays in the event log."""
        inbound = work.item.inbound
        assert inbound.edits is not None
        self._edits.append(Edit(inbound.edits, inbound.text, inbound.received_at))
        self.record(EventKind.CUSTOMER_EDITED, platform_message_id=inbound.edits, text=inbound.text)

    def understood(self, message: Message, understanding: Understanding) -> None:
        """Keeps what the NLU made of the message, and follows the customer's language."""
        if not understanding.text:
            return
        self.record(
            EventKind.UNDERSTOOD,
            BOT,
            message_id=message.id,
            language=understanding.language,
            intent=understanding.intent.name,
            confidence=round(understanding.intent.confidence, 4),
            answerable=understanding.answerable,
            ranking=[[r.name, round(r.confidence, 4)] for r in understanding.ranking[:5]],
            entities=[[e.entity, e.value, e.start, e.end] for e in understanding.entities],
            engine=understanding.engine,
            version=understanding.version,
        )
        if understanding.language and understanding.language != self.conversation.language:
            self.record(EventKind.LANGUAGE_CHANGED, language=understanding.language)
            self._set(language=understanding.language)

    def facts(self, facts: tuple[Fact, ...]) -> None:
        for fact in facts:
            self.record(fact.kind, BOT, **fact.data)

    def track(self, tracker: Mapping[str, Any], *, topic: str = "", completed: bool | None = None) -> None:
        """Keeps the bot's dialogue state."""
        self._set(
            tracker=tracker,
            topic=topic or self.conversation.topic,
            completed=self.conversation.completed if completed is None else completed,
        )

    def bot_says(self, replies: tuple[Reply, ...]) -> None:
        for reply in replies:
            message = self._write(BOT, text=reply.text, buttons=reply.buttons, image=reply.image)
            self.record(EventKind.BOT_REPLIED, BOT, message_id=message.id)

    def hand_off(
        self,
        plan: HandoffPlan,
        reason: HandoffReason,
        *,
        triggered_at: datetime,
        topic: str = "",
        slots: Mapping[str, Any] | None = None,
        confidence: float | None = None,
    ) -> None:
        """The conversation passes to people: a queue, a priority, and a reason. The bot is silent from here on."""
        require("hand off", self.conversation)
        self.record(
            EventKind.HANDOFF_REQUESTED,
            BOT,
            reason=reason,
            queue=plan.queue,
            priority=plan.priority,
            topic=topic or self.conversation.topic,
            slots=dict(slots or {}),
            confidence=confidence,
            triggered_at=triggered_at,
        )
        self.record(EventKind.QUEUED, queue=plan.queue, priority=plan.priority, reason=reason)
        self._set(
            state=State.QUEUED,
            epoch=self.conversation.epoch + 1,
            queue=plan.queue,
            priority=plan.priority,
            topic=topic or self.conversation.topic,
            handoff_reason=reason,
            handed_off_at=self.conversation.handed_off_at or self.now,
            queued_at=self.now,
            waiting_since=self.conversation.waiting_since or triggered_at,
            resolved_at=None,
            resolved_by=None,
            disposition="",
        )

    def revoke(self, earlier: Conversation) -> None:
        """Marks `earlier`, resolved by the bot less than 72 h ago, as not contained after all."""
        if (
            earlier.id != self.conversation.id
            and earlier.resolved_by is ResolvedBy.BOT
            and earlier.resolved_at is not None
            and self.now - earlier.resolved_at <= REVOKE_WITHIN
        ):
            self._revokes = earlier.id

    def reopen(self, reason: str) -> None:
        """A resolved conversation lives again, in the bot's hands; `hand_off` follows if people had it."""
        require("reopen", self.conversation)
        self.record(EventKind.REOPENED, reason=reason)
        if self.conversation.resolved_by is ResolvedBy.BOT:
            self._set(completed=False)
        self._set(
            state=State.BOT,
            epoch=self.conversation.epoch + 1,
            resolved_at=None,
            resolved_by=None,
            disposition="",
        )

    def take_back(self, agent: UserId, name: str, reason: str) -> None:
        """An agent reopens a resolved conversation and has it; nobody waits, so no queue is involved."""
        require("reopen", self.conversation)
        actor = Author(AuthorKind.AGENT, agent, name)
        self.record(EventKind.REOPENED, actor, reason=reason)
        self.record(EventKind.ASSIGNED, actor, agent=agent, name=name)
        self._set(
            state=State.ASSIGNED,
            epoch=self.conversation.epoch + 1,
            assignee=agent,
            assignee_name=name,
            last_agent=agent,
            assigned_at=self.now,
            resolved_at=None,
            resolved_by=None,
            disposition="",
        )

    def claim(self, agent: UserId, name: str) -> None:
        """An agent takes a queued conversation."""
        require("claim", self.conversation, "somebody else has it, or the bot does")
        self.record(EventKind.ASSIGNED, Author(AuthorKind.AGENT, agent, name), agent=agent, name=name)
        self._set(state=State.ASSIGNED, assignee=agent, assignee_name=name, last_agent=agent, assigned_at=self.now)

    def release(self, actor: Author, reason: str) -> None:
        """Back to its queue, with priority kept."""
        require("release", self.conversation)
        self.record(EventKind.RELEASED, actor, agent=self.conversation.assignee, reason=reason)
        self._to_queue(self.conversation.queue, reason)

    def transfer_to_queue(self, actor: Author, queue: QueueId, reason: str = "") -> None:
        require("transfer", self.conversation)
        self.record(EventKind.TRANSFERRED, actor, from_agent=self.conversation.assignee, to_queue=queue, reason=reason)
        self._to_queue(queue, reason or "transfer")

    def transfer_to_agent(self, actor: Author, agent: UserId, name: str, reason: str = "") -> None:
        require("transfer", self.conversation)
        self.record(EventKind.TRANSFERRED, actor, from_agent=self.conversation.assignee, to_agent=agent, reason=reason)
        self.record(EventKind.ASSIGNED, actor, agent=agent, name=name)
        self._set(state=State.ASSIGNED, assignee=agent, assignee_name=name, last_agent=agent, assigned_at=self.now)

    def return_to_bot(self, actor: Author) -> None:
        require("return to the bot", self.conversation)
        self.record(EventKind.RETURNED_TO_BOT, actor, agent=self.conversation.assignee)
        self._set(
            state=State.BOT,
            epoch=self.conversation.epoch + 1,
            assignee=None,
            assignee_name="",
            snoozed_until=None,
            completed=False,
            tracker={},
        )

    def agent_says(
        self,
        agent: Author,
        text: str,
        *,
        attachments: tuple[Attachment, ...] = (),
        macro: str | None = None,
        holding: bool = False,
        key: str = "",
    ) -> Message:
        """A person's answer goes to the outbox. `holding` marks a macro that promises an answer instead of giving one;
        it never stops a clock. A text that ends in a question mark is a question to the customer. `key` is the
        sender's own id of it, by which a repeated send is recognised.
        """
        require("reply to", self.conversation, "claim it first")
        message = self._write(agent, text=text, attachments=attachments)
        self.record(
            EventKind.AGENT_REPLIED,
            agent,
            message_id=message.id,
            question=text.rstrip().endswith("?"),
            macro=macro,
            holding=holding,
            key=key,
        )
        if not holding:
            self._set(waiting_since=None)
        return message

    def note(self, agent: Author, text: str, *, key: str = "") -> Message:
        """A line only agents see; `key` as in `agent_says`."""
        message = self._write(agent, text=text, visibility=Visibility.NOTE, state=DeliveryState.INTERNAL)
        self.record(EventKind.NOTE_ADDED, agent, message_id=message.id, key=key)
        return message

    def set_priority(self, actor: Author, priority: Priority, reason: str) -> None:
        if priority is self.conversation.priority:
            return
        self.record(
            EventKind.PRIORITY_CHANGED,
            actor,
            **{"from": self.conversation.priority, "to": priority},
            reason=reason,
        )
        self._set(priority=priority)

    def snooze(self, actor: Author, until: datetime) -> None:
        require("snooze", self.conversation)
        self.record(EventKind.SNOOZED, actor, until=until)
        self._set(snoozed_until=until)

    def wake(self) -> None:
        """A snooze ends; does nothing to a conversation that is awake."""
        if self.conversation.snoozed_until is not None:
            self.record(EventKind.UNSNOOZED)
            self._set(snoozed_until=None)

    def resolve(self, actor: Author, by: ResolvedBy, disposition: str = "") -> None:
        require("resolve", self.conversation)
        self.record(EventKind.RESOLVED, actor, by=by, agent=self.conversation.assignee, disposition=disposition)
        self._set(
            state=State.RESOLVED,
            resolved_at=self.now,
            resolved_by=by,
            disposition=disposition,
            assignee=None,
            assignee_name="",
            waiting_since=None,
            snoozed_until=None,
        )

    def merge(self, actor: Author, into: ConversationId, clocks: Sequence[Mapping[str, Any]]) -> None:
        """This is a duplicate: it ends, and the other takes over what was promised here (`clocks`, as take_over gets
        them). Commit it with the change of the other.
        """
        require("merge", self.conversation)
        self._together = into
        self.record(EventKind.MERGED, actor, into=into, clocks=[clock["id"] for clock in clocks])
        self.resolve(actor, ResolvedBy.MERGED, "duplicate")

    def take_over(
        self,
        actor: Author,
        duplicate: Conversation,
        clocks: Sequence[Mapping[str, Any]],
        *,
        handled: bool,
        unanswered_since: datetime | None = None,
    ) -> None:
        """The other side of `merge`: who waited there waits here, since then; what was promised there is promised here.
        `handled`: whether people had answered the duplicate. `unanswered_since`: since when somebody waits there though
        an agent has written, because that never arrived.
        """
        require("merge", self.conversation)
        self._together = duplicate.id
        since = _earliest(duplicate.waiting_since, unanswered_since)
        self.record(
            EventKind.TOOK_OVER,
            actor,
            duplicate=duplicate.id,
            clocks=[dict(clock) for clock in clocks],
            handled=handled,
            **({"waiting_since": since} if since else {}),
        )
        self._set(waiting_since=_earliest(self.conversation.waiting_since, since))

    def ask_csat(self, question: Reply) -> None:
        """Asks how it went. The question is no part of what was resolved, so lists go on showing the last words."""
        preview = self.conversation.preview
        message = self._write(BOT, text=question.text, buttons=question.buttons)
        self.record(EventKind.CSAT_ASKED, BOT, message_id=message.id)
        self._set(preview=preview, csat="asked", csat_at=self.now)

    def rate(self, customer: Author, score: int, step: str) -> None:
        """The customer's answer. The first one stays: reports count each conversation once."""
        if self.conversation.csat_score is None:
            self.record(EventKind.CSAT, customer, score=score, comment="")
            self._set(csat=step, csat_score=score, csat_at=self.now)

    def comment(self, customer: Author, text: str, step: str) -> None:
        """What the customer says about their score; without a text they are only about to."""
        if text:
            self.record(EventKind.CSAT_COMMENT, customer, score=self.conversation.csat_score, comment=text)
        self._set(csat=step, csat_at=self.now)

    def after_the_end(self, reply: Reply, preview: str) -> None:
        """Words of the bot about a conversation that is over; lists go on showing `preview`."""
        self._write(BOT, text=reply.text, buttons=reply.buttons)
        self._set(preview=preview)

    def change(self, work: Work | None = None) -> Change:
        """All of it as one value, with the version raised by one."""
        final = replace(self.conversation, version=self._base.version + 1, updated_at=self.now)
        return Change(
            conversation=final,
            expected_version=self._base.version,
            events=tuple(self._events),
            messages=tuple(self._messages),
            edits=tuple(self._edits),
            work=work,
            revokes=self._revokes,
            together=self._together,
        )

    def _to_queue(self, queue: QueueId | None, reason: str) -> None:
        self.record(EventKind.QUEUED, queue=queue, priority=self.conversation.priority, reason=reason)
        self._set(
            state=State.QUEUED,
            queue=queue,
            assignee=None,
            assignee_name="",
            queued_at=self.now,
            snoozed_until=None,
        )

    def _set(self, **fields: Any) -> None:
        self.conversation = replace(self.conversation, **fields)

    def _write(
        self,
        author: Author,
        *,
        text: str,
        kind: ContentKind = ContentKind.TEXT,
        state: DeliveryState = DeliveryState.PENDING,
        visibility: Visibility = Visibility.PUBLIC,
        **more: Any,
    ) -> Message:
        c = self.conversation
        message = Message(
            id=MessageId(new_id(self.now)),
            client=c.client,
            channel=c.channel,
            thread=c.thread,
            conversation=c.id,
            author=author,
            created_at=self.now,
            text=text,
            kind=kind,
            state=state,
            visibility=visibility,
            epoch=c.epoch,
            language=c.language,
            **more,
        )
        self._messages.append(message)
        if visibility is Visibility.PUBLIC and text:
            self._set(preview=text[:PREVIEW_LENGTH])
        return message


def _earliest(*times: datetime | None) -> datetime | None:
    return min((at for at in times if at is not None), default=None)
