import pytest
from sqlalchemy import literal, select

from storage import commit, facts, lease, settling, sla_rows, taking
from storage.sqlite_driver import Dialect
from storage.statements import among


@pytest.mark.parametrize(
    "statement",
    [
        commit._LOCK_THREADS,
        commit._LOCK_CONVERSATIONS,
        commit._FREE_THREADS,
        facts._COUNTERS,
        lease._HOLD,
        lease._HEADS,
        lease._ITEMS,
        settling._FEEDS,
        settling._SENT,
        sla_rows._CLOCKS,
        sla_rows._EPISODES,
        taking._SEND,
    ],
)
async def test_rows_are_found_by_index_whatever_the_number_of_keys(sqlite_database, statement):
    compiled = statement.compile(dialect=Dialect())
    values = dict.fromkeys(compiled.params)
    given = tuple(values[name] for name in compiled.positiontup)
    async with sqlite_database.reading(set()) as connection:
        plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", given)
        steps = [row[3] for row in plan]
    tables = [step for step in steps if "json_each" not in step and step.startswith("SCAN")]
    assert tables == [], steps


@pytest.mark.parametrize(("wanted", "found"), [([], []), (["a"], ["a"]), (["b", "a", "nobody", "ö'\"["], ["a", "b"])])
async def test_any_number_of_values_is_one_parameter(database, wanted, found):
    known = select(literal("a").label("id")).union_all(select(literal("b"))).subquery("known").c.id
    async with database.reading(set()) as connection:
        these = await connection.execute(select(known).where(among(connection, known, wanted)).order_by(known))
        others = await connection.execute(select(known).where(~among(connection, known, wanted)).order_by(known))
        assert list(these.scalars()) == found
        assert list(others.scalars()) == [id_ for id_ in ("a", "b") if id_ not in found]
