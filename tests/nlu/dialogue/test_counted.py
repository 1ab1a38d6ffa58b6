"""A count and its thing said in one breath, and answers whose parts say which question they are for."""

import pytest

from tests.nlu.dialogue.hire_pack import hirer, slots_of


@pytest.mark.parametrize(
    ("text", "tool", "pieces"),
    [
        ("4 bosch gsb18 drills", "bosch gsb18 drills", "4"),
        ("zwei bosch gsb18 bitte", "bosch gsb18", "2"),
        ("3 makita saws, 4200", "makita saws", "3"),
    ],
)
async def test_a_count_before_the_thing_is_asked_no_more(text, tool, pieces):
    c = hirer()
    await c.says("hire")
    await c.says(text)
    assert (slots_of(c)["tool"], slots_of(c)["pieces"]) == (tool, pieces)


@pytest.mark.parametrize("text", ["saws, around 600 a year", "so 600 im jahr, vor allem sägen"])
async def test_a_rate_is_no_count_of_things(text):
    c = hirer()
    await c.says("hire")
    await c.says(text)
    assert slots_of(c) == {"tool": text}


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("hire please, 2 drills, bosch gsb18", "drills, bosch gsb18"),
        ("hire 2 bosch gsb18", "bosch gsb18"),
        ("leihen: 2 stihl ms170", "stihl ms170"),
    ],
)
async def test_a_first_message_has_the_thing_and_its_model(text, tool):
    c = hirer()
    await c.says(text)
    assert (slots_of(c)["tool"], slots_of(c)["pieces"]) == (tool, "2")


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("it's called ms170, 4200", "ms170"),
        ("it's called ms170, for the yard mostly, 4200", "ms170, for the yard mostly"),
        ("4200, tool: ms170", "ms170"),
        ("die heißt ms170, 4200", "ms170"),
        ("4200, die nennt sich ms170", "ms170"),
    ],
)
async def test_the_part_that_names_the_question_answers_it(text, tool):
    c = hirer()
    await c.says("hire")
    await c.says(text)
    assert slots_of(c) == {"tool": tool, "account": "4200"}


async def test_so_it_does_for_the_next_question():
    c = hirer()
    await c.says("absent")
    await c.says("note is a bad cough, until friday")
    assert slots_of(c) == {"back_on": "2026-12-04", "note": "a bad cough"}
