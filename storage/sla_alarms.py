"""Warnings and breaches on time: whoever is awake takes what is due, records it once, and sleeps until the next."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.clock import Clock as Time
from conversation.conversation import Conversation, Priority
from conversation.events import Event, EventKind
from conversation.ids import EventId, new_id
from conversation.ports import Changed, Projection, Wakeups
from sla.clock import BREACH, Clock, SlaFact, advance
from sla.episode import Episode
from sla.policy import Policy
from sla.projection import project
from sla.verify import alert_kind
from storage.database import Database
from storage.event_log import Numbering
from storage.presence import desks_at
from storage.publishing import Publisher
from storage.schema import conversations, sla_alerts, sla_clocks
from storage.sla_rows import SlaPolicies, load_episodes, write
from storage.statements import among, insert_new, names
from storage.tenancy import ALL_CLIENTS
from storage.values import conversation_of

log = logging.getLogger(__name__)

BATCH = 100
SWEEP_SECONDS = 1.0
LOCKED_PAUSE_SECONDS = 0.05
MOST_FACTS = 100  # a clock has at most 99 warnings and one breach
SLA_BREACHED = "sla_breach"

_NEXT_WAKEUP = select(func.min(sla_clocks.c.next_wakeup_at)).where(sla_clocks.c.next_wakeup_at.is_not(None))


def raised(priority: Priority) -> Priority:
    """One step more urgent."""
    return list(Priority)[max(priority.rank - 1, 0)]


@dataclass
class _Alarm:
    """One conversation with something due: its new events, clocks and alerts are collected here. `desks`: the client's
    agents online now, and their free places; a breach keeps them, since nobody can tell later who was there.
    """

    conversation: Conversation
    episode: Episode
    policy: Policy
    now: datetime
    numbering: Numbering
    desks: tuple[int, int]
    alerts: list[SlaFact] = field(default_factory=list)
    changed: dict[str, Clock] = field(default_factory=dict)
    priority: Priority | None = None

    def ring(self) -> None:
        """Records everything that is due by now: each fold moves its clock on, to its next warning or its breach."""
        for _ in range(MOST_FACTS):
            facts = [fact for clock in self.episode.clocks for fact in advance(clock, self.now)]
            if not facts:
                return
            for fact in facts:
                self.alerts.append(fact)
                if fact.percent != BREACH:
                    self._record(fact.kind, dict(fact.data))
                    continue
                online, free = self.desks
                self._record(fact.kind, {**fact.data, "agents_online": online, "free_places": free})
                self._raise()

    def _raise(self) -> None:
        """A breach makes an open conversation one step more urgent."""
        before = self.priority or self.conversation.priority
        after = raised(before)
        if not self.conversation.is_open or after is before:
            return
        self.priority = after
        self._record(EventKind.PRIORITY_CHANGED, {"from": before.value, "to": after.value, "reason": SLA_BREACHED})

    def _record(self, kind: EventKind, data: dict[str, object]) -> None:
        c = self.conversation
        event = Event(EventId(new_id(self.now)), c.client, c.channel, c.thread, c.id, kind, self.now, data=data)
        self.numbering.add([event])
        projected = project(self.episode, [self.numbering.events[-1]], self.policy)
        self.episode = projected.episode
        self.changed |= {clock.id: clock for clock in projected.changed}


class SlaAlarms:
    """Any number of workers may run this: each takes conversations nobody else has locked. `projections` are the
    others' (SLA clocks are folded here), told of the events like in any commit.
    """

    def __init__(
        self,
        database: Database,
        policies: SlaPolicies,
        clock: Time,
        wakeups: Wakeups,
        publisher: Publisher,
        projections: Sequence[Projection] = (),
    ) -> None:
        self._database = database
        self._policies = policies
        self._clock = clock
        self._wakeups = wakeups
        self._publisher = publisher
        self._projections = tuple(projections)

    async def run(self, stop: asyncio.Event) -> None:
        """Fires what is due and sleeps until the next wake-up, at most a second: a clock that starts meanwhile may be
        due earlier than what we sleep for. A look is one read of an index; it costs the same however many clocks run.
        """
        while not stop.is_set():
            fired = await self.fire_due()
            if not fired:
                await self._wakeups.wait("sla", await self._pause())

    async def fire_due(self) -> int:
        """Records what is due now, up to a batch of conversations; how many warnings and breaches that were."""
        now = self._clock.now()
        earliest = await self.next_wakeup()
        if earliest is None or earliest > now:
            return 0
        async with self._database.transaction(ALL_CLIENTS) as connection:
            alarms = await self._take(connection, now)
            for alarm in alarms:
                alarm.ring()
            changed = await self._write(connection, alarms, now)
        await self._publisher.publish(changed)
        fired = sum(len(alarm.alerts) for alarm in alarms)
        if fired:
            log.info("%d SLA warnings and breaches fired, the oldest %s late", fired, now - earliest)
        return fired

    async def next_wakeup(self) -> datetime | None:
        """When the next warning or breach is due; None if no clock runs."""
        async with self._database.reading(ALL_CLIENTS) as connection:
            due: datetime | None = await connection.scalar(_NEXT_WAKEUP)
            return due

    async def _pause(self) -> float:
        """What is due but was not fired is locked by somebody who is just changing it: look again soon."""
        due = await self.next_wakeup()
        if due is None:
            return SWEEP_SECONDS
        left = (due - self._clock.now()) / timedelta(seconds=1)
        return min(max(left, LOCKED_PAUSE_SECONDS), SWEEP_SECONDS)

    async def _take(self, connection: AsyncConnection, now: datetime) -> list[_Alarm]:
        """Locks conversations with something due that nobody else has locked, like every writer of their events."""
        c = sla_clocks.c
        due = await connection.execute(
            select(c.conversation, func.min(c.next_wakeup_at))
            .where(c.next_wakeup_at <= now)
            .group_by(c.conversation)
            .order_by(func.min(c.next_wakeup_at), c.conversation)
            .limit(BATCH)
        )
        ids = names(row.conversation for row in due)
        rows = await connection.execute(
            select(conversations)
            .where(among(connection, conversations.c.id, ids))
            .order_by(conversations.c.id)
            .with_for_update(key_share=True, skip_locked=True)
        )
        found = {row["id"]: row for row in rows.mappings()}
        numbering = Numbering({id_: row["seq"] for id_, row in found.items()})
        desks = await desks_at(connection, names(row["client"] for row in found.values()), now)
        episodes = await load_episodes(connection, list(found))
        policies = await self._policies.of(connection, {(e.client, e.policy_version) for e in episodes.values()})
        return [
            _Alarm(
                conversation_of(found[id_]),
                episode,
                policies[episode.client, episode.policy_version],
                now,
                numbering,
                desks.get(found[id_]["client"], (0, 0)),
            )
            for id_, episode in episodes.items()
        ]

    async def _write(self, connection: AsyncConnection, alarms: Sequence[_Alarm], now: datetime) -> list[Changed]:
        rung = [alarm for alarm in alarms if alarm.alerts]
        await write(
            connection, [alarm.episode for alarm in rung], [c for alarm in rung for c in alarm.changed.values()]
        )
        rows = [
            {
                "id": new_id(now),
                "client": alarm.conversation.client,
                "clock": fact.clock,
                "conversation": alarm.conversation.id,
                "kind": alert_kind(fact.percent),
                "due_at": alarm.changed[fact.clock].due_at,
                "fired_at": now,
                "data": dict(fact.data),
            }
            for alarm in rung
            for fact in alarm.alerts
        ]
        if rows:
            await connection.execute(insert_new(connection.dialect.name, sla_alerts, sla_alerts.c.id), rows)
        await self._raise_priorities(connection, rung, now)
        if not rung:
            return []
        numbering = rung[0].numbering  # one for the whole batch
        await numbering.write(connection)
        for projection in self._projections:
            await projection.apply(connection, (), numbering.events)
        return numbering.changed

    async def _raise_priorities(self, connection: AsyncConnection, rung: Sequence[_Alarm], now: datetime) -> None:
        rows = [
            {"b_id": alarm.conversation.id, "b_priority": alarm.priority.value, "b_now": now}
            for alarm in rung
            if alarm.priority is not None
        ]
        if rows:
            c = conversations.c
            await connection.execute(
                update(conversations)
                .where(c.id == bindparam("b_id"))
                .values(priority=bindparam("b_priority"), version=c.version + 1, updated_at=bindparam("b_now")),
                rows,
            )
