"""A yes to a process's own question with what it will ask next: nothing of it is another matter."""

import pytest

from tests.nlu.dialogue.desk_pack import customer, writes
from tests.nlu.dialogue.hire_pack import hirer, slots_of


async def at_insured():
    c = hirer()
    for text in ("hire", "a drill", "3", "4200", "from 7 December", "to 9 December"):
        said = await c.says(text)
    assert said[-1] == "utter_ask_insured"
    return c


@pytest.mark.parametrize(
    "text",
    [
        "yes, deposit was 84.50",
        "yeah fine, the deposit is 84.50",
        "ja, kaution 84.50",
        "yes. 84.50",
        "ja bitte, 84,50 €",
    ],
)
async def test_the_yes_and_the_value_are_taken(text):
    c = await at_insured()
    assert (await c.says(text))[-1] == "utter_confirm"
    assert (slots_of(c)["insured"], str(slots_of(c)["deposit"])) == (True, "84.50")


@pytest.mark.parametrize("text", ["no, deposit was 84.50", "nein, 84.50"])
async def test_so_are_a_no_and_a_value(text):
    c = await at_insured()
    assert (await c.says(text))[-1] == "utter_confirm"
    assert (slots_of(c)["insured"], str(slots_of(c)["deposit"])) == (False, "84.50")


async def test_a_question_behind_the_yes_is_still_one():
    c = await at_insured()
    await c.says("yes, and where is my order?")
    assert "deposit" not in slots_of(c)


async def test_at_a_confirmation_a_yes_with_a_value_writes_nothing():
    c = customer()
    await c.says("stop order 100234")
    await c.says("yes, order was 100235")
    assert writes(c) == []
