"""What is described in words no name is known for is kept whole, and put in place of what was described before."""

import pytest

from tests.nlu.dialogue.desk_pack import customer
from tests.nlu.dialogue.hire_pack import hirer, slots_of


@pytest.mark.parametrize(
    ("text", "purpose"),
    [
        ("no, a train ticket", "train ticket"),
        ("nein, das zugticket nach berlin", "zugticket nach berlin"),
        ("no make that a bus", "bus"),
        ("nee, die fähre", "fähre"),
        ("sorry, the night train", "night train"),
    ],
)
async def test_other_words_behind_a_no_replace_the_only_value_in_words(text, purpose):
    c = customer()
    for said in ("expenses", "a taxi", "84.50", "yesterday"):
        await c.says(said)
    assert await c.says(text) == ["utter_confirm"]
    slots = c.conversation.tracker["slots"]
    assert (slots["purpose"], slots["amount"], slots["spent_on"]) == (purpose, "84.50", "2026-11-22")


async def test_what_to_change_is_answered_in_words():
    c = customer()
    for said in ("expenses", "a taxi", "84.50", "yesterday", "no"):
        await c.says(said)
    assert await c.says("the night train") == ["utter_confirm"]
    assert c.conversation.tracker["slots"]["purpose"] == "the night train"


async def test_the_name_of_a_question_is_no_value():
    c = customer()
    for said in ("expenses", "a taxi", "84.50", "yesterday", "no", "the amount"):
        await c.says(said)
    assert c.conversation.tracker["slots"]["purpose"] == "a taxi"


@pytest.mark.parametrize(
    "text",
    [
        "nein",
        "nein danke",
        "nein, zu teuer",
        "nein, quatsch",
        "no, wrong amount",
        "nein, abbrechen",
        "no, later",
        "nein, moment",
        "nein, alles falsch",
        "no thats rubbish",
        "nein, ist egal",
        "no, my boss has to see that first",
    ],
)
async def test_what_describes_nothing_replaces_nothing(text):
    c = customer()
    for said in ("expenses", "a taxi", "84.50", "yesterday"):
        await c.says(said)
    await c.says(text)
    assert c.conversation.tracker["slots"].get("purpose") in ("a taxi", None)


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("I want to hire something, a long ladder", "a long ladder"),
        ("I'd like to hire something, a belt sander, they call it a tank", "a belt sander, they call it a tank"),
    ],
)
async def test_what_is_described_behind_the_wish_answers_the_first_question(text, tool):
    c = hirer()
    await c.says(text)
    assert slots_of(c).get("tool") == tool
