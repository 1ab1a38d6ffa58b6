"""The few statements that PostgreSQL and SQLite spell differently."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Boolean, ColumnElement, Executable, Table, Text, bindparam, literal_column
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import ReturningInsert
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from storage.types import dump_json

Rows = Sequence[Mapping[str, Any]]

QUARTER_S = 900

WAITING: ColumnElement[str] = literal_column("'waiting'")
"""The state of unhandled inbox rows, in the statement's text: with a parameter no database dares to use the partial
index on it."""


class _Texts(TypeDecorator[list[str]]):
    """A list of texts as one parameter: an array, or its JSON on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(Text) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Iterable[str] | None, dialect: Dialect) -> Any:
        wanted = list(value or ())
        return wanted if dialect.name == "postgresql" else dump_json(wanted)


class _Among(FunctionElement[bool]):
    type = Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> Any:
        """Stands in WHERE as it is: "… = 1", which SQLAlchemy makes of a truth value on SQLite, uses no index."""
        del against
        return self


@compiles(_Among, "sqlite")
def _among_sqlite(element: _Among, compiler: SQLCompiler, **kwargs: Any) -> str:
    expression, values = (compiler.process(clause, **kwargs) for clause in element.clauses)
    return f"({expression} IN (SELECT value FROM json_each({values})))"  # noqa: S608  of compiled clauses, never of input


@compiles(_Among, "postgresql")
def _among_postgresql(element: _Among, compiler: SQLCompiler, **kwargs: Any) -> str:
    expression, values = (compiler.process(clause, **kwargs) for clause in element.clauses)
    return f"({expression} = ANY ({values}))"


class _Quarter(FunctionElement[int]):
    type = BigInteger()
    inherit_cache = True


@compiles(_Quarter, "sqlite")
def _quarter_sqlite(element: _Quarter, compiler: SQLCompiler, **kwargs: Any) -> str:
    return f"(CAST(strftime('%s', {compiler.process(element.clauses, **kwargs)}) AS INTEGER) / {QUARTER_S})"


@compiles(_Quarter, "postgresql")
def _quarter_postgresql(element: _Quarter, compiler: SQLCompiler, **kwargs: Any) -> str:
    at = compiler.process(element.clauses, **kwargs)
    return f"CAST(floor(extract(epoch FROM {at}) / {QUARTER_S}) AS BIGINT)"


def quarter_of(at: ColumnElement[Any]) -> ColumnElement[int]:
    """The number of the quarter of an hour since 1970 in which an instant lies."""
    return _Quarter(at)


def among(connection: AsyncConnection, expression: ColumnElement[Any], values: Iterable[str]) -> ColumnElement[bool]:
    """`expression` is one of `values`, as one parameter: the statement is the same for any number of them, so it is
    prepared once.
    """
    del connection
    return _Among(expression, bindparam(None, list(values), _Texts))


def among_named(expression: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """`among` for a statement that is built once: the values come with each execution, as the parameter `name`."""
    return _Among(expression, bindparam(name, type_=_Texts))


def dialect_of(connection: AsyncConnection) -> Any:
    """The dialect's module, whose `insert` knows ON CONFLICT."""
    return dialect_named(connection.dialect.name)


def dialect_named(name: str) -> Any:
    """The same by name, for statements that are built once per dialect."""
    return postgresql if name == "postgresql" else sqlite


def insert_new(dialect: str, table: Table, *returning: ColumnElement[Any]) -> ReturningInsert[Any]:
    """An insert that skips rows which break any unique constraint and returns columns of those it made."""
    made: ReturningInsert[Any] = dialect_named(dialect).insert(table).on_conflict_do_nothing().returning(*returning)
    return made


async def add(connection: AsyncConnection, table: Table, rows: Rows) -> None:
    """Inserts rows, all with the same keys, in their order and in one round trip; nothing for none."""
    if rows:
        await connection.execute(_insert(table), list(rows))


@cache
def _insert(table: Table) -> Executable:
    return table.insert()


def names(values: Iterable[Any]) -> list[str]:
    """Distinct values in a fixed order, so that everybody locks rows in the same order."""
    return sorted(set(values))
