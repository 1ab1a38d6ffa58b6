"""Daily roll-ups: each client's days counted once and kept, so that a page reads days instead of conversations.

A commit only marks the conversations it touched. `SqlRollups` turns marks into counted days soon after; until it has,
readers count the marked days themselves. So figures are exact and current at any moment, with or without the job.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

from sqlalchemy import delete, func, null, select
from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.change import Change
from conversation.clock import Clock as Time
from conversation.events import Event, EventKind
from conversation.ids import ClientId
from conversation.message import AuthorKind
from sla.day import DayFacts, Piece, local_day, runs, whole_day
from storage.agent_minutes import minutes_of_days, settled_until
from storage.database import Database
from storage.day_counts import count_days, touched_days
from storage.report_days import Counted, current_as_of, write_report_days
from storage.schema import clients, conversations, daily_rollups, rollup_marks
from storage.statements import add, among, dialect_of, names
from storage.tenancy import ALL_CLIENTS

log = logging.getLogger(__name__)

EVERY_SECONDS = 2.0
MARKS = 5_000  # taken up in one pass
EARLY = timedelta(
    days=2
)  # by the platform's time a clock may start before its conversation; none keeps messages longer
BACKFILL_DAYS = 31  # days counted in one pass when many are missing
_r, _m = daily_rollups.c, rollup_marks.c
_COUNTS_FOR_NOTHING = frozenset(
    {
        EventKind.CUSTOMER_EDITED,
        EventKind.UNDERSTOOD,
        EventKind.BOT_REPLIED,
        EventKind.NOTE_ADDED,
        EventKind.MAYBE_DOUBLED,
    }
)


class RollupMarks:
    """A conversation.ports.Projection: one small row for each conversation that a transaction changed."""

    async def apply(self, transaction: AsyncConnection, changes: Sequence[Change], events: Sequence[Event]) -> None:
        """Marks conversations; nobody waits for anybody, since rows are only added."""
        del changes
        await mark(transaction, {(e.client, e.conversation) for e in events if counts_for_itself(e)})


async def mark(transaction: AsyncConnection, touched: Iterable[tuple[str, str]]) -> None:
    """The days of these conversations, each with its client, will be counted again."""
    await add(transaction, rollup_marks, [{"client": c, "conversation": id_} for c, id_ in sorted(touched)])


def counts_for_itself(event: Event) -> bool:
    """Whether an event may change a figure whatever the terms. If the delivery of a bot's message does depends on the
    terms its conversation runs under, so `storage.sla_projection` marks what that changed.
    """
    if event.kind is EventKind.DELIVERED:
        return event.data.get("author") == AuthorKind.AGENT
    return event.kind not in _COUNTS_FOR_NOTHING


@dataclass(frozen=True, slots=True)
class Kept:
    """What roll-ups know of some days: those counted and up to date, and the rest, which must be counted."""

    days: Mapping[date, DayFacts]
    stale: Sequence[Piece]

    def minutes(self, day: date) -> Fraction | None:
        """The day's agent minutes, where they can change no more."""
        return self.days[day].minutes if day in self.days else None


async def kept_days(
    connection: AsyncConnection,
    client: ClientId,
    parts: Sequence[Piece],
    zone: str,
    *,
    times: bool = True,
    dirty: Collection[date] | None = None,
) -> Kept:
    """The roll-ups of the pieces that are whole days, unless something happened to them since they were counted; on
    demand without the many `times`. `dirty` are the `dirty_days`, of who has asked for them already.
    """
    wanted = names(part.day.isoformat() for part in parts if part.whole)
    packed = _r.times if times else null()
    rows = await connection.execute(
        select(_r.day, _r.data, packed).where(_r.client == client, _r.zone == zone, among(connection, _r.day, wanted))
    )
    found = {date.fromisoformat(day): DayFacts.from_row(data, packed) for day, data, packed in rows}
    dirty = await dirty_days(connection, client, zone) if dirty is None else dirty
    whole = {part.day for part in parts if part.whole}
    fresh = {day: facts for day, facts in found.items() if day in whole and day not in dirty}
    return Kept(fresh, [part for part in parts if part.day not in fresh or not part.whole])


async def dirty_days(connection: AsyncConnection, client: ClientId, zone: str) -> set[date]:
    """The days to which something happened since they were counted."""
    marked = [id_ for (id_,) in await connection.execute(select(_m.conversation).where(_m.client == client).distinct())]
    return await touched_days(connection, marked, zone) if marked else set()


async def days_of(
    connection: AsyncConnection,
    client: ClientId,
    parts: Sequence[Piece],
    zone: str,
    now: datetime,
    *,
    usage: bool = False,
    times: bool = True,
) -> dict[date, DayFacts]:
    """The facts of each piece: kept where they are up to date, else counted; with `usage` in them only if asked for,
    and `times` only where they are wanted.
    """
    kept = await kept_days(connection, client, parts, zone, times=times)
    return await filled(connection, client, parts, kept, zone, now, usage=usage)


async def filled(
    connection: AsyncConnection,
    client: ClientId,
    parts: Sequence[Piece],
    kept: Kept,
    zone: str,
    now: datetime,
    *,
    usage: bool = False,
) -> dict[date, DayFacts]:
    """The facts of each piece, of which some are `kept`: the others are counted."""
    past = await _with_anything(connection, client, [part for part in kept.stale if part.start <= now])
    found = {**kept.days, **await count_days(connection, client, past, zone, usage=usage)}
    return {part.day: found.get(part.day) or DayFacts() for part in parts}


async def _with_anything(connection: AsyncConnection, client: ClientId, parts: Sequence[Piece]) -> Sequence[Piece]:
    """Those that do not end long before the client's first conversation: counting days is slower than asking."""
    if not parts:
        return parts
    first = await connection.scalar(select(func.min(conversations.c.opened_at)).where(conversations.c.client == client))
    return [part for part in parts if first is not None and part.end > first - EARLY]


async def minutes_in(
    connection: AsyncConnection,
    client: ClientId,
    parts: Sequence[Piece],
    kept: Kept,
    now: datetime,
) -> Fraction:
    """`minutes_by_day`, added up, of days of which some are kept."""
    known = {part.day: kept.minutes(part.day) for part in parts}
    return sum((await minutes_by_day(connection, client, parts, known, now)).values(), Fraction(0))


async def minutes_by_day(
    connection: AsyncConnection,
    client: ClientId,
    parts: Sequence[Piece],
    known: Mapping[date, Fraction | None],
    now: datetime,
) -> dict[date, Fraction]:
    """Agent minutes: those `known`, the others from who had what since. `connection` must see every client; see
    `agent_minutes.minutes_of_days`.
    """
    found = {part.day: known[part.day] or Fraction(0) for part in parts}
    for run in runs(part for part in parts if known[part.day] is None):
        found |= await minutes_of_days(connection, client, run, now)
    return found


class SqlRollups:
    """Counts marked days, and days never counted, in the background. Any number of workers may run it: a client is
    counted by one at a time, so that an older count never replaces a newer one.
    """

    def __init__(self, database: Database, clock: Time, zone: Callable[[ClientId], str], *, batch: int = MARKS) -> None:
        self._database = database
        self._clock = clock
        self._zone = zone
        self._batch = batch
        self._complete: set[tuple[ClientId, str]] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Keeps roll-ups fresh until `stop`; it rests as long as it worked, unless there is a past to be counted."""
        while not stop.is_set():
            begun = asyncio.get_running_loop().time()
            if await self.catch_up() < BACKFILL_DAYS:
                await _pause(stop, max(EVERY_SECONDS, asyncio.get_running_loop().time() - begun))

    async def catch_up(self) -> int:
        """One pass over all clients; how many days were counted."""
        async with self._database.reading(ALL_CLIENTS) as connection:
            known = [ClientId(id_) for (id_,) in await connection.execute(select(clients.c.id).order_by(clients.c.id))]
        return sum([await self._count(client) for client in known])

    async def _count(self, client: ClientId) -> int:
        zone, now = self._zone(client), self._clock.now()
        if not await self._has_work(client, zone, now):
            return 0
        async with self._database.transaction(ALL_CLIENTS) as connection:
            taken = await connection.scalar(
                select(clients.c.id).where(clients.c.id == client).with_for_update(key_share=True, skip_locked=True)
            )
            if taken is None:
                return 0
            settled = await settled_until(connection, now)
            waiting = select(_m.position, _m.conversation).where(_m.client == client).order_by(_m.position)
            found = (await connection.execute(waiting.limit(self._batch + 1))).all()
            marks = found[: self._batch]
            days = await touched_days(connection, names(row.conversation for row in marks), zone)
            days |= await self._unsettled(connection, client, zone, settled)
            days |= await self._missing(connection, client, zone, now)
            current = now if marks == found else await current_as_of(connection, client, zone)
            await self._write(connection, client, zone, days, settled, Counted(now, current))
            if marks:
                await connection.execute(
                    delete(rollup_marks).where(_m.client == client, _m.position.in_([row.position for row in marks]))
                )
        return len(days)

    async def _has_work(self, client: ClientId, zone: str, now: datetime) -> bool:
        """A look that locks nothing."""
        if (client, zone) not in self._complete:
            return True
        async with self._database.reading(ALL_CLIENTS) as connection:
            if await connection.scalar(select(_m.position).where(_m.client == client).limit(1)) is not None:
                return True
            return bool(await self._unsettled(connection, client, zone, await settled_until(connection, now)))

    async def _unsettled(
        self, connection: AsyncConnection, client: ClientId, zone: str, settled: datetime
    ) -> set[date]:
        """Counted days that have ended since, so far that their agent minutes are final."""
        rows = await connection.execute(
            select(_r.day).where(
                _r.client == client, _r.zone == zone, _r.settled.is_(False), _r.day < settled.date().isoformat()
            )
        )
        days = {date.fromisoformat(day) for (day,) in rows}
        return {day for day in days if whole_day(day, zone).end <= settled}

    async def _missing(self, connection: AsyncConnection, client: ClientId, zone: str, now: datetime) -> set[date]:
        """Days since the client's first conversation that were never counted, the oldest first, some at a time."""
        if (client, zone) in self._complete:
            return set()
        first = await connection.scalar(
            select(func.min(conversations.c.opened_at)).where(conversations.c.client == client)
        )
        rows = await connection.execute(select(_r.day).where(_r.client == client, _r.zone == zone))
        known = {date.fromisoformat(day) for (day,) in rows}
        today = local_day(now, zone)
        start = local_day(first, zone) if first is not None else today
        every = (start + timedelta(days=n) for n in range((today - start).days + 1))
        missing = [day for day in every if day not in known]
        if len(missing) <= BACKFILL_DAYS:
            self._complete.add((client, zone))
        return set(missing[:BACKFILL_DAYS])

    async def _write(
        self,
        connection: AsyncConnection,
        client: ClientId,
        zone: str,
        days: Iterable[date],
        settled: datetime,
        at: Counted,
    ) -> None:
        parts = [whole_day(day, zone) for day in sorted(days)]
        if not parts:
            return
        facts = await count_days(connection, client, parts, zone)
        spent: dict[date, Fraction] = {}
        for run in runs(part for part in parts if part.end <= settled):
            spent |= await minutes_of_days(connection, client, run, at.now)
        rows = []
        for part in parts:
            facts[part.day].minutes = spent.get(part.day)
            rows.append(
                {
                    "client": client,
                    "zone": zone,
                    "day": part.day.isoformat(),
                    "data": facts[part.day].to_row(),
                    "times": facts[part.day].times_row(),
                    "settled": part.day in spent,
                    "counted_at": at.now,
                }
            )
        insert = dialect_of(connection).insert(daily_rollups)
        changing = {name: insert.excluded[name] for name in ("data", "times", "settled", "counted_at")}
        await connection.execute(
            insert.on_conflict_do_update(index_elements=["client", "zone", "day"], set_=changing), rows
        )
        await write_report_days(connection, client, parts, zone, at)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
