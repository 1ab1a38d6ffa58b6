"""What a first message holds besides its matter: line by line, in a list, in a telegram."""

import pytest

from nlu.dialogue.lexicon import lexicon
from nlu.dialogue.wording import meant
from tests.nlu.dialogue.desk_pack import customer
from tests.nlu.dialogue.hire_pack import hirer, slots_of

BOTH = lexicon("en").beside(lexicon("de"))


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        ("hire please\na large drill\n3\n4200", {"tool": "a large drill", "pieces": "3", "account": "4200"}),
        ("hire please\n4200\na large drill\n3", {"tool": "a large drill", "pieces": "3", "account": "4200"}),
        ("Werkzeug leihen\nBohrhammer mit Koffer\n2 Stück", {"tool": "Bohrhammer mit Koffer", "pieces": "2"}),
        ("shoes please\nsize XL", {"size": "XL"}),
    ],
)
async def test_a_message_answers_line_by_line(text, slots):
    c = hirer()
    await c.says(text)
    assert slots_of(c) == slots


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("blau wär mir lieber als schwarz", "blau"),
        ("lieber blau als schwarz", "blau"),
        ("i'd take blue rather than black", "blue"),
        ("eher M als L", "M"),
        ("ich hätte gern blau eher als schwarz", "blau"),
        ("größer als vorher", "größer als vorher"),
    ],
)
def test_what_is_liked_better_is_meant(text, expected):
    assert meant(text, BOTH) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("expenses. taxi to the airport. 84.50", {"purpose": "taxi to the airport", "amount": "84.50"}),
        ("expenses\ntaxi to the airport\n84.50", {"purpose": "taxi to the airport", "amount": "84.50"}),
        ("expenses\nsorry, was in a meeting. taxi home\n84.50", {"purpose": "taxi home", "amount": "84.50"}),
        ("Spesen, Taxi Zentral", {"purpose": "Taxi Zentral"}),
        ("expenses please, a taxi to the airport", {"purpose": "a taxi to the airport"}),
        ("Spesen bitte, ein Hotel in Köln", {"purpose": "ein Hotel in Köln"}),
    ],
)
async def test_short_sentences_and_lines_answer_the_questions_in_their_order(text, expected):
    c = customer()
    await c.says(text)
    known = c.conversation.tracker["slots"]
    assert {name: known[name] for name in expected} == expected


@pytest.mark.parametrize(
    "text", ["expenses. I was in Berlin. It rained all day. So what", "expenses. where is 100234?"]
)
async def test_sentences_that_fit_no_question_are_no_answers(text):
    c = customer()
    await c.says(text)
    assert c.conversation.tracker["slots"].get("amount") is None


@pytest.mark.parametrize(
    ("text", "purpose"),
    [
        ("i need an expense claim 34.50 euro taxi", "taxi"),
        ("can i get an expense claim for the office", None),
        ("i want an expense claim for the trip, 34.50 euro", None),
    ],
)
async def test_a_sentence_that_only_asks_for_it_is_read_like_a_telegram(text, purpose):
    c = customer()
    await c.says(text)
    assert slots_of(c).get("purpose") == purpose


@pytest.mark.parametrize("text", ["expenses please, it's for the boss", "Spesen bitte, so schnell es geht"])
async def test_a_sentence_behind_the_matter_is_no_answer(text):
    c = customer()
    await c.says(text)
    assert slots_of(c).get("purpose") is None
