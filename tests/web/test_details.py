"""What stands beside a conversation says what it is about."""

from dataclasses import replace
from types import SimpleNamespace

from conversation.conversation import Conversation
from conversation.events import Event, EventKind
from conversation.ids import ChannelId, ClientId, ConversationId, CustomerId, EventId, ThreadId
from conversation.message import ChannelKind
from tests.builders import NOON
from web.desk.details import seen
from web.formats import Formats
from web.i18n import Words

ABOUT = (ClientId("kontor"), ChannelId("web"), ThreadId("t"), ConversationId("c"))
HELD = Conversation(
    ConversationId("c"),
    ClientId("kontor"),
    ChannelId("web"),
    ChannelKind.WEBCHAT,
    ThreadId("t"),
    CustomerId("k"),
    "Mia",
    NOON,
    NOON,
    topic="certificate",
)


def understood(number: int, intent: str, *ranking: tuple[str, float]) -> Event:
    data = {"intent": intent, "ranking": [list(r) for r in ranking], "engine": "embedded"}
    return Event(EventId(f"e{number}"), *ABOUT, EventKind.UNDERSTOOD, NOON, data=data, seq=number)


EVENTS = [
    understood(1, "certificate", ("certificate", 0.97)),
    understood(2, "nlu_fallback", ("leave_request", 0.89)),
]


def guesses(conversation: Conversation) -> list[tuple[str, float]]:
    view = SimpleNamespace(conversation=conversation, events=EVENTS)
    return list(seen(view, None, Formats(Words("en"), "UTC")).guesses)


def test_the_guesses_are_those_of_the_message_that_began_the_topic_not_of_a_slots_words():
    assert guesses(HELD) == [("certificate", 0.97)]


def test_without_a_topic_the_newest_understanding_is_shown():
    assert guesses(replace(HELD, topic="")) == [("leave request", 0.89)]


def test_what_was_said_in_own_words_has_a_line_each_under_a_name_in_the_readers_language():
    held = replace(HELD, tracker={"slots": {"in_own_words": ["it squeaks", "by Friday"], "order_number": "100231"}})
    view = SimpleNamespace(conversation=held, events=[])
    for language, label in (("en", "In their words"), ("de", "In eigenen Worten")):
        slots = dict(seen(view, None, Formats(Words(language), "UTC")).slots)
        assert slots == {label: "it squeaks\nby Friday", "order number": "100231"}
