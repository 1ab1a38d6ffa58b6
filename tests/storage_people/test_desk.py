"""The desk's acts over the database: what memory promised, two databases keep."""

import asyncio
from datetime import timedelta

import pytest

from conversation.conversation import Priority, State
from conversation.draft import Draft
from conversation.events import EventKind
from conversation.ids import QueueId
from conversation.ports import Failed
from handoff.macro import Macro
from handoff.outcome import AlreadyTaken, Claimed, Done, Newer, NotAllowed, NotFound, Nothing, OverCapacity
from handoff.presence import GRACE
from handoff.sweeps import sweep_vanished, wake_snoozed
from sla.clock import Outcome
from sla.prices import Item
from storage.database import Database
from storage.forecast_reads import Share, SqlForecastReads
from storage.macros import SqlMacros
from storage.settlements import SqlStatements
from tests.builders import NOON, minutes
from tests.storage_people.conftest import ALPENRAD
from tests.storage_people.floor import ANN, BEN, BOSS, KIM, Floor, agent


@pytest.fixture
async def floor(database: Database) -> Floor:
    made = Floor(database)
    await made.hire()
    return made


async def test_of_ten_agents_who_claim_at_once_exactly_one_gets_it(floor):
    conversation = await floor.waits()
    results = await asyncio.gather(*(floor.desk.claim(agent(f"a{n}"), conversation) for n in range(10)))
    assert sorted(type(r).__name__ for r in results) == ["AlreadyTaken"] * 9 + ["Claimed"]
    winner = (await floor.now_is(conversation)).assignee
    assert {r.by for r in results if isinstance(r, AlreadyTaken)} == {winner}
    assert (await floor.kinds()).count(EventKind.ASSIGNED) == 1


async def test_the_next_is_the_most_urgent_the_agent_can_serve(floor):
    late = await floor.waits("late")
    floor.clock.advance(minutes(1))
    await floor.waits("later")
    workshop = await floor.waits("workshop")
    await floor.desk.transfer_to_queue(BOSS, workshop, QueueId("workshop"))
    await floor.desk.set_priority(BOSS, workshop, Priority.URGENT)
    first = await floor.desk.take_next(ANN)
    assert first.conversation.id == late
    assert (await floor.desk.take_next(BEN)).conversation.id == workshop
    assert isinstance(await floor.desk.take_next(ANN), Claimed)
    assert await floor.desk.take_next(ANN) == OverCapacity(2, 2)
    assert await floor.desk.take_next(BEN) == Nothing(0)


async def test_a_conversation_of_another_client_does_not_exist(floor):
    conversation = await floor.waits()
    assert await floor.desk.claim(KIM, conversation) == NotFound()
    assert await floor.reads.view(conversation, KIM.clients, KIM.id) is None


async def test_the_same_key_sends_once_even_at_once(floor):
    conversation = await floor.held(ANN)
    replies = await asyncio.gather(*(floor.desk.reply(ANN, conversation, "Hello", key="k") for _ in range(4)))
    assert len({r.message.id for r in replies}) == 1
    assert (await floor.deliver_all()) == ["Hello"]
    again = await floor.desk.reply(ANN, conversation, "Hello", key="k")
    assert again.repeated
    note = await floor.desk.note(ANN, conversation, "calm", key="n")
    assert (await floor.desk.note(ANN, conversation, "calm", key="n")).message.id == note.message.id


async def test_a_message_that_came_meanwhile_is_shown_first(floor):
    conversation = await floor.held(ANN)
    seen = await floor.seq(conversation)
    await floor.write("it works now!")
    newer = await floor.desk.reply(ANN, conversation, "Try this", key="k", seen_seq=seen)
    assert isinstance(newer, Newer)
    assert [m.text for m in newer.messages] == ["it works now!"]
    assert isinstance(
        await floor.desk.reply(ANN, conversation, "Great!", key="k", seen_seq=await floor.seq(conversation)), Done
    )


async def test_a_holding_macro_stops_no_clock(floor):
    await SqlMacros(floor.database).save(Macro(ALPENRAD, "hold", "Moment", "One moment", "en", holding=True), NOON)
    conversation = await floor.held(ANN)
    await floor.desk.reply(ANN, conversation, "One moment", key="k", macro="hold")
    await floor.deliver_all()
    assert (await floor.now_is(conversation)).waiting_since is not None
    assert (await floor.clocks())["first_response:1"].stopped_at is None
    await floor.desk.reply(ANN, conversation, "Here you are", key="k2")
    await floor.deliver_all()
    assert (await floor.clocks())["first_response:1"].stopped_at is not None


async def test_macros_are_kept_per_language_and_removed(floor):
    macros = SqlMacros(floor.database)
    for language, text in [("en", "Bye"), ("de", "Tschüss"), ("de", "Auf Wiedersehen")]:
        await macros.save(Macro(ALPENRAD, "bye", "Bye", text, language), NOON)
    assert [m.text for m in await floor.reads.macros([ALPENRAD])] == ["Auf Wiedersehen", "Bye"]
    assert (await floor.facts.macro(ALPENRAD, "bye", "de")).text == "Auf Wiedersehen"
    assert await floor.facts.macro(ALPENRAD, "none", "de") is None
    await macros.remove(ALPENRAD, "bye")
    assert await floor.reads.macros([ALPENRAD]) == []


async def test_a_colleague_who_is_there_and_has_room_gets_the_transfer(floor):
    conversation = await floor.held(ANN)
    assert isinstance(await floor.desk.transfer_to_agent(ANN, conversation, BEN.id), NotAllowed)
    await floor.presence.beat(BEN.id, "online", floor.clock.now())
    assert isinstance(await floor.desk.transfer_to_agent(ANN, conversation, KIM.id), NotAllowed)
    assert isinstance(await floor.desk.transfer_to_agent(ANN, conversation, BEN.id), Done)
    assert (await floor.now_is(conversation)).assignee == BEN.id


async def test_a_conversation_is_not_reopened_beside_a_newer_one(floor):
    conversation = await floor.held(ANN)
    await floor.desk.resolve(ANN, conversation)
    floor.clock.advance(timedelta(days=2))
    await floor.write("hello again")
    assert isinstance(await floor.desk.reopen(ANN, conversation), NotAllowed)


async def test_the_conversations_of_a_vanished_agent_return_and_snoozes_end(floor):
    await floor.presence.beat(ANN.id, "online", floor.clock.now())
    waiting, snoozed = await floor.held(ANN, "waiting"), await floor.held(ANN, "snoozed")
    await floor.desk.reply(ANN, snoozed, "I will look into it", key="k")
    await floor.desk.snooze(ANN, snoozed, floor.clock.now() + minutes(1))
    floor.clock.advance(GRACE + timedelta(seconds=1))
    assert await sweep_vanished(floor.store, floor.presence, floor.facts, floor.clock) == 1
    assert (await floor.now_is(waiting)).state is State.QUEUED
    assert (await floor.now_is(snoozed)).assignee == ANN.id
    assert await wake_snoozed(floor.store, floor.facts, floor.clock) == 1
    assert await wake_snoozed(floor.store, floor.facts, floor.clock) == 0


async def test_presence_shows_who_is_there_with_load_and_grants(floor):
    now = floor.clock.now()
    await floor.presence.beat(ANN.id, "online", now)
    await floor.presence.beat(BEN.id, "away", now)
    await floor.held(ANN)
    seen = {a.name: (a.status, a.online, a.load) for a in await floor.presence.agents([ALPENRAD], now)}
    assert seen == {"Ann": ("online", True, 1), "Ben": ("away", False, 0), "Boss": ("offline", False, 0)}
    later = await floor.presence.agents([ALPENRAD], now + timedelta(seconds=21))
    assert not any(a.online for a in later)
    await floor.presence.beat(ANN.id, "offline", now + timedelta(seconds=5))
    assert await floor.presence.vanished(now + timedelta(seconds=1)) == [ANN.id]


async def test_a_merge_keeps_the_earliest_start_and_the_worst_outcome_and_bills_once(floor):
    duplicate = await floor.held(ANN, "lena")
    floor.clock.advance(minutes(11))
    assert await floor.alarms.fire_due() >= 1  # the first response of the duplicate, due after ten minutes
    await floor.reply(await floor.now_is(duplicate), agent=ANN.author)
    other = await floor.held(ANN, "lena-by-phone")
    await floor.reply(await floor.now_is(other), agent=ANN.author)
    assert await floor.desk.merge(ANN, duplicate, other) == Done(await floor.now_is(other))
    clocks = {clock.id: clock for clock in await floor.all_clocks()}
    assert clocks[f"{duplicate}:first_response:1"].reason == clocks[f"{duplicate}:resolution:1"].reason == "merged"
    kept = clocks[f"{other}:first_response:1"]
    assert (kept.started_at, kept.outcome, kept.warned) == (NOON, Outcome.MISSED, 100)
    assert clocks[f"{other}:resolution:1"].due_at == NOON + minutes(240)
    await floor.desk.resolve(ANN, other)
    await floor.assert_replay_is_the_same()
    used = await SqlStatements(floor.database).used(ALPENRAD, (NOON, NOON + minutes(600)), floor.clock.now())
    assert sum(u.quantity for u in used if u.item is Item.HANDLED_CONVERSATION) == 1


async def test_a_duplicate_is_not_merged_while_an_answer_in_it_is_on_its_way(floor):
    duplicate, other = await floor.held(ANN, "lena"), await floor.held(ANN, "lena-by-phone")
    assert isinstance(await floor.desk.reply(ANN, duplicate, "One moment.", key="k", force=True), Done)
    assert isinstance(await floor.desk.merge(ANN, duplicate, other), NotAllowed)
    assert isinstance(await floor.desk.merge(ANN, other, duplicate), Done), "the one that stays may have sent something"


async def test_who_never_got_the_answer_in_a_duplicate_is_owed_one_in_the_other(floor):
    duplicate = await floor.held(ANN, "lena")
    await floor.act(await floor.now_is(duplicate), lambda d: d.agent_says(ANN.author, "Here you are."))
    [item] = await floor.take()
    await floor.outbox.settle([Failed(item, "the chat was archived")])
    floor.clock.advance(minutes(3))
    other = await floor.held(ANN, "lena-by-phone")
    await floor.reply(await floor.now_is(other), agent=ANN.author)
    assert isinstance(await floor.desk.merge(ANN, duplicate, other), Done)
    assert (await floor.now_is(other)).waiting_since == NOON
    clocks = {clock.id: clock for clock in await floor.all_clocks()}
    assert (clocks[f"{other}:next_response:1"].started_at, clocks[f"{other}:next_response:1"].is_live) == (NOON, True)
    await floor.assert_replay_is_the_same()


async def test_a_merge_that_comes_too_late_changes_neither(floor):
    duplicate, other = await floor.held(ANN, "lena"), await floor.held(ANN, "lena-again")
    ending, taking = Draft(await floor.now_is(duplicate), NOON), Draft(await floor.now_is(other), NOON)
    ending.merge(ANN.author, other, [])
    taking.take_over(ANN.author, ending.conversation, [], handled=False)
    await floor.desk.set_priority(ANN, other, Priority.HIGH)
    outcomes = await floor.store.commit([ending.change(), taking.change()])
    assert [o.value for o in outcomes] == ["conflict", "conflict"]
    assert (await floor.now_is(duplicate)).state is State.ASSIGNED


async def test_volume_beyond_the_forecast_is_told_apart_with_how_it_was_kept(floor):
    for n in range(5):
        conversation = await floor.waits(f"t{n}")
        await floor.claim(await floor.now_is(conversation))
        if n != 4:
            floor.clock.advance(minutes(9 if n < 3 else 11))
            await floor.reply(await floor.now_is(conversation))
    reads, period = SqlForecastReads(floor.database), (NOON, NOON + minutes(600))
    both = await reads.volume(ALPENRAD, period, 3, floor.clock.now())
    assert (both.within, both.beyond) == (Share(3, 3, 0, 0), Share(2, 0, 1, 1))
    assert (await reads.volume(ALPENRAD, period, 5, floor.clock.now())).beyond == Share(0, 0, 0, 0)
    assert (await reads.volume(ALPENRAD, period, 0, floor.clock.now())).within == Share(0, 0, 0, 0)
