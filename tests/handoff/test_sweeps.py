from datetime import timedelta

from conversation.conversation import Priority, State
from handoff.presence import GRACE
from handoff.sweeps import sweep_vanished, wake_snoozed
from tests.handoff.house import ANN, BEN, House


async def sweep(house: House) -> int:
    return await sweep_vanished(house.store, house.memory, house.memory, house.clock)


async def test_the_unanswered_conversations_of_an_agent_who_vanished_return_to_the_queue():
    house = House()
    await house.memory.beat(ANN.id, "online", house.clock.now())
    waiting, answered = await house.held_by(ANN, "waiting"), await house.held_by(ANN, "answered")
    await house.desk.set_priority(ANN, waiting, Priority.HIGH)
    await house.desk.reply(ANN, answered, "Hello", key="k")
    house.clock.advance(GRACE - timedelta(seconds=5))
    assert await sweep(house) == 0
    house.clock.advance(timedelta(seconds=6))
    assert await sweep(house) == 1
    assert (house.now(waiting).state, house.now(waiting).priority) == (State.QUEUED, Priority.HIGH)
    assert house.now(answered).assignee == "ann"
    assert await sweep(house) == 0


async def test_an_agent_who_keeps_beating_keeps_everything():
    house = House()
    conversation = await house.held_by(BEN)
    house.clock.advance(GRACE)
    await house.memory.beat(BEN.id, "away", house.clock.now())
    house.clock.advance(timedelta(seconds=30))
    assert await sweep(house) == 0
    assert house.now(conversation).assignee == "ben"


async def test_a_snooze_that_is_over_wakes_once():
    house = House()
    conversation = await house.held_by(ANN)
    await house.desk.snooze(ANN, conversation, house.clock.now() + timedelta(minutes=5))
    assert await wake_snoozed(house.store, house.memory, house.clock) == 0
    house.clock.advance(timedelta(minutes=5))
    assert await wake_snoozed(house.store, house.memory, house.clock) == 1
    assert await wake_snoozed(house.store, house.memory, house.clock) == 0


async def test_who_says_offline_is_gone_after_the_same_grace():
    house = House()
    await house.memory.beat(ANN.id, "online", house.clock.now())
    conversation = await house.held_by(ANN)
    for _ in range(9):
        house.clock.advance(timedelta(seconds=15))
        await house.memory.beat(ANN.id, "offline", house.clock.now())
    assert await sweep(house) == 1
    assert house.now(conversation).state is State.QUEUED


async def test_what_came_to_an_absent_agent_just_now_has_its_own_grace():
    house = House()
    conversation = await house.held_by(ANN)
    house.clock.advance(GRACE - timedelta(seconds=1))
    assert await sweep(house) == 0
    house.clock.advance(timedelta(seconds=2))
    assert await sweep(house) == 1
    assert house.now(conversation).assignee is None
