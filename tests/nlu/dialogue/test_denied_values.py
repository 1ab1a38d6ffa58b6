"""A value behind a "not", or called wrong, is never taken; one that stands there already is shown again, not refused."""

import pytest

from tests.nlu.dialogue.hire_pack import given, hirer, slots_of
from tests.nlu.dialogue.test_value_rules import confirming

HELD = {"first_day": "2026-12-07", "last_day": "2026-12-09", "pieces": "2", "deposit": "84.50"}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("not the 5th", {}),
        ("hä nein nicht der 5.!", {}),
        ("not until the 10th", {}),
        ("no no not 95", {}),
        ("nicht 27!", {}),
        ("the 95 is wrong", {}),
        ("der 10. stimmt nicht", {}),
        ("das ende ist nicht der 10., sondern der 11.", {"last_day": "2026-12-11"}),
        ("the end is the 11th", {"last_day": "2026-12-11"}),
        ("anfang ist der 8.", {"first_day": "2026-12-08"}),
        ("nicht 3, sondern 4 stück", {"pieces": "4"}),
        ("why not the 8th", {"first_day": "2026-12-08"}),
    ],
)
def test_what_is_denied_is_no_value(text, values):
    found = given(text, *HELD, held=HELD)
    assert {name: value for name, value in found.items() if value != HELD[name]} == values


@pytest.mark.parametrize("text", ["not 3!", "nicht bis zum 10.", "no not 4300", "der 10. ist falsch"])
async def test_a_denied_value_alone_changes_nothing_at_the_confirmation(text):
    c = await confirming()
    before = slots_of(c)
    await c.says(text)
    assert slots_of(c) == before
    assert not c.actions.calls


@pytest.mark.parametrize(
    "text",
    [
        "no!! 84.50",
        "i said 2 pieces",
        "a drill i said",
        "hä 27? ich will 2 stück",
        "not 4300, 4200",
        "hä nein nicht der 5.! 7. bis 9.",
        "bis 9. hab ich gesagt",
    ],
)
async def test_what_stands_there_is_shown_again(text):
    c = await confirming()
    before = slots_of(c)
    said = await c.says(text)
    assert slots_of(c) == before
    assert said == ["utter_confirm"]
    assert not c.actions.calls


async def at_the_size():
    c = hirer()
    await c.says("shoes please")
    return c


@pytest.mark.parametrize("text", ["not M", "nein nicht M", "no, not size M"])
async def test_a_denied_button_is_not_chosen(text):
    c = await at_the_size()
    await c.says("XL")
    await c.says("Lindwurmstr. 88, 80337 Berlin")
    await c.says(text)
    assert slots_of(c)["size"] == "XL"


@pytest.mark.parametrize(("text", "size"), [("not M, XL", "XL"), ("nicht XL, M!", "M"), ("M nicht XL", "M")])
async def test_the_other_one_is(text, size):
    c = await at_the_size()
    await c.says(text)
    assert slots_of(c)["size"] == size


@pytest.mark.parametrize(
    ("text", "insured"),
    [("insured: no", False), ("insured no", False), ("insured yes", True), ("not insured", False)],
)
async def test_a_yes_or_no_by_the_name_of_its_question_is_put_right(text, insured):
    c = await confirming()
    said = await c.says(text)
    assert said == ["utter_confirm"]
    assert slots_of(c)["insured"] is insured
    assert not c.actions.calls
