"""A process that began by mistake is left at its first question, and an address gives its postcode to nothing else."""

import pytest

from nlu.dialogue.values.addresses import certain_streets
from tests.nlu.dialogue.desk_pack import customer, writes


@pytest.mark.parametrize("text", ["forget expenses", "forget the expense", "no. where is my order 100234?"])
async def test_what_is_refused_at_an_answer_in_words_is_left(text):
    c = customer()
    await c.says("I have an expense")
    assert (await c.says(text))[0] == "utter_cancelled"
    assert not writes(c)


@pytest.mark.parametrize("text", ["goethestr 5, 22765 hamburg", "5 Elm Street, 22765 Hamburg"])
def test_a_street_ends_right_before_its_postcode(text):
    assert [end for _, _, end in certain_streets(text)] == [text.index(",")]
