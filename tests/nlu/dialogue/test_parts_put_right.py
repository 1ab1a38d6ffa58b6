"""A part of a value of several parts is put right by naming what is wrong in it; no "not" becomes an address."""

import pytest

from nlu.dialogue.lexicon import lexicon
from nlu.dialogue.values.addresses import streets
from nlu.dialogue.values.house_numbers import with_number
from tests.nlu.dialogue.desk_pack import customer

WORDS = lexicon("de").beside(lexicon("en"))


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("nummer 12 nicht 21", "Hauptstr. 12, 80331 München"),
        ("ach mist hausnummer 12, nicht 21", "Hauptstr. 12, 80331 München"),
        ("12 statt 21", "Hauptstr. 12, 80331 München"),
        ("nein, nicht 21 sondern 12b", "Hauptstr. 12b, 80331 München"),
        ("die 21 ist falsch, 12", "Hauptstr. 12, 80331 München"),
        ("die hausnummer ist 12", "Hauptstr. 12, 80331 München"),
        ("sorry its 12 not 21", "Hauptstr. 12, 80331 München"),
        ("number 12 instead of 21", "Hauptstr. 12, 80331 München"),
        ("oh no, not 21, 12", "Hauptstr. 12, 80331 München"),
        ("plz ist 80333 nicht 80331", "Hauptstr. 21, 80333 München"),
        ("postcode 80333, not 80331", "Hauptstr. 21, 80333 München"),
        ("Augsburg nicht München", "Hauptstr. 21, 80331 Augsburg"),
        ("Lindenweg nicht Hauptstr", "Lindenweg 21, 80331 München"),
        ("Hauptstr. 12 nicht Hauptstr. 21", "Hauptstr. 12, 80331 München"),
    ],
)
async def test_the_named_part_alone_is_put_right(text, address):
    c = customer()
    for said in ("I have a new address", "Hauptstr. 21", "80331 München"):
        await c.says(said)
    assert await c.says(text) == ["utter_confirm"]
    assert address in c.texts[0]


async def test_the_number_is_put_right_before_the_address_is_whole():
    c = customer()
    await c.says("I have a new address")
    await c.says("Hauptstr. 21")
    assert await c.says("nummer 12 nicht 21") == ["utter_ask_parts"]
    await c.says("80331 München")
    assert "Hauptstr. 12, 80331 München" in c.texts[0]


async def test_a_number_denied_in_the_address_itself_is_none_of_it():
    c = customer()
    await c.says("I have a new address")
    assert await c.says("Hauptstr. 12 nicht 21, 80331 München") == ["utter_confirm"]
    assert "Hauptstr. 12, 80331 München" in c.texts[0]


@pytest.mark.parametrize("text", ["nicht 21, 80331 München", "nummer 12 nicht 21", "not 21", "house number 12, please"])
def test_what_leads_to_a_number_is_no_street(text):
    assert list(streets(text)) == []


@pytest.mark.parametrize(
    ("text", "street"),
    [
        ("not 21, 12", "12 High Street"),
        ("21 not 12", "21 High Street"),
        ("number 14", "14 High Street"),
        ("my phone number is 0170", ""),
        ("12 or 14", ""),
    ],
)
def test_a_number_in_front_is_put_right_too(text, street):
    assert with_number(text, "21 High Street", WORDS) == street
