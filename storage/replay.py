"""Clocks recomputed from the event log alone: the proof that the rows are right, and their repair."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.events import Event, EventKind
from conversation.ids import ClientId, new_id
from sla.clock import Clock
from sla.episode import Episode
from sla.policy import Policy
from sla.projection import began_under, begin, project
from sla.verify import Mismatch, alarms_in, alert_kind, episode_mismatches, mismatches, row_mismatches
from storage.database import Database
from storage.rollups import mark
from storage.schema import conversations, events, sla_alerts, sla_clocks, sla_episodes, sla_policies
from storage.sla_projection import STARTS
from storage.sla_rows import SlaPolicies, clock_of, clock_row, load_history, rewrite
from storage.statements import among, dialect_of

BATCH = 200
_NOT_COMPARED = frozenset({"data"})  # its fields are compared one by one, as a Clock


@dataclass(frozen=True, slots=True)
class Checked:
    """One batch of conversations: how many were replayed, of how many events and clocks, and what differed."""

    conversations: int
    events: int
    clocks: int
    differences: tuple[Mismatch, ...]


@dataclass
class _Batch:
    """The rows of some conversations and what their events make of them."""

    histories: Mapping[str, Sequence[Event]]
    rows: dict[str, Mapping[str, Any]]
    episodes: dict[str, Episode]
    alerts: set[tuple[str, str]]
    replayed: dict[str, Episode] = field(default_factory=dict)
    differences: list[Mismatch] = field(default_factory=list)

    @property
    def again(self) -> dict[str, Clock]:
        return {clock.id: clock for episode in self.replayed.values() for clock in episode.clocks}

    @property
    def surplus(self) -> list[str]:
        return sorted(self.rows.keys() - self.again.keys())

    @property
    def alarms(self) -> set[tuple[str, str]]:
        return {alarm for history in self.histories.values() for alarm in alarms_in(history)}

    def compare(self) -> None:
        again, alarms = self.again, self.alarms
        for conversation, episode in self.replayed.items():
            self.differences += episode_mismatches(self.episodes.get(conversation), episode)
        for conversation in sorted(self.episodes.keys() - self.replayed.keys()):
            self.differences.append(Mismatch(conversation, "surplus", "episode", None))
        self.differences += mismatches((clock_of(row) for row in self.rows.values()), again.values())
        for id_, clock in again.items():
            if id_ in self.rows:
                columns = {k: v for k, v in clock_row(clock).items() if k not in _NOT_COMPARED}
                self.differences += row_mismatches(id_, self.rows[id_], columns)
        for clock_id, kind in sorted(alarms ^ self.alerts):
            on_file = (clock_id, kind) in self.alerts
            self.differences.append(
                Mismatch(clock_id, f"alert {kind}", kind if on_file else None, None if on_file else kind)
            )


class SqlReplay:
    """Replays a client's whole history in batches, so that it needs no more memory for a long one.

    A conversation is replayed under the policy version it began with. One whose rows are lost is judged by the version
    in force when people came to it; before the client's first version there are no clocks.
    """

    def __init__(self, database: Database, policies: SlaPolicies) -> None:
        self._database = database
        self._policies = policies

    async def verify(self, client: ClientId, *, batch: int = BATCH) -> AsyncIterator[Checked]:
        """Reports every difference and changes nothing. Each batch is one snapshot, so work may go on meanwhile."""
        after: str | None = ""
        while after is not None:
            async with self._database.snapshot([client]) as connection:
                ids, after = await _page(connection, client, after, batch)
                found = await self._read(connection, client, ids)
            found.compare()
            yield _checked(found)

    async def rebuild(self, client: ClientId, *, batch: int = BATCH) -> AsyncIterator[Checked]:
        """Like `verify`, and makes the rows what the events say, batch by batch, with the conversations locked as by
        every writer of their events.
        """
        after: str | None = ""
        while after is not None:
            async with self._database.transaction([client]) as connection:
                ids, after = await _page(connection, client, after, batch)
                locking = select(conversations.c.id).where(among(connection, conversations.c.id, ids))
                await connection.execute(locking.order_by(conversations.c.id).with_for_update(key_share=True))
                found = await self._read(connection, client, ids)
                found.compare()
                if found.differences:
                    await self._mend(connection, found)
            yield _checked(found)

    async def _read(self, connection: AsyncConnection, client: ClientId, ids: Sequence[str]) -> _Batch:
        started = select(events.c.conversation).where(
            among(connection, events.c.conversation, ids), events.c.kind.in_([kind.value for kind in STARTS])
        )
        kept = select(sla_episodes).where(among(connection, sla_episodes.c.conversation, ids))
        rows = {row["conversation"]: row["data"] for row in (await connection.execute(kept)).mappings()}
        relevant = sorted({id_ for (id_,) in await connection.execute(started)} | rows.keys())
        clocks = select(sla_clocks).where(among(connection, sla_clocks.c.conversation, ids))
        alerts = select(sla_alerts.c.clock, sla_alerts.c.kind).where(among(connection, sla_alerts.c.conversation, ids))
        found = _Batch(
            histories=await load_history(connection, relevant),
            rows={row["id"]: dict(row) for row in (await connection.execute(clocks)).mappings()},
            episodes={id_: Episode.from_row(row, ()) for id_, row in rows.items()},
            alerts={(clock, kind) for clock, kind in await connection.execute(alerts)},
        )
        await self._replay(connection, client, found)
        return found

    async def _replay(self, connection: AsyncConnection, client: ClientId, found: _Batch) -> None:
        began = {
            conversation: began_under(found.histories.get(conversation, ()), episode.policy_version)
            for conversation, episode in found.episodes.items()
        }
        versions = {(client, version) for version in began.values()}
        lost = found.histories.keys() - found.episodes.keys()
        in_force = await _in_force(connection, client) if lost else []
        policies = await self._policies.of(connection, versions | {(client, version) for _, version in in_force})
        for conversation, history in found.histories.items():
            if conversation in began:
                policy = policies.get((client, began[conversation]))
                if policy is None:
                    found.differences.append(Mismatch(conversation, "policy", began[conversation], None))
            else:
                policy = _policy_at(history, in_force, policies)
            if policy is not None:
                if conversation in began and policy.version != began[conversation]:  # a version names its terms
                    found.differences.append(Mismatch(conversation, "terms", policy.version, began[conversation]))
                found.replayed[conversation] = project(begin(history[0]), history, policy).episode

    async def _mend(self, connection: AsyncConnection, found: _Batch) -> None:
        await rewrite(connection, list(found.replayed.values()), list(found.again.values()))
        await mark(connection, {(h[0].client, id_) for id_, h in found.histories.items() if h})
        gone = sorted(found.episodes.keys() - found.replayed.keys())
        await connection.execute(delete(sla_episodes).where(among(connection, sla_episodes.c.conversation, gone)))
        await connection.execute(delete(sla_clocks).where(among(connection, sla_clocks.c.id, found.surplus)))
        for clock, kind in sorted(found.alerts - found.alarms):
            await connection.execute(delete(sla_alerts).where(sla_alerts.c.clock == clock, sla_alerts.c.kind == kind))
        missing = [row for row in _alert_rows(found) if (row["clock"], row["kind"]) not in found.alerts]
        if missing:
            await connection.execute(dialect_of(connection).insert(sla_alerts).on_conflict_do_nothing(), missing)


def _alert_rows(found: _Batch) -> list[dict[str, Any]]:
    clocks = found.again
    return [
        {
            "id": new_id(event.at),
            "client": event.client,
            "clock": event.data["clock"],
            "conversation": event.conversation,
            "kind": alert_kind(int(event.data.get("percent", 100))),
            "due_at": clocks[event.data["clock"]].due_at,
            "fired_at": event.at,
            "data": dict(event.data),
        }
        for history in found.histories.values()
        for event in history
        if event.kind in (EventKind.SLA_WARNING, EventKind.SLA_BREACH) and event.data["clock"] in clocks
    ]


async def _page(connection: AsyncConnection, client: ClientId, after: str, batch: int) -> tuple[list[str], str | None]:
    """The next conversations by id, and where to go on; None at the end."""
    c = conversations.c
    rows = await connection.execute(select(c.id).where(c.client == client, c.id > after).order_by(c.id).limit(batch))
    ids = [id_ for (id_,) in rows]
    return ids, ids[-1] if len(ids) == batch else None


async def _in_force(connection: AsyncConnection, client: ClientId) -> list[tuple[Any, str]]:
    p = sla_policies.c
    rows = await connection.execute(
        select(p.created_at, p.version).where(p.client == client).order_by(p.created_at, p.version)
    )
    return [(at, version) for at, version in rows]


def _policy_at(
    history: Sequence[Event], in_force: Sequence[tuple[Any, str]], policies: Mapping[tuple[str, str], Policy]
) -> Policy | None:
    """The version that ruled when people first came; None before there was any."""
    began = next((event.at for event in history if event.kind in STARTS), None)
    known = [version for at, version in in_force if began is not None and at <= began]
    return policies.get((history[0].client, known[-1])) if known else None


def _checked(found: _Batch) -> Checked:
    events_read = sum(len(history) for history in found.histories.values())
    return Checked(len(found.replayed), events_read, len(found.again), tuple(found.differences))
