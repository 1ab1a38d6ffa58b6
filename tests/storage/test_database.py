"""Types and transactions that behave the same on both databases."""

import asyncio
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import StatementError

from conversation.plain_text import clean
from storage.database import Database
from storage.errors import BadDatabaseUrl, NotMigrated
from storage.migrations import check
from storage.schema import clients
from storage.statements import among
from storage.tenancy import ALL_CLIENTS
from storage.types import UtcDateTime, dump_json, load_json
from tests.builders import NOON


async def keep(database: Database, id_: str, at: datetime, **more: object) -> None:
    async with database.transaction(ALL_CLIENTS) as connection:
        await connection.execute(insert(clients), {"id": id_, "created_at": at, **more})


async def test_times_come_back_in_utc_exact_to_the_microsecond(database: Database) -> None:
    east = datetime(2026, 3, 29, 3, 30, 0, 123456, tzinfo=timezone(timedelta(hours=5)))
    await keep(database, "a", east)
    async with database.reading(ALL_CLIENTS) as connection:
        found = await connection.scalar(select(clients.c.created_at))
    assert found == east
    assert found.tzinfo is UTC


async def test_a_naive_time_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="has no time zone"):
        await keep(database, "a", NOON.replace(tzinfo=None))


@given(st.lists(st.datetimes(timezones=st.just(UTC)), min_size=2))
def test_the_text_order_of_times_on_sqlite_is_time_order(moments: list[datetime]) -> None:
    kept = [UtcDateTime().process_bind_param(moment, sqlite.dialect()) for moment in moments]
    assert sorted(kept) == [UtcDateTime().process_bind_param(m, sqlite.dialect()) for m in sorted(moments)]


@given(st.text())
def test_cleaned_text_can_be_kept_anywhere(value: str) -> None:
    cleaned = clean(value)
    assert "\x00" not in cleaned
    cleaned.encode()
    dump_json({value: [value, {"deep": value}]}).encode()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_json_is_read_as_the_standard_library_reads_it_whole_numbers_of_any_length_too(value: object) -> None:
    written = dump_json([value, 2**64, -(10**30)])
    assert repr(load_json(written)) == repr(load_json(written.encode())) == repr(json.loads(written))


async def test_json_keeps_what_customers_write_and_loses_what_no_database_holds(database: Database) -> None:
    await keep(database, "a", NOON, settings={"a\x00": ["ü\ud800", ("x", None)], "at": NOON, "set": {"one"}})
    async with database.reading(ALL_CLIENTS) as connection:
        found = await connection.scalar(select(clients.c.settings))
    assert found == {"a\ufffd": ["ü\ufffd", ["x", None]], "at": NOON.isoformat(), "set": ["one"]}


async def test_among_finds_each_of_any_number_of_values(database: Database) -> None:
    for name in ("a", 'b"', "c'"):
        await keep(database, name, NOON)
    async with database.reading(ALL_CLIENTS) as connection:
        for wanted in ([], ["a"], ["a", 'b"', "c'", "d"], ["x"] * 3000 + ["c'"]):
            found = await connection.scalars(select(clients.c.id).where(among(connection, clients.c.id, wanted)))
            assert set(found) == set(wanted) & {"a", 'b"', "c'"}


async def test_a_failing_transaction_leaves_nothing(database: Database) -> None:
    async def fail() -> None:
        async with database.transaction(ALL_CLIENTS) as connection:
            await connection.execute(insert(clients), {"id": "a", "created_at": NOON})
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        await fail()
    async with database.reading(ALL_CLIENTS) as connection:
        assert (await connection.execute(select(clients))).all() == []


async def test_readers_do_not_wait_for_a_writer(database: Database) -> None:
    async with database.transaction(ALL_CLIENTS) as writing:
        await writing.execute(insert(clients), {"id": "a", "created_at": NOON})
        async with asyncio.timeout(5), database.reading(ALL_CLIENTS) as connection:
            assert (await connection.execute(select(clients))).all() == []


async def test_writers_take_turns(sqlite_url: str) -> None:
    here, there = Database(sqlite_url), Database(sqlite_url)

    async def raise_count(database: Database) -> None:
        for _ in range(10):
            async with database.transaction(ALL_CLIENTS) as connection:
                count = int(await connection.scalar(select(clients.c.name)))
                await connection.execute(clients.update().values(name=str(count + 1)))

    await keep(here, "a", NOON, name="0")
    await asyncio.gather(*(raise_count(database) for database in (here, there, here, there)))
    async with here.reading(ALL_CLIENTS) as connection:
        assert await connection.scalar(select(clients.c.name)) == "40"
    await here.dispose()
    await there.dispose()


async def test_sqlite_keeps_what_it_acknowledged_through_a_power_cut(sqlite_database: Database) -> None:
    async with sqlite_database.reading(ALL_CLIENTS) as connection:
        pragmas = [await connection.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous")]
        assert pragmas == ["wal", 2]
        assert await connection.scalar(text("PRAGMA foreign_keys")) == 1


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("mysql://u:secret@h/db", "only postgresql:// and sqlite:/// are supported"),
        ("sqlite://", "name a file"),
        ("sqlite:///:memory:", "name a file"),
        ("nonsense", "write postgresql://"),
    ],
)
def test_a_wrong_url_says_what_would_be_right_and_no_password(url: str, reason: str) -> None:
    with pytest.raises(BadDatabaseUrl, match=reason) as raised:
        Database(url)
    assert "secret" not in str(raised.value)


async def test_a_database_without_our_schema_says_how_to_mend_it(tmp_path: object) -> None:
    database = Database(f"sqlite:///{tmp_path}/empty.db")
    with pytest.raises(NotMigrated, match="run `switchboard migrate`"):
        await check(database)
    await database.dispose()
