from datetime import datetime, timedelta

import pytest

from conversation.conversation import Conversation, HandoffReason, Priority
from conversation.ids import ChannelId, ClientId, ConversationId, CustomerId, QueueId, ThreadId
from conversation.message import ChannelKind
from conversation.resolution import NeedsHuman
from handoff.planner import Planner
from handoff.queue import Queue
from tests.builders import NOON, minutes

QUEUES = (
    Queue(QueueId("workshop"), intents=frozenset({"appointment"}), priority=Priority.HIGH),
    Queue(QueueId("general")),
)
QUARTER = minutes(15)
BUSY = {"waiting": 2, "ready_agents": 1, "capacity": 4, "free": 4, "mean_handle_s": 60.0}


class House:
    """Queues, hours and queue figures in one, as plain attributes."""

    def __init__(self, *, opens_at=None, closed=False, due_in=QUARTER, figures=BUSY):
        self.opens_at, self.closed, self.due_in, self.figures = opens_at, closed, due_in, figures
        self.asked = None

    def queues(self, client):
        return QUEUES

    def is_open(self, client, at):
        return not self.closed

    def next_opening(self, client, at):
        return self.opens_at

    def first_response_due(self, client, conversation, at):
        self.asked = (conversation.queue, conversation.priority, at)
        return at + self.due_in if self.due_in else None

    async def queue_stats(self, client, queue):
        return self.figures


def conversation(topic: str = "", language: str = "de") -> Conversation:
    return Conversation(
        id=ConversationId("c"),
        client=ClientId("alpenrad"),
        channel=ChannelId("web"),
        channel_kind=ChannelKind.WEBCHAT,
        thread=ThreadId("t"),
        customer=CustomerId("p"),
        customer_name="Lena",
        opened_at=NOON,
        updated_at=NOON,
        language=language,
        topic=topic,
    )


async def plan(house: House, reason=HandoffReason.ASKED, *, of=None, **need):
    wish = NeedsHuman(reason, {}, **need)
    return await Planner(house, house, house).plan(of or conversation(), wish, NOON)


@pytest.mark.parametrize(
    ("need", "queue", "priority"),
    [
        ({}, "general", Priority.NORMAL),
        ({"topic": "appointment"}, "workshop", Priority.HIGH),
        ({"queue": QueueId("workshop")}, "workshop", Priority.HIGH),
        ({"queue": QueueId("closed-down")}, "general", Priority.NORMAL),
        ({"priority": Priority.LOW}, "general", Priority.LOW),
        ({"topic": "appointment", "priority": Priority.URGENT}, "workshop", Priority.URGENT),
    ],
)
async def test_the_wish_of_the_pack_is_followed_where_it_can_be(need, queue, priority):
    made = await plan(House(), **need)
    assert (made.queue, made.priority) == (queue, priority)


@pytest.mark.parametrize(
    ("reason", "priority"),
    [
        (HandoffReason.ANGER, Priority.URGENT),
        (HandoffReason.VIP, Priority.URGENT),
        (HandoffReason.BOT_FAILED, Priority.HIGH),
        (HandoffReason.TURN_LIMIT, Priority.NORMAL),
    ],
)
async def test_anger_and_importance_raise_the_priority(reason, priority):
    assert (await plan(House(), reason)).priority is priority


async def test_the_topic_so_far_counts_when_the_handoff_names_none():
    assert (await plan(House(), of=conversation("appointment"))).queue == "workshop"


async def test_in_hours_the_expected_wait_is_told():
    made = await plan(House())
    assert made.notice == "utter_handoff_in_hours"
    assert made.variables == {"wait_minutes": 3, "due_at": (NOON + minutes(15)).isoformat()}


async def test_out_of_hours_the_next_opening_is_told():
    made = await plan(House(closed=True, opens_at=NOON + timedelta(hours=20)))
    assert made.notice == "utter_handoff_out_of_hours"
    assert datetime.fromisoformat(made.variables["opens_at"]) == NOON + timedelta(hours=20)


async def test_danger_is_told_no_wait_but_that_somebody_is_called():
    made = await plan(House(figures={"waiting": 30, "ready_agents": 1}), HandoffReason.URGENT)
    assert made.notice == "utter_handoff_urgent"
    assert set(made.variables) == {"due_at"}


async def test_danger_out_of_hours_has_words_of_its_own():
    made = await plan(House(closed=True, opens_at=NOON + timedelta(hours=20)), HandoffReason.URGENT)
    assert made.notice == "utter_handoff_urgent_out_of_hours"
    assert datetime.fromisoformat(made.variables["opens_at"]) == NOON + timedelta(hours=20)


async def test_danger_while_closed_for_good_promises_no_time():
    made = await plan(House(closed=True), HandoffReason.URGENT)
    assert made.notice == "utter_handoff_urgent"


async def test_with_nobody_online_only_the_latest_time_is_promised():
    made = await plan(House(figures={"waiting": 0, "ready_agents": 0}))
    assert made.notice == "utter_handoff_by"
    assert made.variables == {"due_at": (NOON + minutes(15)).isoformat()}


@pytest.mark.parametrize("house", [House(figures={}, due_in=None), House(closed=True, due_in=None)])
async def test_where_nothing_is_known_nothing_is_promised(house):
    made = await plan(house)
    assert (made.notice, made.variables) == ("utter_handoff_soon", {})


async def test_the_due_time_counts_from_the_first_trigger_with_the_queue_and_priority_chosen():
    house = House()
    await plan(house, HandoffReason.ANGER, topic="appointment", since=NOON - minutes(4))
    assert house.asked == ("workshop", Priority.URGENT, NOON - minutes(4))
