"""Wrong first, then put right: the end is the same."""

import pytest

from nlu.variations.lines import Does
from tests.nlu.variations.desk_stories import desk_suite, story, varied


async def test_the_wrong_value_is_said_first_and_the_right_one_at_the_next_question():
    (made,) = await varied("stop an order", "corrected next")
    wrong, right = made.lines[1], made.lines[2]
    assert wrong.text != "100234"
    assert wrong.text.isdigit()
    assert "100234" in right.text
    assert right.states == {"order_number": "100234"}


async def test_at_once_both_stand_in_one_message():
    made = await varied("stop an order", "corrected at once")
    assert all(one.lines[1].text.rstrip().endswith("100234") for one in made)


async def test_at_the_confirmation_the_correction_comes_right_before_the_yes():
    for made in await varied("an expense", "corrected at the confirmation"):
        assert made.lines[-2].states
        assert made.lines[-1].does is Does.AGREES


@pytest.mark.parametrize("name", ["an expense", "stop an order"])
async def test_what_was_corrected_at_the_confirmation_is_written_as_corrected(name):
    suite = desk_suite()
    case = (await story(name, suite)).case
    for made in await varied(name, "corrected at the confirmation", suite):
        tried = await suite.try_out(case, made)
        assert tried is not None
        assert tried.verdict.is_right, tried.verdict.faults
