"""The simulated customer says what fits what the bot asks, and what the lines of a conversation do is read off it."""

import pytest

from nlu.variations.customer import SimulatedCustomer
from nlu.variations.lines import Does
from nlu.variations.wording import languages, says_yes, wording
from tests.nlu.variations.desk_stories import desk_suite, story


async def _said(lines, basis=()):
    suite = desk_suite()
    case = (await story("an expense", suite)).case
    play = suite._play(case)
    await SimulatedCustomer(play, True, basis).converse(lines)
    return play, [moment.line.text for moment in play.moments]


async def test_lines_are_read_off_the_conversation_as_written():
    lines = (await story("an expense")).lines
    assert [line.does for line in lines] == [Does.SAYS, Does.STATES, Does.STATES, Does.STATES, Does.AGREES]
    assert [line.slot for line in lines] == ["", "purpose", "amount", "spent_on", ""]
    assert [dict(line.states) for line in lines[1:4]] == [
        {"purpose": "a taxi to the airport"},
        {"amount": "84.50"},
        {"spent_on": "2026-11-06"},
    ]


async def test_a_conversation_as_written_is_said_as_written_and_its_write_is_agreed_to():
    lines = (await story("an expense")).lines
    play, said = await _said(lines)
    assert said == [line.text for line in lines]
    assert [(w.action, w.agreed) for m in play.moments for w in m.writes] == [("action_claim", True)]


async def test_an_answer_whose_value_is_known_is_left_out():
    chosen = await story("an expense")
    first = chosen.lines[0]
    states = {**chosen.lines[2].states}
    told = type(first)("I have an expense of 84.50 to claim", 0, Does.STATES, states=states)
    _, said = await _said([told, *chosen.lines[1:]], chosen.lines)
    assert "84.50" not in said


async def test_a_later_answer_comes_first_where_it_is_asked_for():
    lines = list((await story("an expense")).lines)
    lines[1], lines[2] = lines[2], lines[1]
    _, said = await _said(lines, lines)
    assert said.index("a taxi to the airport") < said.index("84.50")


@pytest.mark.parametrize("text", ["ja", "Ja, genau", "yes please", "okay then", "stimmt so", "👍"])
def test_a_yes_is_told_by_its_first_word(text):
    assert says_yes(text)


@pytest.mark.parametrize("text", ["nein", "no thanks", "jahrelang", "yesterday", "okapi", ""])
def test_other_words_are_no_yes(text):
    assert not says_yes(text)


def test_each_language_has_all_tables():
    assert set(languages()) >= {"de", "en"}
    for name in languages():
        words = wording(name)
        assert len(words.months) == 12
        assert len(words.refusals) >= 10
        assert all("{right}" in shape for shapes in words.corrections.values() for shape in shapes)
