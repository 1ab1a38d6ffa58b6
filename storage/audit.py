"""The audit log: rows that are added and read, never changed."""

from collections.abc import Collection, Sequence

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from accounts.audit import AuditEntry, shortened
from conversation.ids import ClientId, UserId
from storage.database import Database
from storage.schema import audit
from storage.statements import add, among
from storage.tenancy import ALL_CLIENTS


class SqlAudit:
    """An accounts.ports.AuditLog. An entry's id is its place in the log."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, entries: Sequence[AuditEntry]) -> None:
        """See accounts.ports.AuditLog."""
        async with self._database.transaction(ALL_CLIENTS) as connection:
            await note(connection, entries)

    async def page(
        self, clients: Collection[ClientId] | None, *, limit: int, before: str = "", subject: str = "", act: str = ""
    ) -> list[AuditEntry]:
        """See accounts.ports.AuditLog."""
        query = select(audit).order_by(audit.c.position.desc()).limit(limit)
        if before:
            query = query.where(audit.c.position < int(before))
        if subject:
            query = query.where(audit.c.subject == subject)
        if act:
            query = query.where(audit.c.action == act)
        async with self._database.reading(ALL_CLIENTS if clients is None else clients) as connection:
            if clients is not None:
                query = query.where(among(connection, audit.c.client, clients))
            return [_entry_of(row) for row in (await connection.execute(query)).mappings()]


async def note(connection: AsyncConnection, entries: Sequence[AuditEntry]) -> None:
    """Adds entries inside a transaction, so that the act and its trace are committed together."""
    rows = [
        {
            "at": entry.at,
            "actor": entry.actor,
            "actor_name": entry.actor_name,
            "client": entry.client,
            "action": entry.act,
            "subject": entry.subject,
            "data": dict(entry.detail),
            "address": entry.address,
        }
        for entry in map(shortened, entries)
    ]
    await add(connection, audit, rows)


def _entry_of(row: RowMapping) -> AuditEntry:
    return AuditEntry(
        at=row["at"],
        act=row["action"],
        actor=UserId(row["actor"]) if row["actor"] else None,
        actor_name=row["actor_name"],
        client=ClientId(row["client"]) if row["client"] else None,
        subject=row["subject"],
        address=row["address"],
        detail=row["data"],
        id=str(row["position"]),
    )
