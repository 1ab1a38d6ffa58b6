"""The clocks on file are what the events say, after anything that can happen; and what is broken is mended."""

import random

import pytest
from sqlalchemy import delete, update

from storage.database import Database
from storage.replay import SqlReplay
from storage.schema import sla_alerts, sla_clocks, sla_episodes, sla_policies
from storage.sla_rows import SlaPolicies
from storage.tenancy import ALL_CLIENTS
from tests.builders import minutes
from tests.settlement.history import live_through
from tests.storage_people.conftest import ALPENRAD, KONTOR
from tests.storage_people.office import Office


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


def replay_of(office: Office) -> SqlReplay:
    """As another process would do it, with nothing remembered."""
    return SqlReplay(office.database, SlaPolicies(lambda _: None))


async def verify(office: Office, client=ALPENRAD, batch=3):
    return [
        d for checked in [c async for c in replay_of(office).verify(client, batch=batch)] for d in checked.differences
    ]


async def rebuild(office: Office, batch=3):
    return [d async for c in replay_of(office).rebuild(ALPENRAD, batch=batch) for d in c.differences]


async def break_rows(office: Office, *statements) -> None:
    async with office.database.transaction(ALL_CLIENTS) as connection:
        for statement in statements:
            await connection.execute(statement)


@pytest.mark.parametrize("seed", range(2))
async def test_random_histories_replay_to_the_same_rows(office, seed):
    await live_through(office, random.Random(seed), steps=60)
    checked = [c async for c in replay_of(office).verify(ALPENRAD, batch=3)]
    assert [d for c in checked for d in c.differences] == []
    assert sum(c.conversations for c in checked) > 3
    assert sum(c.clocks for c in checked) == len(await office._all(sla_clocks.select()))


async def test_every_kind_of_damage_is_reported_and_mended(office):
    await live_through(office, random.Random(7), steps=40)
    conversation = await office.write("a human please", thread="broken")
    await office.fire_at(60 * 24 * 30)
    first = f"{conversation.id}:first_response:1"
    await break_rows(
        office,
        update(sla_clocks).where(sla_clocks.c.id == first).values(outcome="met", client=ALPENRAD),
        delete(sla_clocks).where(sla_clocks.c.id == f"{conversation.id}:resolution:1"),
        delete(sla_alerts).where(sla_alerts.c.clock == first),
    )
    found = {(d.clock.split(":", 1)[1], d.field) for d in await verify(office)}
    assert found == {
        ("first_response:1", "outcome"),
        ("first_response:1", "alert breach"),
        ("resolution:1", "missing"),
        ("resolution:1", "alert breach"),
    }
    assert len(await rebuild(office)) == 4
    assert await verify(office) == []
    assert await rebuild(office) == []


async def test_a_lost_conversation_is_found_and_judged_by_the_policy_of_its_day(office):
    conversation = await office.write("a human please")
    await break_rows(office, delete(sla_clocks), delete(sla_episodes))
    assert {(d.clock, d.field) for d in await verify(office)} == {
        (conversation.id, "missing"),
        (f"{conversation.id}:first_response:1", "missing"),
        (f"{conversation.id}:resolution:1", "missing"),
    }
    await rebuild(office)
    assert set(await office.clocks()) == {"first_response:1", "resolution:1"}
    assert await verify(office) == []


async def test_terms_that_somebody_changed_on_file_are_found(office):
    conversation = await office.write("a human please")
    kept = (await office._all(sla_policies.select()))[0]["terms"]
    kinder = {**kept, "warnings": [51]}
    await break_rows(office, update(sla_policies).values(terms=kinder))
    assert (conversation.id, "terms") in {(d.clock, d.field) for d in await verify(office)}


async def test_what_the_events_know_nothing_of_is_surplus_and_goes(office):
    conversation = await office.write("a human please")
    rows = await office._all(sla_clocks.select())
    ghost = next(dict(row) for row in rows if row["kind"] == "first_response") | {
        "id": f"{conversation.id}:first_response:2"
    }
    ghost["data"] = {**ghost["data"], "id": ghost["id"]}
    await break_rows(office, sla_clocks.insert().values(ghost))
    assert [(d.clock, d.field) for d in await verify(office)] == [(ghost["id"], "surplus")]
    await rebuild(office)
    assert await verify(office) == []


async def test_conversations_from_before_the_contract_have_no_clocks_to_miss(office):
    terms, office.active = office.active, None
    await office.write("a human please", thread="early")
    office.clock.advance(minutes(5))
    office.active = terms
    await office.write("a human please", thread="later")
    assert await verify(office) == []


async def test_other_clients_are_not_read(office):
    await office.write("a human please")
    assert [c.conversations async for c in replay_of(office).verify(KONTOR)] == [0]
