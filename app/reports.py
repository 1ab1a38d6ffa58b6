"""Half hours, clocks and what-ifs of one client, in its own zone and against its own contract."""

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app.directory import Directory
from conversation.clock import Clock as Time
from conversation.events import Event
from conversation.ids import ClientId
from sla.attainment import verdict, within
from sla.clock import Clock
from sla.day import day_start
from sla.policy import Policy
from sla.prices import Prices
from sla.report import HalfHour, half_hours
from sla.statement import statement
from sla.whatif import WhatIf, clocks_under, side_by_side, switched
from storage.report_reads import ClockRow, SqlReportReads
from storage.settlements import Span, SqlStatements

KEPT = 32
"""Answers to what-ifs that are kept, the latest; each for at most so long:"""
RUNNING_FOR, OVER_FOR = timedelta(minutes=1), timedelta(hours=1)


class NothingToReport(Exception):
    """A report cannot be made; the text is one clear line that says why."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """An answered what-if, and until when it holds if nothing happens."""

    answer: WhatIf
    asked_at: datetime
    until: datetime


class Reports:
    """Periods are local dates of the client, both included. Raises NothingToReport."""

    def __init__(self, directory: Directory, reads: SqlReportReads, statements: SqlStatements, clock: Time) -> None:
        self._directory = directory
        self._reads = reads
        self._statements = statements
        self._clock = clock
        self._answers: dict[object, _Kept] = {}

    def span(self, client: ClientId, first: date, last: date) -> Span:
        """The instants of local dates."""
        if last < first:
            raise NothingToReport(f"the period ends ({last}) before it begins ({first})")
        zone = self._directory.timezone(client)
        return day_start(first, zone), day_start(last + timedelta(days=1), zone)

    async def half_hours(self, client: ClientId, first: date, last: date) -> list[HalfHour]:
        """Half-hour rows for workforce tools, by queue and language."""
        contacts, online = await self._reads.contacts(client, self.span(client, first, last), self._clock.now())
        return half_hours(contacts, self._directory.timezone(client), online)

    async def clocks(self, client: ClientId, first: date, last: date) -> list[ClockRow]:
        """Every clock with its conversation."""
        return await self._reads.clock_rows(client, self.span(client, first, last), self._clock.now())

    async def what_if(self, client: ClientId, period: Span, other: Policy) -> WhatIf:
        """The period's history under other terms beside those in force, both replayed from the events, both without
        the clocks the client agreed not to count. An answer is kept while nothing it rests on has changed, since people
        leaf through its pages.
        """
        actual, now = self.policy(client), self._clock.now()
        left_out = frozenset(await self._statements.excluded(client, period))
        happened = await self._reads.fingerprint(client, period)
        prices = self._prices(client)
        question = (client, period, actual.version, other.version, repr(prices), left_out, happened)
        kept = self._answers.get(question)
        if kept is None or not kept.asked_at <= now < kept.until:
            answer, until = await self._answered(client, period, other, prices, left_out, now)
            kept = self._answers[question] = _Kept(answer, now, until)
            while len(self._answers) > KEPT:
                self._answers.pop(next(iter(self._answers)))
        return kept.answer

    async def _answered(
        self,
        client: ClientId,
        period: Span,
        other: Policy,
        prices: Prices | None,
        left_out: Collection[str],
        now: datetime,
    ) -> tuple[WhatIf, datetime]:
        """The answer, and until when it holds if nothing happens."""
        actual = self.policy(client)
        before: list[Clock] = []
        after: list[Clock] = []
        async for batch in self._reads.histories(client, period):
            old, new = await asyncio.to_thread(_both, actual, other, batch)  # long arithmetic must not halt the rest
            before += (clock for clock in old if clock.id not in left_out)
            after += (clock for clock in new if clock.id not in left_out)
        compared = side_by_side(before, after, actual, other, period, now)
        changed_sides = switched(before, after, period, now)
        seen = len({clock.conversation for clock in within(before, *period)})
        until = _holds_until((*before, *after), period, now)
        if prices is None:
            return WhatIf(compared, None, None, changed_sides, seen), until
        used = await self._statements.totals(client, period, now, self._directory.timezone(client))
        one, two = (
            statement(client, period, used, prices, attained)
            for attained in ([c.actual for c in compared], [c.other for c in compared])
        )
        return WhatIf(compared, one, two, changed_sides, seen), until

    def policy(self, client: ClientId) -> Policy:
        """The terms in force."""
        policy = self._directory.policy(client)
        if policy is None:
            raise NothingToReport(f"{client} has no SLA: add `sla:` to its client.yml")
        return policy

    def _prices(self, client: ClientId) -> Prices | None:
        pack = self._directory.pack(client)
        return pack.prices if pack is not None else None


def _holds_until(clocks: Iterable[Clock], period: Span, now: datetime) -> datetime:
    """Time alone changes an answer when an open clock falls due, and, while the period runs, by agents at work."""
    dues = (c.due_at for c in clocks if c.due_at is not None and c.due_at >= now and verdict(c, now) is None)
    return min([now + (RUNNING_FOR if period[1] > now else OVER_FOR), *dues])


def _both(one: Policy, two: Policy, histories: list[list[Event]]) -> tuple[list[Clock], list[Clock]]:
    return clocks_under(one, histories), clocks_under(two, histories)
