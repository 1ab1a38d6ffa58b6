"""No process starts on a PostgreSQL that would not keep clients apart, and none may rewrite the audit log."""

import asyncio
import os
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner

from accounts.audit import entry
from app.checks import database as database_checks
from app.cli.root import app
from app.settings import Settings
from app.wiring import check_database, platform
from conversation.ids import ClientId
from storage import migrations
from storage.audit import SqlAudit
from storage.database import Database
from storage.errors import NoAppRole, NotMigrated, WallsOpen
from storage.schema import audit, metadata
from storage.tenancy import ALL_CLIENTS, APP_ROLE, PROVIDER_TABLES
from tests.builders import NOON
from tests.journeys.house import KEY
from tests.postgres import TestDatabase, administer, create, drop, url_of

Login = Callable[..., str]


@pytest.fixture
async def made(postgres_database: TestDatabase) -> TestDatabase:
    return postgres_database


@pytest.fixture
async def login(made: TestDatabase) -> AsyncIterator[Callable[..., object]]:
    """`await login("BYPASSRLS", of=…)` makes a login with these attributes and memberships; its URL."""
    names: list[str] = []

    async def make(attributes: str = "", *, member_of: str = APP_ROLE, then: str = "") -> str:
        name = f"switchboard_test_{secrets.token_hex(6)}"
        password = secrets.token_hex(8)
        await administer(made.admin, f"CREATE ROLE {name} LOGIN PASSWORD '{password}' {attributes} IN ROLE {member_of}")
        names.append(name)
        if then:
            await administer(made.admin, then.format(name=name))
        return url_of(made, name, password)

    yield make
    for name in names:
        await administer(made.admin, f"DROP OWNED BY {name}", f"DROP ROLE {name}")


@asynccontextmanager
async def changed(made: TestDatabase, change: str, back: str) -> AsyncIterator[None]:
    await administer(made.admin, change)
    try:
        yield
    finally:
        await administer(made.admin, back)


async def refusal(url: str) -> str:
    """Why no platform starts with this database."""
    with pytest.raises(WallsOpen) as refused:
        async with platform(Settings(database_url=url, secret_keys=KEY, model_cache="", redis_url="memory://")):
            pass
    return str(refused.value)


async def checked(url: str) -> None:
    database = Database(url)
    try:
        await check_database(database)
    finally:
        await database.dispose()


async def test_the_login_that_migrate_makes_starts(made: TestDatabase) -> None:
    await checked(made.app)
    settings = Settings(database_url=made.app, secret_keys=KEY, model_cache="", redis_url="memory://")
    async with platform(settings) as built:
        assert await built.clients.ids() == []


async def test_a_superuser_is_refused_and_told_what_to_do(made: TestDatabase) -> None:
    told = await refusal(made.admin)
    assert "row-level security does not bind" in told
    rows = await database_checks.check(Settings(database_url=made.admin, secret_keys=KEY))
    assert [row[1] for row in rows] == [False]


@pytest.mark.parametrize("attributes", ["SUPERUSER", "BYPASSRLS", "SUPERUSER NOINHERIT", "BYPASSRLS CREATEROLE"])
async def test_a_login_above_the_policies_gets_no_connection(login, attributes: str) -> None:
    assert "row-level security does not bind" in await refusal(await login(attributes))


async def test_rights_given_while_a_process_runs_end_at_its_next_connection(made: TestDatabase, login) -> None:
    url = await login()
    database = Database(url)
    await check_database(database)
    await database.engine.dispose()
    name = make_url(url).username
    async with changed(made, f"ALTER ROLE {name} BYPASSRLS", f"ALTER ROLE {name} NOBYPASSRLS"):
        with pytest.raises(WallsOpen, match="BYPASSRLS, whom row-level security does not bind"):
            async with database.reading(ALL_CLIENTS):
                pass
    await database.dispose()


async def test_a_role_worn_by_a_superuser_is_refused_since_reset_role_takes_it_off(made: TestDatabase, login) -> None:
    url = await login("SUPERUSER", then=f"ALTER ROLE {{name}} SET role = '{APP_ROLE}'")
    assert "row-level security does not bind" in await refusal(url)
    url = await login(then=f"ALTER ROLE {{name}} SET role = '{APP_ROLE}'")
    assert "RESET ROLE" in await refusal(url)


async def test_nobody_who_can_become_somebody_stronger_starts(made: TestDatabase, login) -> None:
    strong = make_url(await login("BYPASSRLS")).username
    owner = make_url(made.owner).username
    for attributes, member_of, why in (
        ("", f"{APP_ROLE}, {strong}", f"may become {strong!r}"),
        ("NOINHERIT", f"{APP_ROLE}, {strong}", f"may become {strong!r}"),
        ("CREATEROLE", APP_ROLE, "may make roles"),
        ("", f"{APP_ROLE}, pg_execute_server_program", "may become 'pg_execute_server_program'"),
        ("", f"{APP_ROLE}, {owner}", "may become its owner"),
    ):
        assert why in await refusal(await login(attributes, member_of=member_of))


async def test_the_owner_is_refused_even_as_a_member_of_the_role(made: TestDatabase) -> None:
    assert "owns the table" in await refusal(made.owner)
    owner = make_url(made.owner).username
    async with changed(made, f"GRANT {APP_ROLE} TO {owner}", f"REVOKE {APP_ROLE} FROM {owner}"):
        assert "owns the table" in await refusal(made.owner)


async def test_a_login_outside_the_role_is_refused(made: TestDatabase, login) -> None:
    other = make_url(await login()).username
    url = await login(member_of=str(other))
    async with changed(made, f"REVOKE {APP_ROLE} FROM {other}", "SELECT 1"):
        assert f"no member of '{APP_ROLE}'" in await refusal(url)


@pytest.mark.parametrize(
    ("change", "back"),
    [
        ("CREATE TABLE notes (client text, words text)", "DROP TABLE notes"),
        ("CREATE TABLE notes (words text)", "DROP TABLE notes"),
        ("CREATE TABLE notes (client text) PARTITION BY LIST (client)", "DROP TABLE notes"),
        ("CREATE VIEW notes AS SELECT * FROM messages; GRANT SELECT ON notes TO switchboard_app", "DROP VIEW notes"),
        ("ALTER TABLE messages DISABLE ROW LEVEL SECURITY", "ALTER TABLE messages ENABLE ROW LEVEL SECURITY"),
        ("ALTER TABLE drafts NO FORCE ROW LEVEL SECURITY", "ALTER TABLE drafts FORCE ROW LEVEL SECURITY"),
        ("CREATE POLICY open ON messages USING (true)", "DROP POLICY open ON messages"),
        ("CREATE POLICY open ON audit FOR SELECT TO switchboard_app USING (true)", "DROP POLICY open ON audit"),
        ("GRANT UPDATE ON audit TO switchboard_app", "REVOKE UPDATE ON audit FROM switchboard_app"),
        ("GRANT UPDATE (action) ON audit TO switchboard_app", "REVOKE UPDATE (action) ON audit FROM switchboard_app"),
        ("GRANT DELETE ON audit TO PUBLIC", "REVOKE DELETE ON audit FROM PUBLIC"),
        ("GRANT TRUNCATE ON messages TO switchboard_app", "REVOKE TRUNCATE ON messages FROM switchboard_app"),
        ("GRANT TRIGGER ON users TO switchboard_app", "REVOKE TRIGGER ON users FROM switchboard_app"),
    ],
)
async def test_what_opens_a_wall_keeps_every_process_from_starting(made: TestDatabase, change: str, back: str) -> None:
    async with changed(made, f"DO $$ BEGIN {change}; END $$", f"DO $$ BEGIN {back}; END $$"):
        table = next(word for word in ("notes", "messages", "drafts", "audit", "users") if word in change)
        assert table in await refusal(made.app)
    await checked(made.app)


@pytest.mark.parametrize("opened", ["true", "client IS NOT NULL", "client = ANY(ARRAY['a']) OR true"])
async def test_a_policy_of_our_name_that_lets_more_through_is_found(made: TestDatabase, opened: str) -> None:
    await administer(made.admin, f"ALTER POLICY client_wall ON messages USING ({opened})")
    try:
        assert "messages" in await refusal(made.app)
    finally:
        as_it_was = "SELECT pg_get_expr(polqual, polrelid) FROM pg_policy WHERE polrelid = 'threads'::regclass"
        await administer(
            made.admin,
            f"DO $$ BEGIN EXECUTE 'ALTER POLICY client_wall ON messages USING (' || ({as_it_was}) || ')'; END $$",
        )
    await checked(made.app)


async def test_every_table_is_the_providers_or_walled_off_by_its_client(made: TestDatabase) -> None:
    assert {name for name, table in metadata.tables.items() if "client" not in table.c} == PROVIDER_TABLES - {
        "alembic_version"
    }
    owned = Database(made.owner, owner=True)
    async with owned.engine.connect() as connection:
        walled = set(
            await connection.scalars(text("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity"))
        )
    await owned.dispose()
    assert walled == set(metadata.tables) - PROVIDER_TABLES


async def test_audit_rows_are_only_added(database: Database) -> None:
    log = SqlAudit(database)
    await log.add([entry("pack.applied", NOON, client=ClientId("alpenrad"), subject="pack:1")])
    for change in (update(audit).values(actor_name="somebody else"), delete(audit)):
        with pytest.raises(DBAPIError, match="permission denied" if database.is_postgresql else "never changed"):
            async with database.transaction(ALL_CLIENTS) as connection:
                await connection.execute(change)
    assert [line.subject for line in await log.page(None, limit=9)] == ["pack:1"]


async def test_a_careless_grant_does_not_make_audit_rows_changeable(made: TestDatabase) -> None:
    database = Database(made.app)
    await SqlAudit(database).add([entry("pack.applied", NOON)])
    async with changed(
        made, f"GRANT UPDATE, DELETE ON audit TO {APP_ROLE}", f"REVOKE UPDATE, DELETE ON audit FROM {APP_ROLE}"
    ):
        with pytest.raises(DBAPIError, match="audit rows are never changed"):
            async with database.transaction(ALL_CLIENTS) as connection:
                await connection.execute(delete(audit))
    await database.dispose()


async def test_a_forgotten_where_shows_no_other_clients_audit(made: TestDatabase) -> None:
    database = Database(made.app)
    await SqlAudit(database).add(
        [entry("a", NOON, client=ClientId("alpenrad")), entry("k", NOON, client=ClientId("kontor")), entry("p", NOON)]
    )
    async with database.reading([ClientId("alpenrad")]) as connection:
        assert list(await connection.scalars(select(audit.c.action))) == ["a"]
    with pytest.raises(DBAPIError, match="row-level security"):
        async with database.transaction([ClientId("alpenrad")]) as connection:
            await connection.execute(insert(audit), {"at": NOON, "action": "forged", "client": "kontor"})
    await database.dispose()


async def test_migrate_makes_role_and_login_and_a_second_time_changes_nothing(postgres_server: str) -> None:
    fresh = await create(postgres_server, migrated=False)
    name, password = f"{fresh.name}_new", "p'w:%40ß"
    url = url_of(fresh, name, password)
    try:
        for _ in range(2):
            await migrations.upgrade(fresh.admin, app_url=url)
        await checked(url)
    finally:
        await drop(fresh, name)


async def test_the_role_itself_may_be_the_login(postgres_server: str) -> None:
    fresh = await create(postgres_server, migrated=False)
    try:
        await migrations.upgrade(fresh.admin, app_url=url_of(fresh, APP_ROLE, "secret-word"))
        await checked(url_of(fresh, APP_ROLE, "secret-word"))
    finally:
        await administer(fresh.admin, f"ALTER ROLE {APP_ROLE} NOLOGIN PASSWORD NULL")
        await drop(fresh)


def test_migrate_by_command_says_which_login_is_missing(postgres_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = asyncio.run(create(postgres_server, migrated=False))
    monkeypatch.setenv("SWITCHBOARD_SECRET_KEYS", KEY)
    try:
        monkeypatch.setenv("SWITCHBOARD_DATABASE_URL", fresh.owner)
        alone = CliRunner().invoke(app, ["migrate"])
        assert alone.exit_code == 0, alone.output
        assert "SWITCHBOARD_DATABASE_OWNER_URL" in alone.stdout
        monkeypatch.setenv("SWITCHBOARD_DATABASE_OWNER_URL", fresh.owner)
        monkeypatch.setenv("SWITCHBOARD_DATABASE_URL", fresh.app)
        both = CliRunner().invoke(app, ["migrate"])
        assert (both.exit_code, both.stdout.count("\n")) == (0, 1), both.output
        assert CliRunner().invoke(app, ["client", "list"]).exit_code == 0
    finally:
        asyncio.run(drop(fresh))


async def test_an_owner_who_may_not_make_roles_says_what_a_superuser_must_run(postgres_server: str) -> None:
    fresh = await create(postgres_server, migrated=False)
    name = f"{fresh.name}_new"
    try:
        with pytest.raises(NoAppRole, match=f'CREATE ROLE "{name}" LOGIN PASSWORD') as refused:
            await migrations.upgrade(fresh.owner, app_url=url_of(fresh, name, "secret-word"))
        assert "secret-word" not in str(refused.value)
        await administer(fresh.admin, refused.value.sql.replace("…", "secret-word"))
        await migrations.upgrade(fresh.owner, app_url=url_of(fresh, name, "secret-word"))
        await checked(url_of(fresh, name, "secret-word"))
    finally:
        await drop(fresh, name)


async def test_a_database_that_was_never_migrated_says_so_first(postgres_server: str) -> None:
    fresh = await create(postgres_server, migrated=False)
    try:
        with pytest.raises(NotMigrated):
            await checked(fresh.app)
    finally:
        await drop(fresh)


def test_commands_and_processes_refuse_in_one_line(
    postgres_server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setenv("SWITCHBOARD_DATABASE_URL", postgres_server)
    monkeypatch.setenv("SWITCHBOARD_SECRET_KEYS", KEY)
    monkeypatch.setenv("SWITCHBOARD_MODEL_CACHE", "")
    for words in (["client", "list"], ["nlu", "versions", "alpenrad"]):
        result = CliRunner().invoke(app, words)
        assert result.exit_code == 2, result.output
        assert "is a superuser" in result.stderr
    for process in ("web", "worker", "poll", "serve"):
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                f"import sys; sys.argv = ['switchboard', '{process}']; from app.cli.root import main; main()",
            ],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env=os.environ | {"PYTHONPATH": str(Path.cwd())},
            cwd=str(tmp_path),
        )
        assert done.returncode == 2, done.stderr
        assert "is a superuser" in done.stderr
