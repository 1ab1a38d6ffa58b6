"""A client's months in money: counted from events, frozen when closed, corrected afterwards in the open month."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import RowMapping, select

from accounts.audit import Act, entry
from conversation.ids import ClientId, UserId
from handoff.dashboard_view import Period
from sla.attainment import Standing
from sla.day import DayFacts, pieces
from sla.policy import ClockKind
from sla.prices import Item, Prices
from sla.settling import MonthRow, Stage, UsedByDay
from sla.statement import ALL_TOGETHER, Correction, Statement, statement
from sla.usage import Usage, counted
from storage.agent_minutes import minutes_of_conversations
from storage.audit import note
from storage.chargeable import BATCH, chargeable_histories, charged_in
from storage.database import Database
from storage.exclusions import excluded, standings, standings_of_days, standings_of_each
from storage.rollups import days_of, minutes_by_day
from storage.schema import statements
from storage.statement_shares import Pair, shares_of, write_shares
from storage.statements import dialect_of
from storage.tenancy import ALL_CLIENTS

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Closed:
    """A month that was closed: its statement as it was then, and the prices it was made with."""

    month: str
    statement: Statement
    prices: Prices
    closed_at: datetime
    closed_by: str


@dataclass(frozen=True, slots=True)
class Settled:
    """A month drawn up from counted days, with the attainment it rests on and what each local day used by item: these
    add up to the month, exactly.
    """

    statement: Statement
    standings: list[Standing]
    days: UsedByDay


class SqlStatements:
    """Months are named `2026-10` and given with their instants; the caller knows the client's zone and prices."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def draw_up(
        self,
        client: ClientId,
        period: Span,
        prices: Prices,
        now: datetime,
        objectives: Mapping[ClockKind, float] | None = None,
        *,
        zone: str = "",
    ) -> Statement:
        """The month as its events have it now, by the adjusted attainment, without corrections of others. With the
        client's `zone` it is drawn up from counted days: the same to the cent and quick however long the month, but its
        lines do not know their conversations.
        """
        return (await self.settle(client, period, prices, now, objectives, zone=zone))[0]

    async def settle(
        self,
        client: ClientId,
        period: Span,
        prices: Prices,
        now: datetime,
        objectives: Mapping[ClockKind, float] | None = None,
        *,
        zone: str = "",
    ) -> tuple[Statement, list[Standing]]:
        """`draw_up` with the attainment it rests on."""
        if zone:
            [settled] = await self.settle_each(client, [(period, prices)], now, objectives, zone=zone)
            return settled.statement, settled.standings
        used = await self.used(client, period, now)
        found = await self.standings(client, period, objectives or {}, now)
        return _priced(client, period, used, prices, found), found

    async def settle_each(
        self,
        client: ClientId,
        periods: Sequence[tuple[Span, Prices]],
        now: datetime,
        objectives: Mapping[ClockKind, float] | None = None,
        *,
        zone: str,
    ) -> list[Settled]:
        """`settle` of several periods that share no day, from counted days and in one pass over them all."""
        counted = await self._counted(client, [period for period, _ in periods], objectives or {}, now, zone)
        return [
            Settled(_priced(client, period, _together(days, period), prices, found), found, days)
            for (period, prices), (days, found) in zip(periods, counted, strict=True)
        ]

    async def standings(
        self, client: ClientId, period: Span, objectives: Mapping[ClockKind, float], now: datetime, *, zone: str = ""
    ) -> list[Standing]:
        """Raw and adjusted attainment of each clock kind in a period; with the client's `zone` from counted days."""
        async with self._database.snapshot([client]) as connection:
            if not zone:
                return await standings(connection, client, period, objectives, now)
            days = await days_of(connection, client, pieces(*period, zone), zone, now, times=False)
            return await standings_of_days(connection, client, Period(*period, zone), days, objectives, now)

    async def closed(self, client: ClientId) -> list[Closed]:
        """The closed months, in order; of the conversations behind their lines only how many there are."""
        query = select(statements).where(statements.c.client == client).order_by(statements.c.month)
        async with self._database.reading([client]) as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [_closed(row) for row in rows]

    async def closed_months(self, client: ClientId) -> list[MonthRow]:
        """The closed months in order, without what they are made of."""
        c = statements.c
        query = select(
            c.month,
            c.data["total"].as_string().label("total"),
            c.data["currency"].as_string().label("currency"),
            c.closed_at,
            c.closed_by,
        )
        async with self._database.reading([client]) as connection:
            rows = (await connection.execute(query.where(c.client == client).order_by(c.month))).all()
        return [MonthRow(r.month, Stage.CLOSED, r.currency, Decimal(r.total), r.closed_at, r.closed_by) for r in rows]

    async def spans(self, client: ClientId) -> dict[str, Span]:
        """The instants of the closed months, as they were closed."""
        c = statements.c
        bounds = [c.data[name].as_string().label(name) for name in ("start", "end")]
        query = select(c.month, *bounds).where(c.client == client).order_by(c.month)
        async with self._database.reading([client]) as connection:
            rows = (await connection.execute(query)).all()
        return {r.month: (datetime.fromisoformat(r.start), datetime.fromisoformat(r.end)) for r in rows}

    async def frozen(self, client: ClientId, month: str) -> Closed | None:
        """One closed month, without the conversations behind its lines (`shares`); None if it is not closed."""
        query = select(statements).where(statements.c.client == client, statements.c.month == month)
        async with self._database.reading([client]) as connection:
            row = (await connection.execute(query)).mappings().first()
        return None if row is None else _closed(row)

    async def shares(
        self, client: ClientId, month: str, line: int, first: int = 0, limit: int | None = None
    ) -> list[Pair]:
        """The conversations behind a line of a closed month, given by its place from 0, from the `first` on."""
        async with self._database.reading([client]) as connection:
            return await shares_of(connection, client, month, line, first, limit)

    async def corrections(self, client: ClientId, now: datetime, *, before: str, zone: str) -> list[Correction]:
        """What the closed months before `before` would come to today, less what was charged for them already."""
        months = await self.closed(client)
        past = [month for month in months if month.month < before]
        spans = [((month.statement.start, month.statement.end), month.prices) for month in past]
        corrected: dict[str, Decimal] = defaultdict(Decimal)
        for month in months:
            for correction in month.statement.corrections:
                corrected[correction.month] += correction.amount
        found = []
        for month, today in zip(past, await self.settle_each(client, spans, now, zone=zone), strict=True):
            if more := today.statement.net - month.statement.net - corrected[month.month]:
                found.append(Correction(month.month, more, month.statement.currency))
        return found

    async def close(
        self,
        client: ClientId,
        month: str,
        drawn: Statement,
        prices: Prices,
        *,
        by: UserId | None,
        by_name: str,
        now: datetime,
    ) -> bool:
        """Freezes a month with all that stands behind it; False if it was closed before, and then nothing changes."""
        row = {
            "client": client,
            "month": month,
            "data": drawn.counted().to_row(),
            "prices": prices.to_row(),
            "closed_at": now,
            "closed_by": by_name,
        }
        async with self._database.transaction([client]) as connection:
            made = dialect_of(connection).insert(statements).values(row).on_conflict_do_nothing()
            if await connection.scalar(made.returning(statements.c.month)) is None:
                return False
            await write_shares(connection, client, month, drawn)
            subject, total = f"statement:{month}", f"{drawn.total} {drawn.currency}"
            await note(
                connection,
                [
                    entry(
                        Act.STATEMENT_CLOSED,
                        now,
                        actor=by,
                        actor_name=by_name,
                        client=client,
                        subject=subject,
                        total=total,
                    )
                ],
            )
        return True

    async def excluded(self, client: ClientId, period: Span) -> set[str]:
        """The clocks that started in a period and that the client agreed not to count."""
        async with self._database.reading([client]) as connection:
            return {clock.id for clock in await excluded(connection, client, period)}

    async def totals(self, client: ClientId, period: Span, now: datetime, zone: str) -> list[Usage]:
        """What was used in a period by item, of no conversation in particular."""
        return _together((await self._counted(client, [period], {}, now, zone))[0][0], period)

    async def without_minutes(self, client: ClientId, period: Span, now: datetime, zone: str) -> list[Usage]:
        """`totals` of all items but agent minutes, which take longer to count."""
        async with self._database.snapshot([client]) as connection:
            days = await days_of(connection, client, pieces(*period, zone), zone, now, usage=True, times=False)
        return _together({day: _used(facts) for day, facts in days.items()}, period)

    async def _counted(
        self, client: ClientId, periods: Sequence[Span], objectives: Mapping[ClockKind, float], now: datetime, zone: str
    ) -> list[tuple[UsedByDay, list[Standing]]]:
        parts = [pieces(*period, zone) for period in periods]
        every = [part for its in parts for part in its]
        if len(periods) > 1 and not all(part.whole for part in every):
            # Months closed in another zone than the client's of today cut its days, so that two may share one.
            each = [await self._counted(client, [period], objectives, now, zone) for period in periods]
            return [one for ones in each for one in ones]
        async with self._database.snapshot([client]) as connection:
            days = await days_of(connection, client, every, zone, now, usage=True, times=False)
            theirs = [{part.day: days[part.day] for part in its} for its in parts]
            spans = [(Period(*period, zone), its) for period, its in zip(periods, theirs, strict=True)]
            found = await standings_of_each(connection, client, spans, objectives, now)
        async with self._database.snapshot(ALL_CLIENTS) as connection:
            known = {part.day: days[part.day].minutes for part in every}
            spent = await minutes_by_day(connection, client, every, known, now)
        used = [{day: _used(facts, spent[day]) for day, facts in its.items()} for its in theirs]
        return list(zip(used, found, strict=True))

    async def used(self, client: ClientId, period: Span, now: datetime, item: Item | None = None) -> list[Usage]:
        """Every chargeable fact of a period, or those of one item; agent minutes by conversation."""
        found: list[Usage] = []
        if item is not Item.AGENT_MINUTE:
            async with self._database.snapshot([client]) as connection:
                ids = await charged_in(connection, client, *period, item)
                for first in range(0, len(ids), BATCH):
                    for history in await chargeable_histories(connection, ids[first : first + BATCH]):
                        found += [fact for fact in counted(history) if period[0] <= fact.at < period[1]]
        if item in (Item.AGENT_MINUTE, None):
            async with self._database.snapshot(ALL_CLIENTS) as connection:
                found += await minutes_of_conversations(connection, client, *period, now)
        return [fact for fact in found if item in (fact.item, None)]


def _used(facts: DayFacts, spent: Fraction = Fraction(0)) -> dict[Item, Fraction]:
    found = {Item(item): Fraction(count) for item, count in facts.usage.items()}
    return found | ({Item.AGENT_MINUTE: spent} if spent else {})


def _together(days: UsedByDay, period: Span) -> list[Usage]:
    total: dict[Item, Fraction] = defaultdict(Fraction)
    for by_item in days.values():
        for item, quantity in by_item.items():
            total[item] += quantity
    return [Usage(ALL_TOGETHER, item, period[0], quantity) for item, quantity in total.items()]


def _priced(
    client: ClientId, period: Span, used: Iterable[Usage], prices: Prices, found: Sequence[Standing]
) -> Statement:
    excluded = {standing.raw.kind.value: standing.excluded for standing in found}
    return statement(client, period, used, prices, [standing.adjusted for standing in found], excluded)


def _closed(row: RowMapping) -> Closed:
    return Closed(
        row["month"],
        Statement.from_row(row["data"]),
        Prices.from_row(row["prices"]),
        row["closed_at"],
        row["closed_by"],
    )
