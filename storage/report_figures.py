"""The figures of reports for any local dates: days as they were kept, counted anew where they are out of date."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, null, select
from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.conversation import State
from conversation.ids import ClientId
from sla.day import day_start, local_day, whole_day
from sla.slices import Count, Dimension, Slice, add_up
from storage.database import Database
from storage.day_counts import touched_days
from storage.report_days import count_report_days, current_as_of, days_in, month_name
from storage.schema import conversations, report_days, rollup_marks, users
from storage.statements import among, names
from storage.worked import worked_since

TRUSTED_FOR = timedelta(seconds=5)
"""A day is read as kept while nothing older than this waits to be counted; after that it is counted by the reader."""

Key = tuple[Dimension, str]
_ALL: Key = (Dimension.ALL, "")
_BY = {dimension.value: dimension for dimension in Dimension}
_c, _d, _m = conversations.c, report_days.c, rollup_marks.c


@dataclass(frozen=True, slots=True)
class Figures:
    """The slices of every local day asked for, in order; of all of them together; and of each group over all of them.
    Days of whole months have counts but no times, which are in the `total` alone. `names` are agents'.
    """

    days: Mapping[date, Slice]
    total: Slice
    groups: Mapping[Dimension, Mapping[str, Slice]]
    names: Mapping[str, str]


class SqlReportFigures:
    """Reads of one client each."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def figures(
        self,
        client: ClientId,
        zone: str,
        first: date,
        last: date,
        by: Collection[Dimension],
        now: datetime,
        *,
        timed: bool = True,
    ) -> Figures:
        """Both dates are included; those that have not come yet are left out. On demand without any times."""
        wanted = _days(first, min(last, local_day(now, zone)))
        dimensions = [Dimension.ALL, *(one for one in by if one is not Dimension.ALL)]
        async with self._database.snapshot([client]) as connection:
            kept = await _kept(connection, client, zone, wanted, now)
            months = {month_name(month): month for month in {day.replace(day=1) for day in kept}}
            whole = [name for name, month in months.items() if kept.issuperset(days_in(month))]
            sums = {
                n: s
                for n, s in (await _read(connection, client, zone, dimensions, whole, timed=timed)).items()
                if _ALL in s
            }
            summed = {day for name in sums for day in days_in(months[name])}
            single = await _read(connection, client, zone, dimensions, map(str, kept - summed), timed=timed)
            counts = await _read(connection, client, zone, (Dimension.ALL,), map(str, summed), timed=False)
            missing = await _with_anything(connection, client, zone, [day for day in wanted if day not in kept])
            parts = [whole_day(day, zone) for day in missing]
            counted = {
                str(d): c.slices for d, c in (await count_report_days(connection, client, parts, zone, now)).items()
            }
            lately = await worked_since(connection, client, kept, zone, now)
            every = [*sums.values(), *single.values(), *counted.values(), *({_ALL: one} for one in lately.values())]
            groups: dict[Dimension, Mapping[str, Slice]] = {one: _group(every, one) for one in dimensions[1:]}
            people = await _names(connection, groups.get(Dimension.AGENT, {}))
        read = {**single, **counts, **counted}
        days = {day: read.get(str(day), {}).get(_ALL, Slice()) for day in wanted}
        days |= {day: add_up([days[day], more]) for day, more in lately.items()}
        return Figures(days, add_up(slices[_ALL] for slices in every if _ALL in slices), groups, people)

    async def backlog(self, client: ClientId, zone: str, last: date, now: datetime) -> int:
        """Conversations handed to people by the end of a local day (or by `now`) and resolved later, or not yet: from
        those of today backwards, over what days since then handed and finished.
        """
        today = local_day(now, zone)
        end = day_start(last + timedelta(days=1), zone) if last < today else now
        handed = (_c.client == client, _c.handed_off_at.is_not(None))
        live = max(end, day_start(today, zone))
        queries = (
            select(func.count()).where(*handed, _c.state != State.RESOLVED.value),
            select(func.count()).where(_c.client == client, _c.handed_off_at >= live),
            select(func.count()).where(*handed, _c.resolved_at >= live, _c.state == State.RESOLVED.value),
        )
        async with self._database.snapshot([client]) as connection:
            open_now, handed_since, finished_since = [await connection.scalar(query) or 0 for query in queries]
        if end < live:
            days = last + timedelta(days=1), today - timedelta(days=1)
            since = (await self.figures(client, zone, *days, (), now, timed=False)).total
            handed_since += since.of(Count.HANDED).total()
            finished_since += since.of(Count.FINISHED).total()
        return max(open_now - handed_since + finished_since, 0)


async def _kept(
    connection: AsyncConnection, client: ClientId, zone: str, days: Iterable[date], now: datetime
) -> set[date]:
    """Those of the days that were counted and that nothing happened to since."""
    stale = await _stale(connection, client, zone, now)
    read = [str(day) for day in days if day not in stale]
    rows = await connection.execute(
        select(_d.day).where(
            _d.client == client, _d.zone == zone, _d.by == Dimension.ALL.value, among(connection, _d.day, read)
        )
    )
    return {date.fromisoformat(day) for (day,) in rows}


async def _read(
    connection: AsyncConnection,
    client: ClientId,
    zone: str,
    by: Iterable[Dimension],
    days: Iterable[str],
    *,
    timed: bool = True,
) -> dict[str, dict[Key, Slice]]:
    """What is kept of days, or of months by their names; on demand without the times."""
    wanted = list(days)
    if not wanted:
        return {}
    times = _d.times if timed else null()
    rows = await connection.execute(
        select(_d.day, _d.by, _d.group, _d.data, times).where(
            _d.client == client,
            _d.zone == zone,
            among(connection, _d.by, names(dimension.value for dimension in by)),
            among(connection, _d.day, wanted),
        )
    )
    found: dict[str, dict[Key, Slice]] = {}
    for day, dimension, group, counts, packed in rows:
        found.setdefault(day, {})[_BY[dimension], group] = Slice.from_row(counts, packed)
    return found


async def _stale(connection: AsyncConnection, client: ClientId, zone: str, now: datetime) -> set[date]:
    """Days of changes that should have been counted by now: none while the job has taken up all lately."""
    if await current_as_of(connection, client, zone) >= now - TRUSTED_FOR:
        return set()
    rows = await connection.execute(
        select(_m.conversation)
        .join(conversations, _c.id == _m.conversation)
        .where(_m.client == client, _c.updated_at < now - TRUSTED_FOR)
        .distinct()
    )
    marked = [id_ for (id_,) in rows]
    return await touched_days(connection, marked, zone) if marked else set()


async def _with_anything(
    connection: AsyncConnection, client: ClientId, zone: str, days: Sequence[date]
) -> Sequence[date]:
    """Those of the days that do not lie before the client's first conversation."""
    if not days:
        return days
    first = await connection.scalar(select(func.min(_c.opened_at)).where(_c.client == client))
    return [day for day in days if first is not None and day >= local_day(first, zone)]


async def _names(connection: AsyncConnection, agents: Iterable[str]) -> Mapping[str, str]:
    found = await connection.execute(
        select(users.c.id, users.c.name).where(among(connection, users.c.id, names(agents)))
    )
    return {id_: name for id_, name in found}  # noqa: C416  rows are no pairs to dict()


def _group(days: Iterable[Mapping[tuple[Dimension, str], Slice]], dimension: Dimension) -> Mapping[str, Slice]:
    found: dict[str, list[Slice]] = {}
    for day in days:
        for (by, group), one in day.items():
            if by is dimension:
                found.setdefault(group, []).append(one)
    return {group: add_up(found[group]) for group in sorted(found)}


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
