"""A month under other terms: answered at once where that is quick, replayed beside the pages where it takes long."""

import asyncio
from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.directory import Directory
from app.reports import NothingToReport
from conversation.clock import Clock as Time
from conversation.events import Event
from conversation.ids import ClientId
from sla.attainment import verdict, within
from sla.clock import Clock
from sla.policy import Policy
from sla.prices import Prices
from sla.statement import statement
from sla.whatif import Replaying, WhatIf, clocks_under, side_by_side, switched
from storage.report_reads import SqlReportReads
from storage.settlements import Span, SqlStatements

KEPT = 32
"""Answers that are kept, the latest; each for at most so long:"""
RUNNING_FOR, OVER_FOR = timedelta(minutes=1), timedelta(hours=1)
LONG = timedelta(seconds=1)
"""An answer that took longer to work out holds for RUNNING_FOR whatever happens meanwhile: else nobody ever read it."""


@dataclass(frozen=True, slots=True)
class _Question:
    client: ClientId
    period: Span
    actual: Policy
    other: Policy
    prices: Prices | None

    @property
    def key(self) -> Hashable:
        return (self.client, self.period, self.actual.version, self.other.version, repr(self.prices))


@dataclass(frozen=True, slots=True)
class _Kept:
    """An answer as of `asked_at`: it holds until `until` if nothing has happened, until `anyway` whatever has."""

    answer: WhatIf
    rests_on: Hashable
    asked_at: datetime
    until: datetime
    anyway: datetime

    def holds(self, rests_on: Hashable, now: datetime) -> bool:
        same = self.rests_on == rests_on and now < self.until
        return self.asked_at <= now and (same or now < self.anyway)


@dataclass(slots=True)
class _Job:
    """A question that is being worked out, and how far that has come."""

    progress: Replaying
    task: "asyncio.Task[_Kept]" = field(init=False)


class WhatIfs:
    """Histories under other terms beside those in force, both replayed from the events, both without the clocks the
    client agreed not to count. An answer is worked out once for all who ask for it, and kept while nothing it rests on
    has changed, since people leaf through its pages. Raises NothingToReport for a client without an SLA.
    """

    def __init__(self, directory: Directory, reads: SqlReportReads, statements: SqlStatements, clock: Time) -> None:
        self._directory = directory
        self._reads = reads
        self._statements = statements
        self._clock = clock
        self._answers: dict[Hashable, _Kept] = {}
        self._jobs: dict[Hashable, _Job] = {}

    def policy(self, client: ClientId) -> Policy:
        """The terms in force."""
        policy = self._directory.policy(client)
        if policy is None:
            raise NothingToReport(f"{client} has no SLA: add `sla:` to its client.yml")
        return policy

    async def what_if(self, client: ClientId, period: Span, other: Policy) -> WhatIf:
        """The answer, however long it takes."""
        found = await self.begin(client, period, other, patience_s=None)
        assert isinstance(found, WhatIf)
        return found

    async def begin(
        self, client: ClientId, period: Span, other: Policy, *, patience_s: float | None
    ) -> WhatIf | Replaying:
        """The answer if it is there within `patience_s` seconds, else how far it has come: ask again for the rest."""
        pack = self._directory.pack(client)
        asked = _Question(client, period, self.policy(client), other, pack.prices if pack is not None else None)
        job = self._jobs.get(asked.key)
        if job is None:
            left_out = frozenset(await self._statements.excluded(client, period))
            rests_on = (left_out, await self._reads.fingerprint(client, period))
            kept, now = self._answers.get(asked.key), self._clock.now()
            if kept is not None and kept.holds(rests_on, now):
                return kept.answer
            job = self._jobs.get(asked.key) or self._start(asked, left_out, rests_on, now)
        done, _ = await asyncio.wait({job.task}, timeout=patience_s)
        return job.task.result().answer if done else job.progress

    async def close(self) -> None:
        """Gives up what is being worked out."""
        tasks = [job.task for job in self._jobs.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start(self, asked: _Question, left_out: Collection[str], rests_on: Hashable, now: datetime) -> _Job:
        job = self._jobs[asked.key] = _Job(Replaying(0, 0, now))
        job.task = asyncio.create_task(self._work(job, asked, left_out, rests_on, now))
        job.task.add_done_callback(lambda _: self._jobs.pop(asked.key, None))
        return job

    async def _work(
        self, job: _Job, asked: _Question, left_out: Collection[str], rests_on: Hashable, now: datetime
    ) -> _Kept:
        before: list[Clock] = []
        after: list[Clock] = []
        async for of, batch in self._reads.histories(asked.client, asked.period):
            old, new = await asyncio.to_thread(_both, asked.actual, asked.other, batch)  # it must not halt the rest
            before += (clock for clock in old if clock.id not in left_out)
            after += (clock for clock in new if clock.id not in left_out)
            job.progress = Replaying(job.progress.done + len(batch), of, now)
        answer = await self._answer(asked, before, after, now)
        ended = self._clock.now()
        anyway = ended + RUNNING_FOR if ended - now > LONG else now
        kept = _Kept(answer, rests_on, now, _holds_until((*before, *after), asked.period, now), anyway)
        self._answers.pop(asked.key, None)
        self._answers[asked.key] = kept
        while len(self._answers) > KEPT:
            self._answers.pop(next(iter(self._answers)))
        return kept

    async def _answer(self, asked: _Question, before: list[Clock], after: list[Clock], now: datetime) -> WhatIf:
        client, period = asked.client, asked.period
        compared = side_by_side(before, after, asked.actual, asked.other, period, now)
        changed_sides = switched(before, after, period, now)
        seen = len({clock.conversation for clock in within(before, *period)})
        if asked.prices is None:
            return WhatIf(compared, None, None, changed_sides, seen, now)
        used = await self._statements.totals(client, period, now, self._directory.timezone(client))
        one, two = (
            statement(client, period, used, asked.prices, attained)
            for attained in ([c.actual for c in compared], [c.other for c in compared])
        )
        return WhatIf(compared, one, two, changed_sides, seen, now)


def _holds_until(clocks: Iterable[Clock], period: Span, now: datetime) -> datetime:
    """Time alone changes an answer when an open clock falls due, and, while the period runs, by agents at work."""
    dues = (c.due_at for c in clocks if c.due_at is not None and c.due_at >= now and verdict(c, now) is None)
    return min([now + (RUNNING_FOR if period[1] > now else OVER_FOR), *dues])


def _both(one: Policy, two: Policy, histories: list[list[Event]]) -> tuple[list[Clock], list[Clock]]:
    return clocks_under(one, histories), clocks_under(two, histories)
