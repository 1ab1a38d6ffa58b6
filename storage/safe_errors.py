"""Database errors without the data: what a driver says may quote rows and values, and errors end in logs."""

import re
import sqlite3
from collections.abc import Iterator

import asyncpg
from asyncpg import InterfaceError
from sqlalchemy import Engine, event
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError, StatementError

from storage.types import UnfitValue

_QUOTES_VALUES = re.compile("22|23|P0|44|HV")  # data exceptions, integrity, RAISE, CHECK OPTION, foreign data
_OUR_ARGUMENT = re.compile(
    r"invalid input (for query argument \$\d+|in executemany\(\) argument sequence element #\d+)"
)
_SQLITE_SAYS_NAMES = re.compile(
    r"(UNIQUE|NOT NULL) constraint failed: [\w., ]+"
    r"|CHECK constraint failed: \w+"
    r"|FOREIGN KEY constraint failed"
    r"|database (table )?is locked(: \w+)?"
    r"|database schema (is locked|has changed).*"
    r"|no such (table|index|trigger|function): [\w.]+"
    r"|table [\w.]+ (already exists|has no column named \w+)"
    r"|(Error|Wrong type) binding parameter \d+( - probably unsupported type|: type '[\w.]+' is not supported)?\.?"
    r"|attempt to write a readonly database|unable to open database file|disk I/O error|datatype mismatch"
    r"|database or disk is full|database disk image is malformed|file is not a database|interrupted"
    r"|audit rows are never changed"
    r"|cannot (commit|rollback|start).*transaction.*|Cannot operate on a closed (database|cursor)\."
)
_VALUE_ERRORS = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError)
_FIELDS_WITH_DATA = ("detail", "hint", "context", "internal_query", "query")


def install(engine: Engine) -> None:
    """From now on, no error that a statement of `engine` ends with quotes a value, wherever it is written."""
    event.listen(engine, "handle_error", _cut_in_context)


def cut(error: BaseException) -> None:
    """Takes values out of `error` and of all that it was raised from or while handling, in place. What remains names
    the kind of error, the SQL with its placeholders, and the table, column or constraint. Others stay as they are.
    """
    for one in _chain(error):
        match one:
            case asyncpg.PostgresError():
                _cut_postgres(one)
            case InterfaceError():
                one.args, one.detail, one.hint = (_interface_message(one),), None, None
                _cut_value(one.__cause__)
            case sqlite3.Error():
                one.args = (_sqlite_message(one),)
    for one in _chain(error):  # these repeat what those above said
        match one:
            case AsyncAdapt_asyncpg_dbapi.Error():
                one.args = (_adapted_message(one),)
            case StatementError():
                _cut_statement(one)


def _cut_in_context(context: ExceptionContext) -> None:
    original = context.original_exception
    _cut_value(original)  # a value that does not fit its column's type, found before the driver saw it
    for error in (original, context.sqlalchemy_exception):
        if error is not None:
            cut(error)


def _chain(error: BaseException) -> Iterator[BaseException]:
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__]
        if isinstance(one, StatementError):
            waiting.append(one.orig)
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions


def _cut_postgres(error: asyncpg.PostgresError) -> None:
    facts = vars(error)
    if _QUOTES_VALUES.match(error.sqlstate or "22"):
        named = ("table", "column", "constraint", "data_type")
        where = [f"{name.replace('_', ' ')} {facts[f'{name}_name']}" for name in named if facts.get(f"{name}_name")]
        error.args = (", ".join([f"SQLSTATE {error.sqlstate}", *where]),)
        facts.pop("message", None)
    for name in _FIELDS_WITH_DATA:
        facts.pop(name, None)


def _interface_message(error: InterfaceError) -> str:
    said = str(error.args[0]) if error.args else ""
    if not isinstance(error, ValueError):  # how the connection is used, not what is written
        return said
    found = _OUR_ARGUMENT.match(said)
    return found.group() if found else "invalid input"


def _sqlite_message(error: sqlite3.Error) -> str:
    said = str(error.args[0]) if error.args else ""
    return (
        said if _SQLITE_SAYS_NAMES.fullmatch(said) else getattr(error, "sqlite_errorname", None) or "the driver refuses"
    )


def _adapted_message(error: BaseException) -> str:
    cause = error.__cause__
    return f"{type(cause)}: {cause}" if cause is not None else type(error).__name__


def _cut_statement(error: StatementError) -> None:
    orig = error.orig
    error.hide_parameters = True
    error.params = None
    if orig is not None:
        if not isinstance(error, DBAPIError):
            _cut_value(orig)
        error.args = (f"({type(orig).__module__}.{type(orig).__name__}) {orig}",)


def _cut_value(error: BaseException | None) -> None:
    """Of what `error` was raised while handling nothing is known: that may be anybody's."""
    while isinstance(error, _VALUE_ERRORS) and not isinstance(error, UnfitValue | InterfaceError):
        if isinstance(error, UnicodeEncodeError | UnicodeTranslateError):
            error.object = ""
        elif isinstance(error, UnicodeDecodeError):
            error.object = b""
        error.args = ()
        vars(error).pop("__notes__", None)
        error = error.__cause__
