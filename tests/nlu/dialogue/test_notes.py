"""What no value holds goes to a person as it was written, and who corrects in vain is not left to it."""

import pytest

from conversation.conversation import HandoffReason
from nlu.dialogue.notes import KEPT, LONGEST
from tests.nlu.dialogue.desk_pack import customer, writes


async def words_of(*texts):
    c = customer()
    for text in texts:
        await c.says(text)
    await c.says("I want to talk to a person")
    assert c.reason == HandoffReason.ASKED
    return c.last.slots.get("in_own_words", [])


async def test_a_wish_that_fits_no_question_reaches_the_person():
    words = await words_of("an expense of 84.50", "my brother from Graz should countersign it if possible")
    assert any("countersign" in line for line in words)


@pytest.mark.parametrize("text", ["yes", "thanks!", "ok bye", "100234", "84.50"])
async def test_answers_that_are_only_values_or_courtesy_are_no_notes(text):
    assert text not in await words_of("an expense of 84.50", text)


async def test_the_same_words_are_noted_once_and_the_latest_are_kept():
    lines = [
        f"my {animal} ate the receipt of the hotel" for animal in ("dog", "cat", "cow", "hen", "pig", "fox", "owl")
    ]
    words = await words_of("an expense of 84.50", lines[0], *lines)
    assert len(words) == len(set(words)) <= KEPT


async def test_a_very_long_message_is_noted_shortened():
    words = await words_of("hello " + "this matter of mine is long and odd " * 40)
    assert all(len(line) <= LONGEST for line in words)


async def test_a_value_put_right_for_the_third_time_is_done_by_a_person():
    c = customer()
    for text in ("expenses", "a taxi to the airport", "84.50", "6 November"):
        await c.says(text)
    assert await c.says("no, 85.50") == ["utter_confirm"]
    assert await c.says("no, 86.50") == ["utter_confirm"]
    await c.says("no, 87.50")
    assert c.reason == HandoffReason.FAILURES
    assert c.last.slots["amount"] == "87.50"
    assert not writes(c)


async def test_different_values_may_be_put_right_one_after_the_other():
    c = customer()
    for text in ("expenses", "a taxi to the airport", "84.50", "6 November"):
        await c.says(text)
    for text in ("no, 85.50", "no, 7 November", "no, 86.50"):
        assert (await c.says(text))[-1] == "utter_confirm", text
    await c.says("yes")
    assert writes(c) == ["action_claim"]
