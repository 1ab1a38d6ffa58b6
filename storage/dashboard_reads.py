"""The facts behind the client dashboard and the wallboard, each number with the conversations it stands for."""

import asyncio
from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from sqlalchemy import Boolean, ColumnElement, CompoundSelect, Select, and_, func, literal_column, select, union
from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.clock import Clock as Time
from conversation.conversation import ResolvedBy, State
from conversation.ids import ClientId, QueueId
from conversation.message import ChannelKind
from handoff.dashboard_view import (
    Behind,
    Breach,
    ChannelTimes,
    ClockCount,
    DashboardFigures,
    DayCount,
    Facet,
    Period,
    QueueLoad,
    Spread,
    Volume,
    WallboardFigures,
    WrongAnswers,
)
from handoff.views import Page
from nlu.audit.findings import Verdict
from nlu.audit.interval import weighted
from sla.attainment import BreachRow, percentile
from sla.attainment import breaches as missed_of
from sla.clock import BREACH, Clock, ClockState, Outcome
from sla.day import DayFacts, Piece, Times, add_up, day_start, local_day, pieces
from sla.instants import zone_info
from sla.policy import ClockKind
from storage.breaches import told
from storage.database import Database
from storage.day_counts import overdue
from storage.desk_rows import SHOWN, rows_of
from storage.endings import Ending, ending, judged, missed, missed_parts, opened_in
from storage.live_audit import SqlLiveAudit
from storage.rollups import Kept, dirty_days, filled, kept_days, minutes_in
from storage.schema import LONG, SHORT, conversations, sla_clocks
from storage.statements import among
from storage.tenancy import ALL_CLIENTS

_c, _k = conversations.c, sla_clocks.c
_FACETS = {
    Facet.CHANNEL: _c.channel_kind,
    Facet.QUEUE: _c.queue,
    Facet.LANGUAGE: _c.language,
    Facet.AGENT: _c.last_agent,
    Facet.REASON: _c.handoff_reason,
    Facet.TOPIC: _c.topic,
    Facet.DISPOSITION: _c.disposition,
}
_JUDGED = {Behind.MET: Outcome.MET, Behind.MISSED: Outcome.MISSED, Behind.RUNNING: None}


class SqlDashboardReads:
    """A web.ports.DashboardReads. It counts; formulas over its counts belong to sla/ and to the page."""

    def __init__(self, database: Database, clock: Time) -> None:
        self._database = database
        self._clock = clock

    async def figures(
        self, client: ClientId, period: Period, *, now: datetime, breaches: int = 50, before: Period | None = None
    ) -> DashboardFigures:
        """See web.ports.DashboardReads. Days come from roll-ups where these are up to date, else they are counted."""
        earlier_one = before or _right_before(period)
        parts, earlier = (pieces(p.start, p.end, p.timezone) for p in (period, earlier_one))
        zone = period.timezone
        async with self._database.snapshot([client]) as connection:
            dirty = await dirty_days(connection, client, zone)
            kept = await kept_days(connection, client, parts, zone, dirty=dirty)
            kept_before = await kept_days(connection, client, earlier, zone, times=False, dirty=dirty)
            # Who had what is read beside the rest: half of either is waiting for the database. It is waited for only
            # when this connection is given back, else as many pages as there are connections would wait for ever.
            both = self._minutes(client, parts, kept, now), self._minutes(client, earlier, kept_before, now)
            spending = asyncio.gather(*both)
            try:
                days = await filled(connection, client, parts, kept, zone, now, usage=True)
                days_before = await filled(connection, client, earlier, kept_before, zone, now)
                late = await overdue(connection, client, period, now)
                broken = await told(connection, client, await _missed(connection, client, period, now, breaches))
            except BaseException:
                spending.cancel()
                raise
        spent, spent_before = await spending
        for (day, kind), count in late.items():
            days[day].clocks.setdefault(kind, Counter()).update(open=-count, missed=count)
        total = add_up(days.values())
        return DashboardFigures(
            client=client,
            period=period,
            first_response=_clock_count(total, ClockKind.FIRST_RESPONSE),
            next_response=_clock_count(total, ClockKind.NEXT_RESPONSE),
            days=_days(days, period, now),
            times=[ChannelTimes(ChannelKind(k), _spread([times])) for k, times in sorted(total.elapsed.items())],
            overall=_spread(total.elapsed.values()),
            arrivals=_arrivals(days),
            breaches=broken,
            volume=_volume(total, spent),
            previous=_volume(add_up(days_before.values()), spent_before),
            as_of=now,
            wrong_answers=await self._wrong_answers(client, period),
            resolution=_clock_count(total, ClockKind.RESOLUTION),
        )

    async def breaches(
        self, client: ClientId, period: Period, *, now: datetime, limit: int, clock: str = ""
    ) -> list[Breach]:
        """See web.ports.DashboardReads."""
        async with self._database.snapshot([client]) as connection:
            return await told(connection, client, await _missed(connection, client, period, now, limit, clock))

    async def behind(
        self, client: ClientId, period: Period, which: Behind, *, limit: int, where: Mapping[Facet, str] | None = None
    ) -> Page:
        """See web.ports.DashboardReads. Met, missed and running are of first responses."""
        facets = [_FACETS[facet] == value for facet, value in (where or {}).items()]
        async with self._database.reading([client]) as connection:
            query = _behind(client, period, which, self._clock.now(), connection.dialect.name).where(*facets)
            found = (await connection.execute(query.limit(limit + 1))).mappings().all()
            rows = await rows_of(connection, found[:limit])
        return Page(rows, {}, more=len(found) > limit)

    async def _minutes(self, client: ClientId, parts: Sequence[Piece], kept: Kept, now: datetime) -> Decimal:
        async with self._database.reading(ALL_CLIENTS) as connection:
            total = await minutes_in(connection, client, parts, kept, now)
        return (Decimal(total.numerator) / Decimal(total.denominator)).quantize(Decimal("0.01"))

    async def _wrong_answers(self, client: ClientId, period: Period) -> WrongAnswers | None:
        given = await SqlLiveAudit(self._database).given(client, period.start, period.end)
        bad = [one.verdict is not Verdict.RIGHT for one in given]
        found = weighted([one.weight for one in given], bad)
        return WrongAnswers(found.share, found.low, found.high, len(given)) if found is not None else None

    async def wallboard(self, clients: Collection[ClientId], *, now: datetime, since: datetime) -> WallboardFigures:
        """See web.ports.DashboardReads. `next_due_at` is of clocks not missed yet, `resolved_today` all that ended,
        duplicates left out.
        """
        async with self._database.reading(clients) as connection:
            queues = await _queues(connection, clients, now)
            running = (among(connection, _k.client, clients), _k.state == ClockState.RUNNING.value)
            soonest = select(_k.due_at).join(conversations, _c.id == _k.conversation).order_by(_k.due_at).limit(1)
            ahead = soonest.where(*running, _k.due_at > now, _c.state != State.RESOLVED.value)
            next_due = await connection.scalar(ahead)
            kept = await _kept_since(connection, clients, since, now)
            ended = (
                among(connection, _c.client, clients),
                _c.state == State.RESOLVED.value,
                _c.resolved_by != ResolvedBy.MERGED.value,
                _c.updated_at >= since,
                _c.resolved_at >= since,
            )
            contained = and_(_c.resolved_by == ResolvedBy.BOT.value, _c.containment_revoked.is_(False))
            resolved = await connection.scalar(select(func.count()).select_from(conversations).where(*ended))
            by_bot = await connection.scalar(select(func.count()).select_from(conversations).where(*ended, contained))
        return WallboardFigures(
            waiting=sum(queue.waiting for queue in queues),
            longest_since=min((q.longest_since for q in queues if q.longest_since is not None), default=None),
            next_due_at=next_due,
            kept_today=kept,
            resolved_today=resolved or 0,
            contained_today=by_bot or 0,
            queues=queues,
        )


def _right_before(period: Period) -> Period:
    """As many local days, whatever the clocks did meanwhile."""
    days = len(pieces(period.start, period.end, period.timezone))
    first = local_day(period.start, period.timezone)
    return Period(day_start(first - timedelta(days=days), period.timezone), period.start, period.timezone)


async def _missed(
    connection: AsyncConnection, client: ClientId, period: Period, now: datetime, limit: int, kind: str = ""
) -> list[BreachRow]:
    """The clocks of the period, of one kind or of all, that were due last among the missed ones."""
    mine = [_k.client == client, _k.started_at >= period.start, _k.started_at < period.end]
    mine += [_k.kind == kind] if kind else []
    found: dict[str, Clock] = {}
    for part in missed_parts(now):
        latest = select(_k.data).where(*mine, part, _k.due_at.is_not(None)).order_by(_k.due_at.desc()).limit(limit)
        rows = await connection.execute(latest)
        found |= {clock.id: clock for clock in (Clock.from_row(data) for (data,) in rows)}
    return missed_of(found.values(), now)[:limit]


def _volume(total: DayFacts, spent: Decimal) -> Volume:
    return Volume(
        opened=total.opened,
        contained=total.endings[Ending.CONTAINED],
        handled=total.endings[Ending.HANDLED],
        abandoned=total.endings[Ending.ABANDONED],
        revoked=total.endings[Ending.REVOKED],
        open=total.endings[Ending.OPEN],
        customer_messages=total.messages.total(),
        agent_minutes=spent,
        reasons=_most_first(total.reasons),
        by_channel={ChannelKind(kind): count for kind, count in total.channels.items()},
        topics=_most_first(total.topics),
        merged=total.endings[Ending.MERGED],
        used=dict(total.usage),
    )


def _most_first(counts: Counter[str]) -> Mapping[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _days(days: Mapping[date, DayFacts], period: Period, now: datetime) -> list[DayCount]:
    """Every local day from the period's first to its last, or to today."""
    last = min(period.end - timedelta(microseconds=1), max(now, period.start)).astimezone(zone_info(period.timezone))
    return [
        DayCount(day, _clock_count(facts, ClockKind.FIRST_RESPONSE), facts.opened, facts.endings[Ending.CONTAINED])
        for day, facts in sorted(days.items())
        if day <= last.date()
    ]


def _clock_count(facts: DayFacts, kind: ClockKind) -> ClockCount:
    counts = facts.clocks.get(kind, Counter())
    return ClockCount(counts["met"], counts["missed"], counts["open"])


def _arrivals(days: Mapping[date, DayFacts]) -> Mapping[tuple[int, int], int]:
    cells: Counter[tuple[int, int]] = Counter()
    for day, facts in days.items():
        cells.update({(day.weekday(), hour): count for hour, count in facts.messages.items()})
    return dict(cells)


def _spread(times: Iterable[Times]) -> Spread:
    """Nearest-rank percentiles; sorted by numpy, since a year is half a million of them."""
    ordered = array("d")
    ordered.frombytes(np.sort(np.concatenate([np.frombuffer(some) for some in times] or [np.empty(0)])).tobytes())
    p50, p90, p95 = (percentile(ordered, percent) for percent in (50, 90, 95))
    return Spread(len(ordered), p50, p90, p95, ordered[-1] if ordered else None)


def _behind(client: ClientId, period: Period, which: Behind, now: datetime, dialect: str) -> Select[Any]:
    query = select(*SHOWN).order_by(_c.opened_at.desc(), _c.id.desc())
    if which in _JUDGED:
        mine = (
            _k.client == client,
            _k.kind == ClockKind.FIRST_RESPONSE.value,
            _k.started_at >= period.start,
            _k.started_at < period.end,
        )
        measured: Select[Any] | CompoundSelect[Any] = select(_k.conversation).where(*mine, judged(_JUDGED[which], now))
        if which is Behind.MISSED:
            measured = missed(mine, now, _k.conversation)
        return query.where(_c.client == client, _c.id.in_(measured))
    if which is Behind.HANDED:
        return query.where(_c.client == client, _c.handed_off_at >= period.start, _c.handed_off_at < period.end)
    if which is Behind.BACKLOG:
        return query.where(_c.id.in_(_left_at(client, period.end, dialect)))
    if which is Behind.RATED:
        return query.where(_c.client == client, _c.csat_at >= period.start, _c.csat_at < period.end)
    opened = query.where(*opened_in(client, period))
    return opened if which is Behind.OPENED else opened.where(ending() == which.value)


def _left_at(client: ClientId, end: datetime, dialect: str) -> CompoundSelect[Any]:
    """Those handed over before `end` and resolved at or after it, or not yet. Each part has an index: who is open now,
    and of the others who was alive at `end`, which few had been for long.
    """
    handed = select(_c.id).where(_c.client == client, _c.handed_off_at < end)
    ended = handed.where(_c.state == State.RESOLVED.value, _c.resolved_at >= end)
    long: ColumnElement[bool] = literal_column(LONG[dialect], Boolean)
    return union(
        handed.where(_c.state.in_([state.value for state in State if state is not State.RESOLVED])),
        ended.where(_c.opened_at >= end - SHORT, _c.opened_at < end),
        ended.where(long, _c.opened_at < end, _c.updated_at >= end),
    )


async def _kept_since(
    connection: AsyncConnection, clients: Collection[ClientId], since: datetime, now: datetime
) -> ClockCount:
    counts = []
    for outcome in (Outcome.MET, Outcome.MISSED, None):
        query = select(func.count()).where(
            among(connection, _k.client, clients),
            _k.kind == ClockKind.FIRST_RESPONSE.value,
            _k.started_at >= since,
            judged(outcome, now),
        )
        counts.append(await connection.scalar(query) or 0)
    return ClockCount(*counts)


async def _queues(connection: AsyncConnection, clients: Collection[ClientId], now: datetime) -> list[QueueLoad]:
    """The queues in which somebody waits."""
    on = and_(_k.conversation == _c.id, _k.state == ClockState.RUNNING.value)
    rows = await connection.execute(
        select(_c.client, _c.queue, _c.waiting_since, func.max(_k.warned), func.min(_k.due_at))
        .outerjoin(sla_clocks, on)
        .where(among(connection, _c.client, clients), _c.state == State.QUEUED.value)
        .group_by(_c.id, _c.client, _c.queue, _c.waiting_since)
    )
    loads: dict[tuple[str, str | None], QueueLoad] = {}
    for client, queue, since, warned, due in rows:
        key = (client, queue)
        load = loads.get(key, QueueLoad(ClientId(client), QueueId(queue) if queue else None, 0))
        breached = (warned or 0) >= BREACH or (due is not None and due < now)
        loads[key] = replace(
            load,
            waiting=load.waiting + 1,
            warned=load.warned + (not breached and bool(warned)),
            breached=load.breached + breached,
            longest_since=min((at for at in (load.longest_since, since) if at is not None), default=None),
        )
    return [loads[key] for key in sorted(loads, key=lambda key: (key[0], key[1] or ""))]
