"""What is said beside the answer to a confirmation: a question, a wish for a person, money that is not due yet."""

import pytest

from conversation.conversation import HandoffReason
from tests.nlu.dialogue.desk_pack import customer, writes

MONEY = """---
title: Money back
language: en
tags: [refund]
---
# How long does the money take?

The money is back within five days.
"""


async def at_the_confirmation():
    c = customer(**{"knowledge/money.md": MONEY})
    assert (await c.says("stop order 100234"))[-1] == "utter_confirm"
    return c


@pytest.mark.parametrize(
    "text",
    [
        "yes please and do I need the receipt",
        "yeah thx. what do I get for food there, per diem?",
        "ok fine and how long does it take",
        "yes do I have to be at home",
        "ja ok. könnt ihr mich vorher anrufen",
        "ja bitte und muss ich da noch was tun",
    ],
)
async def test_a_question_behind_a_yes_is_answered_without_a_rebuke_and_the_confirmation_shown_again(text):
    c = await at_the_confirmation()
    said = await c.says(text)
    assert writes(c) == []
    assert "utter_not_a_clear_yes" not in said
    assert len(said) > 1
    assert said[-1] == "utter_confirm"
    await c.says("yes")
    assert writes(c) == ["action_stop"]


@pytest.mark.parametrize("text", ["whatever, yes", "yes, whatever", "egal, ja", "ja, mir wurscht"])
async def test_a_yes_of_one_who_does_not_care_is_a_yes(text):
    c = await at_the_confirmation()
    await c.says(text)
    assert writes(c) == ["action_stop"]


@pytest.mark.parametrize("text", ["yes please undo it", "undo it please", "ja bitte zurücknehmen", "rückgängig machen"])
async def test_asked_whether_to_undo_who_says_undo_says_yes(text):
    c = await at_the_confirmation()
    await c.says("yes")
    assert (await c.says("undo that"))[-1] == "utter_confirm_undo"
    await c.says(text)
    assert writes(c) == ["action_stop", "action_restart"]


@pytest.mark.parametrize("text", ["no, don't undo it", "nein, nicht zurücknehmen", "should I undo it?"])
async def test_asked_whether_to_undo_a_no_or_a_question_takes_nothing_back(text):
    c = await at_the_confirmation()
    await c.says("yes")
    await c.says("undo that")
    await c.says(text)
    assert writes(c) == ["action_stop"]


@pytest.mark.parametrize(
    "text",
    [
        "gebt mir jemanden",
        "lass es, gebt mir jemanden",
        "ach holt mir jemanden",
        "nein, verbindet mich",
        "give me someone",
        "leave it, get me someone",
        "no. transfer me",
    ],
)
async def test_a_wish_for_a_person_is_heard_beside_anything(text):
    c = await at_the_confirmation()
    await c.says(text)
    assert c.reason == HandoffReason.ASKED
    assert c.last.slots["order_number"] == "100234"
    assert writes(c) == []


@pytest.mark.parametrize("text", ["yes, give me a minute", "I want someone's old desk", "ich will jemanden einstellen"])
async def test_what_only_sounds_like_a_wish_for_a_person_is_none(text):
    c = await at_the_confirmation()
    await c.says(text)
    assert c.reason == "no handoff"


@pytest.mark.parametrize(
    "text",
    [
        "ok do it, and how long til I get the money",
        "wait first: how long does the money take",
    ],
)
async def test_money_that_only_follows_from_what_is_open_is_no_look_up(text):
    c = await at_the_confirmation()
    said = await c.says(text)
    assert "utter_status" not in said
    assert "utter_article" in said
    assert said[-1] == "utter_confirm"
    assert writes(c) == []


@pytest.mark.parametrize("text", ["not sure any more", "weiß ich nicht mehr", "no idea, sorry"])
async def test_who_does_not_know_a_typed_value_is_told_that_it_is_needed(text):
    c = customer()
    await c.says("expenses")
    await c.says("a taxi")
    assert await c.says(text) == ["utter_value_needed_look", "utter_ask_amount"]


async def test_a_question_behind_a_yes_is_no_second_run_of_the_same():
    c = await at_the_confirmation()
    await c.says("sounds right, do you also need the receipt")
    assert writes(c) == []


OTHER = """---
title: Expenses
language: en
tags: [expense]
---
# When is the wage paid?

Wages are paid on the last working day.
"""
OPEN = """---
title: Stopping
language: en
tags: [stop_order]
---
# When is the money back if I stop?

With the next run.

# Can I stop an order that is on its way?

The order has to be in our house.
"""


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("yes, and when do I get the money?", "With the next run."),
        ("yes please. when is the money there then?", "With the next run."),
        ("yes. is the order stopped yet?", ""),
        ("yes, and who feeds my dog the last day?", ""),
        ("yes, and is the neighbour paid?", ""),
    ],
)
async def test_a_question_behind_a_yes_gets_what_is_to_the_point_or_an_honest_word(text, answer):
    c = customer(**{"knowledge/money.md": OTHER, "knowledge/stop.md": OPEN})
    await c.says("stop order 100234")
    said = await c.says(text)
    assert said == ["utter_article" if answer else "utter_no_article", "utter_confirm"]
    assert answer in c.texts[0]
    assert writes(c) == []
