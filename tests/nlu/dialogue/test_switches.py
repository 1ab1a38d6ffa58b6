"""Another process instead of what is open, or of what the same message named first: nothing of the first comes back."""

import pytest

from nlu.dialogue.lexicon import lexicon
from nlu.dialogue.self_repair import struck
from tests.nlu.dialogue.desk_pack import customer, writes
from tests.nlu.dialogue.hire_pack import slots_of


@pytest.mark.parametrize(
    "text",
    [
        "no, not an expense, i want to stop an order",
        "that is not an expense, stop the order",
        "oh wait, i meant stop the order",
        "actually no, stop an order please",
        "sorry, wrong one, stop the order",
        "ach nee, doch lieber stop the order",
        "ne sorry, ich meinte stop the order",
    ],
)
async def test_what_is_open_is_left_for_what_is_meant(text):
    c = customer()
    await c.says("expenses")
    said = await c.says(text)
    assert said == ["utter_cancelled", "utter_ask_order_number"]
    assert (await c.says("100234"))[-1] == "utter_confirm"
    assert "purpose" not in slots_of(c)


async def test_what_the_message_says_for_the_other_is_kept():
    c = customer()
    await c.says("stop order")
    assert (await c.says("no sorry, expense, a taxi, 84.50"))[-1] == "utter_ask_spent_on"
    assert (slots_of(c)["purpose"], slots_of(c)["amount"]) == ("a taxi", "84.50")


@pytest.mark.parametrize("text", ["sorry, a taxi", "no wait, a taxi", "actually a taxi", "ach nee, a taxi"])
async def test_a_correction_that_names_nothing_else_leaves_nothing(text):
    c = customer()
    await c.says("expenses")
    assert (await c.says(text))[-1] == "utter_ask_amount"
    assert writes(c) == []


async def test_what_is_meant_is_no_answer_where_something_else_is_denied():
    c = customer()
    await c.says("expenses")
    said = await c.says("i do not want to stop an order, it is an expense")
    assert said[-1] == "utter_ask_purpose"
    assert "purpose" not in slots_of(c)


@pytest.mark.parametrize(
    ("language", "text", "meant"),
    [
        ("en", "cancel 100215, no wait, send it to a friend", "100215 send it to a friend"),
        ("en", "i need a taxi. sorry, i mean a train", "i need a train"),
        ("en", "return W4033, no actually, exchange it for L", "W4033 exchange it for L"),
        ("de", "ich will 100210 abgeben, achso nee eigentlich tauschen gegen L", "ich will 100210 tauschen gegen L"),
        ("de", "wo ist 100215, ach quatsch, ich brauch die rechnung", "100215 ich brauch die rechnung"),
        ("de", "100237, ach nee, 100231", "100231"),
        ("de", "rot, nein, lieber blau", "blau"),
        ("en", "the bike, oh no, is broken", "the bike, oh no, is broken"),
        ("en", "4 of 100215, no sorry, of 100216", "4 of 100216"),
    ],
)
def test_a_repair_takes_back_words_but_no_number_without_another(language, text, meant):
    assert struck(text, lexicon(language)) == meant
