import sqlite3

import pytest
from aiosqlite import Connection
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from storage.database import Database
from storage.schema import users
from tests.builders import NOON

ADA = {"id": "ada", "email": "ada@example.org", "name": "Ada", "password_hash": "", "created_at": NOON}


@pytest.fixture
def visits(monkeypatch):
    """What the connections' threads were asked to do and waited for."""
    made = []
    execute = Connection._execute

    async def counted(self, work, *args, **kwargs):
        made.append(work)
        return await execute(self, work, *args, **kwargs)

    monkeypatch.setattr(Connection, "_execute", counted)
    return made


async def test_a_statement_is_one_visit_to_the_thread_and_the_end_of_a_reading_transaction_none(
    sqlite_database, visits
):
    async with sqlite_database.reading(set()) as connection:
        await connection.execute(select(users))
    visits.clear()
    async with sqlite_database.reading(set()) as connection:
        await connection.execute(select(users.c.id))
    assert len(visits) == 1
    async with sqlite_database.transaction(set()) as connection:
        await connection.execute(insert(users), [ADA])
    assert len(visits) == 3, "a writer hears that its commit is done"


async def test_what_was_written_is_read_back_whole(sqlite_database):
    async with sqlite_database.transaction(set()) as connection:
        done = await connection.execute(insert(users), [ADA, ADA | {"id": "bob", "email": "bob@example.org"}])
        assert done.rowcount == 2
    async with sqlite_database.reading(set()) as connection:
        rows = await connection.execute(select(users.c.id).order_by(users.c.id))
        assert list(rows.keys()) == ["id"]
        assert rows.scalars().all() == ["ada", "bob"]


async def test_a_refused_first_statement_leaves_the_connection_usable(sqlite_database):
    for _ in range(2):
        with pytest.raises(IntegrityError):
            async with sqlite_database.transaction(set()) as connection:
                await connection.execute(insert(users), [ADA, ADA])
    async with sqlite_database.transaction(set()) as connection:
        await connection.execute(insert(users), [ADA])
        assert (await connection.execute(select(users.c.id))).scalars().all() == ["ada"]


async def test_an_error_takes_back_everything_since_the_beginning(sqlite_database):
    async def fail():
        async with sqlite_database.transaction(set()) as connection:
            await connection.execute(insert(users), [ADA])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    async with sqlite_database.reading(set()) as connection:
        assert (await connection.execute(select(users.c.id))).first() is None


async def test_a_database_that_somebody_else_keeps_is_refused_and_free_again_afterwards(sqlite_database):
    async with sqlite_database.transaction(set()) as connection:
        await connection.execute(text("PRAGMA busy_timeout=1"))
    other = sqlite3.connect(sqlite_database.url.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError, match="locked"):
        async with sqlite_database.transaction(set()) as connection:
            await connection.execute(insert(users), [ADA])
    other.execute("ROLLBACK")
    other.close()
    async with sqlite_database.transaction(set()) as connection:
        await connection.execute(insert(users), [ADA])


async def test_a_reading_transaction_sees_one_moment_and_does_not_hold_it_afterwards(sqlite_database):
    async with sqlite_database.reading(set()) as reader:
        assert (await reader.execute(select(users.c.id))).first() is None
        async with sqlite_database.transaction(set()) as writer:
            await writer.execute(insert(users), [ADA])
        assert (await reader.execute(select(users.c.id))).first() is None
    async with sqlite_database.reading(set()) as reader:
        assert (await reader.execute(select(users.c.id))).scalar() == "ada"


async def test_hasty_work_visits_no_thread_and_is_kept(sqlite_url, visits):
    hasty = Database(sqlite_url, hasty=True)
    async with hasty.transaction(set()) as connection:
        await connection.execute(text("SELECT 1"))
        visits.clear()
        await connection.execute(insert(users), [ADA])
        assert (await connection.execute(select(users.c.id))).scalar() == "ada"
        assert (await connection.execute(text("PRAGMA synchronous"))).scalar() == 0
    assert not visits
    await hasty.dispose()
    patient = Database(sqlite_url)
    async with patient.reading(set()) as connection:
        assert (await connection.execute(select(users.c.id))).scalar() == "ada"
        assert (await connection.execute(text("PRAGMA synchronous"))).scalar() == 2
    await patient.dispose()
