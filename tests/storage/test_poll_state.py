"""One poller per token, and a position only its holder moves."""

import asyncio
from datetime import timedelta

import pytest

from storage.database import Database
from storage.poll_state import SqlPollState
from tests.builders import NOON

HOLD = timedelta(seconds=30)


@pytest.fixture
def state(database: Database) -> SqlPollState[tuple]:
    return SqlPollState(database, lambda offset, at: (offset, at))


async def test_of_many_pollers_exactly_one_gets_the_lease(state: SqlPollState[tuple]) -> None:
    got = await asyncio.gather(*(state.acquire("telegram:1", f"p{n}", NOON, HOLD) for n in range(5)))
    assert sorted(got) == [False] * 4 + [True]


async def test_a_lease_is_renewed_released_and_inherited(state: SqlPollState[tuple]) -> None:
    assert await state.acquire("t", "p1", NOON, HOLD)
    assert await state.acquire("t", "p1", NOON + HOLD / 2, HOLD)
    assert not await state.acquire("t", "p2", NOON + HOLD, HOLD)
    await state.release("t", "p2")
    assert not await state.acquire("t", "p2", NOON + HOLD, HOLD)
    await state.release("t", "p1")
    assert await state.acquire("t", "p2", NOON + HOLD, HOLD)
    assert await state.acquire("t", "p3", NOON + HOLD * 2, HOLD)


async def test_only_the_holder_moves_the_position(state: SqlPollState[tuple]) -> None:
    assert await state.position("t") is None
    await state.acquire("t", "p1", NOON, HOLD)
    assert await state.position("t") is None
    assert await state.advance("t", "p1", 42, NOON)
    assert not await state.advance("t", "p2", 43, NOON)
    assert not await state.advance("t", "p1", 44, NOON + HOLD)
    assert await state.position("t") == (42, NOON)


async def test_a_mark_never_jumps_over_a_gap(state: SqlPollState[tuple]) -> None:
    assert await state.beat("alive:c", NOON, HOLD) is None
    assert await state.beat("alive:c", NOON + HOLD, HOLD) is None
    late = NOON + HOLD * 3
    assert await state.beat("alive:c", late, HOLD) == NOON + HOLD
    assert await state.acquire("alive:c", "p1", late, HOLD)
    assert await state.beat("alive:c", late, HOLD) == NOON + HOLD
    await state.release("alive:c", "p1")
    assert not await state.caught_up("alive:c", NOON, late)
    assert await state.caught_up("alive:c", NOON + HOLD, late)
    assert not await state.caught_up("alive:c", NOON + HOLD, late)
    assert await state.beat("alive:c", late + HOLD, HOLD) is None


async def test_beats_at_once_agree_on_the_gap(state: SqlPollState[tuple]) -> None:
    assert await asyncio.gather(*(state.beat("alive:c", NOON, HOLD) for _ in range(5))) == [None] * 5
    late = NOON + HOLD * 2
    assert await asyncio.gather(*(state.beat("alive:c", late, HOLD) for _ in range(5))) == [NOON] * 5
    moved = await asyncio.gather(*(state.caught_up("alive:c", NOON, late) for _ in range(5)))
    assert sorted(moved) == [False] * 4 + [True]
