"""A database as an operator sets it up: an owner who migrates, and a login of the app that is neither owner nor superuser."""

import secrets
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from storage import migrations
from storage.tenancy import APP_ROLE

_APP_ROLE = (
    f"DO $$ BEGIN CREATE ROLE {APP_ROLE} NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
)


@dataclass(frozen=True)
class TestDatabase:
    """One database: `admin` is the server's superuser in it, `owner` made its tables, `app` is what processes use."""

    __test__ = False

    server: str
    name: str
    admin: str
    owner: str
    app: str


async def administer(url: str, *statements: str) -> None:
    """Executes the statements one by one, each a transaction of its own."""
    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"), isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as connection:
            for statement in statements:
                await connection.execute(text(statement))
    finally:
        await engine.dispose()


async def create(server: str, *, migrated: bool = True) -> TestDatabase:
    """Makes a database with its two logins on `server`, whose user is a superuser."""
    made = _named(server, f"switchboard_test_{secrets.token_hex(8)}")
    logins = [(make_url(url).username, make_url(url).password) for url in (made.owner, made.app)]
    await administer(
        server,
        _APP_ROLE,
        *(f"CREATE ROLE {name} LOGIN PASSWORD '{password}'" for name, password in logins),
        f"GRANT {APP_ROLE} TO {logins[1][0]}",
        f"CREATE DATABASE {made.name} OWNER {logins[0][0]}",
    )
    if migrated:
        await migrations.upgrade(made.owner, app_url=made.app)
    return made


async def drop(made: TestDatabase, *logins: str) -> None:
    """Deletes it with its logins, and further ones that a test made."""
    names = [str(make_url(url).username) for url in (made.owner, made.app)]
    await administer(
        made.server,
        f"DROP DATABASE IF EXISTS {made.name} WITH (FORCE)",
        *(f"DROP ROLE IF EXISTS {name}" for name in [*names, *logins]),
    )


def url_of(made: TestDatabase, login: str, password: str = "") -> str:
    """The database as another login sees it."""
    return make_url(made.admin).set(username=login, password=password or None).render_as_string(hide_password=False)


def _named(server: str, name: str) -> TestDatabase:
    url = make_url(server).set(database=name)

    def of(login: str) -> str:
        return url.set(username=login, password=secrets.token_hex(8)).render_as_string(hide_password=False)

    return TestDatabase(server, name, url.render_as_string(hide_password=False), of(f"{name}_owner"), of(f"{name}_app"))
