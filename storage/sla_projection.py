"""Keeps SLA clocks in step with events, inside the transaction that commits them."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.change import Change
from conversation.events import Event, EventKind
from sla.clock import Clock
from sla.episode import Episode
from sla.policy import Policy
from sla.projection import begin, project
from storage.rollups import counts_for_itself, mark
from storage.sla_rows import SlaPolicies, load_episodes, load_history, write

STARTS = frozenset({EventKind.HANDOFF_REQUESTED, EventKind.ASSIGNED})
"""What brings people into a conversation. Until then it has no clocks, so nothing is kept: the history is folded whole
when people come, and conversations the bot resolves alone cost nothing here."""


class SlaProjection:
    """A conversation.ports.Projection. Its callers have locked the conversations, so folds never race."""

    def __init__(self, policies: SlaPolicies) -> None:
        self._policies = policies

    async def apply(self, transaction: AsyncConnection, changes: Sequence[Change], events: Sequence[Event]) -> None:
        """Folds the new events into the clocks of their conversations."""
        del changes
        fresh: dict[str, list[Event]] = {}
        for event in events:
            fresh.setdefault(event.conversation, []).append(event)
        if not fresh:
            return
        episodes = await load_episodes(transaction, list(fresh))
        starting = [c for c, new in fresh.items() if c not in episodes and any(e.kind in STARTS for e in new)]
        kept, changed = await self._continue(transaction, episodes, fresh)
        begun, started = await self._start(transaction, starting)
        await write(transaction, [*kept, *begun], [*changed, *started])
        marked = {event.conversation for event in events if counts_for_itself(event)}
        await mark(transaction, {(c.client, c.conversation) for c in changed if c.conversation not in marked})

    async def _continue(
        self, transaction: AsyncConnection, episodes: dict[str, Episode], fresh: dict[str, list[Event]]
    ) -> tuple[list[Episode], list[Clock]]:
        versions = {(e.client, e.policy_version) for e in episodes.values()}
        policies = await self._policies.of(transaction, versions)
        kept: list[Episode] = []
        changed: list[Clock] = []
        for event in (e for new in fresh.values() for e in new if e.kind is EventKind.SLA_TERMS_CHANGED):
            await self._policies.keep(transaction, event.client, Policy.from_row(event.data["policy"]), event.at)
        for conversation, episode in episodes.items():
            projected = project(episode, fresh[conversation], policies[episode.client, episode.policy_version])
            kept.append(projected.episode)
            changed += projected.changed
        return kept, changed

    async def _start(
        self, transaction: AsyncConnection, conversations: Sequence[str]
    ) -> tuple[list[Episode], list[Clock]]:
        begun: list[Episode] = []
        started: list[Clock] = []
        histories = await load_history(transaction, conversations) if conversations else {}
        for history in histories.values():
            client, opened_at = history[0].client, history[0].at
            policy = await self._policies.at_opening(transaction, client, opened_at)
            if policy is None:
                continue
            await self._policies.keep(transaction, client, policy, opened_at)
            projected = project(begin(history[0]), history, policy)
            begun.append(projected.episode)
            started += projected.changed
        return begun, started
