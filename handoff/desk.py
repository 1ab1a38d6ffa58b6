"""What an agent does with conversations: every act is loaded, checked, drafted and committed against its version."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar
from weakref import WeakValueDictionary

from conversation.change import Change
from conversation.clock import Clock
from conversation.conversation import Conversation, Priority, ResolvedBy, State
from conversation.draft import Draft
from conversation.errors import IllegalTransition
from conversation.ids import ConversationId, QueueId, UserId
from conversation.message import Attachment
from conversation.ports import Outcome
from conversation.satisfaction import NoSurveys, Surveys, ask
from handoff.agent import Agent
from handoff.outcome import (
    AlreadyTaken,
    Busy,
    Claimed,
    ClaimResult,
    Done,
    Newer,
    NotAllowed,
    NotFound,
    Nothing,
    NotYours,
    OverCapacity,
    Refusal,
    Result,
    SendResult,
    TakeResult,
    TransferResult,
)
from handoff.ports import Conversations, DeskFacts, Presence, QueueBook
from handoff.routing import Ready, Waiting, can_serve

TRIES = 8
LONGEST_TEXT = 20_000
LOOK_AHEAD = 200

R = TypeVar("R")
Step = Callable[[Draft], Awaitable[R | None]]


class Desk:
    """The desk's acts. Each checks that the conversation is of a granted client, and that it is the agent's to act on.
    A conversation that changed meanwhile is loaded again and the act is judged anew.
    """

    def __init__(
        self,
        conversations: Conversations,
        facts: DeskFacts,
        presence: Presence,
        queues: QueueBook,
        clock: Clock,
        surveys: Surveys | None = None,
    ) -> None:
        self._surveys = surveys or NoSurveys()
        self._conversations = conversations
        self._facts = facts
        self._presence = presence
        self._queues = queues
        self._clock = clock
        self._taking: WeakValueDictionary[UserId, asyncio.Lock] = WeakValueDictionary()

    async def claim(self, agent: Agent, conversation: ConversationId) -> ClaimResult:
        """Takes a queued conversation. Of any number who try at once, exactly one gets it."""
        async with self._one_at_a_time(agent):
            return await self._claim(agent, conversation)

    async def take_next(self, agent: Agent) -> TakeResult:
        """Takes the most urgent conversation the agent has client, language and skills for."""
        async with self._one_at_a_time(agent):
            load = len(await self._facts.open_ids(agent.id))
            if load >= agent.capacity:
                return OverCapacity(load, agent.capacity)
            waiting = await self._facts.waiting(agent.clients, limit=LOOK_AHEAD)
            able = [one for one in waiting if self._can_serve(agent, one)]
            for one in able:
                if isinstance(claimed := await self._claim(agent, one.conversation), Claimed):
                    return claimed
            return Nothing(len(waiting) - len(able))

    async def release(self, agent: Agent, conversation: ConversationId, reason: str = "released") -> Result:
        """Back to its queue, with priority kept."""

        async def step(draft: Draft) -> Refusal | None:
            draft.release(agent.author, reason)
            return None

        return await self._act(agent, conversation, step)

    async def transfer_to_queue(
        self, agent: Agent, conversation: ConversationId, queue: QueueId, reason: str = ""
    ) -> Result:
        """To another queue of the same client; a queued conversation may be moved by any agent of the client."""

        async def step(draft: Draft) -> Refusal | None:
            c = draft.conversation
            known = [q.id for q in self._queues.queues(c.client)]
            if queue not in known:
                return NotAllowed(f"{c.client} has no queue {queue!r}; it has {', '.join(known)}")
            draft.transfer_to_queue(agent.author, queue, reason)
            return None

        return await self._act(agent, conversation, step, also_queued=True)

    async def transfer_to_agent(
        self, agent: Agent, conversation: ConversationId, to: UserId, reason: str = ""
    ) -> TransferResult:
        """To a colleague who is granted the client, is online and has room. A supervisor may overfill."""

        async def step(draft: Draft) -> Refusal | OverCapacity | None:
            client = draft.conversation.client
            found = [a for a in await self._presence.agents([client], draft.now) if a.id == to]
            if not found:
                return NotAllowed("that colleague does not work for this client")
            if found[0].load >= found[0].capacity and not agent.supervises:
                return OverCapacity(found[0].load, found[0].capacity)
            if not found[0].online and not agent.supervises:
                return NotAllowed(f"{found[0].name} is not online; transfer to a queue, or to somebody who is")
            draft.transfer_to_agent(agent.author, to, found[0].name, reason)
            return None

        return await self._act(agent, conversation, step, also_queued=True)

    async def to_bot(self, agent: Agent, conversation: ConversationId) -> Result:
        """The bot takes over again, with a fresh memory."""

        async def step(draft: Draft) -> Refusal | None:
            draft.return_to_bot(agent.author)
            return None

        return await self._act(agent, conversation, step)

    async def reply(
        self,
        agent: Agent,
        conversation: ConversationId,
        text: str,
        *,
        key: str,
        seen_seq: int | None = None,
        force: bool = False,
        attachments: tuple[Attachment, ...] = (),
        macro: str | None = None,
    ) -> SendResult:
        """Sends an answer. `key` is the browser's own id for it: the same key never sends twice. If the customer wrote
        after event `seen_seq`, the last one the agent saw, nothing is sent and Newer says what, unless `force`.
        `macro` names the one the text came from; a holding macro stops no clock.
        """

        async def step(draft: Draft) -> Refusal | Done | Newer | None:
            c = draft.conversation
            if (earlier := await self._facts.sent(c.id, key)) is not None:
                return Done(c, earlier, repeated=True)
            if not force and seen_seq is not None:
                newer = await self._facts.customer_messages_after(c.id, seen_seq)
                if newer:
                    return Newer(newer)
            found = await self._facts.macro(c.client, macro, c.language) if macro else None
            draft.agent_says(
                agent.author,
                text.strip(),
                attachments=attachments,
                macro=found.key if found else None,
                holding=found.holding if found else False,
                key=key,
            )
            return None

        if (problem := _text_problem(text, key, attachments)) is not None:
            return problem
        sent: SendResult = await self._act(agent, conversation, step)
        if isinstance(sent, Done):
            await self._facts.save_draft(conversation, agent.id, "")
        return sent

    async def note(self, agent: Agent, conversation: ConversationId, text: str, *, key: str) -> Result:
        """A line only agents see, on any conversation of a granted client; the same key is written once."""

        async def step(draft: Draft) -> Done | None:
            if (earlier := await self._facts.sent(draft.conversation.id, key)) is not None:
                return Done(draft.conversation, earlier, repeated=True)
            draft.note(agent.author, text.strip(), key=key)
            return None

        if (problem := _text_problem(text, key, ())) is not None:
            return problem
        return await self._attempt(agent, conversation, step)

    async def snooze(self, agent: Agent, conversation: ConversationId, until: datetime) -> Result:
        """Out of sight until then, or until the customer writes; clocks run on."""

        async def step(draft: Draft) -> Refusal | None:
            if until <= draft.now:
                return NotAllowed("a snooze ends in the future")
            draft.snooze(agent.author, until)
            return None

        return await self._act(agent, conversation, step)

    async def wake(self, agent: Agent, conversation: ConversationId) -> Result:
        """Ends a snooze; one that is awake stays as it is."""

        async def step(draft: Draft) -> Refusal | None:
            draft.wake()
            return None

        return await self._act(agent, conversation, step)

    async def resolve(self, agent: Agent, conversation: ConversationId, disposition: str = "") -> Result:
        """Ends the conversation, and asks the customer how it went where the client wants that. A supervisor may also
        end what a queue or the bot has.
        """

        async def step(draft: Draft) -> Refusal | None:
            draft.resolve(agent.author, ResolvedBy.AGENT, disposition.strip())
            ask(draft, self._surveys)
            return None

        return await self._act(agent, conversation, step)

    async def merge(self, agent: Agent, duplicate: ConversationId, into: ConversationId) -> Result:
        """Ends a duplicate in favour of another conversation of the same client, which takes over what was promised in
        it: the earliest start, the worst outcome, billed once. Done holds the other one.
        """
        for _ in range(TRIES):
            ended = await self._conversations.load(duplicate, agent.clients)
            other = await self._conversations.load(into, agent.clients)
            if ended is None or other is None:
                return NotFound()
            if (refused := _merge_refused(agent, ended, other)) is not None:
                return refused
            if await self._facts.sending(duplicate):  # whoever it answers would be owed it once more
                return NotAllowed("an answer is on its way in the duplicate: merge it once it has arrived")
            promised = await self._facts.promises(duplicate, into, ended.client)
            ending, taking = Draft(ended, self._clock.now()), Draft(other, self._clock.now())
            try:
                ending.merge(agent.author, into, promised.clocks)
                taking.take_over(
                    agent.author,
                    ended,
                    promised.clocks,
                    handled=promised.handled,
                    unanswered_since=promised.unanswered_since,
                )
            except IllegalTransition as error:
                return NotAllowed(str(error))
            changes = [ending.change(), taking.change()]
            if await self._conversations.commit(changes) == [Outcome.COMMITTED, Outcome.COMMITTED]:
                return Done(changes[1].conversation)
        return Busy(self._clock.now())

    async def duplicates(self, agent: Agent, conversation: ConversationId) -> list[Conversation]:
        """What people have that may be the same customer's, and that the agent could merge into this one."""
        found = await self._conversations.load(conversation, agent.clients)
        if found is None or found.state not in (State.QUEUED, State.ASSIGNED):
            return []
        others = await self._facts.open_elsewhere(found)
        return [c for c in others if c.state is State.QUEUED or agent.may_act_on(c)]

    async def reopen(self, agent: Agent, conversation: ConversationId, reason: str = "reopened") -> Result:
        """Takes a resolved conversation up again, as the agent's own. Refused while its thread has a newer open one."""

        async def step(draft: Draft) -> Refusal | None:
            c = draft.conversation
            if c.resolved_by is ResolvedBy.MERGED:
                return NotAllowed("it was a duplicate and goes on in the conversation it was merged into")
            if not c.is_open and await self._facts.open_in_thread(c.thread) is not None:
                return NotAllowed("the customer already has a newer open conversation here; use that one")
            draft.take_back(agent.id, agent.name, reason)
            return None

        return await self._attempt(agent, conversation, step)

    async def set_priority(
        self, agent: Agent, conversation: ConversationId, priority: Priority, reason: str = ""
    ) -> Result:
        """Any agent of the client may change the priority of what waits; else its assignee or a supervisor."""

        async def step(draft: Draft) -> Refusal | None:
            if not draft.conversation.is_open:
                return NotAllowed("it is resolved; reopen it first")
            draft.set_priority(agent.author, priority, reason)
            return None

        return await self._act(agent, conversation, step, also_queued=True)

    async def _claim(self, agent: Agent, conversation: ConversationId) -> ClaimResult:
        async def step(draft: Draft) -> Claimed | AlreadyTaken | OverCapacity | None:
            c = draft.conversation
            if c.state is State.ASSIGNED and c.assignee == agent.id:
                return Claimed(c)
            if c.state is State.ASSIGNED and c.assignee is not None:
                return AlreadyTaken(c.assignee, c.assignee_name)
            load = len(await self._facts.open_ids(agent.id))
            if c.state is State.QUEUED and load >= agent.capacity:
                return OverCapacity(load, agent.capacity)
            draft.claim(agent.id, agent.name)
            return None

        result: ClaimResult | Done = await self._attempt(agent, conversation, step)
        return Claimed(result.conversation) if isinstance(result, Done) else result

    def _can_serve(self, agent: Agent, waiting: Waiting) -> bool:
        queue = next((q for q in self._queues.queues(waiting.client) if q.id == waiting.queue), None)
        needs = replace(waiting, skills=queue.skills if queue else frozenset())
        ready = Ready(
            agent=agent.id,
            clients=agent.clients,
            languages=agent.languages,
            skills=agent.skills,
            load=0,
            capacity=agent.capacity,
            idle_since=self._clock.now(),
        )
        return can_serve(ready, needs)

    def _one_at_a_time(self, agent: Agent) -> asyncio.Lock:
        """Two clicks of one agent must not both see the last free place. Between processes the place may be overfilled
        by one; a conversation is still never given twice.
        """
        return self._taking.setdefault(agent.id, asyncio.Lock())

    async def _act(
        self, agent: Agent, conversation: ConversationId, step: Step[R], *, also_queued: bool = False
    ) -> R | Done | Refusal:
        """An act that only the assignee or a supervisor may do; `also_queued`: or anybody while nobody has it."""

        async def guarded(draft: Draft) -> R | Refusal | None:
            c = draft.conversation
            free = also_queued and c.state is State.QUEUED
            if not free and c.is_open and not agent.may_act_on(c):
                return NotYours(c.assignee, c.assignee_name)
            return await step(draft)

        return await self._attempt(agent, conversation, guarded)

    async def _attempt(self, agent: Agent, conversation: ConversationId, step: Step[R]) -> R | Done | Refusal:
        """Load, let `step` draft or refuse, commit; again from the start when somebody else committed meanwhile."""
        for _ in range(TRIES):
            found = await self._conversations.load(conversation, agent.clients)
            if found is None:
                return NotFound()
            draft = Draft(found, self._clock.now())
            try:
                refused = await step(draft)
            except IllegalTransition as error:
                return NotAllowed(str(error))
            if refused is not None:
                return refused
            done = await self._commit(found, draft.change())
            if done is not None:
                return done
        return Busy(self._clock.now())

    async def _commit(self, before: Conversation, change: Change) -> Done | None:
        if not change.events:
            return Done(before)
        [outcome] = await self._conversations.commit([change])
        if outcome is Outcome.CONFLICT:
            return None
        return Done(change.conversation, change.messages[-1] if change.messages else None)


def _merge_refused(agent: Agent, ended: Conversation, other: Conversation) -> NotAllowed | NotYours | None:
    if ended.id == other.id:
        return NotAllowed("a conversation cannot be merged into itself")
    if ended.client != other.client:
        return NotAllowed("conversations of two clients cannot be merged")
    held = (c for c in (ended, other) if c.state is not State.QUEUED and not agent.may_act_on(c))
    return next((NotYours(c.assignee, c.assignee_name) for c in held), None)


def _text_problem(text: str, key: str, attachments: tuple[Attachment, ...]) -> NotAllowed | None:
    if not text.strip() and not attachments:
        return NotAllowed("there is nothing to send")
    if len(text) > LONGEST_TEXT:
        return NotAllowed(f"the text has {len(text)} characters; at most {LONGEST_TEXT} can be sent at once")
    if not key or len(key) > 64:
        return NotAllowed("a message needs its own key of 1 to 64 characters, so that it is sent only once")
    return None
