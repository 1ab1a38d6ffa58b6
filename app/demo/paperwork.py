"""What the demo's clients and their provider settled in its past, each act at its time: exclusions, closed months."""

import contextlib
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from accounts.user import Role
from app.demo.people import LOGINS
from app.demo.plan import Plan, closable_months
from app.settlement import Settlement
from app.wiring import Platform
from conversation.clock import ManualClock
from conversation.ids import ClientId
from sla.errors import NotSettled
from sla.exclusion import Reason
from sla.policy import ClockKind
from sla.settling import ClockEntry

CLOSED_ON = timedelta(days=2, hours=9, minutes=40)  # after the month's end, on the client's clock
PROPOSED_AFTER, DECIDED_AFTER = timedelta(hours=5, minutes=10), timedelta(days=1, hours=2)
OUTAGE = "The platform took no messages at that time: its status page and our delivery log of that hour."
WITHDRAWN = "The customer had settled it by phone before it was due: call note by the agent, same day."


async def settle_past(built: Platform, plan: Plan) -> None:
    """Months that are over are closed a few days after their end, with what was agreed until then. Of the last one an
    exclusion is approved only after it; of the running month one waits for the client's word. What an earlier start has
    settled stays.
    """
    for client in await built.clients.ids():
        paper = _Paperwork(built.settlement, client, built.directory.timezone(client), plan.until)
        months = closable_months(plan, built.directory.timezone(client))
        fresh = not await built.settlement.ledger(client)
        for month in months:
            if fresh:
                await paper.agree(month)
            late = await paper.ask(month, after=2) if fresh and month == months[-1] else None
            await paper.close(month)
            if late is not None:
                await paper.approve(late)
        if fresh:
            await paper.ask(f"{plan.until.astimezone(ZoneInfo(paper.zone)):%Y-%m}")


class _Paperwork:
    """One client's."""

    def __init__(self, settlement: Settlement, client: ClientId, zone: str, until: datetime) -> None:
        self.zone = zone
        self._client, self._until = client, until
        self._clock = ManualClock(until)
        self._settlement = settlement.at(self._clock)
        self._admin = _login(Role.CLIENT_ADMIN, client)

    async def agree(self, month: str) -> None:
        """The first of the month's missed promises is left out, the second is not."""
        kinds = ((Reason.PLATFORM_OUTAGE, OUTAGE, True), (Reason.CANCELLED_BEFORE_DUE, WITHDRAWN, False))
        for entry, (reason, evidence, approve) in zip(await self._missed(month), kinds, strict=False):
            await self._decide(await self._propose(entry, reason, evidence), approve=approve)

    async def approve(self, exclusion: str) -> None:
        """A day after whatever was done last."""
        await self._decide(exclusion, approve=True)

    async def close(self, month: str) -> None:
        """Freezes the month, unless an earlier start has."""
        self._clock.set(min(_end(month, self.zone) + CLOSED_ON, self._until))
        with contextlib.suppress(NotSettled):
            await self._settlement.close(self._client, month, by=_login(Role.PROVIDER_ADMIN))

    async def ask(self, month: str, after: int = 0) -> str | None:
        """Proposes one of the month's missed promises, if there is one beyond the first `after`, and leaves it open."""
        for entry in (await self._missed(month))[after:][:1]:
            return await self._propose(entry, Reason.PLATFORM_OUTAGE, OUTAGE)
        return None

    async def _missed(self, month: str) -> Sequence[ClockEntry]:
        """First responses that came late, in their order."""
        self._clock.set(self._until)
        found = await self._settlement.missed(self._client, month, ClockKind.FIRST_RESPONSE)
        answered = [entry for entry in found.entries if entry.clock is not None and entry.clock.stopped_at is not None]
        return sorted(answered, key=_stopped)

    async def _propose(self, entry: ClockEntry, reason: Reason, evidence: str) -> str:
        assert entry.clock is not None
        self._clock.set(min(_stopped(entry) + PROPOSED_AFTER, self._until))
        by = _login(Role.SUPERVISOR)
        return (await self._settlement.exclude(self._client, entry.clock.id, reason, evidence, by=by)).id

    async def _decide(self, exclusion: str, *, approve: bool) -> None:
        self._clock.set(min(self._clock.now() + DECIDED_AFTER, self._until))
        await self._settlement.decide_exclusion(self._client, exclusion, approve=approve, by=self._admin)


def _stopped(entry: ClockEntry) -> datetime:
    assert entry.clock is not None
    assert entry.clock.stopped_at is not None
    return entry.clock.stopped_at


def _end(month: str, zone: str) -> datetime:
    following = (date.fromisoformat(f"{month}-01") + timedelta(days=31)).replace(day=1)
    return datetime.combine(following, time(), ZoneInfo(zone))


def _login(role: Role, client: ClientId | None = None) -> str:
    return next(
        login.email for login in LOGINS if login.role is role and (client is None or client in (login.clients or ()))
    )
