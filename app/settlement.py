"""What client and provider settle with each other: exclusions, approvals of terms, statements, and who may do each."""

import re
from collections.abc import Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

from accounts.user import Right, User
from app.clients import Clients
from app.directory import Directory
from app.packs import read_client_pack
from conversation.clock import Clock
from conversation.ids import ClientId
from sla.attainment import Standing, month_of
from sla.day import local_day, pieces
from sla.errors import NotSettled
from sla.exclusion import Decision, Exclusion, Reason
from sla.policy import ClockKind, Policy
from sla.prices import Item, Prices
from sla.settling import (
    About,
    Account,
    ClockEntry,
    DayShares,
    MissedClocks,
    MonthRow,
    Proposal,
    Share,
    Stage,
    UsedByDay,
    Waiting,
    month_beside,
    month_names,
)
from sla.statement import Statement, shares_of, statement
from storage.exclusions import Refused, SqlExclusions
from storage.packs import PackVersions
from storage.settlement_reads import SqlSettlementReads
from storage.settlements import Span, SqlStatements
from storage.users import SqlUsers

COUNTED = 3
"""Of the months that nobody has closed, the list counts so many."""

_MONTH = re.compile(r"(19[7-9][0-9]|2[0-9]{3})-(0[1-9]|1[0-2])")  # years that have room on both sides


class Settlement:
    """The acts. Those that bind the client need a client admin of that client; raises NotSettled."""

    def __init__(
        self,
        directory: Directory,
        clients: Clients,
        versions: PackVersions,
        exclusions: SqlExclusions,
        statements: SqlStatements,
        reads: SqlSettlementReads,
        users: SqlUsers,
        clock: Clock,
    ) -> None:
        self._directory = directory
        self._clients = clients
        self._versions = versions
        self._exclusions = exclusions
        self._statements = statements
        self._reads = reads
        self._users = users
        self._clock = clock

    def at(self, clock: Clock) -> "Settlement":
        """The same, with acts that bear the time of another clock."""
        other = copy(self)
        other._clock = clock  # noqa: SLF001  its own class
        return other

    async def exclude(self, client: ClientId, clock: str, reason: str, evidence: str, *, by: str) -> Exclusion:
        """Proposes not to count a clock; `by` is the e-mail address of a supervisor or provider admin."""
        if reason not in list(Reason):
            raise NotSettled(f"{reason!r} is no reason to exclude a clock: choose from {', '.join(Reason)}", "reason")
        user = await self.who(by, client, Right.SUPERVISE)
        made = await self._exclusions.propose(
            client, clock, Reason(reason), evidence, by=user.id, by_name=user.email, now=self._clock.now()
        )
        return _done(made)

    async def decide_exclusion(self, client: ClientId, exclusion: str, *, approve: bool, by: str) -> Exclusion:
        """The client's word on a proposed exclusion."""
        user = await self.who(by, client, Right.APPROVE)
        return _done(
            await self._exclusions.decide(
                client, exclusion, approve=approve, by=user.id, by_name=user.email, now=self._clock.now()
            )
        )

    async def ledger(self, client: ClientId) -> list[Exclusion]:
        """Every exclusion, the newest first."""
        return await self._exclusions.ledger(client)

    async def entries(self, client: ClientId) -> list[ClockEntry]:
        """The ledger with its clocks, the newest entry first."""
        return await self._reads.entries(client)

    async def entry_counts(self, client: ClientId) -> Mapping[Decision, int]:
        """How many entries of the ledger stand at each decision."""
        return await self._reads.entry_counts(client)

    async def entry_page(self, client: ClientId, state: Decision | None, first: int, limit: int) -> list[ClockEntry]:
        """So many entries, of one state or of all, from the `first` on: what waits, then the newest."""
        return await self._reads.entry_page(client, state, first, limit)

    async def clock_entry(self, client: ClientId, clock: str) -> ClockEntry | None:
        """One clock of the client, with its latest exclusion if it has any."""
        return await self._reads.entry(client, clock)

    async def in_ledger(self, client: ClientId, conversation: str) -> Mapping[str, str]:
        """The clocks of a conversation that cannot be proposed (again), with where each stands."""
        return await self._reads.clocks_in_ledger(client, conversation)

    async def decide_terms(self, client: ClientId, version: int, *, approve: bool, by: str) -> None:
        """The client's word on proposed terms; approved ones are in force at once, for new conversations."""
        user = await self.who(by, client, Right.APPROVE)
        if not await self._clients.decide(client, version, approve=approve, by=user.id, by_name=user.email):
            raise NotSettled(
                f"version {version} of {client} does not wait for approval", "not_waiting", version=version
            )

    async def proposals(self, client: ClientId) -> list[Proposal]:
        """The version that waits for the client's approval, if one does, and those decided, the newest first."""
        waiting = await self._clients.proposal(client)
        decided = await self._reads.decided_terms(client)
        if waiting is None:
            return decided
        return [
            Proposal(waiting.version, waiting.difference, waiting.proposed_at, waiting.proposed_by),
            *decided,
        ]

    async def waiting(self, client: ClientId) -> Waiting:
        """What waits for the client's word."""
        terms = await self._clients.proposal(client)
        return Waiting(int(terms is not None), await self._reads.undecided(client))

    async def about(self, client: ClientId, conversations: Sequence[str]) -> Mapping[str, About]:
        """What lists show of those of these conversations that are still kept."""
        return await self._reads.about(client, conversations)

    async def people(self) -> Mapping[str, str]:
        """The names of those who can act here, by the e-mail address under which acts are recorded."""
        return {user.email: user.name for user in await self._users.list()}

    def currency(self, client: ClientId) -> str:
        """The currency of the prices in force; empty without any."""
        pack = self._directory.pack(client)
        return pack.prices.currency if pack is not None and pack.prices is not None else ""

    def terms(self, client: ClientId) -> Policy | None:
        """The terms in force."""
        return self._directory.policy(client)

    async def standings(self, client: ClientId, month: str) -> list[Standing]:
        """Raw and adjusted attainment of a month, against the objectives in force at its end."""
        return await self._standings(client, await self.span(client, month))

    async def months(self, client: ClientId) -> list[MonthRow]:
        """Every month since the client's first conversation, the newest first."""
        closed = {row.month: row for row in await self._statements.closed_months(client)}
        names, spans = await self._months(client), await self._statements.spans(client)
        unsettled = {name: self._span(client, name, spans) for name in names if name not in closed}
        drawn = await self._totals(client, dict([*unsettled.items()][-COUNTED:]), _following(names, closed))
        rows = []
        for name in names:
            if name in closed:
                rows.append(closed[name])
            elif name in drawn:
                stage = self._stage(unsettled[name])
                rows.append(MonthRow(name, stage, drawn[name].currency, drawn[name].total))
            else:
                rows.append(MonthRow(name, self._stage(unsettled[name])))
        return rows[::-1]

    async def month_names(self, client: ClientId) -> list[str]:
        """The same months, without counting anything."""
        return (await self._months(client))[::-1]

    async def account(self, client: ClientId, month: str, *, whole: bool = False) -> Account:
        """One month with all that its page shows; the lines of an open one know their conversations only if it is asked
        for `whole`, which takes its time. Raises NotSettled for a month before the first conversation or after the
        running one.
        """
        period = await self.span(client, month)
        if (frozen := await self._statements.frozen(client, month)) is not None:
            drawn = _Drawn(frozen.statement, frozen.prices, await self._standings(client, period))
            stage = Stage.CLOSED
        else:
            await self._known(client, month)
            correct = month == await self._following(client)
            drawn = await self._draw_up(client, month, correct=correct, whole=whole)
            stage = self._stage(period)
        return Account(
            client=client,
            month=month,
            stage=stage,
            statement=drawn.statement,
            prices=drawn.prices,
            standings=drawn.standings,
            undecided=await self._reads.undecided(client, period),
            closed_at=frozen.closed_at if frozen is not None else None,
            closed_by=frozen.closed_by if frozen is not None else "",
            days=drawn.days,
        )

    async def shares(
        self, client: ClientId, account: Account, line: int, first: int = 0, limit: int | None = None
    ) -> list[Share]:
        """The conversations behind one line of a month that is closed or was drawn up `whole`, from the `first` on."""
        drawn = account.statement.lines[line]
        if account.stage is Stage.CLOSED:
            chosen = await self._statements.shares(client, account.month, line, first, limit)
        else:
            chosen = list(drawn.shares[first : None if limit is None else first + limit])
        period = (account.statement.start, account.statement.end)
        return await self._reads.shares(client, drawn.item, chosen, period, self._clock.now())

    async def item_of(self, client: ClientId, month: str, line: int) -> Item:
        """What a line of an open month charges; lines are given by their place from 0. Raises NotSettled for a closed
        month and for a line that it has not.
        """
        await self._known(client, month)
        if await self._statements.frozen(client, month) is not None:
            raise NotSettled(f"{month} is closed already", "closed", month=month)
        now, period = self._clock.now(), await self.span(client, month)
        prices, _ = await self._terms_at(client, period[1])
        used = await self._statements.without_minutes(client, period, now, self._directory.timezone(client))
        lines = statement(client, period, used, prices).lines
        if 0 <= line < len(lines):
            return lines[line].item
        if line < 0 or Item.AGENT_MINUTE not in prices.units:
            raise NotSettled(f"{month} has no line {line + 1}", "no_line", month=month)
        return Item.AGENT_MINUTE  # whose lines come last, so that nobody has to count minutes for this

    async def day_shares(
        self, client: ClientId, month: str, item: Item, day: date, first: int = 0, limit: int | None = None
    ) -> DayShares:
        """The conversations of one item on one local day of a month as of now, from the `first` on. Raises NotSettled
        for a day of another month.
        """
        parts = pieces(*await self.span(client, month), self._directory.timezone(client))
        part = next((part for part in parts if part.day == day), None)
        if part is None:
            raise NotSettled(f"{day} is no day of {month}", "no_month", month=month)
        now, period = self._clock.now(), (part.start, part.end)
        every = shares_of(await self._statements.used(client, period, now, item))
        chosen = every[first : None if limit is None else first + limit]
        quantity = sum((share for _, share in every), Fraction(0))
        return DayShares(quantity, len(every), await self._reads.shares(client, item, chosen, period, now))

    async def missed(
        self, client: ClientId, month: str, kind: ClockKind, first: int = 0, limit: int | None = None
    ) -> MissedClocks:
        """The missed clocks that count in a month's attainment, as of now, from the `first` on."""
        return await self._reads.missed(client, kind, await self.span(client, month), self._clock.now(), first, limit)

    async def today(self, client: ClientId, account: Account) -> Statement:
        """What a closed month would come to if it were drawn up today, at its own prices."""
        period = (account.statement.start, account.statement.end)
        zone = self._directory.timezone(client)
        return await self._statements.draw_up(client, period, account.prices, self._clock.now(), zone=zone)

    async def statement(self, client: ClientId, month: str) -> tuple[Statement, bool]:
        """The month's statement, and whether it is closed. The first month that is not closed holds the corrections of
        closed ones.
        """
        if (frozen := await self._statements.frozen(client, month)) is not None:
            return frozen.statement, True
        drawn = await self._draw_up(client, month, correct=month == await self._following(client))
        return drawn.statement, False

    async def close(self, client: ClientId, month: str, *, by: str) -> Statement:
        """Freezes a month that is over, with the corrections of those closed before it. Any month since the client's
        first conversation can be closed first; after it none is left out.
        """
        user = await self.who(by, client, Right.ADMIN)
        now, (_, end) = self._clock.now(), await self.span(client, month)
        if now < end:
            raise NotSettled(f"{month} is not over: it ends at {end.isoformat()}", "not_over", month=month)
        await self._known(client, month)
        if await self._statements.frozen(client, month) is not None:
            raise NotSettled(f"{month} is closed already", "closed", month=month)
        following = await self._following(client)
        if following and following < month:
            raise NotSettled(f"close {following} first: months close in their order", "order", month=following)
        drawn = await self._draw_up(client, month, correct=month == following)
        if not await self._statements.close(
            client, month, drawn.statement, drawn.prices, by=user.id, by_name=user.email, now=now
        ):
            raise NotSettled(f"{month} is closed already", "closed", month=month)
        return drawn.statement

    async def span(self, client: ClientId, month: str) -> Span:
        """The instants of a month like 2026-10: as it was closed, else in the client's zone and between the closed
        months beside it.
        """
        return self._span(client, month, await self._statements.spans(client))

    def _span(self, client: ClientId, month: str, closed: Mapping[str, Span]) -> Span:
        """Next to a closed month another begins or ends where that one did, whatever the zone was then: so no instant
        is in two closed months or in none.
        """
        if not _MONTH.fullmatch(month):
            raise NotSettled(f"{month!r} is not a month: write it like 2026-10", "no_month", month=month)
        if month in closed:
            return closed[month]
        start, end = month_of(date.fromisoformat(f"{month}-01"), self._directory.timezone(client))
        before, after = closed.get(month_beside(month, -1)), closed.get(month_beside(month, 1))
        return before[1] if before else start.astimezone(UTC), after[0] if after else end.astimezone(UTC)

    async def _standings(self, client: ClientId, span: Span) -> list[Standing]:
        objectives = (await self._contract_at(client, span[1])).objectives
        zone = self._directory.timezone(client)
        return await self._statements.standings(client, span, objectives, self._clock.now(), zone=zone)

    async def _draw_up(self, client: ClientId, month: str, *, correct: bool, whole: bool = True) -> "_Drawn":
        now, period = self._clock.now(), await self.span(client, month)
        prices, objectives = await self._terms_at(client, period[1])
        zone = self._directory.timezone(client)
        days: UsedByDay = {}
        if whole:
            drawn, found = await self._statements.settle(client, period, prices, now, objectives)
        else:
            [settled] = await self._statements.settle_each(client, [(period, prices)], now, objectives, zone=zone)
            drawn, found, days = settled.statement, settled.standings, settled.days
        if correct:
            drawn = drawn.corrected(await self._statements.corrections(client, now, before=month, zone=zone))
        return _Drawn(drawn, prices, found, days)

    async def _totals(self, client: ClientId, months: Mapping[str, Span], following: str) -> dict[str, Statement]:
        """Some open months from their counted days, in one pass; `following` with the corrections of closed ones."""
        now, zone = self._clock.now(), self._directory.timezone(client)
        priced = [(span, (await self._terms_at(client, span[1]))[0]) for span in months.values()]
        found = await self._statements.settle_each(client, priced, now, zone=zone)
        drawn = {month: one.statement for month, one in zip(months, found, strict=True)}
        if following in drawn:
            corrections = await self._statements.corrections(client, now, before=following, zone=zone)
            drawn[following] = drawn[following].corrected(corrections)
        return drawn

    async def _following(self, client: ClientId) -> str:
        """The month to be closed next, which takes the corrections of those before it; empty before the first close."""
        return _following(await self._months(client), await self._statements.spans(client))

    async def _months(self, client: ClientId) -> list[str]:
        """From the first conversation to now, in order, with the closed ones, whose conversations may be gone; the
        running one if nobody has written yet.
        """
        zone, now = self._directory.timezone(client), self._clock.now()
        first = min(await self._reads.first_opened(client) or now, now)
        closed = {month: span for month, span in (await self._statements.spans(client)).items() if span[1] <= now}
        names = sorted({*month_names(local_day(first, zone), local_day(now, zone)), *closed})
        # A month closed in another zone may begin after the first conversation of it, or end before it does here.
        before = [month_beside(names[0], -1)] if names[0] in closed and first < closed[names[0]][0] else []
        after = [month_beside(names[-1], 1)] if names[-1] in closed else []
        return [*before, *names, *after]

    async def _known(self, client: ClientId, month: str) -> None:
        if month not in (names := await self._months(client)):
            raise NotSettled(
                f"{client} has no statement for {month}: it has {names[0]} to {names[-1]}", "no_month", month=month
            )

    def _stage(self, span: Span) -> Stage:
        return Stage.RUNNING if self._clock.now() < span[1] else Stage.OVER

    async def _terms_at(self, client: ClientId, end: datetime) -> tuple[Prices, Mapping[ClockKind, float]]:
        """Prices and objectives of a month by its end."""
        contract = await self._contract_at(client, end)
        if contract.prices is None:
            raise NotSettled(f"{client} has no prices: add `prices:` to its client.yml", "no_prices")
        return contract.prices, contract.objectives

    async def _contract_at(self, client: ClientId, end: datetime) -> "_Contract":
        """What was in force at a month's end, or is in force in a running one; before the first version, what is in
        force today.
        """
        version = await self._versions.in_force(client, min(end, self._clock.now()))
        pack = self._directory.pack(client)
        if version is not None and (pack is None or pack.version != version.version):
            pack = read_client_pack(version.files, {}, version=version.version)[0]
        if pack is None:
            return _Contract()
        return _Contract(pack.prices, pack.policy.objective if pack.policy is not None else {})

    async def who(self, email: str, client: ClientId, right: Right) -> User:
        user = await self._users.by_email(email)
        if user is None or not user.may(right) or (client not in user.clients and right is not Right.ADMIN):
            raise NotSettled(f"{email} may not do this for {client}: it needs the right to {right.value}", "right")
        return user


@dataclass(frozen=True, slots=True)
class _Contract:
    """What a statement takes from one version of a client's pack."""

    prices: Prices | None = None
    objectives: Mapping[ClockKind, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Drawn:
    statement: Statement
    prices: Prices
    standings: Sequence[Standing]
    days: UsedByDay = field(default_factory=dict)


def _following(months: Sequence[str], closed: Collection[str]) -> str:
    return next((month for month in months if closed and month > max(closed)), "")


def _done(result: Any) -> Exclusion:
    if isinstance(result, Refused):
        raise NotSettled(result.why, result.key)
    assert isinstance(result, Exclusion)
    return result
