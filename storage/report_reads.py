"""Reports read from the rows: contacts with their handling times, conversations with their clocks."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import RowMapping, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.events import Event
from conversation.ids import ClientId
from sla.attainment import verdict
from sla.clock import Clock, Outcome
from sla.instants import format_utc, from_us
from sla.policy import ClockKind
from sla.report import Contact
from sla.usage import Holding, holdings
from storage.database import Database
from storage.endings import Ending, ending
from storage.presence_log import logged_from, online_by_agent, spans_in
from storage.schema import conversations, sla_clocks
from storage.sla_rows import load_clocks, load_history

Span = tuple[datetime, datetime]
Presence = Mapping[str, Sequence[Span]]
_c, _k = conversations.c, sla_clocks.c
_BATCH = 500


@dataclass(frozen=True, slots=True)
class ClockRow:
    """One clock of one conversation, flat. `outcome` is empty while open; a cancelled one has its reason. A first
    response has both readings of its time, whichever the contract uses.
    """

    conversation: str
    opened_at: str
    channel: str
    queue: str
    language: str
    topic: str
    ending: str
    clock: str
    started_at: str
    due_at: str
    stopped_at: str
    state: str
    outcome: str
    reason: str
    budget_s: float
    elapsed_s: float | None
    from_handoff_s: float | None
    from_first_message_s: float | None
    agent: str


class SqlReportReads:
    """What reports are made of; `now` decides what is still open."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def contacts(self, client: ClientId, period: Span, now: datetime) -> tuple[list[Contact], Presence]:
        """The conversations handed to people in the period, and when each agent was online for the client. For the time
        before attendance was kept, an agent counts as online while they had a conversation.
        """
        found: list[Contact] = []
        busy: dict[str, list[Span]] = defaultdict(list)
        async with self._database.snapshot([client]) as connection:
            rows = (
                await connection.execute(
                    select(_c.id, _c.queue, _c.language, _c.handed_off_at, ending().label("ending"))
                    .where(_c.client == client, _c.handed_off_at >= period[0], _c.handed_off_at < period[1])
                    .order_by(_c.handed_off_at, _c.id)
                )
            ).all()
            for first in range(0, len(rows), _BATCH):
                batch = rows[first : first + _BATCH]
                ids = [row.id for row in batch]
                histories, clocks = await load_history(connection, ids), await load_clocks(connection, ids)
                for row in batch:
                    held = holdings(histories[row.id], now)
                    for holding in held:
                        busy[holding.agent] += [(from_us(a), from_us(b)) for a, b in holding.ranges]
                    in_sla = _in_sla(clocks.get(row.id, ()), now)
                    found.append(
                        Contact(
                            client=client,
                            queue=row.queue or "",
                            language=row.language,
                            offered_at=row.handed_off_at,
                            handled=row.ending == Ending.HANDLED,
                            abandoned=row.ending == Ending.ABANDONED,
                            handling_s=_seconds(held),
                            in_sla=in_sla,
                        )
                    )
            online = await _online(connection, client, period, busy, now)
        return found, online

    async def online(self, client: ClientId, period: Span, now: datetime) -> Presence:
        """When each agent was online for the client in the period, as far as attendance was kept."""
        async with self._database.reading([client]) as connection:
            return online_by_agent(await spans_in(connection, [client], period, now))

    async def clock_rows(self, client: ClientId, period: Span, now: datetime) -> list[ClockRow]:
        """Every clock that started in the period, with its conversation, in order of start."""
        query = (
            select(_k.data, _c.opened_at, _c.queue, _c.language, _c.topic, ending().label("ending"))
            .join(conversations, _c.id == _k.conversation)
            .where(_k.client == client, _k.started_at >= period[0], _k.started_at < period[1])
            .order_by(_k.started_at, _k.id)
        )
        async with self._database.snapshot([client]) as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [_clock_row(Clock.from_row(row["data"]), row, now) for row in rows]

    async def fingerprint(self, client: ClientId, period: Span) -> tuple[int, int]:
        """Differs once anything has happened in a conversation that was alive in the period: how many there are, and
        the sum of their versions, each of which only grows.
        """
        alive = (_c.client == client, _c.opened_at < period[1], _c.updated_at >= period[0])
        async with self._database.reading([client]) as connection:
            query = select(func.count(), func.coalesce(func.sum(_c.version), 0)).where(*alive)
            number, versions = (await connection.execute(query)).one()
        return int(number), int(versions)

    async def histories(self, client: ClientId, period: Span) -> AsyncIterator[tuple[int, list[list[Event]]]]:
        """The whole histories of all conversations that people had and that were alive in the period: in batches, each
        with how many there are in all.
        """
        query = select(_c.id).where(
            _c.client == client, _c.handed_off_at.is_not(None), _c.opened_at < period[1], _c.updated_at >= period[0]
        )
        async with self._database.snapshot([client]) as connection:
            ids = [id_ for (id_,) in await connection.execute(query.order_by(_c.id))]
            for first in range(0, len(ids), _BATCH):
                yield len(ids), await _whole(connection, ids[first : first + _BATCH])


async def _online(
    connection: AsyncConnection, client: ClientId, period: Span, busy: Presence, now: datetime
) -> Presence:
    """Attendance, and before it was kept the times of having a conversation."""
    kept_from = await logged_from(connection, client) or now
    online = online_by_agent(await spans_in(connection, [client], period, now))
    for agent, times in busy.items():
        before = [(a, min(b, kept_from)) for a, b in times if a < kept_from]
        online.setdefault(agent, []).extend(before)
    return online


async def _whole(connection: AsyncConnection, ids: Sequence[str]) -> list[list[Event]]:
    return list((await load_history(connection, ids)).values())


def _seconds(held: Sequence[Holding]) -> float:
    return sum(b - a for holding in held for a, b in holding.ranges) / 1_000_000


def _in_sla(clocks: Sequence[Clock], now: datetime) -> bool | None:
    first = next((clock for clock in clocks if clock.kind is ClockKind.FIRST_RESPONSE), None)
    outcome = verdict(first, now) if first is not None else None
    return None if outcome is None else outcome is Outcome.MET


def _clock_row(clock: Clock, about: RowMapping, now: datetime) -> ClockRow:
    outcome = verdict(clock, now)
    return ClockRow(
        conversation=clock.conversation,
        opened_at=format_utc(about["opened_at"]),
        channel=clock.channel_kind,
        queue=about["queue"] or "",
        language=about["language"],
        topic=about["topic"],
        ending=about["ending"],
        clock=clock.id.split(":", 1)[1],
        started_at=format_utc(clock.started_at),
        due_at=format_utc(clock.due_at) if clock.due_at else "",
        stopped_at=format_utc(clock.stopped_at) if clock.stopped_at else "",
        state=clock.state.value,
        outcome=outcome.value if outcome else "",
        reason=clock.reason,
        budget_s=clock.budget.total_seconds(),
        elapsed_s=_span_s(clock.elapsed),
        from_handoff_s=_span_s(clock.from_handoff),
        from_first_message_s=_span_s(clock.from_first_message),
        agent=clock.agent,
    )


def _span_s(span: timedelta | None) -> float | None:
    return span.total_seconds() if span is not None else None
