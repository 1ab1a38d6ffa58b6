"""A customer contradicts the bot and it cannot tell why: it says so and offers a person, who has it the next time."""

import pytest

from conversation.conversation import HandoffReason
from tests.nlu.dialogue.desk_pack import customer, writes

PROTESTS = [
    "nein!! das hab ich nicht gesagt",
    "das habe ich nie gesagt",
    "hab ich doch schon gesagt",
    "du hörst nicht zu",
    "hört mir hier jemand zu?",
    "du verstehst mich nicht!",
    "wie oft denn noch",
    "you are not listening",
    "that's not what I said",
    "no!!! I didn't say that",
    "I already told you",
    "you don't get it",
    "are you even reading this? read what I wrote",
]


async def at_the_confirmation():
    c = customer()
    assert (await c.says("stop order 100234"))[-1] == "utter_confirm"
    return c


@pytest.mark.parametrize("text", PROTESTS)
async def test_at_a_confirmation_a_person_is_offered_then_has_everything(text):
    c = await at_the_confirmation()
    assert await c.says(text) == ["utter_trouble"]
    assert len(c.last.replies[-1].buttons) == 2
    assert await c.says("that's not what I asked") == ["utter_trouble_to_person"]
    assert c.reason == HandoffReason.FAILURES
    assert c.last.slots["order_number"] == "100234"
    assert writes(c) == []


@pytest.mark.parametrize("text", [*PROTESTS, "das stimmt so nicht", "that's wrong", "völlig falsch"])
async def test_at_a_question_it_is_no_answer(text):
    c = customer()
    await c.says("expenses")
    assert await c.says(text) == ["utter_trouble"]
    assert "purpose" not in c.conversation.tracker["slots"]
    assert await c.says("a taxi") == ["utter_ask_amount"]


@pytest.mark.parametrize("text", ["das stimmt so nicht", "that is wrong", "nein, falsch"])
async def test_at_a_confirmation_what_is_wrong_is_asked_first(text):
    c = await at_the_confirmation()
    assert await c.says(text) == ["utter_ask_change"]
    assert await c.says(text) == ["utter_trouble"]
    assert writes(c) == []


async def test_after_the_offer_the_answer_still_counts():
    c = await at_the_confirmation()
    await c.says("you are not listening")
    assert (await c.says("100235"))[-1] == "utter_confirm"
    assert c.last.tracker["slots"]["order_number"] == "100235"
    await c.says("yes")
    assert writes(c) == ["action_stop"]


async def test_who_wants_no_person_is_asked_again():
    c = await at_the_confirmation()
    await c.says("you are not listening")
    assert await c.says("no thanks") == ["utter_confirm"]
    assert await c.says("you are not listening") == ["utter_trouble_to_person"]


async def test_what_comes_to_something_ends_the_trouble():
    c = customer()
    await c.says("expenses")
    await c.says("you are not listening")
    await c.says("a taxi")
    assert await c.says("you are not listening") == ["utter_trouble"]


@pytest.mark.parametrize("text", ["that's not what I said, it is 100235", "du hörst nicht zu: 100235", "nein, 100235"])
async def test_a_contradiction_with_a_value_corrects(text):
    c = await at_the_confirmation()
    assert await c.says(text) == ["utter_confirm"]
    assert c.last.tracker["slots"]["order_number"] == "100235"


@pytest.mark.parametrize("text", ["yes, I already said that", "ja hab ich doch gesagt"])
async def test_a_yes_that_was_said_before_is_a_yes(text):
    c = await at_the_confirmation()
    await c.says(text)
    assert writes(c) == ["action_stop"]


async def test_a_second_question_without_an_answer_offers_a_person_and_a_third_has_one():
    c = await at_the_confirmation()
    assert await c.says("can I bring my dog?") == ["utter_no_article", "utter_confirm"]
    assert await c.says("do you sell frobs?") == ["utter_no_article", "utter_offer_person"]
    await c.says("and what about zorks?")
    assert c.reason == HandoffReason.FAILURES


@pytest.mark.parametrize(
    "text", ["when do you open?", "can I stop an order?", "thanks", "one moment", "where is 100235?"]
)
async def test_digressions_are_no_trouble(text):
    c = await at_the_confirmation()
    for _ in range(2):
        await c.says(text)
    assert c.reason == "no handoff"
    assert c.conversation.tracker["trouble"] == 0
    assert writes(c) == []


@pytest.mark.parametrize("text", ["das stimmt so nicht", "that's wrong", "du verstehst mich nicht"])
async def test_a_contradiction_of_the_offer_of_a_person_is_no_no_to_it(text):
    c = customer()
    await c.says("where is 100234?")
    assert await c.says("you are not listening") == ["utter_trouble"]
    assert await c.says(text) == ["utter_trouble_to_person"]
    assert c.reason == HandoffReason.FAILURES
