"""The live audit at work: samples drawn when a week is over, promises checked, thresholds raised when one is broken."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

import structlog

from app.directory import Directory
from app.lanes import until
from conversation.clock import Clock
from conversation.ids import ClientId, UserId
from nlu.audit.findings import Standing, Tally, Verdict, find, tightened
from nlu.audit.interval import Interval
from nlu.audit.records import OPEN_FOR, UNDO_WITHIN, Alarm, Count, Draw, Progress
from nlu.audit.reports import Promised, VersionReport, WeekReport
from nlu.audit.sampling import SAMPLE_SIZE, size_for
from nlu.audit.week import Week
from storage.audit_alarms import SqlAuditAlarms
from storage.live_audit import SqlLiveAudit
from web.training.ports import Task

log = structlog.get_logger(__name__)

LOOK_EVERY_SECONDS = 30.0
BY = "live audit"


class CannotDraw(Exception):
    """A sample cannot be drawn; the text is one clear line that says why."""


class Promises(Protocol):
    """The bots' versions, as far as the audit needs them."""

    async def promised(self, client: ClientId, version: str) -> Promised | None:
        """What the version of this name promised; None if nothing is known of it."""
        ...

    async def tighten(self, client: ClientId, target: float, *, reason: str, by_name: str) -> str:
        """Has the active version keep a stricter target of wrong answers; returns in a sentence what came of it. The
        same target again changes nothing.
        """
        ...


class Watch(Protocol):
    """Counts what the audit found."""

    def audited(self, client: ClientId, share: float | None) -> None:
        """The share of the newest sample's judged answers that were wrong."""
        ...

    def promise_broken(self, client: ClientId) -> None: ...


class LiveAudit:
    """One for each process; any number may run. `size` is how many answers are judged a week."""

    def __init__(
        self,
        kept: SqlLiveAudit,
        alarms: SqlAuditAlarms,
        directory: Directory,
        promises: Promises,
        watch: Watch,
        clock: Clock,
        size: int = SAMPLE_SIZE,
    ) -> None:
        self._kept = kept
        self._alarms = alarms
        self._directory = directory
        self._promises = promises
        self._watch = watch
        self._clock = clock
        self._size = size

    async def run(self, stop: asyncio.Event) -> None:
        """Looks after samples and promises until `stop`."""
        while not stop.is_set():
            await self.sweep()
            await until(stop, LOOK_EVERY_SECONDS)

    async def sweep(self) -> None:
        """Draws what is due, raises alarms, does what raised alarms ask for."""
        now = self._clock.now()
        clients = [pack.id for pack in self._directory.packs()]
        recent = await self._kept.since(clients, now - 2 * OPEN_FOR)
        known = {(draw.client, draw.week) for draw in recent}
        for client in clients:
            if (client, Week.last_over(now, self._directory.timezone(client))) not in known:
                await self.draw(client)
        for draw in recent:
            if now < draw.drawn_at + OPEN_FOR + timedelta(days=1):
                await self._check(draw)
        for alarm in await self._alarms.unsettled():
            await self._settle(alarm)

    async def draw(
        self, client: ClientId, week: Week | None = None, *, size: int | None = None, half_width: float | None = None
    ) -> Draw | None:
        """Draws the sample of a week (the newest that is over); None if it was drawn before. `half_width` asks for as
        many answers as that width of the interval needs. Raises CannotDraw.
        """
        zone, now = self._directory.timezone(client), self._clock.now()
        newest = Week.last_over(now, zone)
        wanted = week or newest
        if wanted > newest:
            raise CannotDraw(f"{wanted} is not over yet in {zone}; the newest week that can be drawn is {newest}")
        if half_width is not None:
            size = size_for(half_width, await self._kept.population(client, wanted.span(zone)))
        made = await self._kept.draw(client, wanted, wanted.span(zone), size or self._size, now)
        if made is not None:
            log.info("audit drawn", client=client, week=str(wanted), answers=made.population, drawn=made.size)
        return made

    async def reports(self, client: ClientId, limit: int = 8) -> list[WeekReport]:
        """The audited weeks, newest first."""
        return [await self._report(draw) for draw in await self._kept.drawn(client, limit)]

    async def alarms(self, client: ClientId, limit: int = 8) -> list[Alarm]:
        """The promises found broken, newest first."""
        return await self._alarms.of(client, limit)

    async def report(self, client: ClientId, week: Week) -> WeekReport | None:
        """One week's, None if it was not drawn."""
        drawn = await self._kept.drawn(client, limit=1, week=week)
        return await self._report(drawn[0]) if drawn else None

    async def _report(self, draw: Draw) -> WeekReport:
        counts = await self._kept.counts(draw.client, draw.week)
        is_open = draw.is_open(self._clock.now())
        parts = [await self._of_version(draw, count, over=not is_open) for count in counts]
        together = Tally(
            draw.population,
            draw.size,
            sum(c.judged for c in counts),
            sum(c.wrong for c in counts),
            sum(c.handoff for c in counts),
            over=not is_open,
        )
        promised = {part.promised.wrong for part in parts if part.promised is not None}
        alike = next(iter(promised)) if len(promised) == 1 and all(p.promised for p in parts) else None
        return WeekReport(draw, is_open, find(together, alike), parts)

    async def _of_version(self, draw: Draw, count: Count, *, over: bool) -> VersionReport:
        promised = await self._promises.promised(draw.client, count.version)
        population = draw.versions.get(count.version, count.size)
        tally = Tally(population, count.size, count.judged, count.wrong, count.handoff, over=over)
        return VersionReport(count.version, promised, find(tally, promised.wrong if promised else None))

    async def _check(self, draw: Draw) -> None:
        """Raises the alarm of each version whose promise is broken, once its judges cannot take it back any more."""
        now = self._clock.now()
        report = await self._report(draw)
        self._watch.audited(draw.client, report.overall.bad.share if report.overall.bad else None)
        last = {count.version: count.last_at for count in await self._kept.counts(draw.client, draw.week)}
        for part in report.versions:
            at, found = last.get(part.version), part.finding.bad
            if part.finding.standing is not Standing.BROKEN or found is None or part.promised is None:
                continue
            if at is None or now < at + UNDO_WITHIN:
                continue
            alarm = Alarm(draw.client, draw.week, part.version, part.promised.wrong, found, now)
            if part.promised.target is not None:
                target = part.promised.target
                alarm = replace(alarm, target=target, tightened=tightened(target, part.promised.wrong, found.share))
            if await self._alarms.raise_once(alarm):
                self._watch.promise_broken(draw.client)
                log.warning("promise broken", client=draw.client, version=part.version, why=reason(alarm))

    async def _settle(self, alarm: Alarm) -> None:
        if alarm.target is None or alarm.tightened is None:
            outcome = "it no longer runs as it did then, so nothing was changed"
        elif alarm.tightened >= alarm.target:
            outcome = f"the target is as strict as it can be ({alarm.target:.2%})"
        else:
            outcome = await self._promises.tighten(
                alarm.client, alarm.tightened, reason=reason(alarm), by_name=f"{BY} {alarm.week}"
            )
        await self._alarms.settle(alarm, outcome, self._clock.now())
        log.warning("promise settled", client=alarm.client, version=alarm.version, outcome=outcome)


def reason(alarm: Alarm) -> str:
    """Why, in one line for logs and for the record of versions."""
    found: Interval = alarm.found
    return (
        f"live audit {alarm.week}: {found.share:.1%} of the judged answers were wrong "
        f"(95 % confidence: {found.low:.1%} to {found.high:.1%}), {alarm.promised:.1%} were promised"
    )


class Judgements:
    """A web.training.ports.Judging over the kept samples, by the process's clock."""

    def __init__(self, kept: SqlLiveAudit, clock: Clock) -> None:
        self._kept = kept
        self._clock = clock

    async def progress(self, client: ClientId, judge: UserId) -> Progress:
        """See web.training.ports.Judging."""
        return await self._kept.progress(client, judge, self._clock.now())

    async def take(self, client: ClientId, judge: UserId) -> Task | None:
        """An answer whose customer was erased since is passed over."""
        while (item := await self._kept.take(client, judge, self._clock.now())) is not None:
            exchange = await self._kept.exchange(item)
            if exchange.message is not None:
                return Task(item, exchange)
            await self._kept.pass_over(client, item.week, item.message, by=judge)
        return None

    async def judge(
        self, client: ClientId, week: Week, message: str, verdict: Verdict, *, by: UserId, by_name: str
    ) -> bool:
        """See web.training.ports.Judging."""
        now = self._clock.now()
        return await self._kept.judge(client, week, message, verdict, by=by, by_name=by_name, now=now)

    async def pass_over(self, client: ClientId, week: Week, message: str, *, by: UserId) -> bool:
        """See web.training.ports.Judging."""
        return await self._kept.pass_over(client, week, message, by=by)

    async def take_up_passed(self, client: ClientId, judge: UserId) -> None:
        """See web.training.ports.Judging."""
        await self._kept.take_up_passed(client, judge, self._clock.now())

    async def undo(self, client: ClientId, judge: UserId) -> bool:
        """See web.training.ports.Judging."""
        return await self._kept.undo(client, judge, self._clock.now())
