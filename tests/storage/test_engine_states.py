"""What workers see of an engine on a server, told together; old and strange ones left out."""

from dataclasses import replace
from datetime import timedelta

import pytest

from conversation.ids import ClientId
from nlu.engine_state import EngineState
from storage.database import Database
from storage.engine_states import FRESH, KEPT, SqlEngineStates
from tests.builders import NOON

SHOP, BIKES = ClientId("shop"), ClientId("bikes")
MINUTE = timedelta(minutes=1)
UP = EngineState(SHOP, "rasa", up=True, since=NOON, fallback="embedded", model="m.tar.gz", answered=7, seen_by="one")
DOWN = replace(
    UP, up=False, since=NOON + MINUTE, error="it is away", error_at=NOON + MINUTE, answered=2, missed=3, seen_by="two"
)


@pytest.fixture
def states(database: Database) -> SqlEngineStates:
    return SqlEngineStates(database)


async def test_what_one_worker_saw_last_is_told_with_its_time(states: SqlEngineStates) -> None:
    await states.save(replace(UP, answered=1), NOON)
    await states.save(UP, NOON + MINUTE / 2)
    found = await states.of([SHOP, BIKES], NOON + MINUTE)
    assert found == {SHOP: replace(UP, seen_at=NOON + MINUTE / 2)}


async def test_it_is_down_if_one_worker_says_so_and_texts_add_up(states: SqlEngineStates) -> None:
    for state in (UP, DOWN, replace(DOWN, since=NOON + 2 * MINUTE, seen_by="three", answered=0, missed=1)):
        await states.save(state, NOON + 2 * MINUTE)
    found = (await states.of([SHOP], NOON + 2 * MINUTE))[SHOP]
    assert (found.up, found.since, found.stands_in) == (False, NOON + MINUTE, "embedded")
    assert (found.answered, found.missed, found.error) == (9, 4, "it is away")


async def test_it_is_up_since_the_last_worker_found_it_so_and_remembers_the_last_trouble(
    states: SqlEngineStates,
) -> None:
    back = replace(DOWN, up=True, since=NOON + 2 * MINUTE)
    for state in (UP, back):
        await states.save(state, NOON + 2 * MINUTE)
    found = (await states.of([SHOP], NOON + 2 * MINUTE))[SHOP]
    assert (found.up, found.since, found.stands_in, found.error) == (True, NOON + 2 * MINUTE, "", "it is away")


async def test_a_worker_that_tells_nothing_any_more_does_not_count_and_is_forgotten(states: SqlEngineStates) -> None:
    await states.save(DOWN, NOON)
    await states.save(UP, NOON + FRESH)
    assert (await states.of([SHOP], NOON + FRESH + MINUTE / 2))[SHOP].up is True
    assert await states.of([SHOP], NOON + 3 * FRESH) == {}
    await states.save(UP, NOON + KEPT + MINUTE)
    assert (await states.of([SHOP], NOON + KEPT + MINUTE))[SHOP].missed == 0


async def test_nobody_reads_about_clients_that_are_not_asked_for(states: SqlEngineStates) -> None:
    await states.save(UP, NOON)
    assert await states.of([BIKES], NOON) == {}
    assert await states.of([], NOON) == {}
