"""Whose door it is, and where in the house, is added to an address that is shown, which is shown again."""

import pytest

from nlu.dialogue.values.composite import ADDITION, joined
from tests.nlu.dialogue.desk_pack import customer

HELD = "Hauptstr. 21, 80331 München"


async def at_the_confirmation():
    c = customer()
    for said in ("I have a new address", "Hauptstr. 21", "80331 München"):
        await c.says(said)
    return c


@pytest.mark.parametrize(
    ("text", "added"),
    [
        ('ja aber schreibs noch "bei Huber" dazu, steht sonst nicht auf der Klingel', "bei Huber"),
        ("ja, bei Huber, Hauptstr. 21, 80331 München", "bei Huber"),
        ("Hauptstr. 21 bei Huber, 80331 München!", "bei Huber"),
        ("c/o Smith please", "c/o Smith"),
        ("yes, care of Anna Lee, thanks", "care of Anna Lee"),
        ("yes but attn Mia Klein please", "attn Mia Klein"),
        ("2. Stock links", "2. Stock links"),
        ("ja, dritter Stock", "dritter Stock"),
        ("no, third floor", "third floor"),
        ("yes but apartment 12 please", "apartment 12"),
    ],
)
async def test_it_stands_in_front_and_is_asked_again(text, added):
    c = await at_the_confirmation()
    assert await c.says(text) == ["utter_confirm"]
    assert f"{added}, {HELD}" in c.texts[0]


@pytest.mark.parametrize(
    "text", ["ja", "is it on the third floor?", "ja, bei der adresse bleibt es", "no, not c/o Smith"]
)
async def test_what_adds_nothing_changes_nothing(text):
    c = await at_the_confirmation()
    await c.says(text)
    assert ADDITION not in c.conversation.tracker["parts"].get("address", {})


async def test_a_part_put_right_keeps_the_addition():
    c = await at_the_confirmation()
    await c.says("c/o Smith please")
    assert await c.says("number 12 instead of 21") == ["utter_confirm"]
    assert "c/o Smith, Hauptstr. 12, 80331 München" in c.texts[0]


async def test_a_second_addition_goes_with_the_first():
    c = await at_the_confirmation()
    await c.says("bei Huber")
    await c.says("2. Stock")
    assert f"bei Huber, 2. Stock, {HELD}" in c.texts[0]


def test_an_addition_alone_makes_no_address():
    assert joined(("street", "town"), {ADDITION: "c/o Smith"}) == "c/o Smith"
