"""The ports in memory, whole and honest: for pack tests, simulations of one process, and tests of the core."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from conversation.change import Change, Ignored, Work
from conversation.conversation import Conversation, Customer, State, Thread
from conversation.events import Event, EventKind
from conversation.ids import ClientId, ConversationId, CustomerId, EventId, InboxId, MessageId, ThreadId, new_id
from conversation.message import AuthorKind, DeliveryState, Inbound, InboxItem, Message, OutboxItem, Visibility
from conversation.ports import Changed, Delivered, Failed, Outcome, Projection, Retry, Settlement


@dataclass
class _Row:
    item: InboxItem
    ready_at: datetime
    done: bool = False


@dataclass
class _Hold:
    token: str
    until: datetime


@dataclass
class _Queued:
    item: OutboxItem
    due: datetime
    held_until: datetime | None = None


@dataclass
class MemoryStore:
    """Inbox, Store and Outbox in one object. Single-threaded: each method is atomic because it never awaits."""

    projections: Sequence[Projection] = ()
    threads: dict[ThreadId, Thread] = field(default_factory=dict)
    customers: dict[CustomerId, Customer] = field(default_factory=dict)
    conversations: dict[ConversationId, Conversation] = field(default_factory=dict)
    messages: dict[MessageId, Message] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    changed: list[Changed] = field(default_factory=list)
    _seen: set[tuple[str, str, str]] = field(default_factory=set)
    _inbox: list[_Row] = field(default_factory=list)
    _holds: dict[ThreadId, _Hold] = field(default_factory=dict)
    _outbox: dict[MessageId, _Queued] = field(default_factory=dict)

    async def accept(self, inbounds: Sequence[Inbound]) -> int:
        fresh = 0
        for inbound in inbounds:
            if (inbound.client, inbound.channel, inbound.key) in self._seen:
                continue
            self._seen.add((inbound.client, inbound.channel, inbound.key))
            thread = self._thread(inbound)
            item = InboxItem(InboxId(new_id(inbound.received_at)), thread.id, inbound)
            self._inbox.append(_Row(item, inbound.received_at))
            fresh += 1
        return fresh

    async def lease(self, worker: str, now: datetime, *, limit: int, hold: timedelta) -> list[Work]:
        works: list[Work] = []
        waiting = sorted((r for r in self._inbox if not r.done), key=lambda r: (r.item.inbound.order, r.item.id))
        for row in waiting:
            thread = row.item.thread
            held = self._holds.get(thread)
            if len(works) == limit or row.ready_at > now or (held is not None and held.until > now):
                continue
            if any(earlier.item.thread == thread for earlier in waiting[: waiting.index(row)]):
                continue  # an older message of this thread is still waiting for its retry
            token = f"{worker}:{new_id(now)}"
            self._holds[thread] = _Hold(token, now + hold)
            found = self.threads[thread]
            works.append(Work(row.item, found, self.customers[found.customer], self._latest(thread), token))
        return works

    async def commit(self, changes: Sequence[Change | Ignored]) -> list[Outcome]:
        linked = [c for c in changes if isinstance(c, Change) and c.together]
        late = {c.conversation.id for c in linked if not self._fits(c)}
        return [
            Outcome.CONFLICT if isinstance(change, Change) and change.together in late else await self._commit(change)
            for change in changes
        ]

    async def give_back(self, works: Sequence[Work], *, retry_at: datetime, error: str) -> None:
        del error
        for work in works:
            row = self._row(work)
            row.item = replace(row.item, attempts=row.item.attempts + 1)
            row.ready_at = retry_at
            self._holds.pop(work.thread.id, None)

    async def load(self, conversation: ConversationId, clients: Collection[ClientId]) -> Conversation | None:
        found = self.conversations.get(conversation)
        return found if found is not None and found.client in clients else None

    async def idle(self, before: datetime, limit: int) -> list[Conversation]:
        found = [c for c in self.conversations.values() if c.state is State.BOT and c.updated_at < before]
        return sorted(found, key=lambda c: c.updated_at)[:limit]

    async def take(self, worker: str, now: datetime, *, limit: int, hold: timedelta) -> list[OutboxItem]:
        del worker
        taken: list[OutboxItem] = []
        blocked: set[ThreadId] = set()
        for message_id in sorted(self._outbox):
            queued = self._outbox[message_id]
            thread = queued.item.message.thread
            if thread in blocked or len(taken) == limit:
                continue
            if self._stale(queued.item.message):
                self._drop(message_id, now)
                continue
            blocked.add(thread)
            held = queued.held_until is not None and queued.held_until > now
            if held or queued.due > now:
                continue
            maybe_sent = queued.item.maybe_sent or queued.held_until is not None
            queued.item = replace(queued.item, maybe_sent=maybe_sent)
            queued.held_until = now + hold
            self._patch(message_id, state=DeliveryState.SENDING)
            taken.append(queued.item)
        return taken

    async def settle(self, settlements: Sequence[Settlement]) -> None:
        for settlement in settlements:
            message = settlement.item.message
            match settlement:
                case Delivered():
                    self._outbox.pop(message.id, None)
                    self._patch(
                        message.id,
                        state=DeliveryState.DELIVERED,
                        delivered_at=settlement.accepted_at,
                        platform_message_id=settlement.platform_message_id,
                    )
                    facts = {"accepted_at": settlement.accepted_at.isoformat()}
                    self._note(message, EventKind.DELIVERED, settlement.accepted_at, **facts)
                case Retry():
                    queued = self._outbox[message.id]
                    attempts = settlement.item.attempts + 1
                    queued.item = replace(queued.item, attempts=attempts, maybe_sent=settlement.maybe_sent)
                    queued.due, queued.held_until = settlement.at, None
                    self._patch(message.id, state=DeliveryState.PENDING, error=settlement.error)
                case Failed():
                    self._outbox.pop(message.id, None)
                    self._patch(message.id, state=DeliveryState.FAILED, error=settlement.error)
                    self._note(message, EventKind.DELIVERY_FAILED, message.created_at, reason=settlement.error)

    async def next_due(self, now: datetime) -> datetime | None:
        del now
        return min((queued.due for queued in self._outbox.values()), default=None)

    def transcript(self, conversation: ConversationId) -> list[Message]:
        """The messages of one conversation, oldest first."""
        return sorted((m for m in self.messages.values() if m.conversation == conversation), key=lambda m: m.id)

    async def _commit(self, change: Change | Ignored) -> Outcome:
        work = change.work
        if work is not None and not self._holds_still(work):
            return Outcome.CONFLICT
        if isinstance(change, Change):
            if not self._fits(change):
                if work is not None:
                    self._holds.pop(work.thread.id, None)
                return Outcome.CONFLICT
            await self._apply(change)
        if work is not None:
            self._row(work).done = True
            self._holds.pop(work.thread.id, None)
        return Outcome.COMMITTED

    def _fits(self, change: Change) -> bool:
        existing = self.conversations.get(change.conversation.id)
        if existing is not None:
            return existing.version == change.expected_version
        latest = self._latest(change.conversation.thread)
        return change.expected_version == 0 and (latest is None or not latest.is_open)

    async def _apply(self, change: Change) -> None:
        self.conversations[change.conversation.id] = change.conversation
        for message in change.messages:
            self.messages[message.id] = message
            outgoing = message.author.kind is not AuthorKind.CUSTOMER and message.visibility is Visibility.PUBLIC
            if outgoing:
                thread = self.threads[message.thread]
                item = OutboxItem(message, thread.channel_kind, thread.ref)
                self._outbox[message.id] = _Queued(item, message.created_at)
        for edit in change.edits:
            for message in list(self.messages.values()):
                if message.platform_message_id == edit.platform_message_id:
                    self._patch(message.id, text=edit.text, edited_at=edit.at)
        thread = self.threads[change.conversation.thread]
        self.threads[thread.id] = replace(thread, language=change.conversation.language or thread.language)
        numbered = self._append(change.events)
        if change.revokes is not None:
            earlier = self.conversations[change.revokes]
            self.conversations[earlier.id] = replace(earlier, containment_revoked=True)
            at = change.conversation.updated_at
            revoked = Event(
                EventId(new_id(at)),
                earlier.client,
                earlier.channel,
                earlier.thread,
                earlier.id,
                EventKind.CONTAINMENT_REVOKED,
                at,
                data={"by_conversation": change.conversation.id},
            )
            numbered += self._append([revoked])
        for projection in self.projections:
            await projection.apply(self, [change], numbered)

    def _append(self, events: Sequence[Event]) -> list[Event]:
        numbered: list[Event] = []
        for event in events:
            seq = 1 + sum(1 for e in self.events if e.conversation == event.conversation)
            numbered.append(replace(event, seq=seq))
            self.events.append(numbered[-1])
        if numbered:
            last = numbered[-1]
            self.changed.append(Changed(last.client, last.thread, last.conversation, last.seq))
        return numbered

    def _note(self, message: Message, kind: EventKind, at: datetime, **data: object) -> None:
        facts = {"message_id": message.id, "author": message.author.kind, **data}
        place = (message.client, message.channel, message.thread, message.conversation)
        self._append([Event(EventId(new_id(at)), *place, kind, at, message.author, facts)])

    def _thread(self, inbound: Inbound) -> Thread:
        for thread in self.threads.values():
            known = thread.client, thread.channel, thread.ref
            if known == (inbound.client, inbound.channel, inbound.thread_ref):
                return thread
        at, sender = inbound.received_at, inbound.sender
        customer = Customer(
            CustomerId(new_id(at)), inbound.client, sender.reference, sender.name, dict(sender.attributes)
        )
        thread = Thread(
            ThreadId(new_id(at)),
            inbound.client,
            inbound.channel,
            inbound.channel_kind,
            inbound.thread_ref,
            customer.id,
            sender.language,
        )
        self.customers[customer.id] = customer
        self.threads[thread.id] = thread
        return thread

    def _latest(self, thread: ThreadId) -> Conversation | None:
        found = [c for c in self.conversations.values() if c.thread == thread]
        return max(found, key=lambda c: (c.is_open, c.opened_at, c.id), default=None)

    def _holds_still(self, work: Work) -> bool:
        held = self._holds.get(work.thread.id)
        return held is not None and held.token == work.lease

    def _row(self, work: Work) -> _Row:
        return next(row for row in self._inbox if row.item.id == work.item.id)

    def _stale(self, message: Message) -> bool:
        conversation = self.conversations[message.conversation]
        with_people = conversation.state in (State.QUEUED, State.ASSIGNED)
        return message.author.kind is AuthorKind.BOT and with_people and message.epoch < conversation.epoch

    def _drop(self, message_id: MessageId, now: datetime) -> None:
        message = self._outbox.pop(message_id).item.message
        self._patch(message_id, state=DeliveryState.DROPPED)
        self._note(message, EventKind.DELIVERY_DROPPED, now, reason="a person has the conversation")

    def _patch(self, message_id: MessageId, **fields: object) -> None:
        self.messages[message_id] = replace(self.messages[message_id], **fields)  # type: ignore[arg-type]
