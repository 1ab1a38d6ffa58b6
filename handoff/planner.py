"""Where a handoff goes and what the customer can honestly be told about it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from conversation.conversation import Conversation, HandoffReason, Priority
from conversation.resolution import HandoffPlan, NeedsHuman
from handoff.ports import Hours, QueueBook, QueueStats
from handoff.queue import Queue, choose
from handoff.wait import Crowd, expected_wait_s, rounded_minutes

IN_HOURS = "utter_handoff_in_hours"
"""Somebody is there: `wait_minutes` is an estimate."""
BY = "utter_handoff_by"
"""Open, but nobody is online: no estimate, only `due_at`, when the contract says an answer comes at the latest."""
SOON = "utter_handoff_soon"
"""Nothing can be promised: no variables."""
OUT_OF_HOURS = "utter_handoff_out_of_hours"
"""Closed: `opens_at` is when people are back."""
URGENT = "utter_handoff_urgent"
"""Danger: no variables. The supervisors are alarmed at any hour; a wait that is long for others is not promised."""
URGENT_OUT_OF_HOURS = "utter_handoff_urgent_out_of_hours"
"""Danger while closed: whom to call instead, that the report lies with the supervisors, and `opens_at`."""

RAISED: Mapping[HandoffReason, Priority] = {
    HandoffReason.ANGER: Priority.URGENT,
    HandoffReason.VIP: Priority.URGENT,
    HandoffReason.BOT_FAILED: Priority.HIGH,
    HandoffReason.ACTION_DOWN: Priority.HIGH,
}


class Planner:
    """A conversation.ports.HandoffPlanner over the packs' queues, opening hours and the state of the queue."""

    def __init__(self, queues: QueueBook, hours: Hours, stats: QueueStats) -> None:
        self._queues = queues
        self._hours = hours
        self._stats = stats

    async def plan(self, conversation: Conversation, need: NeedsHuman, now: datetime) -> HandoffPlan:
        """The pack's wish is followed where it names a queue there is; the most urgent of wish, queue and reason wins.

        Variables are plain: minutes as a whole number, times as ISO 8601 in UTC. `due_at` is there whenever the
        contract has a first response target.
        """
        queue = self._queue(conversation, need)
        priority = _priority(queue, need)
        placed = replace(conversation, queue=queue.id, priority=priority)
        due = self._hours.first_response_due(conversation.client, placed, min(need.since or now, now))
        promised = {"due_at": due.isoformat()} if due is not None else {}
        if need.reason is HandoffReason.URGENT:
            notice, variables = self._urgent_notice(conversation, now)
        else:
            notice, variables = await self._notice(conversation, queue, now, due)
        return HandoffPlan(queue.id, priority, notice, promised | variables)

    def _queue(self, conversation: Conversation, need: NeedsHuman) -> Queue:
        queues = self._queues.queues(conversation.client)
        wished = next((queue for queue in queues if queue.id == need.queue), None)
        return wished or choose(queues, need.topic or conversation.topic, conversation.language)

    def _urgent_notice(self, conversation: Conversation, now: datetime) -> tuple[str, dict[str, Any]]:
        if self._hours.is_open(conversation.client, now):
            return URGENT, {}
        opens = self._hours.next_opening(conversation.client, now)
        return (URGENT, {}) if opens is None else (URGENT_OUT_OF_HOURS, {"opens_at": opens.isoformat()})

    async def _notice(
        self, conversation: Conversation, queue: Queue, now: datetime, due: datetime | None
    ) -> tuple[str, dict[str, Any]]:
        client = conversation.client
        if not self._hours.is_open(client, now):
            opens = self._hours.next_opening(client, now)
            return (SOON, {}) if opens is None else (OUT_OF_HOURS, {"opens_at": opens.isoformat()})
        wait = expected_wait_s(Crowd.of(await self._stats.queue_stats(client, queue.id)))
        if wait is not None:
            return IN_HOURS, {"wait_minutes": rounded_minutes(wait)}
        return (SOON, {}) if due is None else (BY, {"due_at": due.isoformat()})


def _priority(queue: Queue, need: NeedsHuman) -> Priority:
    wanted = [need.priority or queue.priority, RAISED.get(need.reason, Priority.LOW)]
    return min(wanted, key=lambda priority: priority.rank)
