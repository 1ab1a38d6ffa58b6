"""Warnings and breaches on time: whoever is awake takes what is due, records it once, and sleeps until the next."""

import asyncio
import logging
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.clock import Clock as Time
from conversation.ids import ClientId, new_id
from conversation.ports import Changed, Projection, Wakeups
from sla.notice import Recipient
from sla.verify import alert_kind
from storage.alarm_effects import effect_rows, keep_effects
from storage.database import Database
from storage.event_log import Numbering
from storage.presence import desks_at
from storage.publishing import Publisher
from storage.schema import conversations, sla_alerts, sla_clocks
from storage.sla_ringing import Ringing
from storage.sla_rows import SlaPolicies, load_episodes, write
from storage.statements import insert_new, names
from storage.tenancy import ALL_CLIENTS
from storage.values import conversation_of

log = logging.getLogger(__name__)

BATCH = 100
LOOKED_AT = 2_000
"""So many due clocks are looked at for a batch: what other workers have locked is passed over."""
SWEEP_SECONDS = 1.0
LOCKED_PAUSE_SECONDS = 0.05
ASIDE = timedelta(minutes=1)
"""A conversation whose alarms cannot be worked out is tried again so much later; the others do not wait for it."""
_LATER = f"trying again in {ASIDE}; `switchboard sla replay` says what is wrong with its rows"
TOPIC = "alarms"
"""Announced when there is something to tell outside."""

_k = sla_clocks.c


class Recipients(Protocol):
    """Who has an address outside, as the packs and the settings say now."""

    def of(self, client: ClientId) -> Sequence[Recipient]: ...


class NobodyOutside:
    """For installations that tell nobody, and for tests."""

    def of(self, client: ClientId) -> Sequence[Recipient]:
        """Nobody."""
        del client
        return ()


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
        self._aside: dict[str, datetime] = {}
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
            rung = [one for one in await self._take(connection, now) if self._rings(one)]
            changed = await self._write(connection, rung, now)
        await self._publisher.publish(changed)
        if any(one.told for one in rung):
            await self._wakeups.announce(TOPIC)
        fired = sum(len(one.alerts) for one in rung)
        if fired:
            log.info("%d SLA warnings and breaches fired, the oldest %s late", fired, now - earliest)
        return fired

    async def next_wakeup(self) -> datetime | None:
        """When the next warning or breach is due; None if no clock runs."""
        query = select(func.min(_k.next_wakeup_at)).where(_k.next_wakeup_at.is_not(None))
        aside = self._set_aside()
        async with self._database.reading(ALL_CLIENTS) as connection:
            due: datetime | None = await connection.scalar(
                query.where(_k.conversation.not_in(aside)) if aside else query
            )
            return due

    async def _pause(self) -> float:
        """What is due but was not fired is locked by somebody who is just changing it: look again soon."""
        due = await self.next_wakeup()
        if due is None:
            return SWEEP_SECONDS
        left = (due - self._clock.now()) / timedelta(seconds=1)
        return min(max(left, LOCKED_PAUSE_SECONDS), SWEEP_SECONDS)

    def _set_aside(self) -> Collection[str]:
        now = self._clock.now()
        self._aside = {id_: until for id_, until in self._aside.items() if until > now}
        return list(self._aside)

    def _rings(self, one: Ringing) -> bool:
        """Whether anything was due. A conversation that breaks here, as no other does, must not silence the others."""
        try:
            one.ring()
        except Exception:
            log.exception("the alarms of %s cannot be worked out; %s", one.conversation.id, _LATER)
            self._put_aside(one.conversation.id)
            return False
        return bool(one.alerts)

    def _put_aside(self, conversation: str) -> None:
        self._aside[conversation] = self._clock.now() + ASIDE

    async def _take(self, connection: AsyncConnection, now: datetime) -> list[Ringing]:
        """Locks conversations with something due, the most overdue first, passing over those that somebody else has
        locked: like every writer of their events, or to ring them too.
        """
        soonest = select(_k.conversation, _k.next_wakeup_at).where(_k.next_wakeup_at <= now)
        if aside := self._set_aside():
            soonest = soonest.where(_k.conversation.not_in(aside))
        due = soonest.order_by(_k.next_wakeup_at).limit(LOOKED_AT).subquery()
        first = func.min(due.c.next_wakeup_at).label("first")
        waiting = select(due.c.conversation, first).group_by(due.c.conversation).subquery()
        rows = await connection.execute(
            select(conversations)
            .join(waiting, waiting.c.conversation == conversations.c.id)
            .order_by(waiting.c.first, conversations.c.id)
            .limit(BATCH)
            .with_for_update(of=conversations, key_share=True, skip_locked=True)
        )
        found = {row["id"]: row for row in rows.mappings()}
        desks = await desks_at(connection, names(row["client"] for row in found.values()), now)
        episodes = await load_episodes(connection, list(found))
        policies = await self._policies.of(connection, {(e.client, e.policy_version) for e in episodes.values()})
        taken = []
        for id_, row in found.items():
            policy = policies.get((row["client"], episodes[id_].policy_version)) if id_ in episodes else None
            if policy is None:
                log.error("what the clocks of %s are judged by is not on file; %s", id_, _LATER)
                self._put_aside(id_)
                continue
            conversation, outside = conversation_of(row), self._outside.of(ClientId(row["client"]))
            at_desks = desks.get(row["client"], (0, 0))
            taken.append(Ringing(conversation, episodes[id_], policy, now, row["seq"], at_desks, outside))
        return taken

    async def _write(self, connection: AsyncConnection, rung: Sequence[Ringing], now: datetime) -> list[Changed]:
        if not rung:
            return []
        await write(connection, [one.episode for one in rung], [c for one in rung for c in one.changed.values()])
        rows = [
            {
                "id": new_id(now),
                "client": one.conversation.client,
                "clock": fact.clock,
                "conversation": one.conversation.id,
                "kind": alert_kind(fact.percent),
                "due_at": one.changed[fact.clock].due_at,
                "fired_at": now,
                "data": dict(fact.data),
            }
            for one in rung
            for fact in one.alerts
        ]
        await connection.execute(insert_new(connection.dialect.name, sla_alerts, sla_alerts.c.id), rows)
        told = [row for one in rung for alarm, recipients in one.told for row in effect_rows(alarm, recipients)]
        await keep_effects(connection, told)
        await _raise_priorities(connection, rung, now)
        numbering = Numbering({one.conversation.id: one.seq for one in rung})  # again, since in one round trip
        numbering.add(event for one in rung for event in one.events)
        await numbering.write(connection)
        for projection in self._projections:
            await projection.apply(connection, (), numbering.events)
        return numbering.changed


async def _raise_priorities(connection: AsyncConnection, rung: Sequence[Ringing], now: datetime) -> None:
    rows = [
        {"b_id": one.conversation.id, "b_priority": one.priority.value, "b_now": now}
        for one in rung
        if one.priority is not None
    ]
    if rows:
        c = conversations.c
        await connection.execute(
            update(conversations)
            .where(c.id == bindparam("b_id"))
            .values(priority=bindparam("b_priority"), version=c.version + 1, updated_at=bindparam("b_now")),
            rows,
        )
