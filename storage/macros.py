"""Prepared answers per client and language."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import RowMapping, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.ids import ClientId, new_id
from handoff.macro import Macro
from storage.database import Database
from storage.schema import macros
from storage.statements import among, dialect_of


class SqlMacros:
    """Keeps macros; the desk reads them through SqlDeskReads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, macro: Macro, now: datetime) -> None:
        """Adds the macro or replaces the one with the same client, key and language."""
        row = {
            "client": macro.client,
            "key": macro.key,
            "title": macro.title,
            "text": macro.text,
            "language": macro.language,
            "holding": macro.holding,
            "updated_at": now,
        }
        changed = {name: row[name] for name in ("title", "text", "holding", "updated_at")}
        async with self._database.transaction([macro.client]) as connection:
            insert = dialect_of(connection).insert(macros).values({"id": new_id(now), **row})
            await connection.execute(
                insert.on_conflict_do_update(index_elements=["client", "key", "language"], set_=changed)
            )

    async def remove(self, client: ClientId, key: str) -> None:
        """Removes the macro in every language."""
        async with self._database.transaction([client]) as connection:
            await connection.execute(delete(macros).where(macros.c.client == client, macros.c.key == key))


async def macros_of(connection: AsyncConnection, clients: Collection[ClientId], key: str = "") -> list[Macro]:
    """The clients' macros by client, title and language; only those with `key`, if given."""
    m = macros.c
    query = select(macros).where(among(connection, m.client, clients)).order_by(m.client, m.title, m.language)
    if key:
        query = query.where(m.key == key)
    return [_macro_of(row) for row in (await connection.execute(query)).mappings()]


def _macro_of(row: RowMapping) -> Macro:
    return Macro(
        client=ClientId(row["client"]),
        key=row["key"],
        title=row["title"],
        text=row["text"],
        language=row["language"],
        holding=bool(row["holding"]),
    )
