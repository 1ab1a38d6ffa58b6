"""The few statements that PostgreSQL and SQLite spell differently."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Table, Text, any_, bindparam, cast, column, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningInsert

from storage.types import dump_json

Rows = Sequence[Mapping[str, Any]]


def among(connection: AsyncConnection, expression: ColumnElement[Any], values: Iterable[str]) -> ColumnElement[bool]:
    """`expression` is one of `values`, as one parameter: the statement is the same for any number of them, so it is
    prepared once.
    """
    wanted = list(values)
    if connection.dialect.name == "postgresql":
        return expression == any_(cast(bindparam(None, wanted, ARRAY(Text)), ARRAY(Text)))
    each = func.json_each(bindparam(None, dump_json(wanted), Text)).table_valued(column("value", Text))
    return expression.in_(select(each.c.value))


def dialect_of(connection: AsyncConnection) -> Any:
    """The dialect's module, whose `insert` knows ON CONFLICT."""
    return postgresql if connection.dialect.name == "postgresql" else sqlite


def insert_new(connection: AsyncConnection, table: Table, *returning: ColumnElement[Any]) -> ReturningInsert[Any]:
    """An insert that skips rows which break any unique constraint and returns columns of those it made."""
    made: ReturningInsert[Any] = dialect_of(connection).insert(table).on_conflict_do_nothing().returning(*returning)
    return made


async def add(connection: AsyncConnection, table: Table, rows: Rows) -> None:
    """Inserts rows, all with the same keys, in their order and in one round trip; nothing for none."""
    if rows:
        await connection.execute(table.insert(), list(rows))


def names(values: Iterable[Any]) -> list[str]:
    """Distinct values in a fixed order, so that everybody locks rows in the same order."""
    return sorted(set(values))
