"""A number that only its name or its owner stands beside is no answer in words."""

import pytest

from tests.nlu.dialogue.hire_pack import hirer, slots_of


@pytest.mark.parametrize(
    "text",
    [
        "hire 2 of them. i'm 4310",
        "hire 2 of them. account 4310",
        "leihen bitte, 2 stück. ich bin die 4310",
        "leihen bitte, 2 stück. kundenkonto 4310",
    ],
)
async def test_is_the_number_and_no_thing(text):
    c = hirer("en" if text.startswith("hire") else "de")
    await c.says(text)
    assert slots_of(c).get("account") == "4310"
    assert "4310" not in str(slots_of(c).get("tool"))
