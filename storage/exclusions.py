"""The ledger of exclusions: entries are proposed and decided, each act with its trace, and never removed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, RowMapping, case, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from accounts.audit import Act, entry
from conversation.ids import ClientId, UserId, new_id
from handoff.dashboard_view import Period
from sla.attainment import Attainment, Standing, verdict
from sla.clock import Clock, ClockState, Outcome
from sla.day import DayFacts, add_up
from sla.exclusion import Decision, Exclusion, Reason
from sla.policy import ClockKind
from storage.audit import note
from storage.database import Database
from storage.day_counts import Overdue, overdue
from storage.endings import judged
from storage.schema import sla_clocks, sla_exclusions
from storage.statements import dialect_of

_x, _k = sla_exclusions.c, sla_clocks.c


@dataclass(frozen=True, slots=True)
class Refused:
    """Why an act on the ledger was not done: one clear line, and a key by which a page finds its own words."""

    why: str
    key: str


class SqlExclusions:
    """Whoever calls has checked the actor's rights: proposing is the provider's, deciding the client admin's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def propose(
        self,
        client: ClientId,
        clock: str,
        reason: Reason,
        evidence: str,
        *,
        by: UserId | None,
        by_name: str,
        now: datetime,
    ) -> Exclusion | Refused:
        """Enters a clock of the client, waiting for the client's decision."""
        if not evidence.strip():
            return Refused("an exclusion needs evidence that a third person could check", "evidence")
        async with self._database.transaction([client]) as connection:
            found = await connection.scalar(select(_k.conversation).where(_k.id == clock, _k.client == client))
            if found is None:
                return Refused(f"{client} has no clock {clock!r}", "no_clock")
            row = {
                "id": new_id(now),
                "client": client,
                "clock": clock,
                "conversation": found,
                "reason": reason.value,
                "evidence": evidence.strip(),
                "proposed_by": by_name,
                "proposed_at": now,
            }
            made = dialect_of(connection).insert(sla_exclusions).values(row).on_conflict_do_nothing().returning(_x.id)
            if await connection.scalar(made) is None:
                return Refused(f"{clock} is in the ledger already", "in_ledger")
            told = entry(
                Act.EXCLUSION_PROPOSED,
                now,
                actor=by,
                actor_name=by_name,
                client=client,
                subject=f"clock:{clock}",
                reason=reason.value,
                exclusion=row["id"],
            )
            await note(connection, [told])
        return Exclusion(clock, reason, evidence.strip(), by_name, now, id=row["id"])

    async def decide(
        self, client: ClientId, exclusion: str, *, approve: bool, by: UserId | None, by_name: str, now: datetime
    ) -> Exclusion | Refused:
        """Approves or rejects an entry once and for all."""
        decision = Decision.APPROVED if approve else Decision.REJECTED
        async with self._database.transaction([client]) as connection:
            decided = await connection.execute(
                update(sla_exclusions)
                .where(_x.id == exclusion, _x.client == client, _x.state == Decision.PROPOSED.value)
                .values(state=decision.value, decided_by=by_name, decided_at=now)
                .returning(sla_exclusions)
            )
            row = decided.mappings().first()
            if row is None:
                return Refused(f"{client} has no undecided exclusion {exclusion!r}", "decided")
            act = Act.EXCLUSION_APPROVED if approve else Act.EXCLUSION_REJECTED
            subject = f"clock:{row['clock']}"
            await note(
                connection,
                [entry(act, now, actor=by, actor_name=by_name, client=client, subject=subject, exclusion=exclusion)],
            )
            return exclusion_of(row)

    async def ledger(self, client: ClientId) -> list[Exclusion]:
        """Every entry, the newest first."""
        query = select(sla_exclusions).where(_x.client == client).order_by(_x.proposed_at.desc(), _x.id.desc())
        async with self._database.reading([client]) as connection:
            return [exclusion_of(row) for row in (await connection.execute(query)).mappings()]


async def standings(
    connection: AsyncConnection,
    client: ClientId,
    period: tuple[datetime, datetime],
    objectives: Mapping[ClockKind, float],
    now: datetime,
) -> list[Standing]:
    """Raw and adjusted attainment of the clocks that started in a period, for each kind that has any."""
    mine = (_k.client == client, _k.started_at >= period[0], _k.started_at < period[1])
    raw = [
        await _count(connection, (*mine, _k.kind == kind.value), kind, objectives.get(kind), now) for kind in ClockKind
    ]
    return _side_by_side(raw, await excluded(connection, client, period), now)


async def standings_of_days(
    connection: AsyncConnection,
    client: ClientId,
    period: Period,
    days: Mapping[date, DayFacts],
    objectives: Mapping[ClockKind, float],
    now: datetime,
) -> list[Standing]:
    """`standings` from the days of the period, already counted."""
    [found] = await standings_of_each(connection, client, [(period, days)], objectives, now)
    return found


async def standings_of_each(
    connection: AsyncConnection,
    client: ClientId,
    periods: Sequence[tuple[Period, Mapping[date, DayFacts]]],
    objectives: Mapping[ClockKind, float],
    now: datetime,
) -> list[list[Standing]]:
    """`standings_of_days` of several periods, each with its days; periods that cut days come one at a time."""
    if not periods:
        return []
    span = Period(min(p.start for p, _ in periods), max(p.end for p, _ in periods), periods[0][0].timezone)
    late = await overdue(connection, client, span, now)
    agreed = await excluded(connection, client, (span.start, span.end))
    return [
        _side_by_side(
            _raw(days, late, objectives), [c for c in agreed if period.start <= c.started_at < period.end], now
        )
        for period, days in periods
    ]


def _raw(
    days: Mapping[date, DayFacts], overdue_by_day: Overdue, objectives: Mapping[ClockKind, float]
) -> list[Attainment]:
    late: Counter[str] = Counter()
    for (day, kind), number in overdue_by_day.items():
        if day in days:
            late[kind] += number
    total = add_up(days.values()).clocks
    raw = []
    for kind in ClockKind:
        counts = total.get(kind, Counter())
        met, missed, still_open = counts["met"], counts["missed"] + late[kind], counts["open"] - late[kind]
        raw.append(Attainment(kind, met, missed, still_open, counts["cancelled"], objectives.get(kind)))
    return raw


def _side_by_side(raw: Sequence[Attainment], agreed: Sequence[Clock], now: datetime) -> list[Standing]:
    return [
        Standing(one, _without(one, [clock for clock in agreed if clock.kind is one.kind], now))
        for one in raw
        if one.decided + one.open + one.cancelled
    ]


async def _count(
    connection: AsyncConnection,
    mine: Sequence[ColumnElement[bool]],
    kind: ClockKind,
    objective: float | None,
    now: datetime,
) -> Attainment:
    conditions = (
        judged(Outcome.MET, now),
        judged(Outcome.MISSED, now),
        judged(None, now),
        _k.state == ClockState.CANCELLED.value,
    )
    sums = [func.coalesce(func.sum(case((condition, 1), else_=0)), 0) for condition in conditions]
    row = (await connection.execute(select(*sums).where(*mine))).one()
    met, missed, still_open, cancelled = (int(count) for count in row)
    return Attainment(kind, met, missed, still_open, cancelled, objective)


async def excluded(connection: AsyncConnection, client: ClientId, period: tuple[datetime, datetime]) -> list[Clock]:
    """The clocks that started in a period and that the client agreed not to count."""
    rows = await connection.execute(
        select(_k.data)
        .join(sla_exclusions, _x.clock == _k.id)
        .where(
            _k.client == client,
            _x.state == Decision.APPROVED.value,
            _k.started_at >= period[0],
            _k.started_at < period[1],
        )
    )
    return [Clock.from_row(data) for (data,) in rows]


def _without(raw: Attainment, left_out: Sequence[Clock], now: datetime) -> Attainment:
    verdicts = [verdict(clock, now) for clock in left_out]
    cancelled = sum(clock.state is ClockState.CANCELLED for clock in left_out)
    return Attainment(
        raw.kind,
        raw.met - verdicts.count(Outcome.MET),
        raw.missed - verdicts.count(Outcome.MISSED),
        raw.open - (verdicts.count(None) - cancelled),
        raw.cancelled - cancelled,
        raw.objective,
    )


def exclusion_of(row: RowMapping) -> Exclusion:
    """The entry in a row of the ledger."""
    approved, rejected = (row["state"] == d.value for d in (Decision.APPROVED, Decision.REJECTED))
    return Exclusion(
        clock=row["clock"],
        reason=Reason(row["reason"]),
        evidence=row["evidence"],
        proposed_by=row["proposed_by"],
        proposed_at=row["proposed_at"],
        approved_by=row["decided_by"] if approved else None,
        approved_at=row["decided_at"] if approved else None,
        rejected_by=row["decided_by"] if rejected else None,
        rejected_at=row["decided_at"] if rejected else None,
        id=row["id"],
    )
