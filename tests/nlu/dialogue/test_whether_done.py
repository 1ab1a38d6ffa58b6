"""Who asks whether what was written is there gets a yes with what it was, and nothing begins anew."""

import pytest

from tests.nlu.dialogue.desk_pack import customer, writes


async def claimed():
    c = customer()
    for text in ("expenses", "a taxi to the airport", "84.50", "6 November", "yes"):
        await c.says(text)
    assert writes(c) == ["action_claim"]
    return c


@pytest.mark.parametrize(
    "text",
    [
        "is the expense in now?",
        "and the expense claim, is that filed?",
        "did it go through?",
        "wait, is my expense claim saved",
        "wurde das gespeichert?",
    ],
)
async def test_the_question_whether_it_is_done_is_answered(text):
    c = await claimed()
    assert await c.says(text) == ["utter_is_done"]
    assert "a taxi to the airport" in c.texts[0]
    assert writes(c) == ["action_claim"]


@pytest.mark.parametrize("text", ["i want to claim another expense", "the expense is wrong", "is the expense wrong?"])
async def test_another_wish_and_a_complaint_are_no_such_question(text):
    c = await claimed()
    assert "utter_is_done" not in await c.says(text)


async def test_what_is_open_is_asked_again_behind_it():
    c = await claimed()
    await c.says("where is my order")
    assert await c.says("is the expense claim in now?") == ["utter_is_done", "utter_ask_order_number"]


async def test_with_nothing_done_it_is_no_such_question():
    assert "utter_is_done" not in await customer().says("did it go through?")
