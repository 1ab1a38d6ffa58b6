"""In which half hours of a day agents had conversations: what staffing sets against the agents it finds needed."""

from collections.abc import Collection, Iterable
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.conversation import State
from conversation.events import EventKind
from conversation.ids import ClientId
from sla.day import Piece, local_day, whole_day
from sla.instants import MICROSECOND, SECOND, to_us, zone_info
from sla.slices import Count, Slice
from sla.span import Range, unite
from sla.usage import Holding, holdings
from storage.agent_minutes import holding_histories
from storage.schema import conversations, daily_rollups
from storage.statements import among, names

_c, _r = conversations.c, daily_rollups.c
_HALF_HOUR_US = 1800 * SECOND


def worked(held: Iterable[Holding], part: Piece, zone: str) -> Slice:
    """Seconds of agents in each half hour of the day, an agent with several conversations once."""
    info, start, end = zone_info(zone), to_us(part.start), to_us(part.end)
    by_agent: dict[str, list[Range]] = {}
    for holding in held:
        by_agent.setdefault(holding.agent, []).extend(holding.ranges)
    found = Slice()
    for ranges in by_agent.values():
        united = unite(ranges)
        for at in range(start, end, _HALF_HOUR_US):
            there = _within(united, at, min(at + _HALF_HOUR_US, end))
            if there:
                local = (part.start + (at - start) * MICROSECOND).astimezone(info)
                found.add(Count.WORKED, local.hour * 2 + local.minute // 30, round(there / SECOND, 3))
    return found


async def worked_since(
    connection: AsyncConnection, client: ClientId, days: Collection[date], zone: str, now: datetime
) -> dict[date, Slice]:
    """What agents added to kept days since these were counted, by conversations claimed on them that they still have:
    nothing happens while an agent goes on, so nothing marks the day.
    """
    if not days:
        return {}
    claimed: dict[date, list[Holding]] = {}
    held = (_c.client == client, _c.state == State.ASSIGNED.value, _c.opened_at < whole_day(max(days), zone).end)
    ids = names(id_ for (id_,) in await connection.execute(select(_c.id).where(*held)))
    for history in (await holding_histories(connection, ids)).values():
        starts = {local_day(event.at, zone) for event in history if event.kind is EventKind.ASSIGNED}
        for day in starts.intersection(days):
            claimed.setdefault(day, []).extend(holdings(history, now))
    counted = await connection.execute(
        select(_r.day, _r.counted_at).where(
            _r.client == client, _r.zone == zone, among(connection, _r.day, map(str, claimed))
        )
    )
    since = {date.fromisoformat(day): counted_at for day, counted_at in counted}
    return {day: worked(_after(claimed[day], at), whole_day(day, zone), zone) for day, at in since.items()}


def _after(held: Iterable[Holding], at: datetime) -> list[Holding]:
    lo = to_us(at)
    return [
        Holding(one.agent, one.conversation, tuple((max(a, lo), b) for a, b in one.ranges if b > lo)) for one in held
    ]


def _within(ranges: Iterable[Range], lo: int, hi: int) -> int:
    return sum(max(min(b, hi) - max(a, lo), 0) for a, b in ranges)
