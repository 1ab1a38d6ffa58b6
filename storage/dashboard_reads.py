"""The facts behind the client dashboard and the wallboard, each number with the conversations it stands for."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.clock import Clock as Time
from conversation.conversation import ResolvedBy, State
from conversation.events import EventKind
from conversation.ids import ClientId, QueueId
from conversation.message import ChannelKind
from handoff.dashboard_view import (
    Behind,
    ChannelTimes,
    ClockCount,
    DashboardFigures,
    DayCount,
    Period,
    QueueLoad,
    Spread,
    Volume,
    WallboardFigures,
)
from handoff.views import Page
from sla.attainment import Attainment, attainment, by_day, spread
from sla.attainment import breaches as missed_of
from sla.clock import BREACH, Clock, ClockState, Outcome
from sla.instants import zone_info
from sla.policy import ClockKind
from sla.report import heatmap
from storage.agent_minutes import agent_minutes
from storage.breaches import told
from storage.database import Database
from storage.desk_rows import SHOWN, rows_of
from storage.endings import Ending, ending, judged, opened_in
from storage.schema import conversations, events, sla_clocks
from storage.statements import among
from storage.tenancy import ALL_CLIENTS

_c, _k = conversations.c, sla_clocks.c
_JUDGED = {Behind.MET: Outcome.MET, Behind.MISSED: Outcome.MISSED, Behind.RUNNING: None}


class SqlDashboardReads:
    """A web.ports.DashboardReads. It counts; formulas over its counts belong to sla/ and to the page."""

    def __init__(self, database: Database, clock: Time) -> None:
        self._database = database
        self._clock = clock

    async def figures(self, client: ClientId, period: Period, *, now: datetime, breaches: int = 50) -> DashboardFigures:
        """See web.ports.DashboardReads."""
        before = Period(period.start - (period.end - period.start), period.start, period.timezone)
        async with self._database.reading([client]) as connection:
            clocks = await _clocks(connection, client, period)
            opened = await _opened(connection, client, period)
            arrivals = await _arrivals(connection, client, period)
            earlier = _volume(await _opened(connection, client, before), await _arrivals(connection, client, before))
            missed = await told(connection, client, missed_of(clocks, now)[:breaches])
        async with self._database.reading(ALL_CLIENTS) as connection:
            spent = await agent_minutes(connection, client, period.start, min(period.end, now))
            spent_before = await agent_minutes(connection, client, before.start, before.end)
        first = ClockKind.FIRST_RESPONSE
        return DashboardFigures(
            client=client,
            period=period,
            first_response=_count(attainment(clocks, first, None, now)),
            next_response=_count(attainment(clocks, ClockKind.NEXT_RESPONSE, None, now)),
            days=_days(clocks, opened, period, now),
            times=_times(clocks),
            overall=_spread(clocks),
            arrivals=heatmap(arrivals, period.timezone),
            breaches=missed,
            volume=replace(_volume(opened, arrivals), agent_minutes=spent),
            previous=replace(earlier, agent_minutes=spent_before),
            as_of=now,
        )

    async def behind(self, client: ClientId, period: Period, which: Behind, *, limit: int) -> Page:
        """See web.ports.DashboardReads. Met, missed and running are of first responses."""
        query = _behind(client, period, which, self._clock.now())
        async with self._database.reading([client]) as connection:
            found = (await connection.execute(query.limit(limit + 1))).mappings().all()
            rows = await rows_of(connection, found[:limit])
        return Page(rows, {}, more=len(found) > limit)

    async def wallboard(self, clients: Collection[ClientId], *, now: datetime, since: datetime) -> WallboardFigures:
        """See web.ports.DashboardReads. `next_due_at` is of clocks not missed yet, `resolved_today` all that ended."""
        async with self._database.reading(clients) as connection:
            queues = await _queues(connection, clients, now)
            running = (among(connection, _k.client, clients), _k.state == ClockState.RUNNING.value)
            next_due = await connection.scalar(select(func.min(_k.due_at)).where(*running, _k.due_at > now))
            kept = await _kept_since(connection, clients, since, now)
            ended = (
                among(connection, _c.client, clients),
                _c.state == State.RESOLVED.value,
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


async def _clocks(connection: AsyncConnection, client: ClientId, period: Period) -> list[Clock]:
    """The period's clocks, with all that counting needs and nothing more."""
    rows = await connection.execute(
        select(_k.id, _k.channel, _k.channel_kind, _k.thread, _k.conversation, _k.kind, _k.policy_version)
        .add_columns(_k.budget_s, _k.started_at, _k.due_at, _k.stopped_at, _k.state, _k.outcome, _k.elapsed_s, _k.agent)
        .where(_k.client == client, _k.started_at >= period.start, _k.started_at < period.end)
        .order_by(_k.started_at, _k.id)
    )
    return [
        Clock(
            id=row.id,
            client=client,
            channel=row.channel,
            channel_kind=row.channel_kind,
            thread=row.thread,
            conversation=row.conversation,
            kind=ClockKind(row.kind),
            policy_version=row.policy_version,
            budget=timedelta(seconds=row.budget_s),
            started_at=row.started_at,
            started_by="",
            state=ClockState(row.state),
            outcome=Outcome(row.outcome) if row.outcome else None,
            due_at=row.due_at,
            stopped_at=row.stopped_at,
            agent=row.agent or "",
            elapsed=timedelta(seconds=row.elapsed_s) if row.elapsed_s is not None else None,
        )
        for row in rows
    ]


async def _opened(connection: AsyncConnection, client: ClientId, period: Period) -> Sequence[Any]:
    """The period's conversations with how they ended."""
    query = select(_c.opened_at, _c.channel_kind, _c.handoff_reason, _c.topic, ending().label("ending"))
    return (await connection.execute(query.where(*opened_in(client, period)))).all()


async def _arrivals(connection: AsyncConnection, client: ClientId, period: Period) -> list[datetime]:
    """When customers wrote."""
    e = events.c
    rows = await connection.execute(
        select(e.at).where(
            e.client == client,
            e.kind == EventKind.CUSTOMER_MESSAGE.value,
            e.at >= period.start,
            e.at < period.end,
        )
    )
    return [at for (at,) in rows]


def _volume(opened: Sequence[Any], arrivals: Sequence[datetime]) -> Volume:
    endings = Counter(row.ending for row in opened)
    reasons = Counter(row.handoff_reason for row in opened if row.handoff_reason)
    return Volume(
        opened=len(opened),
        contained=endings[Ending.CONTAINED],
        handled=endings[Ending.HANDLED],
        abandoned=endings[Ending.ABANDONED],
        revoked=endings[Ending.REVOKED],
        open=endings[Ending.OPEN],
        customer_messages=len(arrivals),
        agent_minutes=Decimal(0),
        reasons=dict(reasons.most_common()),
        by_channel={ChannelKind(kind): count for kind, count in Counter(row.channel_kind for row in opened).items()},
        topics=dict(Counter(row.topic for row in opened if row.topic).most_common()),
    )


def _days(clocks: Sequence[Clock], opened: Sequence[Any], period: Period, now: datetime) -> list[DayCount]:
    """Every local day from the period's first to its last, or to today."""
    zone = zone_info(period.timezone)
    judged_days = {row.day: row for row in by_day(clocks, ClockKind.FIRST_RESPONSE, period.timezone, now)}
    local = [(row.opened_at.astimezone(zone).date(), row.ending) for row in opened]
    everything = Counter(day for day, _ in local)
    contained = Counter(day for day, how in local if how == Ending.CONTAINED)
    first = period.start.astimezone(zone).date()
    last = min(period.end - timedelta(microseconds=1), max(now, period.start)).astimezone(zone).date()
    return [
        DayCount(day, _day_count(judged_days.get(day)), everything[day], contained[day]) for day in _each(first, last)
    ]


def _day_count(row: Any) -> ClockCount:
    return ClockCount() if row is None else ClockCount(row.met, row.missed, row.open)


def _each(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _count(counted: Attainment) -> ClockCount:
    return ClockCount(counted.met, counted.missed, counted.open)


def _times(clocks: Sequence[Clock]) -> list[ChannelTimes]:
    kinds = sorted({clock.channel_kind for clock in clocks if clock.kind is ClockKind.FIRST_RESPONSE})
    return [ChannelTimes(ChannelKind(kind), _spread([c for c in clocks if c.channel_kind == kind])) for kind in kinds]


def _spread(clocks: Sequence[Clock]) -> Spread:
    found = spread(clocks, ClockKind.FIRST_RESPONSE)
    return Spread(found.count, found.p50_s, found.p90_s, found.p95_s, found.max_s)


def _behind(client: ClientId, period: Period, which: Behind, now: datetime) -> Select[Any]:
    query = select(*SHOWN).order_by(_c.opened_at.desc(), _c.id.desc())
    if which in _JUDGED:
        measured = select(_k.conversation).where(
            _k.client == client,
            _k.kind == ClockKind.FIRST_RESPONSE.value,
            _k.started_at >= period.start,
            _k.started_at < period.end,
            judged(_JUDGED[which], now),
        )
        return query.where(_c.client == client, _c.id.in_(measured))
    opened = query.where(*opened_in(client, period))
    return opened if which is Behind.OPENED else opened.where(ending() == which.value)


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
