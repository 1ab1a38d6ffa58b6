import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from conversation.conversation import Priority, ResolvedBy, State
from conversation.events import EventKind
from conversation.ids import ConversationId, QueueId, UserId
from conversation.message import DeliveryState, Visibility
from conversation.ports import Outcome
from handoff.outcome import (
    AlreadyTaken,
    Busy,
    Claimed,
    Done,
    Newer,
    NotAllowed,
    NotFound,
    Nothing,
    NotYours,
    OverCapacity,
)
from tests.handoff.house import ANN, BEN, BOSS, STRANGER, House, agent


@pytest.fixture
def house() -> House:
    return House()


async def test_of_twenty_agents_who_claim_at_once_exactly_one_gets_it(house):
    conversation = await house.queued()
    crowd = [agent(f"a{n}") for n in range(20)]
    results = await asyncio.gather(*(house.desk.claim(a, conversation) for a in crowd))
    winners = [r for r in results if isinstance(r, Claimed)]
    losers = [r for r in results if isinstance(r, AlreadyTaken)]
    assert (len(winners), len(losers)) == (1, 19)
    assert {r.by for r in losers} == {house.now(conversation).assignee}


async def test_claiming_twice_is_claiming_once(house):
    conversation = await house.held_by(ANN)
    assert isinstance(await house.desk.claim(ANN, conversation), Claimed)
    assert house.kinds(conversation).count(EventKind.ASSIGNED) == 1


async def test_nobody_claims_beyond_capacity_even_with_hasty_clicks(house):
    waiting = [await house.queued(f"c{n}") for n in range(5)]
    results = await asyncio.gather(*(house.desk.claim(ANN, c) for c in waiting))
    assert [type(r) for r in results].count(Claimed) == 2
    assert results[-1] == OverCapacity(2, 2)


async def test_a_conversation_of_another_client_does_not_exist_for_an_agent(house):
    conversation = await house.queued()
    assert await house.desk.claim(STRANGER, conversation) == NotFound()
    assert await house.desk.note(STRANGER, conversation, "hm", key="k") == NotFound()
    assert await house.desk.claim(ANN, ConversationId("none")) == NotFound()


async def test_what_the_bot_has_cannot_be_claimed(house):
    conversation = (await house.write("hello")).id
    refused = await house.desk.claim(ANN, conversation)
    assert isinstance(refused, NotAllowed)
    assert "bot" in refused.why


async def test_the_next_is_the_most_urgent_one_the_agent_can_serve(house):
    old = await house.queued("old")
    urgent = await house.queued("urgent")
    await house.desk.set_priority(BOSS, urgent, Priority.URGENT)
    workshop = await house.queued("workshop")
    await house.desk.set_priority(BOSS, workshop, Priority.URGENT)
    await house.desk.transfer_to_queue(BOSS, workshop, QueueId("workshop"))
    taken = [await house.desk.take_next(ANN), await house.desk.take_next(ANN)]
    assert [t.conversation.id for t in taken] == [urgent, old]
    mechanic = agent("mo", skills=frozenset({"bikes"}))
    assert (await house.desk.take_next(mechanic)).conversation.id == workshop


async def test_taking_the_next_says_when_nobody_waits_or_the_hands_are_full(house):
    assert await house.desk.take_next(ANN) == Nothing(0)
    await house.queued("x")
    french = agent("fr", languages=frozenset({"fr"}))
    assert await house.desk.take_next(french) == Nothing(1)
    await house.held_by(ANN, "y")
    await house.held_by(ANN, "z")
    assert await house.desk.take_next(ANN) == OverCapacity(2, 2)


async def test_two_agents_who_take_the_next_get_different_ones(house):
    await house.queued("one")
    await house.queued("two")
    first, second = await asyncio.gather(house.desk.take_next(ANN), house.desk.take_next(BEN))
    assert first.conversation.id != second.conversation.id


async def test_a_reply_goes_out_and_ends_the_wait(house):
    conversation = await house.held_by(ANN)
    assert house.now(conversation).waiting_since is not None
    done = await house.desk.reply(ANN, conversation, "  Hello Lena. ", key="k1", seen_seq=house.seq(conversation))
    assert isinstance(done, Done)
    assert (done.message.text, done.message.author.name) == ("Hello Lena.", "Ann")
    assert done.message.state is DeliveryState.PENDING
    assert house.now(conversation).waiting_since is None


async def test_the_same_key_sends_once(house):
    conversation = await house.held_by(ANN)
    first = await house.desk.reply(ANN, conversation, "Hello", key="k1")
    second = await house.desk.reply(ANN, conversation, "Hello", key="k1")
    other = await house.desk.reply(ANN, conversation, "Hello", key="k2")
    assert (second.message.id, second.repeated) == (first.message.id, True)
    assert other.message.id != first.message.id
    assert house.kinds(conversation).count(EventKind.AGENT_REPLIED) == 2


async def test_the_same_key_sent_twice_at_once_sends_once(house):
    conversation = await house.held_by(ANN)
    await asyncio.gather(*(house.desk.reply(ANN, conversation, "Hello", key="k") for _ in range(5)))
    assert house.kinds(conversation).count(EventKind.AGENT_REPLIED) == 1


async def test_what_the_customer_wrote_meanwhile_is_shown_before_the_reply_goes_out(house):
    conversation = await house.held_by(ANN)
    seen = house.seq(conversation)
    await house.write("never mind, solved")
    newer = await house.desk.reply(ANN, conversation, "Have you tried …", key="k", seen_seq=seen)
    assert isinstance(newer, Newer)
    assert [m.text for m in newer.messages] == ["never mind, solved"]
    assert EventKind.AGENT_REPLIED not in house.kinds(conversation)
    forced = await house.desk.reply(ANN, conversation, "Have you tried …", key="k", seen_seq=seen, force=True)
    assert isinstance(forced, Done)


async def test_a_customers_message_in_the_very_moment_of_sending_is_noticed(house):
    conversation = await house.held_by(ANN)
    seen, plain_load = house.seq(conversation), house.store.load

    async def load_then_customer_writes(*args):
        found = await plain_load(*args)
        house.store.load = plain_load
        await house.write("wait!")
        return found

    house.store.load = load_then_customer_writes
    assert isinstance(await house.desk.reply(ANN, conversation, "Done.", key="k", seen_seq=seen), Newer)


async def test_only_the_assignee_or_a_supervisor_answers(house):
    conversation = await house.held_by(ANN)
    assert await house.desk.reply(BEN, conversation, "Me too", key="k") == NotYours(UserId("ann"), "Ann")
    assert isinstance(await house.desk.reply(BOSS, conversation, "I take this", key="k2"), Done)
    assert house.now(conversation).assignee == "ann"


@pytest.mark.parametrize(
    ("text", "key"), [("", "k"), ("  \n", "k"), ("x" * 20_001, "k"), ("hello", ""), ("hello", "k" * 65)]
)
async def test_a_reply_needs_a_text_and_a_key(house, text, key):
    conversation = await house.held_by(ANN)
    assert isinstance(await house.desk.reply(ANN, conversation, text, key=key), NotAllowed)


async def test_a_queued_conversation_is_not_answered_before_it_is_claimed(house):
    conversation = await house.queued()
    refused = await house.desk.reply(BOSS, conversation, "Hello", key="k")
    assert isinstance(refused, NotAllowed)
    assert "claim" in refused.why


async def test_a_holding_macro_promises_but_does_not_answer(house):
    conversation = await house.held_by(ANN)
    await house.desk.reply(ANN, conversation, "One moment please.", key="k", macro="hold")
    assert house.now(conversation).waiting_since is not None
    await house.desk.reply(ANN, conversation, "Tschüss", key="k2", macro="bye")
    assert house.now(conversation).waiting_since is None


async def test_sending_clears_the_saved_draft(house):
    conversation = await house.held_by(ANN)
    await house.memory.save_draft(conversation, ANN.id, "Hel")
    await house.desk.reply(ANN, conversation, "Hello", key="k")
    assert house.memory.drafts == {}


async def test_a_note_is_for_agents_only_and_written_once(house):
    conversation = await house.queued()
    await house.desk.note(BEN, conversation, "knows the shop", key="n")
    done = await house.desk.note(BEN, conversation, "knows the shop", key="n")
    assert done.repeated
    assert done.message.visibility is Visibility.NOTE
    assert house.kinds(conversation).count(EventKind.NOTE_ADDED) == 1
    assert house.now(conversation).waiting_since is not None


async def test_release_puts_it_back_with_priority_kept(house):
    conversation = await house.held_by(ANN)
    await house.desk.set_priority(ANN, conversation, Priority.HIGH)
    assert await house.desk.release(BEN, conversation) == NotYours(UserId("ann"), "Ann")
    assert isinstance(await house.desk.release(ANN, conversation), Done)
    c = house.now(conversation)
    assert (c.state, c.assignee, c.priority) == (State.QUEUED, None, Priority.HIGH)


async def test_transfer_to_a_colleague_needs_grant_presence_and_room(house):
    conversation = await house.held_by(ANN)
    assert isinstance(await house.desk.transfer_to_agent(ANN, conversation, STRANGER.id), NotAllowed)
    assert isinstance(await house.desk.transfer_to_agent(ANN, conversation, BEN.id), NotAllowed)
    await house.memory.beat(BEN.id, "online", house.clock.now())
    await house.held_by(BEN, "x")
    await house.held_by(BEN, "y")
    assert await house.desk.transfer_to_agent(ANN, conversation, BEN.id) == OverCapacity(2, 2)
    assert isinstance(await house.desk.transfer_to_agent(BOSS, conversation, BEN.id), Done)
    assert house.now(conversation).assignee == "ben"


async def test_transfer_to_a_queue_names_the_queues_there_are(house):
    conversation = await house.held_by(ANN)
    refused = await house.desk.transfer_to_queue(ANN, conversation, QueueId("nowhere"))
    assert isinstance(refused, NotAllowed)
    assert "workshop, general" in refused.why
    await house.desk.transfer_to_queue(ANN, conversation, QueueId("workshop"))
    assert (house.now(conversation).queue, house.now(conversation).state) == ("workshop", State.QUEUED)


async def test_back_to_the_bot_lets_the_bot_answer_again(house):
    conversation = await house.held_by(ANN)
    await house.desk.to_bot(ANN, conversation)
    after = await house.write("hello")
    assert (after.id, after.state) == (conversation, State.BOT)


async def test_a_snooze_lasts_until_its_time_or_the_next_message(house):
    conversation = await house.held_by(ANN)
    later = house.clock.now() + timedelta(hours=2)
    assert isinstance(await house.desk.snooze(ANN, conversation, house.clock.now()), NotAllowed)
    await house.desk.snooze(ANN, conversation, later)
    assert house.now(conversation).snoozed_until == later
    await house.write("are you there?")
    assert house.now(conversation).snoozed_until is None
    await house.desk.snooze(ANN, conversation, later)
    await house.desk.wake(ANN, conversation)
    assert house.now(conversation).snoozed_until is None


async def test_resolving_frees_the_agent_and_says_how_it_ended(house):
    conversation = await house.held_by(ANN)
    assert await house.desk.resolve(BEN, conversation) == NotYours(UserId("ann"), "Ann")
    await house.desk.resolve(ANN, conversation, " refunded ")
    c = house.now(conversation)
    assert (c.state, c.resolved_by, c.disposition) == (State.RESOLVED, ResolvedBy.AGENT, "refunded")
    assert await house.memory.open_ids(ANN.id) == []
    assert isinstance(await house.desk.resolve(ANN, conversation), NotAllowed)


async def test_reopening_gives_it_to_who_reopens_unless_the_customer_has_a_newer_one(house):
    conversation = await house.held_by(ANN)
    await house.desk.resolve(ANN, conversation)
    await house.desk.reopen(BEN, conversation)
    assert (house.now(conversation).state, house.now(conversation).assignee) == (State.ASSIGNED, "ben")
    assert house.now(conversation).waiting_since is None
    await house.desk.resolve(BEN, conversation)
    house.clock.advance(timedelta(days=2))
    assert (await house.write("hello again")).id != conversation
    refused = await house.desk.reopen(BEN, conversation)
    assert isinstance(refused, NotAllowed)
    assert "newer" in refused.why


async def test_priority_of_what_is_resolved_stays(house):
    conversation = await house.held_by(ANN)
    await house.desk.resolve(ANN, conversation)
    assert isinstance(await house.desk.set_priority(ANN, conversation, Priority.LOW), NotAllowed)


async def test_the_same_priority_again_changes_nothing(house):
    conversation = await house.held_by(ANN)
    before = house.now(conversation).version
    assert isinstance(await house.desk.set_priority(ANN, conversation, Priority.NORMAL), Done)
    assert house.now(conversation).version == before


async def test_a_conversation_that_never_holds_still_is_reported_and_not_forced(house):
    conversation = await house.held_by(ANN)

    async def never(changes):
        return [Outcome.CONFLICT] * len(changes)

    house.store.commit = never
    assert isinstance(await house.desk.resolve(ANN, conversation), Busy)


async def test_every_act_is_an_event_with_its_actor(house):
    conversation = await house.held_by(ANN)
    await house.desk.resolve(ANN, conversation)
    resolved = [e for e in house.store.events if e.kind is EventKind.RESOLVED]
    assert resolved[0].actor == replace(ANN.author)


async def test_a_duplicate_ends_in_favour_of_the_other_where_its_customer_still_waits(house):
    first = await house.queued("lena")
    second = await house.queued("lena-again")
    await house.desk.claim(ANN, second)
    since = house.now(first).waiting_since
    assert [c.id for c in await house.memory.open_elsewhere(house.now(second))] == [first]
    done = await house.desk.merge(ANN, first, second)
    assert isinstance(done, Done)
    ended, other = house.now(first), house.now(second)
    assert (ended.state, ended.resolved_by, ended.disposition) == (State.RESOLVED, ResolvedBy.MERGED, "duplicate")
    assert other.waiting_since == since
    assert not ended.takes_up(house.clock.now())
    assert "duplicate" in (await house.desk.reopen(ANN, first)).why
    assert (await house.write("still there?", "lena")).id != first


async def test_a_duplicate_whose_answer_is_on_its_way_is_merged_once_that_has_arrived(house):
    first, second = await house.queued("lena"), await house.queued("lena-again")
    for one in (first, second):
        await house.desk.claim(ANN, one)
    await house.desk.reply(ANN, first, "It is on its way.", key="k", seen_seq=99)
    refused = await house.desk.merge(ANN, first, second)
    assert isinstance(refused, NotAllowed)
    assert "on its way" in refused.why
    assert house.now(first).state is State.ASSIGNED
    for message in house.store.transcript(first):
        house.store.messages[message.id] = replace(message, state=DeliveryState.DELIVERED)
    assert isinstance(await house.desk.merge(ANN, first, second), Done)


async def test_only_ones_own_conversations_of_one_client_can_be_merged(house):
    first, second = await house.queued("lena"), await house.queued("lena-again")
    await house.desk.claim(ANN, second)
    assert isinstance(await house.desk.merge(ANN, second, second), NotAllowed)
    assert isinstance(await house.desk.merge(BEN, first, second), NotYours)
    assert isinstance(await house.desk.merge(STRANGER, first, second), NotFound)
    await house.desk.resolve(ANN, second)
    assert isinstance(await house.desk.merge(BOSS, first, second), NotAllowed)
    assert house.now(first).state is State.QUEUED
