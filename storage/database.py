"""One way to the database, PostgreSQL or SQLite: transactions that know which clients they may touch."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, event, make_url, text
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from storage import private_files, safe_errors, sqlite_driver
from storage.errors import BadDatabaseUrl, WallsOpen
from storage.roles import above_policies
from storage.tenancy import APP_ROLE, SETTING, Scope, scope_value
from storage.types import dump_json, load_json

_DRIVERS = {"postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg", "sqlite": sqlite_driver.DRIVER}
_WRITING = "switchboard_writing"
_BUSY_MS = 10_000
_SET_SCOPE = text(f"SELECT set_config('{SETTING}', :clients, true)")
_ABOVE_POLICIES = f"""SELECT rolname, rolsuper, rolbypassrls,
    EXISTS (SELECT FROM pg_roles WHERE rolname = '{APP_ROLE}')
    FROM pg_roles WHERE rolname = session_user"""  # noqa: S608  our own constant


class Database:
    """An engine with our rules. `url` is `postgresql://…` or `sqlite:///path`; nothing connects before first use.

    SQLite: one writer at a time in this process by a lock, among processes by BEGIN IMMEDIATE and a busy timeout.
    PostgreSQL: every transaction sets the clients it may touch; row-level security keeps the others out. A login whom
    policies cannot bind gets no connection (WallsOpen); storage.row_security looks closer before a process starts.
    """

    def __init__(self, url: str, *, pool_size: int = 10, hasty: bool = False, owner: bool = False) -> None:
        """`owner`: the login that owns the tables, for migrations alone; it may be a superuser. `hasty`, for SQLite, is
        for work that may be repeated, with nothing else running: commits do not wait for the disk, statements run on
        the event loop's own thread.
        """
        self.url = _normal(url)
        self.is_postgresql = self.url.get_backend_name() == "postgresql"
        self._writer = asyncio.Lock()
        self.engine = _engine(self.url, pool_size, hasty=hasty, owner=owner)
        safe_errors.install(self.engine.sync_engine)

    @asynccontextmanager
    async def transaction(self, clients: Scope) -> AsyncIterator[AsyncConnection]:
        """A transaction that may write, committed at the end, rolled back by an exception."""
        scope = scope_value(clients)
        if self.is_postgresql:
            async with self.engine.begin() as connection:
                await connection.execute(_SET_SCOPE, {"clients": scope})
                yield connection
            return
        async with self._writer, self.engine.connect() as connection:
            writing = await connection.execution_options(**{_WRITING: True})
            async with writing.begin():
                yield writing

    @asynccontextmanager
    async def reading(self, clients: Scope) -> AsyncIterator[AsyncConnection]:
        """A transaction that only reads; on SQLite it waits for no writer."""
        scope = scope_value(clients)
        async with self.engine.connect() as connection, connection.begin():
            if self.is_postgresql:
                await connection.execute(_SET_SCOPE, {"clients": scope})
            yield connection

    @asynccontextmanager
    async def snapshot(self, clients: Scope) -> AsyncIterator[AsyncConnection]:
        """A reading transaction whose statements all see the same moment, for figures that must fit together."""
        scope = scope_value(clients)
        async with self.engine.connect() as connection:
            if self.is_postgresql:
                await connection.execution_options(isolation_level="REPEATABLE READ")
            async with connection.begin():
                if self.is_postgresql:
                    await connection.execute(_SET_SCOPE, {"clients": scope})
                yield connection

    async def dispose(self) -> None:
        """Closes every connection."""
        await self.engine.dispose()


def _normal(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise BadDatabaseUrl(
            url.rsplit("@", maxsplit=1)[-1], "write postgresql://user:password@host/name or sqlite:///path"
        ) from error
    backend = parsed.drivername.split("+")[0]
    if backend not in _DRIVERS:
        raise BadDatabaseUrl(parsed.render_as_string(), "only postgresql:// and sqlite:/// are supported")
    if backend == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise BadDatabaseUrl(parsed.render_as_string(), "messages must survive the process; name a file")
    return parsed.set(drivername=_DRIVERS[backend])


_SERVER_SETTINGS = {
    "application_name": "switchboard",
    "jit": "off",
    # A machine that lost its power says no goodbye: the server lets go of its locks after 25 seconds, not two hours.
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}


def _engine(url: URL, pool_size: int, *, hasty: bool, owner: bool) -> AsyncEngine:
    if url.get_backend_name() == "postgresql":
        engine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_pre_ping=True,
            hide_parameters=True,
            json_serializer=dump_json,
            json_deserializer=load_json,
            connect_args={"server_settings": _SERVER_SETTINGS},
        )
        if not owner:
            event.listen(engine.sync_engine, "connect", _refuse_unbound)
        return engine
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_reset_on_return=None,  # every transaction is ended where it began, below
        hide_parameters=True,
        json_serializer=dump_json,
        json_deserializer=load_json,
        connect_args={"timeout": _BUSY_MS / 1000, "inline": hasty},
    )
    _sqlite_rules(engine.sync_engine, hasty=hasty)
    return engine


def _refuse_unbound(connection: Any, record: Any) -> None:
    """A role may be given more rights while processes run, so each new connection asks."""
    del record
    cursor = connection.cursor()
    cursor.execute(_ABOVE_POLICIES)
    login, superuser, bypasses, has_app_role = cursor.fetchone()
    cursor.close()
    connection.commit()
    if superuser or bypasses:
        connection.close()
        raise WallsOpen([above_policies(login, superuser=superuser, has_app_role=has_app_role)])


def _sqlite_rules(engine: Engine, *, hasty: bool) -> None:
    """WAL lets readers work beside the writer. synchronous=FULL because the platform hears "ok" after our commit: with
    NORMAL a power cut could take back what was acknowledged. Batches share the price of the sync.
    """

    @event.listens_for(engine, "do_connect")
    def _protect(dialect: Any, record: Any, arguments: list[Any], options: Any) -> None:
        del dialect, record, options
        private_files.protect_database(Path(arguments[0]))

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, record: Any) -> None:
        del record
        connection.isolation_level = None  # the driver must not begin transactions on its own
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={_BUSY_MS}",
            "journal_mode=WAL",
            "synchronous=OFF" if hasty else "synchronous=FULL",
            "foreign_keys=ON",
            "temp_store=MEMORY",
            "cache_size=-16000",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        driver: Any = connection.connection.dbapi_connection
        driver.begin(writing=bool(connection.get_execution_options().get(_WRITING)))
