"""A question beside an answer: answered at once where what it needs is known, and never a part of the answer."""

import pytest

from nlu.dialogue.clauses import split
from nlu.dialogue.lexicon import lexicon
from tests.nlu.dialogue.desk_pack import customer
from tests.nlu.dialogue.hire_pack import hirer, slots_of


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("a drill, how long does that take", "a drill"),
        ("mostly saws, around 600 a year, how long does it take", "mostly saws, around 600 a year"),
        ("a drill, what does it cost?", "a drill"),
        ("die bohrmaschine, was kostet die denn eigentlich", "die bohrmaschine"),
        ("einen bagger, wie lange dauert das", "einen bagger"),
        ("eine säge, gibt es da rabatt?", "eine säge"),
    ],
)
async def test_a_question_behind_an_answer_in_words_is_no_part_of_it(text, tool):
    c = hirer("de" if text.startswith(("die", "ein")) else "en")
    await c.says("hire")
    said = await c.says(text)
    assert slots_of(c)["tool"] == tool
    assert len(said) > 1  # an honest word at least, then the next question
    assert said[-1] == "utter_ask_pieces"


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("a drill, what you have there", "a drill, what you have there"),
        ("eine säge, was halt da ist", "eine säge, was halt da ist"),
        ("a drill, whatever is cheap", "a drill, whatever is cheap"),
    ],
)
async def test_a_part_of_the_sentence_is_no_question(text, tool):
    c = hirer()
    await c.says("hire")
    await c.says(text)
    assert slots_of(c)["tool"] == tool


@pytest.mark.parametrize(
    ("language", "text", "parts"),
    [
        ("de", "20134 und sag mir vorher wieviel ich noch hab", 2),
        ("de", "20134, sag mir mal wann das kommt", 2),
        ("en", "20134, tell me how many I have left", 2),
        ("de", "hallo, ich möchte urlaub haben, sag mir vorher wie viele tage das sind", 2),
        ("en", "I want some time off, tell me first how many days I have", 2),
        ("de", "sag mir, wie lange das dauert", 1),
        ("en", "please tell me, how long does it take", 1),
    ],
)
def test_an_order_to_tell_stands_apart_from_a_number_or_a_sentence(language, text, parts):
    assert len(split(text, lexicon(language))) == parts


async def test_what_is_looked_up_for_a_question_comes_before_the_next_question():
    c = hirer()
    await c.says("hire")
    await c.says("a drill")
    c.conversation.tracker["slots"]["order_number"] = "100234"
    said = await c.says("3, where is my order?")
    assert said == ["utter_order", "utter_ask_account"]
    assert slots_of(c)["pieces"] == "3"


async def test_what_would_have_to_ask_first_waits():
    c = hirer()
    await c.says("hire")
    await c.says("a drill")
    said = await c.says("3, where is my order?")
    assert said == ["utter_matters_noted", "utter_ask_account"]


@pytest.mark.parametrize(
    "text",
    [
        "spesen, taxi. und wo ist 100234?",
        "expenses please, a taxi. where is 100234 by the way",
        "stop order 100235, and where is 100234?",
    ],
)
async def test_in_a_first_message_what_can_be_looked_up_for_a_question_comes_first(text):
    c = customer()
    said = await c.says(text)
    assert "utter_status" in said
    assert said.index("utter_status") < len(said) - 1
    assert said[-1] in ("utter_ask_amount", "utter_ask_purpose", "utter_confirm")


async def test_what_has_to_be_asked_for_first_waits_in_a_first_message_too():
    c = customer()
    said = await c.says("expenses please. und wo ist meine bestellung?")
    assert said[-1] == "utter_ask_purpose"
    assert [one["intent"] for one in c.conversation.tracker["matters"]] == ["order"]
