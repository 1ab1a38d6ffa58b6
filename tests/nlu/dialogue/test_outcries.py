"""Anger beside what is wanted is neither quoted back nor taken for an answer or a question."""

import pytest

from tests.nlu.dialogue.desk_pack import customer
from tests.nlu.dialogue.hire_pack import hirer, slots_of

CRIES = [
    "was soll das",
    "was soll das denn jetzt",
    "geht's noch?",
    "das kann doch nicht sein",
    "ist das euer ernst?",
    "what the hell",
    "are you kidding me?",
    "seriously?",
    "this is ridiculous",
    "how is that even possible",
]


@pytest.mark.parametrize("cry", CRIES[:3] + CRIES[5:8])
@pytest.mark.parametrize("before", [True, False])
async def test_a_cry_beside_a_matter_is_not_quoted(cry, before):
    c = customer()
    mark = "" if cry.endswith("?") else "."
    said = await c.says(f"{cry}{mark} stop order 100234" if before else f"stop order 100234. {cry}")
    assert said == ["utter_confirm"]


@pytest.mark.parametrize("cry", CRIES)
async def test_a_cry_in_the_middle_of_a_process_is_heard_as_trouble(cry):
    c = customer()
    await c.says("expenses")
    said = await c.says(cry)
    assert not any(name.startswith("utter_part_not_understood") for name in said)
    assert "kind" not in c.conversation.tracker["slots"]
    assert not c.last.close


@pytest.mark.parametrize("text", ["a drill, what the hell", "what the hell, a drill", "was soll das, a drill"])
async def test_a_cry_is_no_part_of_an_answer_in_words(text):
    c = hirer()
    await c.says("hire")
    await c.says(text)
    assert slots_of(c)["tool"] == "a drill"
