"""What reports, staffing and the wallboard ask, answered for clients in their own zones and contracts."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from app.directory import Directory, usual_target
from app.forecasts import Forecasts
from conversation.clock import Clock as Time
from conversation.ids import ClientId
from handoff.dashboard_view import Period
from sla.day import day_start, local_day
from sla.policy import ClockKind, Policy
from sla.report import HALF_HOUR, HalfHour, half_hour_of, half_hours
from sla.roster import HALF_HOUR_S, Promise, roster
from sla.slices import Count, Dimension, Measure
from sla.staffing import Load, agents_needed
from sla.summary import Percentiles, percentiles
from sla.week import Cell, added, moved, online_week, week_of
from storage.conversation_export import SqlConversationExport
from storage.database import Database
from storage.forecast_reads import SqlForecastReads
from storage.presence_log import SqlPresenceLog, online_by_agent
from storage.report_figures import Figures, SqlReportFigures
from storage.report_reads import SqlReportReads
from web.reports.ports import Ahead, NoPlan, Part, PeriodFacts, Plan, Planned, Wish

LEARNT_DAYS = 28
USUAL_SHARE = 0.9  # answered in time, where a contract has a target but no objective
_LEARNT_FOR = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class _Learnt:
    """A client's usual week on its own wall clock."""

    at: datetime
    first: date
    last: date
    arrivals: Mapping[Cell, float]
    worked: Mapping[Cell, float]
    contacts: int
    handled: int
    handling_s: float


class PeriodReports:
    """A web.reports.ports.ReportReads."""

    def __init__(self, directory: Directory, database: Database, clock: Time) -> None:
        self._directory = directory
        self._figures = SqlReportFigures(database)
        self._reads = SqlReportReads(database)
        self._export = SqlConversationExport(database)
        self._presence = SqlPresenceLog(database)
        self._forecasts = Forecasts(directory, SqlForecastReads(database), clock)
        self._clock = clock
        self._learnt: dict[tuple[ClientId, int], _Learnt] = {}

    async def facts(self, client: ClientId, first: date, last: date, by: Collection[Dimension] = ()) -> PeriodFacts:
        """See the port."""
        zone, now = self._directory.timezone(client), self._clock.now()
        found = await self._figures.figures(client, zone, first, last, by, now)
        backlog = await self._figures.backlog(client, zone, last, now)
        return PeriodFacts(first, last, found.days, found.total, found.groups, found.names, backlog)

    async def percentiles(self, client: ClientId, first: date, last: date) -> list[Percentiles]:
        """Of every measure, over all and by channel, queue, language and agent."""
        by = [dimension for dimension in Dimension if dimension is not Dimension.ALL]
        facts = await self.facts(client, first, last, by)
        return percentiles(facts.total, facts.groups)

    async def half_hours(self, client: ClientId, first: date, last: date) -> AsyncIterator[Sequence[HalfHour]]:
        """See the port."""
        zone = self._directory.timezone(client)
        for day in _days(first, last):
            span = day_start(day, zone), day_start(day + timedelta(days=1), zone)
            contacts, there = await self._reads.contacts(client, span, self._clock.now())
            yield half_hours(contacts, zone, there)

    def conversations(self, client: ClientId, first: date, last: date) -> AsyncIterator[Sequence[Mapping[str, Any]]]:
        """See the port."""
        zone = self._directory.timezone(client)
        period = Period(day_start(first, zone), day_start(last + timedelta(days=1), zone), zone)
        return self._export.rows(client, period, self._clock.now())

    async def plan(self, clients: Sequence[ClientId], zone: str, wish: Wish) -> Plan | NoPlan:
        """See the port. Several clients are staffed as one pool that keeps the strictest of their promises."""
        learnt = [await self._learn(client, wish.days) for client in clients]
        policies = [p for client in clients if (p := self._directory.policy(client)) is not None]
        promise = _promise(policies, learnt, wish)
        if isinstance(promise, NoPlan):
            return promise
        week = added(moved(one.arrivals, self._ahead_of(c, zone)) for c, one in zip(clients, learnt, strict=True))
        needs = await asyncio.to_thread(roster, week, promise)
        first, last = max(one.first for one in learnt), min(one.last for one in learnt)
        online, logged = await self._online(clients, learnt, zone, first, last)
        return Plan(first, last, zone, sum(one.contacts for one in learnt), promise, needs, online, logged)

    async def planned(self, client: ClientId, day: date) -> Planned | None:
        """See the port."""
        found = await self._forecasts.month(client, day)
        if found is None:
            return None
        within, beyond = (
            Part(share.handoffs, share.met, share.missed, share.open)
            for share in (found.volume.within, found.volume.beyond)
        )
        return Planned(day.replace(day=1), found.forecast, within, beyond)

    async def ahead(self, clients: Collection[ClientId], hours: int) -> Sequence[Ahead]:
        """See the port."""
        now = self._clock.now()
        learnt = {client: await self._learn(client, LEARNT_DAYS) for client in sorted(clients)}
        policies = [p for client in learnt if (p := self._directory.policy(client)) is not None]
        promise = _promise(policies, list(learnt.values()), Wish())
        start = half_hour_of(now, "UTC").replace(minute=0)
        found = []
        for n in range(hours):
            halves = [start + timedelta(hours=n), start + timedelta(hours=n) + HALF_HOUR]
            expected = [
                sum(one.arrivals.get(self._cell(client, at), 0.0) for client, one in learnt.items()) for at in halves
            ]
            agents = None if isinstance(promise, NoPlan) else max(_needed(n, promise) for n in expected)
            found.append(Ahead(halves[0], sum(expected), agents))
        return found

    async def _learn(self, client: ClientId, days: int) -> _Learnt:
        """The last whole local days, kept for some minutes: a usual week does not change faster."""
        now, zone = self._clock.now(), self._directory.timezone(client)
        known = self._learnt.get((client, days))
        last = local_day(now, zone) - timedelta(days=1)
        if known is not None and known.last == last and timedelta(0) <= now - known.at < _LEARNT_FOR:
            return known
        first = last - timedelta(days=days - 1)
        found = await self._figures.figures(client, zone, first, last, (), now)
        known = self._learnt[client, days] = _learn(found, now, first, last)
        return known

    async def _online(
        self, clients: Sequence[ClientId], learnt: Sequence[_Learnt], zone: str, first: date, last: date
    ) -> tuple[Mapping[Cell, float], bool]:
        """Who was really there: by heartbeats, if these were kept for three quarters of the dates, else by what agents
        had.
        """
        period = day_start(first, zone), day_start(last + timedelta(days=1), zone)
        attended = await self._presence.spans(clients, period, self._clock.now())
        begun = max(first, local_day(min(span.start for span in attended), zone)) if attended else last
        if attended and (begun - first) * 4 <= last - first:
            return online_week(online_by_agent(attended), zone, begun, last), True
        worked = added(moved(one.worked, self._ahead_of(c, zone)) for c, one in zip(clients, learnt, strict=True))
        return {cell: seconds / HALF_HOUR_S for cell, seconds in worked.items()}, False

    def _ahead_of(self, client: ClientId, zone: str) -> int:
        """How many half hours `zone`'s wall clock is ahead of the client's now."""
        now = self._clock.now()
        there, here = (now.astimezone(ZoneInfo(name)).utcoffset() for name in (zone, self._directory.timezone(client)))
        return round(((there or timedelta()) - (here or timedelta())) / HALF_HOUR)

    def _cell(self, client: ClientId, at: datetime) -> Cell:
        local = at.astimezone(ZoneInfo(self._directory.timezone(client)))
        return local.weekday(), local.hour * 2 + local.minute // 30


def _learn(found: Figures, now: datetime, first: date, last: date) -> _Learnt:
    """Days before the first conversation would thin the mean, so they are left out."""
    begun = next((day for day, one in found.days.items() if one.conversations), last + timedelta(days=1))
    lived = {day: one for day, one in found.days.items() if day >= begun}
    total = found.total
    handled = total.spread(Measure.HANDLING).count
    return _Learnt(
        now,
        min(max(first, begun), last),
        last,
        week_of(lived, Count.HANDED),
        week_of(lived, Count.WORKED),
        total.of(Count.HANDED).total(),
        handled,
        total.mean(Measure.HANDLING) or 0.0,
    )


def _promise(policies: Sequence[Policy], learnt: Sequence[_Learnt], wish: Wish) -> Promise | NoPlan:
    targets = [target for policy in policies if (target := usual_target(policy)) is not None]
    if not targets:
        return NoPlan("promise")
    handled = sum(one.handled for one in learnt)
    busy = sum(one.handled * one.handling_s for one in learnt)
    if not handled or not busy:
        return NoPlan("handled")
    shares = [share / 100 for policy in policies if (share := policy.objective.get(ClockKind.FIRST_RESPONSE))]
    return Promise(
        target_s=min(targets).total_seconds(),
        share=max(shares, default=USUAL_SHARE),
        handling_s=busy / handled,
        patience_s=wish.patience_s,
        concurrency=wish.concurrency,
        shrinkage=wish.shrinkage,
    )


def _needed(arrivals: float, promise: Promise) -> int:
    present = replace(promise, shrinkage=0.0)
    load = Load(arrivals / HALF_HOUR_S, present.handling_s, present.patience_s, present.concurrency)
    return ceil(agents_needed(load, present.target_s, present.share, most_busy=present.most_busy))


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
