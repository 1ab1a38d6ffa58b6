"""Which steps a conversation's state allows, and what each leaves behind."""

from dataclasses import replace

import pytest

from conversation.conversation import Conversation, Priority, ResolvedBy, State
from conversation.draft import Draft
from conversation.errors import IllegalTransition
from conversation.events import EventKind
from conversation.ids import ChannelId, ClientId, ConversationId, CustomerId, QueueId, ThreadId, UserId, new_id
from conversation.message import SYSTEM, Author, AuthorKind, ChannelKind
from tests.builders import NOON, minutes

MIRA = Author(AuthorKind.AGENT, "mira", "Mira")


def conversation(state: State = State.BOT, **more) -> Conversation:
    base = Conversation(
        ConversationId("c1"),
        ClientId("alpenrad"),
        ChannelId("web"),
        ChannelKind.WEBCHAT,
        ThreadId("t1"),
        CustomerId("k1"),
        "Lena",
        NOON,
        NOON,
        state=state,
        version=3,
    )
    return replace(base, **more)


STEPS = {
    "claim": lambda d: d.claim(UserId("mira"), "Mira"),
    "release": lambda d: d.release(MIRA, "break"),
    "transfer to a queue": lambda d: d.transfer_to_queue(MIRA, QueueId("workshop")),
    "transfer to an agent": lambda d: d.transfer_to_agent(MIRA, UserId("jo"), "Jo"),
    "return to the bot": lambda d: d.return_to_bot(MIRA),
    "reply": lambda d: d.agent_says(MIRA, "Hello"),
    "snooze": lambda d: d.snooze(MIRA, NOON + minutes(5)),
    "resolve": lambda d: d.resolve(MIRA, ResolvedBy.AGENT),
    "reopen": lambda d: d.reopen("more"),
}
LEGAL = {
    State.BOT: {"resolve"},
    State.QUEUED: {"claim", "transfer to a queue", "transfer to an agent", "return to the bot", "resolve"},
    State.ASSIGNED: set(STEPS) - {"claim", "reopen"},
    State.RESOLVED: {"reopen"},
}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("step", STEPS)
def test_each_state_allows_exactly_its_steps(state, step):
    draft = Draft(conversation(state), NOON)
    if step in LEGAL[state]:
        STEPS[step](draft)
    else:
        with pytest.raises(IllegalTransition, match=f"that is {state}"):
            STEPS[step](draft)


def test_a_change_raises_the_version_by_one_however_many_steps_it_has():
    draft = Draft(conversation(State.QUEUED), NOON)
    draft.claim(UserId("mira"), "Mira")
    draft.agent_says(MIRA, "Hello")
    draft.resolve(MIRA, ResolvedBy.AGENT)
    change = draft.change()
    assert (change.expected_version, change.conversation.version) == (3, 4)
    assert [e.kind for e in change.events] == [EventKind.ASSIGNED, EventKind.AGENT_REPLIED, EventKind.RESOLVED]


def test_a_released_conversation_keeps_its_priority_and_its_waiting_customer():
    held = conversation(
        State.ASSIGNED, queue=QueueId("general"), priority=Priority.HIGH, waiting_since=NOON, assignee=UserId("mira")
    )
    draft = Draft(held, NOON + minutes(3))
    draft.release(SYSTEM, "the agent vanished")
    back = draft.change().conversation
    assert (back.state, back.priority, back.waiting_since, back.assignee) == (State.QUEUED, Priority.HIGH, NOON, None)


def test_a_holding_macro_leaves_the_customer_waiting():
    draft = Draft(conversation(State.ASSIGNED, waiting_since=NOON), NOON)
    draft.agent_says(MIRA, "One moment please.", holding=True)
    assert draft.conversation.waiting_since == NOON
    draft.agent_says(MIRA, "It ships today.")
    assert draft.conversation.waiting_since is None


def test_a_note_is_never_sent():
    draft = Draft(conversation(State.ASSIGNED), NOON)
    note = draft.note(MIRA, "calls back at five")
    assert note.visibility == "note"
    assert note.state == "internal"


def test_ids_made_in_one_process_sort_in_the_order_they_were_made():
    ids = [new_id(NOON) for _ in range(5000)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 5000
