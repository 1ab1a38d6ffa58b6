"""What client and provider settle with each other: exclusions, approvals of terms, statements, and who may do each."""

import re
from datetime import UTC, date, datetime
from typing import Any

from accounts.user import Right, User
from app.clients import Clients
from app.directory import Directory
from app.packs import read_client_pack
from conversation.clock import Clock
from conversation.ids import ClientId
from sla.attainment import Standing, month_of
from sla.exclusion import Exclusion, Reason
from sla.prices import Prices
from sla.statement import Statement
from storage.exclusions import Refused, SqlExclusions
from storage.packs import PackVersions
from storage.settlements import Span, SqlStatements
from storage.users import SqlUsers

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


class NotSettled(Exception):
    """Something cannot be done; the text is one clear line that says why."""


class Settlement:
    """The acts. Those that bind the client need a client admin of that client; raises NotSettled."""

    def __init__(
        self,
        directory: Directory,
        clients: Clients,
        versions: PackVersions,
        exclusions: SqlExclusions,
        statements: SqlStatements,
        users: SqlUsers,
        clock: Clock,
    ) -> None:
        self._directory = directory
        self._clients = clients
        self._versions = versions
        self._exclusions = exclusions
        self._statements = statements
        self._users = users
        self._clock = clock

    async def exclude(self, client: ClientId, clock: str, reason: str, evidence: str, *, by: str) -> Exclusion:
        """Proposes not to count a clock; `by` is the e-mail address of a supervisor or provider admin."""
        if reason not in list(Reason):
            raise NotSettled(f"{reason!r} is no reason to exclude a clock: choose from {', '.join(Reason)}")
        user = await self._who(by, client, Right.SUPERVISE)
        made = await self._exclusions.propose(
            client, clock, Reason(reason), evidence, by=user.id, by_name=user.email, now=self._clock.now()
        )
        return _done(made)

    async def decide_exclusion(self, client: ClientId, exclusion: str, *, approve: bool, by: str) -> Exclusion:
        """The client's word on a proposed exclusion."""
        user = await self._who(by, client, Right.APPROVE)
        return _done(
            await self._exclusions.decide(
                client, exclusion, approve=approve, by=user.id, by_name=user.email, now=self._clock.now()
            )
        )

    async def ledger(self, client: ClientId) -> list[Exclusion]:
        """Every exclusion, the newest first."""
        return await self._exclusions.ledger(client)

    async def decide_terms(self, client: ClientId, version: int, *, approve: bool, by: str) -> None:
        """The client's word on proposed terms; approved ones are in force at once, for new conversations."""
        user = await self._who(by, client, Right.APPROVE)
        if not await self._clients.decide(client, version, approve=approve, by=user.id, by_name=user.email):
            raise NotSettled(f"version {version} of {client} does not wait for approval")

    async def standings(self, client: ClientId, month: str) -> list[Standing]:
        """Raw and adjusted attainment of a month, against the objectives in force."""
        policy = self._directory.policy(client)
        objectives = policy.objective if policy is not None else {}
        return await self._statements.standings(client, self.span(client, month), objectives, self._clock.now())

    async def statement(self, client: ClientId, month: str) -> tuple[Statement, bool]:
        """The month's statement, and whether it is closed. An open one holds the corrections of closed months."""
        for closed in await self._statements.closed(client):
            if closed.month == month:
                return closed.statement, True
        return (await self._draw_up(client, month))[0], False

    async def close(self, client: ClientId, month: str, *, by: str) -> Statement:
        """Freezes a month that is over, with the corrections of those closed before it."""
        user = await self._who(by, client, Right.ADMIN)
        now, (_, end) = self._clock.now(), self.span(client, month)
        if now < end:
            raise NotSettled(f"{month} is not over: it ends at {end.isoformat()}")
        drawn, prices = await self._draw_up(client, month)
        if not await self._statements.close(client, month, drawn, prices, by=user.id, by_name=user.email, now=now):
            raise NotSettled(f"{month} is closed already")
        return drawn

    def span(self, client: ClientId, month: str) -> Span:
        """The instants of a month like 2026-10 in the client's zone."""
        if not _MONTH.fullmatch(month):
            raise NotSettled(f"{month!r} is not a month: write it like 2026-10")
        start, end = month_of(date.fromisoformat(f"{month}-01"), self._directory.timezone(client))
        return start.astimezone(UTC), end.astimezone(UTC)

    async def _draw_up(self, client: ClientId, month: str) -> tuple[Statement, Prices]:
        now, period = self._clock.now(), self.span(client, month)
        prices = await self._prices(client, min(period[1], now))
        drawn = await self._statements.draw_up(client, period, prices, now)
        return drawn.corrected(await self._statements.corrections(client, now, before=month)), prices

    async def _prices(self, client: ClientId, at: datetime) -> Prices:
        """The price list in force at a moment; before the first version, that of the first."""
        version = await self._versions.in_force(client, at)
        pack = self._directory.pack(client)
        if version is not None and (pack is None or pack.version != version.version):
            pack = read_client_pack(version.files, {}, version=version.version)[0]
        if pack is None or pack.prices is None:
            raise NotSettled(f"{client} has no prices: add `prices:` to its client.yml")
        return pack.prices

    async def _who(self, email: str, client: ClientId, right: Right) -> User:
        user = await self._users.by_email(email)
        if user is None or not user.may(right) or (client not in user.clients and right is not Right.ADMIN):
            raise NotSettled(f"{email} may not do this for {client}: it needs the right to {right.value}")
        return user


def _done(result: Any) -> Exclusion:
    if isinstance(result, Refused):
        raise NotSettled(result.why)
    assert isinstance(result, Exclusion)
    return result
