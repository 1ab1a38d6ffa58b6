"""No client sees another's rows: by the WHERE of every repository, and on PostgreSQL even without one."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from conversation.ids import ClientId
from storage.database import Database
from storage.errors import BadClientId
from storage.schema import conversations, messages, metadata, threads
from storage.tenancy import ALL_CLIENTS, AllClients, scope_value
from storage.values import conversation_row
from tests.builders import inbound
from tests.storage.harness import CLIENT, Process

OTHER = ClientId("kontor")


@pytest.fixture
async def postgres(postgres_url: str) -> AsyncIterator[Database]:
    opened = Database(postgres_url)
    yield opened
    await opened.dispose()


async def two_clients(process: Process) -> None:
    await process.receive(inbound("ours"), inbound("theirs", client=OTHER, channel="kontor-slack"))
    await process.handle_all()


async def test_a_forgotten_where_shows_nothing_of_another_client(postgres: Database) -> None:
    await two_clients(Process(postgres))
    for scope, texts in (
        ({CLIENT}, {"ours", "You said: ours"}),
        ({OTHER}, {"theirs", "You said: theirs"}),
        ({ClientId("nobody")}, set()),
        ((), set()),
    ):
        async with postgres.reading(scope) as connection:
            assert set(await connection.scalars(select(messages.c.text))) == texts
    async with postgres.reading(ALL_CLIENTS) as connection:
        assert await connection.scalar(select(func.count()).select_from(messages)) == 4


async def test_a_transaction_outside_our_rules_sees_nothing_at_all(postgres: Database) -> None:
    await two_clients(Process(postgres))
    async with postgres.engine.connect() as connection:
        assert (await connection.execute(select(messages))).all() == []


async def test_another_clients_rows_can_neither_be_changed_nor_made(postgres: Database) -> None:
    process = Process(postgres)
    await two_clients(process)
    theirs = next(c for c in await process.conversations() if c.client == OTHER)
    async with postgres.transaction({CLIENT}) as connection:
        changed = await connection.execute(update(conversations).where(conversations.c.id == theirs.id).values(epoch=9))
        assert changed.rowcount == 0
    with pytest.raises(DBAPIError, match="row-level security"):
        async with postgres.transaction({CLIENT}) as connection:
            await connection.execute(insert(conversations), {**conversation_row(theirs), "id": "new"})
    with pytest.raises(DBAPIError, match="row-level security"):
        async with postgres.transaction({OTHER}) as connection:
            await connection.execute(update(threads).values(client=CLIENT))


async def test_the_scope_ends_with_its_transaction(postgres_url: str) -> None:
    postgres = Database(postgres_url, pool_size=1)
    await two_clients(Process(postgres))
    async with postgres.transaction(ALL_CLIENTS) as connection:
        assert len((await connection.execute(select(messages))).all()) == 4
    async with postgres.reading({OTHER}) as connection:
        assert len((await connection.execute(select(messages))).all()) == 2
    await postgres.dispose()


async def test_the_application_works_as_a_role_below_row_level_security(postgres: Database) -> None:
    async with postgres.reading(ALL_CLIENTS) as connection:
        row = (
            await connection.execute(text("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"))
        ).one()
    assert tuple(row) == (False, False)


async def test_every_table_with_a_client_is_walled_off_even_for_its_owner(postgres: Database) -> None:
    async with postgres.reading(ALL_CLIENTS) as connection:
        walled = set(
            await connection.scalars(text("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity"))
        )
    assert walled == {table.name for table in metadata.tables.values() if "client" in table.c}


@pytest.mark.parametrize("client", ["", "*", "a,b"])
def test_an_id_that_could_widen_the_scope_is_refused(client: str) -> None:
    with pytest.raises(BadClientId):
        scope_value([ClientId(client)])


def test_only_the_named_scope_means_everybody() -> None:
    assert scope_value(AllClients()) == "*"
    assert scope_value([]) == ""
    assert scope_value([ClientId("a"), ClientId("b")]) == "a,b"
