"""Promises that the live audit found broken: raised once a week and version, then settled."""

from datetime import datetime

from sqlalchemy import RowMapping, select, update

from accounts.audit import Act, entry
from conversation.ids import ClientId
from nlu.audit.interval import Interval
from nlu.audit.records import Alarm
from nlu.audit.week import Week
from storage.audit import note
from storage.database import Database
from storage.schema_live_audit import live_audit_alarms
from storage.statements import dialect_of
from storage.tenancy import ALL_CLIENTS

_c = live_audit_alarms.c


class SqlAuditAlarms:
    """An alarm is kept with its line in the audit log; what it is to do is decided then, so that doing it twice after
    a crash does the same.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def raise_once(self, alarm: Alarm) -> bool:
        """Keeps a new alarm; False if this version's promise was found broken in this week before."""
        row = {
            "client": alarm.client,
            "week": str(alarm.week),
            "version": alarm.version,
            "promised": alarm.promised,
            "found": alarm.found.share,
            "low": alarm.found.low,
            "high": alarm.found.high,
            "raised_at": alarm.raised_at,
            "target": alarm.target,
            "tightened": alarm.tightened,
            "outcome": alarm.outcome,
            "settled_at": alarm.settled_at,
        }
        async with self._database.transaction([alarm.client]) as connection:
            insert = dialect_of(connection).insert(live_audit_alarms).values(row).on_conflict_do_nothing()
            if await connection.scalar(insert.returning(_c.week)) is None:
                return False
            told = entry(
                Act.PROMISE_BROKEN,
                alarm.raised_at,
                client=alarm.client,
                subject=f"bot:{alarm.version}",
                week=str(alarm.week),
                promised=alarm.promised,
                found=alarm.found.share,
                low=alarm.found.low,
                high=alarm.found.high,
                target=alarm.target,
                tightened=alarm.tightened,
            )
            await note(connection, [told])
        return True

    async def settle(self, alarm: Alarm, outcome: str, now: datetime) -> None:
        """Says what came of it."""
        async with self._database.transaction([alarm.client]) as connection:
            mine = (_c.client == alarm.client, _c.week == str(alarm.week), _c.version == alarm.version)
            await connection.execute(update(live_audit_alarms).where(*mine).values(outcome=outcome, settled_at=now))

    async def unsettled(self) -> list[Alarm]:
        """What is still to be done, of all clients, the oldest first."""
        query = select(live_audit_alarms).where(_c.settled_at.is_(None)).order_by(_c.raised_at)
        async with self._database.reading(ALL_CLIENTS) as connection:
            return [_alarm_of(row) for row in (await connection.execute(query)).mappings()]

    async def of(self, client: ClientId, limit: int = 12) -> list[Alarm]:
        """The client's alarms, the newest first."""
        query = select(live_audit_alarms).where(_c.client == client).order_by(_c.raised_at.desc()).limit(limit)
        async with self._database.reading([client]) as connection:
            return [_alarm_of(row) for row in (await connection.execute(query)).mappings()]


def _alarm_of(row: RowMapping) -> Alarm:
    return Alarm(
        ClientId(row["client"]),
        Week.parse(row["week"]),
        row["version"],
        row["promised"],
        Interval(row["found"], row["low"], row["high"]),
        row["raised_at"],
        row["target"],
        row["tightened"],
        row["outcome"],
        row["settled_at"],
    )
