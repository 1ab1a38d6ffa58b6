"""What stands behind settled figures: conversations of a line, missed clocks of a credit, clocks of the ledger."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.ids import ClientId
from sla.clock import Clock
from sla.exclusion import Decision
from sla.instants import SECOND, to_us
from sla.policy import ClockKind
from sla.prices import Item
from sla.settling import About, ClockEntry, MissedClocks, Proposal, Share
from sla.usage import Told, counted, holdings
from storage.agent_minutes import holding_histories
from storage.chargeable import chargeable_histories
from storage.database import Database
from storage.endings import missed
from storage.exclusions import exclusion_of
from storage.schema import conversations, pack_versions, sla_clocks, sla_exclusions
from storage.settlements import Span
from storage.statements import among

_c, _k, _x = conversations.c, sla_clocks.c, sla_exclusions.c
Shares = Sequence[tuple[str, Fraction | None]]
_NEWEST = (_x.proposed_at.desc(), _x.id.desc())


class SqlSettlementReads:
    """Whoever calls has checked that the reader may see the client."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def shares(self, client: ClientId, item: Item, shares: Shares, period: Span, now: datetime) -> list[Share]:
        """The conversations of one line, in their order, with what made each count in the period."""
        ids = [conversation for conversation, _ in shares]
        async with self._database.snapshot([client]) as connection:
            about = await _about(connection, client, ids)
            kept = [id_ for id_ in ids if id_ in about]
            if item is Item.AGENT_MINUTE:
                histories = await holding_histories(connection, kept)
            else:
                histories = {str(h[0].conversation): h for h in await chargeable_histories(connection, kept)}
        return [_share(id_, q, item, about.get(id_), histories.get(id_, ()), period, now) for id_, q in shares]

    async def missed(
        self,
        client: ClientId,
        kind: ClockKind,
        period: Span,
        now: datetime,
        first: int = 0,
        limit: int | None = None,
    ) -> MissedClocks:
        """The clocks of one kind that started in the period and count as missed, without those excluded by agreement:
        how many, and in order of start those from the `first` on.
        """
        agreed = select(_x.clock).where(_x.client == client, _x.state == Decision.APPROVED.value)
        counting = (
            _k.client == client,
            _k.kind == kind.value,
            _k.started_at >= period[0],
            _k.started_at < period[1],
            _k.id.not_in(agreed),
        )
        found = missed(counting, now, _k.id, _k.started_at).subquery()
        chosen = select(_k.data).join(found, found.c.id == _k.id).order_by(found.c.started_at, found.c.id)
        async with self._database.snapshot([client]) as connection:
            count = await connection.scalar(select(func.count()).select_from(found)) or 0
            clocks = [Clock.from_row(data) for (data,) in await connection.execute(chosen.offset(first).limit(limit))]
            about = await _about(connection, client, [clock.conversation for clock in clocks])
        return MissedClocks(count, [ClockEntry(clock, about.get(clock.conversation)) for clock in clocks])

    async def entries(self, client: ClientId) -> list[ClockEntry]:
        """Every exclusion with its clock, the newest first."""
        return await self._entries(client, _ledger(client))

    async def entry_counts(self, client: ClientId) -> dict[Decision, int]:
        """How many exclusions stand at each decision; 0 where none does."""
        query = select(_x.state, func.count().label("entries")).where(_x.client == client).group_by(_x.state)
        async with self._database.reading([client]) as connection:
            found = {row.state: row.entries for row in await connection.execute(query)}
        return {decision: found.get(decision.value, 0) for decision in Decision}

    async def entry_page(self, client: ClientId, state: Decision | None, first: int, limit: int) -> list[ClockEntry]:
        """So many exclusions, of one state or of all, from the `first` on: what waits, then the newest."""
        chosen = (_x.client == client, *(() if state is None else (_x.state == state.value,)))
        waits_first = case((_x.state == Decision.PROPOSED.value, 0), else_=1)
        query = select(sla_exclusions).where(*chosen).order_by(waits_first, *_NEWEST).offset(first).limit(limit)
        return await self._entries(client, query)

    async def entry(self, client: ClientId, clock: str) -> ClockEntry | None:
        """A clock of the client with its latest exclusion, if it has any."""
        query = select(_k.data).where(_k.client == client, _k.id == clock)
        async with self._database.snapshot([client]) as connection:
            data = await connection.scalar(query)
            if data is None:
                return None
            found = Clock.from_row(data)
            row = (await connection.execute(_ledger(client).where(_x.clock == clock).limit(1))).mappings().first()
            about = await _about(connection, client, [found.conversation])
        return ClockEntry(found, about.get(found.conversation), exclusion_of(row) if row is not None else None)

    async def clocks_in_ledger(self, client: ClientId, conversation: str) -> Mapping[str, str]:
        """The clocks of a conversation that may not be proposed again, with where each stands."""
        query = select(_x.clock, _x.state).where(
            _x.client == client, _x.conversation == conversation, _x.state != Decision.REJECTED.value
        )
        async with self._database.reading([client]) as connection:
            return {row.clock: row.state for row in await connection.execute(query)}

    async def undecided(self, client: ClientId, period: Span | None = None) -> int:
        """How many exclusions wait for the client; with a period, of clocks that started in it."""
        query = select(func.count()).where(_x.client == client, _x.state == Decision.PROPOSED.value)
        if period is not None:
            started = and_(_k.id == _x.clock, _k.started_at >= period[0], _k.started_at < period[1])
            query = query.select_from(sla_exclusions.join(sla_clocks, started))
        async with self._database.reading([client]) as connection:
            return int(await connection.scalar(query) or 0)

    async def first_opened(self, client: ClientId) -> datetime | None:
        """When the client's first conversation was opened."""
        async with self._database.reading([client]) as connection:
            found: datetime | None = await connection.scalar(select(func.min(_c.opened_at)).where(_c.client == client))
        return found

    async def about(self, client: ClientId, ids: Sequence[str]) -> Mapping[str, About]:
        """What lists show of those of these conversations that are still kept."""
        async with self._database.reading([client]) as connection:
            return await _about(connection, client, ids)

    async def decided_terms(self, client: ClientId, *, limit: int = 300) -> list[Proposal]:
        """The versions with changed terms that the client decided, or that a newer one replaced; the newest first."""
        c = pack_versions.c
        columns = (
            c.version,
            c.difference,
            c.created_at,
            c.created_by,
            c.approved,
            c.approved_at,
            c.approved_by,
            c.rejected_at,
            c.rejected_by,
        )
        decided = or_(c.approved, c.rejected_at.is_not(None))
        query = select(*columns).where(c.client == client, decided).order_by(c.version.desc()).limit(limit)
        async with self._database.reading([client]) as connection:
            rows = (await connection.execute(query)).all()
        return [_proposal(row) for row in rows if row.difference]

    async def _entries(self, client: ClientId, query: Select[Any]) -> list[ClockEntry]:
        async with self._database.snapshot([client]) as connection:
            exclusions = [exclusion_of(row) for row in (await connection.execute(query)).mappings()]
            wanted = [exclusion.clock for exclusion in exclusions]
            rows = await connection.execute(select(_k.data).where(among(connection, _k.id, wanted)))
            clocks = {clock.id: clock for clock in (Clock.from_row(data) for (data,) in rows)}
            about = await _about(connection, client, [clock.conversation for clock in clocks.values()])
        return [
            ClockEntry(clock, about.get(clock.conversation) if clock is not None else None, exclusion)
            for exclusion in exclusions
            for clock in (clocks.get(exclusion.clock),)
        ]


def _ledger(client: ClientId) -> Select[Any]:
    return select(sla_exclusions).where(_x.client == client).order_by(*_NEWEST)


def _proposal(row: Any) -> Proposal:
    return Proposal(
        version=row.version,
        difference=tuple((path, before, after) for path, before, after in row.difference),
        proposed_at=row.created_at,
        proposed_by=row.created_by or "",
        approved=row.approved,
        decided_at=row.approved_at or row.rejected_at,
        decided_by=(row.approved_by if row.approved else row.rejected_by) or "",
    )


async def _about(connection: AsyncConnection, client: ClientId, ids: Sequence[str]) -> dict[str, About]:
    rows = await connection.execute(
        select(_c.id, _c.customer_name, _c.channel_kind, _c.topic, _c.opened_at).where(
            among(connection, _c.id, ids), _c.client == client
        )
    )
    return {row.id: About(row.id, row.customer_name, row.channel_kind, row.topic, row.opened_at) for row in rows}


def _share(
    conversation: str,
    quantity: Fraction | None,
    item: Item,
    about: About | None,
    history: Sequence[Told],
    period: Span,
    now: datetime,
) -> Share:
    if item is Item.AGENT_MINUTE:
        return Share(conversation, quantity, about, at_desk_s=_at_desk_s(history, period, now))
    facts = [f for f in counted(history) if f.item is item and period[0] <= f.at < period[1]]
    return Share(conversation, quantity, about, facts)


def _at_desk_s(history: Sequence[Told], period: Span, now: datetime) -> float:
    """Seconds in the period in which agents had the conversation, whatever else they had."""
    if not history:
        return 0.0
    start, end = to_us(period[0]), to_us(min(period[1], now))
    ranges = [r for holding in holdings(history, min(period[1], now)) for r in holding.ranges]
    return sum(max(min(b, end) - max(a, start), 0) for a, b in ranges) / SECOND
