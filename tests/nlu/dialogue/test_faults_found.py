"""Who says what is amiss with a value that is shown refuses it; who only names it again does not."""

import pytest

from tests.nlu.dialogue.hire_pack import hirer, slots_of


async def at_the_confirmation():
    c = hirer()
    for text in ("hire please", "a saw", "2", "4300", "december 21", "december 23", "yes"):
        await c.says(text)
    assert (await c.says("84.50"))[-1] == "utter_confirm"
    return c


@pytest.mark.parametrize(
    "text", ["the 21 is too early for me", "84.50 is too much", "2 is too little", "monday is too early"]
)
async def test_it_is_asked_what_to_change(text):
    c = await at_the_confirmation()
    assert (await c.says(text))[-1] == "utter_ask_change"
    assert c.actions.calls == []


async def test_another_value_beside_it_is_taken():
    c = await at_the_confirmation()
    await c.says("84.50 is too much, make it 60")
    assert slots_of(c)["deposit"] == "60"
    assert c.actions.calls == []
