"""Rules 5 and 6 on the way out: in order, retried, honest about doubt, and never over a person's head."""

import asyncio
from datetime import timedelta

from conversation.draft import Draft
from conversation.events import EventKind
from conversation.ids import UserId
from conversation.message import Author, AuthorKind, DeliveryState
from conversation.ports import Delivered, Failed, Retry
from storage.database import Database
from tests.builders import NOON, inbound, minutes
from tests.storage.harness import HOLD, Process

ANNA = Author(AuthorKind.AGENT, "u1", "Anna")


async def queued(process: Process, thread: str = "chat-1") -> None:
    await process.receive(inbound("a human please", thread=thread))
    await process.handle_all()


async def anna_says(process: Process, *texts: str) -> None:
    for text in texts:
        draft = Draft(await process.conversation(), process.clock.now())
        if draft.conversation.assignee is None:
            draft.claim(UserId("u1"), "Anna")
        draft.agent_says(ANNA, text)
        await process.store.commit([draft.change()])


async def test_a_message_is_sent_once_and_recorded_as_delivered(process: Process) -> None:
    await process.receive(inbound("hello"))
    await process.handle_all()
    process.clock.advance(minutes(1))
    assert await process.deliver_all() == ["You said: hello"]
    assert await process.deliver_all() == []
    answer = (await process.messages())[1]
    assert (answer.state, answer.delivered_at) == (DeliveryState.DELIVERED, NOON + minutes(1))
    assert answer.platform_message_id == f"p-{answer.id}"
    delivered = (await process.events())[-1]
    assert delivered.kind is EventKind.DELIVERED
    assert delivered.data == {
        "message_id": answer.id,
        "author": "bot",
        "accepted_at": "2026-11-23T12:01:00+00:00",
        "platform_message_id": answer.platform_message_id,
    }


async def test_what_is_being_sent_is_marked_before_the_call(process: Process) -> None:
    await process.receive(inbound("hello"))
    await process.handle_all()
    [item] = await process.take()
    assert (item.thread_ref, item.attempts, item.maybe_sent) == ("chat-1", 0, False)
    assert (await process.messages())[1].state is DeliveryState.SENDING
    assert await process.take("d2") == []


async def test_a_delivered_answer_of_an_agent_carries_what_clocks_need(process: Process) -> None:
    await queued(process)
    await process.deliver_all()
    await anna_says(process, "What is your order number?")
    await process.deliver_all()
    delivered = (await process.events())[-1]
    assert delivered.data["author"] == "agent"
    assert delivered.data["agent"] == "u1"
    assert delivered.data["question"] is True
    assert delivered.data["holding"] is False


async def test_messages_of_one_thread_go_out_one_after_the_other(process: Process) -> None:
    await queued(process)
    await anna_says(process, "one", "two", "three")
    first = await process.take()
    assert len(first) == 1
    assert await process.take() == []
    await process.outbox.settle([Retry(first[0], NOON + minutes(1), "busy")])
    assert await process.take() == []
    process.clock.advance(minutes(1))
    assert (await process.deliver_all())[-3:] == ["one", "two", "three"]


async def test_messages_of_many_threads_go_out_together(process: Process) -> None:
    await process.receive(*(inbound(f"m{n}", thread=f"t{n}") for n in range(20)))
    await process.handle_all()
    assert len(await process.take(limit=15)) == 15
    assert len(await process.take(limit=15)) == 5


async def test_a_retry_comes_when_it_is_due_and_counts_its_attempts(process: Process) -> None:
    await process.receive(inbound("hello"))
    await process.handle_all()
    [item] = await process.take()
    later = NOON + timedelta(seconds=7)
    await process.outbox.settle([Retry(item, later, "429")])
    assert await process.outbox.next_due(NOON) == later
    assert await process.take() == []
    process.clock.set(later)
    [again] = await process.take()
    assert (again.attempts, again.maybe_sent) == (1, False)
    failed = (await process.events())[-1]
    assert failed.data == {
        "message_id": item.message.id,
        "author": "bot",
        "reason": "429",
        "permanent": False,
    }


async def test_a_permanent_failure_is_told_and_leaves_the_line(process: Process) -> None:
    await queued(process)
    await process.deliver_all()
    await anna_says(process, "one", "two")
    [item] = await process.take()
    await process.outbox.settle([Failed(item, "the customer blocked the bot")])
    failed = next(m for m in await process.messages() if m.id == item.message.id)
    assert (failed.state, failed.error) == (DeliveryState.FAILED, "the customer blocked the bot")
    assert (await process.events())[-1].data["permanent"] is True
    assert await process.deliver_all() == ["two"]


async def test_a_message_cut_off_in_the_middle_is_sent_again_with_a_warning(process: Process) -> None:
    await process.receive(inbound("hello"))
    await process.handle_all()
    await process.take("d1")
    assert await process.outbox.next_due(NOON) == NOON + HOLD
    process.clock.advance(HOLD)
    [again] = await process.take("d2")
    assert (again.attempts, again.maybe_sent) == (1, True)
    assert (await process.kinds())[-1] == "maybe_doubled"
    process.clock.advance(HOLD)
    await process.take("d3")
    assert (await process.kinds()).count("maybe_doubled") == 1


async def test_a_doubtful_retry_is_flagged(process: Process) -> None:
    await process.receive(inbound("hello"))
    await process.handle_all()
    [item] = await process.take()
    await process.outbox.settle([Retry(item, NOON, "the connection broke", maybe_sent=True)])
    [again] = await process.take()
    assert again.maybe_sent
    assert (await process.kinds())[-2:] == ["maybe_doubled", "delivery_failed"]


async def test_a_late_failure_of_a_message_taken_by_another_changes_nothing(process: Process) -> None:
    await process.receive(inbound("hello"))
    await process.handle_all()
    [late] = await process.take("d1")
    process.clock.advance(HOLD)
    [current] = await process.take("d2")
    await process.outbox.settle([Failed(late, "no"), Retry(late, NOON, "no")])
    await process.outbox.settle([Delivered(current, "p1", process.clock.now())])
    assert (await process.messages())[1].state is DeliveryState.DELIVERED
    assert "delivery_failed" not in await process.kinds()


async def test_a_late_delivery_counts_once_and_the_first_one_stands(process: Process) -> None:
    await process.receive(inbound("hello"))
    await process.handle_all()
    [late] = await process.take("d1")
    process.clock.advance(HOLD)
    [current] = await process.take("d2")
    await process.outbox.settle([Delivered(late, "p1", NOON)])
    await process.outbox.settle([Delivered(current, "p2", process.clock.now())])
    await process.outbox.settle([Retry(current, NOON, "no")])
    assert (await process.messages())[1].platform_message_id == "p1"
    assert (await process.kinds()).count("delivered") == 1
    assert await process.outbox.next_due(NOON) is None


async def test_the_bot_never_talks_over_a_person(process: Process) -> None:
    await process.receive(inbound("one"), inbound("two", key="2", order=2))
    await process.handle_all()
    await process.receive(inbound("a human", key="3", order=3))
    await process.handle_all()
    sent = await process.deliver_all()
    assert sent == ["utter_handoff_in_hours {'wait_minutes': 3}"]
    states = [m.state for m in await process.messages() if m.author.kind is AuthorKind.BOT]
    assert states == [DeliveryState.DROPPED, DeliveryState.DROPPED, DeliveryState.DELIVERED]
    assert (await process.kinds()).count("delivery_dropped") == 2


async def test_the_customers_own_words_and_notes_are_never_sent(process: Process) -> None:
    await queued(process)
    await process.deliver_all()
    draft = Draft(await process.conversation(), NOON)
    draft.note(ANNA, "for us only")
    await process.store.commit([draft.change()])
    assert await process.deliver_all() == []


async def test_two_deliverers_never_take_the_same_message(database: Database) -> None:
    processes = [Process(database) for _ in range(4)]
    await processes[0].receive(*(inbound(f"m{n}", thread=f"t{n}") for n in range(40)))
    await processes[0].handle_all()
    sent: list[str] = []
    for batch in await asyncio.gather(*(p.deliver_all() for p in processes)):
        sent += batch
    sent += await processes[0].deliver_all()
    assert sorted(sent) == sorted(f"You said: m{n}" for n in range(40))
