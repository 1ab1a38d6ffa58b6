"""Messages that mean the same stand together, and come back as training data that the pack's reader takes."""

from conversation.ids import ConversationId, MessageId
from conversation.understanding import FALLBACK_INTENT
from nlu.embedded.encoder import shared_encoder
from nlu.inbox.export import as_rasa, harmless
from nlu.inbox.grouping import grouped
from nlu.inbox.missed import Labelled, Missed
from nlu.training_data import parse_training_data
from tests.builders import NOON

TEXTS = (
    "my e-bike makes a strange grinding noise",
    "do you sell helmets for children?",
    "the bike makes strange noises when I pedal",
    "there is a grinding noise from the motor of my bike",
    "do you have children's helmets?",
    "what is the capital of Peru",
)


def missed(*texts: str, **guesses: float) -> list[Missed]:
    return [
        Missed(MessageId(f"m{n}"), ConversationId("c"), NOON, text, "en", guesses or {"warranty_claim": 0.3})
        for n, text in enumerate(texts)
    ]


def found(encoder, texts=TEXTS) -> list[set[str]]:
    return [{one.text for one in group.messages} for group in grouped(missed(*texts), encoder)]


def test_what_means_the_same_stands_together():
    assert found(shared_encoder()) == [
        {TEXTS[0], TEXTS[2], TEXTS[3]},
        {TEXTS[1], TEXTS[4]},
        {TEXTS[5]},
    ]


def test_without_an_encoder_the_spelling_tells():
    texts = ("wo ist mein Rad?", "wo ist mein rad", "Was kostet ein Helm")
    assert found(None, texts) == [set(texts[:2]), {texts[2]}]


def test_nothing_missed_is_no_group():
    assert grouped([], None) == []


def test_a_groups_messages_vote_for_its_intents():
    one, other = missed("a b c d", returns=0.4, refund=0.35), missed("a b c d", refund=0.3, hours=0.2)
    [group] = grouped([*one, *other], None)
    assert group.suggestions == ["refund", "returns", "hours"]


def test_the_export_is_read_back_as_training_data():
    labelled = [
        Labelled("Where is my [order](x)?\nI am waiting", "order_status", "en"),
        Labelled("where is  MY order", "order_status", "en"),
        Labelled("- /start the weather: tomorrow # really", None, "en"),
        Labelled("Wo ist mein Rad?", "order_status", "de"),
    ]
    text = as_rasa(labelled, known=["wo ist mein rad?"])
    data, problems = parse_training_data(text, "inbox.yml")
    assert [p for p in problems if not p.warning] == []
    assert {(e.intent, e.text) for e in data.examples} == {
        ("order_status", "Where is my (order)(x)? I am waiting"),
        ("order_status", "where is MY order"),
        (FALLBACK_INTENT, "start the weather: tomorrow # really"),
    }


def test_what_identifies_people_does_not_go_into_the_pack():
    text = "I am at lena.k+x@mail.example.com or +49 170 1234567, card 4111-1111-1111-1111, order 100234"
    expected = "I am at name@example.org or +00 000 0000000, card 0000-0000-0000-0000, order 100234"
    assert harmless(text) == expected
