"""Warnings and breaches on time: whoever is awake takes what is due, records it once, and sleeps until the next."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.clock import Clock as Time
from conversation.conversation import Conversation, Priority
from conversation.events import Event, EventKind
from conversation.ids import ClientId, EventId, new_id
from conversation.ports import Changed, Projection, Wakeups
from sla.alarm import Step
from sla.clock import BREACH, Clock, SlaFact, advance
from sla.episode import Episode
from sla.notice import Alarm, Recipient
from sla.policy import Policy
from sla.projection import project
from sla.verify import alert_kind
from storage.alarm_effects import effect_rows, keep_effects
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
TOPIC = "alarms"
"""Announced when there is something to tell outside."""

_NEXT_WAKEUP = select(func.min(sla_clocks.c.next_wakeup_at)).where(sla_clocks.c.next_wakeup_at.is_not(None))


class Recipients(Protocol):
    """Who has an address outside, as the packs and the settings say now."""

    def of(self, client: ClientId) -> Sequence[Recipient]: ...


class NobodyOutside:
    """For installations that tell nobody, and for tests."""

    def of(self, client: ClientId) -> Sequence[Recipient]:
        """Nobody."""
        del client
        return ()


@dataclass
class _Alarm:
    """One conversation with something due: its new events, clocks, alerts and whom to tell are collected here.
    `desks`: the client's agents online now, and their free places; a breach keeps them, since nobody can tell later.
    """

    conversation: Conversation
    episode: Episode
    policy: Policy
    now: datetime
    numbering: Numbering
    desks: tuple[int, int]
    outside: Sequence[Recipient]
    alerts: list[SlaFact] = field(default_factory=list)
    changed: dict[str, Clock] = field(default_factory=dict)
    told: list[tuple[Alarm, list[Recipient]]] = field(default_factory=list)
    priority: Priority | None = None

    def ring(self) -> None:
        """Records everything that is due by now: each fold moves its clock on, to its next warning or its breach."""
        for _ in range(MOST_FACTS):
            facts = [fact for clock in self.episode.clocks for fact in advance(clock, self.now)]
            if not facts:
                return
            for fact in facts:
                self._one(fact)

    def _one(self, fact: SlaFact) -> None:
        self.alerts.append(fact)
        clock = next(clock for clock in self.episode.clocks if clock.id == fact.clock)
        step = self.policy.alarms.at(fact.percent, clock.warnings)
        online, free = self.desks
        seen = {"agents_online": online, "free_places": free} if fact.percent == BREACH else {}
        self._record(fact.kind, {**fact.data, **seen})
        self._raise(step, fact.kind)
        recipients = [one for one in self.outside if one.tell in step.tell]
        if recipients:
            self.told.append((self._alarm(fact, clock, seen), recipients))

    def _raise(self, step: Step, reason: EventKind) -> None:
        """An open conversation becomes more urgent; its promises stay as they are."""
        before = self.priority or self.conversation.priority
        after = step.raised(before)
        if not self.conversation.is_open or after is before:
            return
        self.priority = after
        self._record(EventKind.PRIORITY_CHANGED, {"from": before.value, "to": after.value, "reason": reason.value})

    def _alarm(self, fact: SlaFact, clock: Clock, seen: dict[str, int]) -> Alarm:
        c = self.conversation
        return Alarm(
            client=c.client,
            conversation=c.id,
            clock=clock.id,
            clock_kind=clock.kind.value,
            percent=fact.percent,
            due_at=clock.due_at,
            fired_at=self.now,
            priority=(self.priority or c.priority).value,
            queue=c.queue or "",
            topic=c.topic,
            channel_kind=c.channel_kind.value,
            language=c.language,
            assignee=c.assignee_name,
            agents_online=seen.get("agents_online"),
            free_places=seen.get("free_places"),
        )

    def _record(self, kind: EventKind, data: dict[str, object]) -> None:
        c = self.conversation
        event = Event(EventId(new_id(self.now)), c.client, c.channel, c.thread, c.id, kind, self.now, data=data)
        self.numbering.add([event])
        projected = project(self.episode, [self.numbering.events[-1]], self.policy)
        self.episode = projected.episode
        self.changed |= {clock.id: clock for clock in projected.changed}


class SlaAlarms:
    """Any number of workers may run this: each takes conversations nobody else has locked. `projections` are the
    others' (SLA clocks are folded here), told of the events like in any commit. What is to be told outside becomes
    rows in the same transaction (storage/alarm_effects.py); others send them.
    """

    def __init__(
        self,
        database: Database,
        policies: SlaPolicies,
        clock: Time,
        wakeups: Wakeups,
        publisher: Publisher,
        projections: Sequence[Projection] = (),
        outside: Recipients | None = None,
    ) -> None:
        self._outside = outside or NobodyOutside()
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
        if any(alarm.told for alarm in alarms):
            await self._wakeups.announce(TOPIC)
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
                self._outside.of(ClientId(found[id_]["client"])),
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
        told = [row for alarm in rung for one, recipients in alarm.told for row in effect_rows(one, recipients)]
        await keep_effects(connection, told)
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
