"""Several values put right in one message at a confirmation: each goes into its own field, and none into another's."""

import pytest

from tests.nlu.dialogue.hire_pack import hirer, slots_of


async def at_the_confirmation():
    c = hirer()
    for text in ("hire please", "a large saw", "2", "4300", "december 21", "december 23", "yes"):
        await c.says(text)
    assert (await c.says("84.50"))[-1] == "utter_confirm"
    return c


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no, the tool is a drill and make it 3", {"tool": "a drill", "pieces": "3"}),
        ("no, tool is a drill, account 4200", {"tool": "a drill", "account": "4200"}),
        ("no, large saw with a guide, 3 pieces", {"tool": "large saw with a guide", "pieces": "3"}),
        ("no, the tool: a drill and 3 pieces", {"tool": "a drill", "pieces": "3"}),
        ("no sorry, the tool should be a drill and the deposit is 90", {"tool": "a drill", "deposit": "90"}),
    ],
)
async def test_each_part_goes_into_its_own_field(text, expected):
    c = await at_the_confirmation()
    before = slots_of(c)
    await c.says(text)
    after = slots_of(c)
    assert {name: value for name, value in after.items() if value != before.get(name)} == expected


@pytest.mark.parametrize("text", ["no, the tool is a drill", "no, tool is a drill and bits"])
async def test_what_names_one_field_stays_whole(text):
    c = await at_the_confirmation()
    await c.says(text)
    assert slots_of(c)["tool"] == text.partition(" is ")[2]
    assert slots_of(c)["pieces"] == "2"
