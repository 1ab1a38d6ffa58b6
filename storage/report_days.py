"""A client's days counted for reports, from the rows: by channel, queue, language and agent, in one pass each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, case, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.conversation import State
from conversation.events import EventKind
from conversation.ids import ClientId
from conversation.message import AuthorKind, Visibility
from handoff.dashboard_view import Period
from sla.clock import ClockState
from sla.day import Piece, whole_day
from sla.instants import SECOND, zone_info
from sla.policy import ClockKind
from sla.slices import Count, Dimension, Measure, Slice
from sla.usage import Holding, holdings
from storage.agent_minutes import holding_histories
from storage.endings import ending, opened_in, overran
from storage.schema import conversations, events, messages, report_days, sla_clocks
from storage.statements import add, among, names
from storage.types import UtcDateTime
from storage.worked import worked

_c, _k, _e, _m, _d = conversations.c, sla_clocks.c, events.c, messages.c, report_days.c
_NEVER = datetime.fromtimestamp(0, UTC)
Key = tuple[Dimension, str]


@dataclass
class DaySlices:
    """One day: a slice of all, and one of each group that had anything."""

    slices: dict[Key, Slice] = field(default_factory=lambda: {(Dimension.ALL, ""): Slice()})
    _leaves: dict[tuple[str, str | None, str, str | None], Slice] = field(default_factory=dict)

    @property
    def total(self) -> Slice:
        return self.slices[Dimension.ALL, ""]

    def leaf(self, channel: str, queue: str | None, language: str, agent: str | None) -> Slice:
        """Where everything of exactly these counts: it is brought into its groups once, by `grow`."""
        key = channel, queue, language, agent
        found = self._leaves.get(key)
        if found is None:
            found = self._leaves[key] = Slice()
        return found

    def group(self, by: Dimension, group: str) -> Slice:
        """What counts in one group only."""
        return self.slices.setdefault((by, group), Slice())

    def grow(self) -> None:
        """Adds the leaves to all and to their groups; without an agent or queue they are in no group of these."""
        for (channel, queue, language, agent), everything in self._leaves.items():
            self.total.merge(everything)
            leaf = _of_group(everything)
            self.group(Dimension.CHANNEL, channel).merge(leaf)
            for by, group in ((Dimension.QUEUE, queue), (Dimension.LANGUAGE, language), (Dimension.AGENT, agent)):
                if group:
                    self.group(by, group).merge(leaf)
        self._leaves.clear()


@dataclass(frozen=True, slots=True)
class Counted:
    """When days were counted, and before which moment nothing is missing from any day that is kept: earlier than `now`
    where a count leaves changes for the next.
    """

    now: datetime
    current: datetime


_ONLY_OF_ALL = frozenset({Count.OPENED, Count.REASONS, Count.TOPICS, Count.DISPOSITIONS})


def _of_group(leaf: Slice) -> Slice:
    """What is told of groups: without what nobody asks of them, and handoffs without their times."""
    counts = {name: counts for name, counts in leaf.counts.items() if name not in _ONLY_OF_ALL}
    if Count.HANDED in counts:
        counts[Count.HANDED] = {"": sum(counts[Count.HANDED].values())}
    return Slice(counts, leaf.times)


async def count_report_days(
    connection: AsyncConnection, client: ClientId, parts: Iterable[Piece], zone: str, now: datetime
) -> dict[date, DaySlices]:
    """The slices of each piece, as of `now`."""
    return {part.day: await _count(connection, client, part, zone, now) for part in parts}


async def write_report_days(
    connection: AsyncConnection, client: ClientId, parts: Sequence[Piece], zone: str, at: Counted
) -> None:
    """Counts whole days and keeps them in place of what was kept of them, each row with the moment as of which all
    days are current.
    """
    found = await count_report_days(connection, client, parts, zone, at.now)
    days = [day.isoformat() for day in found]
    await connection.execute(
        delete(report_days).where(_d.client == client, _d.zone == zone, among(connection, _d.day, days))
    )
    rows = [
        {
            "client": client,
            "zone": zone,
            "day": day.isoformat(),
            "by": by.value,
            "group": group,
            "data": one.counts,
            "times": one.times_row(),
            "counted_at": at.current,
        }
        for day, counted in found.items()
        for (by, group), one in counted.slices.items()
    ]
    await add(connection, report_days, rows)
    for month in sorted({day.replace(day=1) for day in found}):
        if whole_day(next_month(month), zone).start <= at.now:
            await _sum_up(connection, client, zone, month, at.current)


async def current_as_of(connection: AsyncConnection, client: ClientId, zone: str) -> datetime:
    """Whatever happened before this moment is in every day that is kept; long ago if none is."""
    newest = select(func.max(_d.counted_at)).where(_d.client == client, _d.zone == zone, _d.by == Dimension.ALL.value)
    found: datetime | None = await connection.scalar(newest)
    return found or _NEVER


async def _sum_up(connection: AsyncConnection, client: ClientId, zone: str, month: date, current: datetime) -> None:
    """Keeps a month that is over as one row of all and one of each group: a year by agents is not ten thousand rows."""
    mine = (_d.client == client, _d.zone == zone)
    rows = await connection.execute(
        select(_d.by, _d.group, _d.data, _d.times).where(
            *mine, among(connection, _d.day, [d.isoformat() for d in days_in(month)])
        )
    )
    sums: dict[tuple[str, str], Slice] = {}
    for by, group, data, times in rows:
        sums.setdefault((by, group), Slice()).merge(Slice.from_row(data, times))
    await connection.execute(delete(report_days).where(*mine, _d.day == month_name(month)))
    kept = {"client": client, "zone": zone, "day": month_name(month), "counted_at": current}
    await add(
        connection,
        report_days,
        [
            {**kept, "by": by, "group": group, "data": one.counts, "times": one.times_row()}
            for (by, group), one in sums.items()
        ],
    )


def month_name(month: date) -> str:
    """How the sums of a month are kept, beside those of days."""
    return month.isoformat()[:7]


def next_month(month: date) -> date:
    """The first day of the month after."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


def days_in(month: date) -> list[date]:
    """Every day of a month given by its first."""
    return [month + timedelta(days=n) for n in range((next_month(month) - month).days)]


async def _count(connection: AsyncConnection, client: ClientId, part: Piece, zone: str, now: datetime) -> DaySlices:
    day = DaySlices()
    await _count_opened(connection, client, part, zone, day)
    await _count_handed(connection, client, part, zone, day)
    await _count_finished(connection, client, part, day)
    await _count_clocks(connection, client, part, day, now)
    await _count_bot_responses(connection, client, part, day)
    await _count_handling(connection, client, part, zone, day, now)
    await _count_csat(connection, client, part, day)
    day.grow()
    return day


_ABOUT = (_c.channel_kind, _c.queue, _c.language, _c.last_agent)


def _leaf(day: DaySlices, row: Any) -> Slice:
    return day.leaf(row.channel_kind, row.queue, row.language, row.last_agent)


async def _count_opened(connection: AsyncConnection, client: str, part: Piece, zone: str, day: DaySlices) -> None:
    info = zone_info(zone)
    query = select(*_ABOUT, _c.opened_at, _c.handoff_reason, _c.topic, _c.disposition, ending().label("ending")).where(
        *opened_in(client, Period(part.start, part.end))
    )
    for row in await connection.execute(query):
        at = row.opened_at.astimezone(info)
        leaf = _leaf(day, row)
        leaf.add(Count.OPENED, at.hour * 2 + at.minute // 30)
        leaf.add(Count.ENDINGS, row.ending)
        for name, key in (
            (Count.REASONS, row.handoff_reason),
            (Count.TOPICS, row.topic),
            (Count.DISPOSITIONS, row.disposition),
        ):
            if key:
                leaf.add(name, key)


async def _count_handed(connection: AsyncConnection, client: str, part: Piece, zone: str, day: DaySlices) -> None:
    info = zone_info(zone)
    query = select(*_ABOUT, _c.handed_off_at).where(
        _c.client == client, _c.handed_off_at >= part.start, _c.handed_off_at < part.end
    )
    for row in await connection.execute(query):
        at = row.handed_off_at.astimezone(info)
        _leaf(day, row).add(Count.HANDED, at.hour * 2 + at.minute // 30)


async def _count_finished(connection: AsyncConnection, client: str, part: Piece, day: DaySlices) -> None:
    query = (
        select(*_ABOUT, func.count().label("number"))
        .where(
            _c.client == client,
            _c.handed_off_at.is_not(None),
            _c.resolved_at >= part.start,
            _c.resolved_at < part.end,
            _c.state == State.RESOLVED.value,
        )
        .group_by(*_ABOUT)
    )
    for row in await connection.execute(query):
        _leaf(day, row).add(Count.FINISHED, "", row.number)


async def _count_clocks(connection: AsyncConnection, client: str, part: Piece, day: DaySlices, now: datetime) -> None:
    query = select(
        _k.kind,
        _k.channel_kind,
        _k.queue,
        _k.language,
        _k.agent,
        _k.state,
        _k.outcome,
        _k.elapsed_s,
        and_(_k.outcome.is_(None), overran(now)).label("late"),
    ).where(
        _k.client == client,
        _k.kind.in_([kind.value for kind in ClockKind]),
        _k.started_at >= part.start,
        _k.started_at < part.end,
        _k.state != ClockState.CANCELLED.value,
    )
    for row in await connection.execute(query):
        verdict = "missed" if row.late else row.outcome or "open"
        leaf = day.leaf(row.channel_kind, row.queue, row.language, row.agent)
        leaf.add(f"clock:{row.kind}", verdict)
        if row.state == ClockState.STOPPED and row.elapsed_s is not None:
            leaf.took(row.kind, row.elapsed_s)


async def _count_bot_responses(connection: AsyncConnection, client: str, part: Piece, day: DaySlices) -> None:
    """From the first of a customer's messages in a row to the platform's acceptance of the bot's message that came
    next; messages the bot did not answer are in none, and asking how it went answers nothing. They count on the day the
    conversation was opened.
    """
    for row in await connection.execute(_bot_responses(client, part)):
        leaf = day.leaf(row.channel_kind, row.queue, row.language, None)
        leaf.took(Measure.BOT_RESPONSE, (row.delivered_at - row.asked_at).total_seconds())


def _bot_responses(client: str, part: Piece) -> Select[Any]:
    speakers = (AuthorKind.CUSTOMER.value, AuthorKind.BOT.value, AuthorKind.AGENT.value)
    speaker = case((_m.id.in_(_surveys(client, part)), "survey"), else_=_m.author_kind).label("author_kind")
    before = func.lag(speaker).over(partition_by=_m.conversation, order_by=_m.position)
    said = (
        select(
            _c.channel_kind,
            _c.queue,
            _c.language,
            _m.conversation,
            _m.position,
            speaker,
            _m.created_at,
            _m.delivered_at,
            before.label("before"),
        )
        .join(messages, _m.conversation == _c.id)
        .where(
            *opened_in(client, Period(part.start, part.end)),
            _m.visibility == Visibility.PUBLIC.value,
            _m.author_kind.in_(speakers),
        )
        .subquery()
    )
    # Of each turn of one speaker only its first message; after that, a customer's is followed by somebody else's.
    turns = select(said).where((said.c.before.is_(None)) | (said.c.before != said.c.author_kind)).subquery()
    window: dict[str, Any] = {"partition_by": turns.c.conversation, "order_by": turns.c.position}
    answered = select(
        turns.c.channel_kind,
        turns.c.queue,
        turns.c.language,
        turns.c.author_kind,
        turns.c.created_at.label("asked_at"),
        func.lead(turns.c.author_kind).over(**window).label("answered_by"),
        func.lead(turns.c.delivered_at, type_=UtcDateTime()).over(**window).label("delivered_at"),
    ).subquery()
    return select(answered).where(
        answered.c.author_kind == AuthorKind.CUSTOMER.value,
        answered.c.answered_by == AuthorKind.BOT.value,
        answered.c.delivered_at >= answered.c.asked_at,
    )


def _surveys(client: str, part: Piece) -> Select[Any]:
    """The messages that asked for a score: the bot writes them by itself when people have ended a conversation."""
    return (
        select(_e.data["message_id"].as_string())
        .join(conversations, _c.id == _e.conversation)
        .where(*opened_in(client, Period(part.start, part.end)), _c.csat != "", _e.kind == EventKind.CSAT_ASKED.value)
    )


async def _count_handling(
    connection: AsyncConnection, client: str, part: Piece, zone: str, day: DaySlices, now: datetime
) -> None:
    """How long agents had each conversation that was claimed first on this day and that nobody has any more; and in
    which half hours agents had any of those claimed on this day.
    """
    claimed = await connection.execute(
        select(_e.conversation)
        .where(
            _e.client == client,
            _e.kind == EventKind.ASSIGNED.value,
            _e.at >= part.start,
            _e.at < part.end,
        )
        .distinct()
    )
    ids = names(id_ for (id_,) in claimed)
    if not ids:
        return
    histories = await holding_histories(connection, ids)
    found = await connection.execute(select(_c.id, _c.assignee, *_ABOUT).where(among(connection, _c.id, ids)))
    about = {row.id: row for row in found}
    every: list[Holding] = []
    for id_, history in histories.items():
        held = holdings(history, now)
        every += held
        first = next(event.at for event in history if event.kind is EventKind.ASSIGNED)
        if about[id_].assignee is None and part.start <= first < part.end:
            _add_handling(day, about[id_], held)
    day.total.merge(worked(every, part, zone))


def _add_handling(day: DaySlices, row: Any, held: Sequence[Holding]) -> None:
    day.leaf(row.channel_kind, row.queue, row.language, None).took(Measure.HANDLING, _seconds(held))
    for agent in sorted({holding.agent for holding in held}):
        mine = [holding for holding in held if holding.agent == agent]
        day.group(Dimension.AGENT, agent).took(Measure.HANDLING, _seconds(mine))


def _seconds(held: Sequence[Holding]) -> float:
    return sum(b - a for holding in held for a, b in holding.ranges) / SECOND


async def _count_csat(connection: AsyncConnection, client: str, part: Piece, day: DaySlices) -> None:
    query = (
        select(_e.data["score"].as_integer().label("score"), *_ABOUT)
        .join(conversations, _c.id == _e.conversation)
        .where(_e.client == client, _e.kind == EventKind.CSAT.value, _e.at >= part.start, _e.at < part.end)
    )
    for row in await connection.execute(query):
        if row.score is not None:
            _leaf(day, row).add(Count.CSAT, row.score)
