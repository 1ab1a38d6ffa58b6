"""Volume and attainment of a month within its forecast and beyond it, told apart in SQL."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.ids import ClientId
from sla.clock import Outcome
from sla.policy import ClockKind
from storage.database import Database
from storage.endings import judged
from storage.schema import conversations, sla_clocks

_c, _k = conversations.c, sla_clocks.c
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Share:
    """Conversations handed to people, and how their first responses were kept."""

    handoffs: int
    met: int
    missed: int
    open: int


@dataclass(frozen=True, slots=True)
class Volume:
    """A period's handoffs: the first so many of it, and those after them."""

    within: Share
    beyond: Share


class SqlForecastReads:
    """In order of their handoff, the first `planned` conversations of a period are within the forecast."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def volume(self, client: ClientId, period: Span, planned: int, now: datetime) -> Volume:
        """Both sides of the border; all of it is within when there were no more than planned."""
        mine = and_(_c.client == client, _c.handed_off_at >= period[0], _c.handed_off_at < period[1])
        in_order = select(_c.handed_off_at, _c.id).where(mine).order_by(_c.handed_off_at, _c.id)
        async with self._database.snapshot([client]) as connection:
            number = await connection.scalar(select(func.count()).select_from(conversations).where(mine)) or 0
            if number <= planned:
                return Volume(await _share(connection, mine, now), Share(0, 0, 0, 0))
            at, id_ = (await connection.execute(in_order.offset(planned).limit(1))).one()
            later = or_(_c.handed_off_at > at, and_(_c.handed_off_at == at, _c.id >= id_))
            return Volume(
                await _share(connection, and_(mine, ~later), now), await _share(connection, and_(mine, later), now)
            )


async def _share(connection: AsyncConnection, where: ColumnElement[bool], now: datetime) -> Share:
    first = and_(_k.conversation == _c.id, _k.kind == ClockKind.FIRST_RESPONSE.value)
    counts = [func.count(_k.id).filter(judged(outcome, now)) for outcome in (Outcome.MET, Outcome.MISSED, None)]
    handoffs = await connection.scalar(select(func.count()).select_from(conversations).where(where))
    kept = select(*counts).select_from(conversations.join(sla_clocks, first)).where(where)
    row = (await connection.execute(kept)).one()
    return Share(handoffs or 0, row[0], row[1], row[2])
