"""Every conversation of a period with its clocks, in batches: a year of them never has to fit into memory."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_, select

from conversation.ids import ClientId
from handoff.dashboard_view import Period
from sla.attainment import verdict
from sla.clock import Clock
from sla.instants import format_utc
from storage.database import Database
from storage.endings import ending, opened_in
from storage.schema import conversations
from storage.sla_rows import load_clocks

_c = conversations.c
_BATCH = 1000


class SqlConversationExport:
    """Each batch is a transaction of its own, so nothing is held while somebody's browser takes its time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def rows(self, client: ClientId, period: Period, now: datetime) -> AsyncIterator[Sequence[Mapping[str, Any]]]:
        """The conversations opened in the period, oldest first, as flat values; `clocks` lists their clocks."""
        columns = (
            _c.id,
            _c.opened_at,
            _c.channel,
            _c.channel_kind,
            _c.customer_name,
            _c.language,
            _c.queue,
            _c.topic,
            _c.handoff_reason,
            _c.handed_off_at,
            _c.last_agent,
            _c.resolved_at,
            _c.disposition,
            _c.csat_score,
            ending().label("ending"),
        )
        query = select(*columns).where(*opened_in(client, period)).order_by(_c.opened_at, _c.id).limit(_BATCH)
        after: tuple[datetime, str] | None = None
        while True:
            page = query
            if after is not None:
                page = query.where(
                    _c.opened_at >= after[0],
                    or_(_c.opened_at > after[0], and_(_c.opened_at == after[0], _c.id > after[1])),
                )
            async with self._database.reading([client]) as connection:
                found = (await connection.execute(page)).mappings().all()
                clocks = await load_clocks(connection, [row["id"] for row in found]) if found else {}
            if found:
                yield [_flat(dict(row), clocks.get(row["id"], ()), now) for row in found]
            if len(found) < _BATCH:
                return
            after = found[-1]["opened_at"], found[-1]["id"]


def _flat(row: Mapping[str, Any], clocks: Sequence[Clock], now: datetime) -> dict[str, Any]:
    return {
        "conversation": row["id"],
        "opened_at": _utc(row["opened_at"]),
        "channel": row["channel"],
        "channel_kind": row["channel_kind"],
        "customer": row["customer_name"],
        "language": row["language"],
        "queue": row["queue"] or "",
        "topic": row["topic"],
        "ending": row["ending"],
        "handoff_reason": row["handoff_reason"] or "",
        "handed_off_at": _utc(row["handed_off_at"]),
        "agent": row["last_agent"] or "",
        "resolved_at": _utc(row["resolved_at"]),
        "disposition": row["disposition"],
        "csat": row["csat_score"],
        "clocks": [_clock(clock, now) for clock in clocks],
    }


def _clock(clock: Clock, now: datetime) -> dict[str, Any]:
    outcome = verdict(clock, now)
    return {
        "clock": clock.id.split(":", 1)[1],
        "kind": clock.kind.value,
        "started_at": _utc(clock.started_at),
        "due_at": _utc(clock.due_at),
        "stopped_at": _utc(clock.stopped_at),
        "state": clock.state.value,
        "outcome": outcome.value if outcome else "",
        "reason": clock.reason,
        "budget_s": clock.budget.total_seconds(),
        "elapsed_s": _seconds(clock.elapsed),
        "from_handoff_s": _seconds(clock.from_handoff),
        "from_first_message_s": _seconds(clock.from_first_message),
        "agent": clock.agent,
    }


def _seconds(span: timedelta | None) -> float | None:
    return span.total_seconds() if span is not None else None


def _utc(moment: datetime | None) -> str:
    return format_utc(moment) if moment else ""
