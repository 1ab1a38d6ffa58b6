"""SQLite with one visit to its thread per statement, where the stock driver makes four: the visits cost most of it."""

import sqlite3
from collections import deque
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
    SQLiteDialect_aiosqlite,
)
from sqlalchemy.util.concurrency import await_

DRIVER = "sqlite+switchboard"

_READING, _WRITING = "BEGIN", "BEGIN IMMEDIATE"
_Rows = tuple[list[Any], Any, int, int | None]


class Cursor(AsyncAdapt_aiosqlite_cursor):
    """Opened, executed, read out and closed in one go; what SQLAlchemy asks afterwards is answered from memory."""

    __slots__ = ("_answer",)
    _adapt_connection: "Connection"

    def __init__(self, connection: "Connection") -> None:
        self._adapt_connection = connection
        self._connection = connection._connection  # noqa: SLF001  as the class above does
        self._rows = deque()
        self._answer: _Rows = ([], None, -1, None)

    @property
    def description(self) -> Any:
        return self._answer[1]

    @property
    def rowcount(self) -> int:
        return self._answer[2]

    @property
    def lastrowid(self) -> Any:
        return self._answer[3]

    async def _async_soft_close(self) -> None:
        """There is nothing left to close."""

    def close(self) -> None:
        self._rows.clear()

    def execute(self, operation: Any, parameters: Any = None) -> None:
        self._ask(operation, () if parameters is None else parameters, many=False)

    def executemany(self, operation: Any, seq_of_parameters: Any) -> None:
        self._ask(operation, seq_of_parameters, many=True)

    def _ask(self, operation: str, parameters: Any, *, many: bool) -> None:
        begin = self._adapt_connection.take_begin()
        try:
            self._answer = self._adapt_connection.visit(
                partial(_answer, self._connection._conn, begin, operation, parameters, many)  # noqa: SLF001
            )
        except Exception as error:  # noqa: BLE001  as the class above does: SQLAlchemy sorts them
            self._adapt_connection._handle_exception(error)  # noqa: SLF001
        self._rows = deque(self._answer[0])


class Connection(AsyncAdapt_aiosqlite_connection):
    """A transaction begins together with its first statement. Ending one that only read waits for nothing: whatever
    follows on this connection stands behind it in the thread's queue.
    """

    __slots__ = ("_begin", "_begun", "_inline")
    _cursor_cls = Cursor  # type: ignore[assignment]  # the stock class names its own

    def __init__(self, dbapi: Any, connection: Any, *, inline: bool = False) -> None:
        super().__init__(dbapi, connection)
        self._begin: str | None = None
        self._begun: str | None = None
        self._inline = inline

    def begin(self, *, writing: bool) -> None:
        """Begins with the next statement."""
        self._begin = _WRITING if writing else _READING

    def take_begin(self) -> str | None:
        begin, self._begin = self._begin, None
        self._begun = begin or self._begun
        return begin

    def visit(self, work: Callable[[], Any]) -> Any:
        """The outcome of `work`, done where this connection's statements are executed."""
        if self._inline:
            return await_(_at_once(work))  # SQLAlchemy insists that something is awaited
        return await_(self._connection._execute(work))  # noqa: SLF001

    def commit(self) -> None:
        self._end("commit")

    def rollback(self) -> None:
        self._end("rollback")

    def _end(self, how: str) -> None:
        begun, self._begin, self._begun = self._begun, None, None
        plain = self._connection._connection  # noqa: SLF001
        if begun is None or plain is None:
            return
        try:
            if begun == _READING and not self._inline:
                self._connection._tx.put_nowait((None, getattr(plain, how)))  # noqa: SLF001
            else:
                self.visit(getattr(plain, how))
        except Exception as error:  # noqa: BLE001  as the class above does
            self._handle_exception(error)


class Module(AsyncAdapt_aiosqlite_dbapi):
    """`inline=True` executes on the event loop's own thread: fastest, but everything else waits meanwhile."""

    def connect(self, *args: Any, inline: bool = False, **kwargs: Any) -> Connection:
        connecting = self.aiosqlite.connect(*args, **kwargs)
        connecting._thread.daemon = True  # noqa: SLF001  as the class above does: no exit waits for an idle connection
        return Connection(self, await_(connecting), inline=inline)


class Dialect(SQLiteDialect_aiosqlite):
    """SQLAlchemy's dialect over `Connection`. Server-side cursors are not offered: results are read out at once."""

    driver = "switchboard"
    supports_statement_cache = True
    supports_server_side_cursors = False

    @classmethod
    def import_dbapi(cls) -> AsyncAdapt_aiosqlite_dbapi:
        aiosqlite: ModuleType = __import__("aiosqlite")
        return Module(aiosqlite, sqlite3)


async def _at_once(work: Callable[[], Any]) -> Any:
    return work()


def _answer(connection: sqlite3.Connection, begin: str | None, operation: str, parameters: Any, many: bool) -> _Rows:
    cursor = connection.cursor()
    try:
        if begin is not None:
            cursor.execute(begin)
        if many:
            cursor.executemany(operation, parameters)
        else:
            cursor.execute(operation, parameters)
        rows = cursor.fetchall() if cursor.description else []
        return rows, cursor.description, cursor.rowcount, cursor.lastrowid
    finally:
        cursor.close()


registry.register("sqlite.switchboard", __name__, "Dialect")

__all__ = ["DRIVER", "Connection", "Dialect"]
