"""What workers do for agents who are gone and snoozes that are over."""

from datetime import datetime, timedelta

from conversation.change import Change
from conversation.clock import Clock
from conversation.conversation import Conversation
from conversation.draft import Draft
from conversation.ids import UserId
from conversation.message import SYSTEM
from conversation.ports import Outcome
from handoff.ports import Conversations, Presence, Sweeps
from handoff.presence import GRACE

BATCH = 200
TRIES = 8


async def sweep_vanished(
    conversations: Conversations, presence: Presence, sweeps: Sweeps, clock: Clock, *, grace: timedelta = GRACE
) -> int:
    """Puts back into their queues, with priority kept, the conversations of vanished agents in which a customer waits.
    What the agent has answered stays theirs. Returns how many went back; those changed meanwhile wait for the next
    sweep.
    """
    now = clock.now()
    changes: list[Change] = []
    for agent in await presence.vanished(now - grace):
        for conversation in await sweeps.held(agent):
            if not _is_left_waiting(conversation, now - grace):
                continue
            draft = Draft(conversation, now)
            draft.release(SYSTEM, "the agent is gone")
            changes.append(draft.change())
    return await _commit(conversations, changes)


async def return_unentitled(
    conversations: Conversations, sweeps: Sweeps, clock: Clock, agent: UserId | None = None
) -> int:
    """Puts back into their queues, with priority kept, what is held by people who may not answer it any more, or by
    `agent` alone; returns how many. What changes meanwhile is looked at again; the customers' clocks run on untouched.
    """
    returned = 0
    for _ in range(TRIES):
        held = await sweeps.unentitled(agent)
        if not held:
            break
        changes: list[Change] = []
        for conversation in held:
            draft = Draft(conversation, clock.now())
            draft.release(SYSTEM, "the agent may not answer it any more")
            changes.append(draft.change())
        returned += await _commit(conversations, changes)
    return returned


async def wake_snoozed(conversations: Conversations, sweeps: Sweeps, clock: Clock) -> int:
    """Ends the snoozes that are over; returns how many."""
    now = clock.now()
    changes: list[Change] = []
    for conversation in await sweeps.snoozed_due(now, BATCH):
        draft = Draft(conversation, now)
        draft.wake()
        changes.append(draft.change())
    return await _commit(conversations, changes)


def _is_left_waiting(conversation: Conversation, before: datetime) -> bool:
    """A customer waits, and has for the whole grace: what came to the agent since counts from then."""
    assigned = conversation.assigned_at
    return conversation.waiting_since is not None and (assigned is None or assigned < before)


async def _commit(conversations: Conversations, changes: list[Change]) -> int:
    return (await conversations.commit(changes)).count(Outcome.COMMITTED) if changes else 0
