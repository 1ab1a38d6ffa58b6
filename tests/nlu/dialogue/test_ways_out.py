"""A process that began by mistake is left at its first question, and an address gives its postcode to nothing else."""

import pytest

from nlu.dialogue.values.addresses import certain_streets
from tests.nlu.dialogue.desk_pack import customer, writes


@pytest.mark.parametrize("text", ["forget expenses", "forget the expense", "no. where is my order 100234?"])
async def test_what_is_refused_at_an_answer_in_words_is_left(text):
    c = customer()
    await c.says("I have an expense")
    assert (await c.says(text))[0] == "utter_cancelled"
    assert not writes(c)


@pytest.mark.parametrize("text", ["no", "nope", "no!", "nein"])
async def test_a_no_to_a_question_for_a_value_asks_what_is_wrong_and_the_second_leaves(text):
    c = customer()
    await c.says("where is my order")
    assert await c.says(text) == ["utter_ask_change"]
    assert (await c.says("no"))[0] == "utter_cancelled"


async def test_after_a_no_the_value_is_still_taken():
    c = customer()
    await c.says("expenses")
    await c.says("a taxi to the airport")
    assert await c.says("no") == ["utter_ask_change"]
    await c.says("84.50")
    assert c.conversation.tracker["slots"]["amount"] == "84.50"


@pytest.mark.parametrize("text", ["goethestr 5, 22765 hamburg", "5 Elm Street, 22765 Hamburg"])
def test_a_street_ends_right_before_its_postcode(text):
    assert [end for _, _, end in certain_streets(text)] == [text.index(",")]
