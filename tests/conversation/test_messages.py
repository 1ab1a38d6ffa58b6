"""The rules of "Messages: what must always hold", told on the core with its ports in memory.

Rule 4 (a worker killed at any instant) is in tests/storage/test_worker_kill.py, with real processes.
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from conversation.clock import ManualClock
from conversation.conversation import HandoffReason, ResolvedBy, State
from conversation.draft import Draft
from conversation.events import EventKind
from conversation.ids import UserId
from conversation.memory import MemoryStore
from conversation.message import Author, AuthorKind, ContentKind, DeliveryState, Reply
from conversation.pipeline import Pipeline, close_idle, handle_inbound
from conversation.ports import Delivered, Failed, Outcome, Retry
from conversation.resolution import NeedsHuman
from tests.builders import NOON, OneQueue, ScriptedBots, inbound, minutes

HOLD = timedelta(seconds=30)
MIRA = Author(AuthorKind.AGENT, "mira", "Mira")


class Desk:
    """One worker, one deliverer and one agent around a store."""

    def __init__(self) -> None:
        self.clock = ManualClock(NOON)
        self.store = MemoryStore()
        self.bots = ScriptedBots()
        self.pipeline = Pipeline(self.store, self.bots, OneQueue(), self.clock)

    async def says(self, text: str, **more):
        order = more.pop("order", len(self.store._inbox) + 1)
        await self.store.accept([inbound(text, order=order, at=self.clock.now(), **more)])
        await self.work()

    async def work(self) -> None:
        while works := await self.store.lease("w1", self.clock.now(), limit=50, hold=HOLD):
            await handle_inbound(works, self.pipeline)

    async def deliver(self) -> list[str]:
        sent = []
        while items := await self.store.take("d1", self.clock.now(), limit=50, hold=HOLD):
            sent += [item.message.text for item in items]
            await self.store.settle([Delivered(i, f"p-{i.message.id}", self.clock.now()) for i in items])
        return sent

    @property
    def conversation(self):
        return max(self.store.conversations.values(), key=lambda c: c.id)

    async def commit(self, draft: Draft) -> Outcome:
        return (await self.store.commit([draft.change()]))[0]

    def kinds(self) -> list[str]:
        return [event.kind for event in self.store.events if event.conversation == self.conversation.id]


@pytest.fixture
def desk() -> Desk:
    return Desk()


class TestRule1ExactlyOnce:
    async def test_the_same_update_delivered_ten_times_changes_state_once(self, desk):
        update = inbound("hello")
        accepted = [await desk.store.accept([update]) for _ in range(10)]
        await desk.work()
        assert accepted == [1] + [0] * 9
        assert len(desk.store.transcript(desk.conversation.id)) == 2  # the customer's line and one answer
        assert await desk.deliver() == ["You said: hello"]

    async def test_a_delivery_cut_off_after_the_call_is_flagged_as_maybe_sent(self, desk):
        await desk.says("hello")
        (first,) = await desk.store.take("d1", desk.clock.now(), limit=5, hold=HOLD)
        desk.clock.advance(HOLD * 2)  # the deliverer died without a word
        (again,) = await desk.store.take("d2", desk.clock.now(), limit=5, hold=HOLD)
        assert (first.maybe_sent, again.maybe_sent) == (False, True)


class TestRule2Order:
    async def test_waiting_messages_of_a_thread_are_handled_in_platform_order(self, desk):
        await desk.store.accept([inbound("third", order=30), inbound("first", order=10), inbound("second", order=20)])
        await desk.work()
        assert desk.bots.seen == ["first", "second", "third"]

    async def test_a_thread_in_work_is_nobody_elses(self, desk):
        await desk.store.accept([inbound("one", order=1), inbound("two", order=2), inbound("other", thread="chat-2")])
        mine = await desk.store.lease("w1", NOON, limit=50, hold=HOLD)
        assert [w.item.inbound.text for w in mine] == ["one", "other"]
        assert await desk.store.lease("w2", NOON, limit=50, hold=HOLD) == []

    async def test_a_later_message_never_overtakes_one_that_waits_for_its_retry(self, desk):
        await desk.store.accept([inbound("one", order=1), inbound("two", order=2)])
        works = await desk.store.lease("w1", NOON, limit=50, hold=HOLD)
        await desk.store.give_back(works, retry_at=NOON + minutes(1), error="later")
        assert await desk.store.lease("w1", NOON, limit=50, hold=HOLD) == []
        works = await desk.store.lease("w1", NOON + minutes(1), limit=50, hold=HOLD)
        assert [(w.item.inbound.text, w.item.attempts) for w in works] == [("one", 1)]


class TestRule3OneOpenConversation:
    async def test_a_second_open_conversation_of_a_thread_is_a_conflict(self, desk):
        await desk.says("hello")
        other = replace(desk.conversation, id="another", version=0)
        assert await desk.commit(Draft(other, NOON)) is Outcome.CONFLICT

    async def test_further_messages_join_the_open_conversation(self, desk):
        await desk.says("hello")
        await desk.says("again")
        assert len(desk.store.conversations) == 1


class TestRule5Delivery:
    async def test_a_reply_the_platform_took_is_recorded_as_delivered(self, desk):
        await desk.says("hello")
        await desk.deliver()
        assert desk.store.transcript(desk.conversation.id)[-1].state is DeliveryState.DELIVERED
        assert EventKind.DELIVERED in desk.kinds()

    async def test_a_failed_call_is_retried_when_it_is_due_and_not_before(self, desk):
        await desk.says("hello")
        (item,) = await desk.store.take("d1", NOON, limit=5, hold=HOLD)
        await desk.store.settle([Retry(item, NOON + minutes(2), "502")])
        assert await desk.store.take("d1", NOON + minutes(1), limit=5, hold=HOLD) == []
        (again,) = await desk.store.take("d1", NOON + minutes(2), limit=5, hold=HOLD)
        assert again.attempts == 1

    async def test_a_permanent_failure_is_shown_with_its_reason(self, desk):
        await desk.says("hello")
        (item,) = await desk.store.take("d1", NOON, limit=5, hold=HOLD)
        await desk.store.settle([Failed(item, "the customer blocked the bot")])
        last = desk.store.transcript(desk.conversation.id)[-1]
        assert (last.state, last.error) == (DeliveryState.FAILED, "the customer blocked the bot")
        assert EventKind.DELIVERY_FAILED in desk.kinds()


class TestRule6TheBotNeverTalksOverAPerson:
    async def test_an_answer_prepared_while_an_agent_claimed_is_not_committed(self, desk):
        await desk.says("human please")
        await desk.store.accept([inbound("still there?", order=2)])
        works = await desk.store.lease("w1", NOON, limit=5, hold=HOLD)
        claim = Draft(desk.conversation, NOON)
        claim.claim(UserId("mira"), "Mira")
        assert await desk.commit(claim) is Outcome.COMMITTED
        assert await handle_inbound(works, desk.pipeline) == [Outcome.CONFLICT]
        await desk.work()  # tried again, on the conversation as it is now
        assert desk.bots.seen == ["human please"]
        assert desk.conversation.state is State.ASSIGNED

    async def test_bot_output_waiting_in_the_outbox_is_dropped_but_the_handoff_notice_is_sent(self, desk):
        await desk.says("hello")
        await desk.says("human please")
        assert await desk.deliver() == ["utter_handoff_in_hours {'wait_minutes': 3}"]
        assert EventKind.DELIVERY_DROPPED in desk.kinds()

    async def test_what_the_bot_says_along_with_a_handoff_reaches_the_customer(self, desk):
        need = lambda turn: NeedsHuman(HandoffReason.FLOW, {}, replies=(Reply("I'm sorry to hear that."),))  # noqa: E731
        desk.bots.answers["it broke"] = need
        await desk.says("it broke")
        assert await desk.deliver() == ["I'm sorry to hear that.", "utter_handoff_in_hours {'wait_minutes': 3}"]

    async def test_the_bot_is_silent_while_people_have_the_conversation(self, desk):
        await desk.says("human please")
        await desk.says("hello?")
        assert desk.bots.seen == ["human please"]


class TestRule7EveryKindHasAResult:
    async def test_an_edit_changes_the_line_and_keeps_the_old_text_out_of_sight(self, desk):
        await desk.says("ordr 1")
        await desk.says("order 1", kind=ContentKind.EDIT, edits="chat-1:1", key="edit-1")
        assert desk.store.transcript(desk.conversation.id)[0].text == "order 1"
        assert desk.bots.seen == ["ordr 1"]  # an edit is not a new question
        assert EventKind.CUSTOMER_EDITED in desk.kinds()

    async def test_an_edit_of_a_message_we_never_saw_changes_nothing(self, desk):
        await desk.says("order 1", kind=ContentKind.EDIT, edits="chat-1:1")
        assert desk.store.conversations == {}
        assert await desk.store.lease("w1", NOON, limit=5, hold=HOLD) == []

    async def test_blocking_us_ends_what_the_bot_had_and_leaves_people_a_fact(self, desk):
        await desk.says("hello")
        await desk.says("", kind=ContentKind.BLOCKED)
        assert desk.conversation.resolved_by is ResolvedBy.ABANDONED
        assert EventKind.CUSTOMER_BLOCKED in desk.kinds()


class TestPoison:
    async def test_one_bad_message_does_not_hold_up_the_batch_and_goes_to_a_person(self, desk):
        texts = ["a", "b", "boom", "d", "e"]
        await desk.store.accept([inbound(t, thread=f"chat-{n}") for n, t in enumerate(texts)])
        await desk.work()
        states = {c.preview: c.state for c in desk.store.conversations.values()}
        assert list(states.values()).count(State.BOT) == 4
        (queued,) = [c for c in desk.store.conversations.values() if c.state is State.QUEUED]
        assert queued.handoff_reason is HandoffReason.BOT_FAILED


class TestHandoff:
    async def test_the_clock_starts_at_the_earlier_of_platform_time_and_receipt(self, desk):
        await desk.store.accept([inbound("human please", sent_at=NOON - minutes(7))])
        await desk.work()
        assert desk.conversation.waiting_since == NOON - minutes(7)
        (event,) = [e for e in desk.store.events if e.kind is EventKind.HANDOFF_REQUESTED]
        assert event.data["triggered_at"] == (NOON - minutes(7)).isoformat()


class TestTheEnd:
    async def test_goodbye_after_a_completed_flow_is_resolved_by_the_bot(self, desk):
        await desk.says("done")
        await desk.says("bye")
        assert desk.conversation.resolved_by is ResolvedBy.BOT

    async def test_silence_after_a_completed_flow_is_resolved_by_the_bot(self, desk):
        await desk.says("done")
        desk.clock.advance(minutes(31))
        assert await close_idle(desk.pipeline, after=minutes(30)) == 1
        assert desk.conversation.resolved_by is ResolvedBy.BOT

    async def test_silence_after_anything_else_is_abandoned(self, desk):
        await desk.says("hello")
        desk.clock.advance(minutes(31))
        await close_idle(desk.pipeline, after=minutes(30))
        assert desk.conversation.resolved_by is ResolvedBy.ABANDONED

    async def test_a_message_within_a_day_reopens_and_a_later_one_starts_anew(self, desk):
        await desk.says("done")
        await desk.says("bye")
        desk.clock.advance(timedelta(hours=23))
        await desk.says("one more thing")
        assert len(desk.store.conversations) == 1
        assert EventKind.REOPENED in desk.kinds()
        await desk.says("done")
        await desk.says("bye")
        desk.clock.advance(timedelta(hours=25))
        await desk.says("good morning")
        assert len(desk.store.conversations) == 2

    async def test_a_bare_thanks_does_not_reopen(self, desk):
        await desk.says("done")
        await desk.says("bye")
        await desk.says("thanks")
        assert desk.conversation.state is State.RESOLVED
        assert EventKind.REOPENED not in desk.kinds()

    async def test_what_an_agent_resolved_goes_back_to_people_when_reopened(self, desk):
        await desk.says("human please")
        draft = Draft(desk.conversation, desk.clock.now())
        draft.claim(UserId("mira"), "Mira")
        draft.agent_says(MIRA, "Here you are.")
        draft.resolve(MIRA, ResolvedBy.AGENT, "answered")
        await desk.commit(draft)
        await desk.says("it is still broken")
        assert desk.conversation.state is State.QUEUED
        assert desk.conversation.handoff_reason is HandoffReason.REOPENED
        assert desk.conversation.last_agent == "mira"

    async def test_coming_back_for_a_person_within_72_hours_revokes_the_bots_resolution(self, desk):
        await desk.says("done")
        await desk.says("bye")
        first = desk.conversation.id
        desk.clock.advance(timedelta(hours=48))
        await desk.says("human please")
        assert desk.store.conversations[first].containment_revoked
        assert EventKind.CONTAINMENT_REVOKED in {e.kind for e in desk.store.events if e.conversation == first}
