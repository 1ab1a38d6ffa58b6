"""What may not change the outcome: each operator changes what it says it does, and no value."""

import re

import pytest

from nlu.variations.lines import Does, Kind
from nlu.variations.same import OPERATORS
from tests.nlu.variations.desk_stories import desk_suite, story, varied


@pytest.mark.parametrize("operator", [name for name in OPERATORS if name != "other language"])
async def test_every_operator_applies_to_a_process_with_values(operator):
    made = await varied("an expense", operator)
    assert made
    assert {one.kind for one in made} == {Kind.SAME}


async def test_the_same_seed_makes_the_same_variations_and_another_seed_others():
    first, again = (
        list(desk_suite().variations(await story("an expense"))),
        list(desk_suite().variations(await story("an expense"))),
    )
    other = list(desk_suite(seed=7).variations(await story("an expense")))
    assert first == again
    assert first != other


async def test_there_are_three_of_each_kind_for_a_process_that_writes():
    made = list(desk_suite().variations(await story("an expense")))
    assert all(sum(one.kind is kind for one in made) >= 3 for kind in Kind)


async def test_a_digression_comes_before_each_answer_and_is_not_about_the_same():
    (made,) = await varied("an expense", "digression")
    assert [line.text for line in made.lines if line.does is Does.CHATS] == ["when do you open?"] * 4
    assert made.lines[0].does is not Does.CHATS
    assert made.lines[-1].does is Does.AGREES


async def test_a_courtesy_comes_before_each_answer():
    (made,) = await varied("an expense", "courtesy")
    assert [line.does is Does.CHATS for line in made.lines] == [
        False,
        True,
        False,
        True,
        False,
        True,
        False,
        True,
        False,
    ]


async def test_all_at_once_puts_the_values_into_the_first_message():
    typed, with_free_text = await varied("an expense", "all at once")
    assert "84.50" in typed.lines[0].text
    assert "6 November" in typed.lines[0].text
    assert "taxi" not in typed.lines[0].text
    assert "a taxi to the airport" in with_free_text.lines[0].text
    assert set(with_free_text.lines[0].states) == {"purpose", "amount", "spent_on"}


async def test_values_in_other_forms_stay_the_same_values():
    (made,) = await varied("an expense", "other forms")
    (before,) = [line for line in made.basis if line.slot == "spent_on"]
    (after,) = [line for line in made.lines if line.slot == "spent_on"]
    assert before.states == after.states
    assert re.search(r"\b6", after.text)


@pytest.mark.parametrize("operator", ["typos", "dialect", "capitals"])
async def test_other_spellings_keep_every_digit_and_every_value(operator):
    for made in await varied("an expense", operator):
        for before, after in zip(made.basis, made.lines, strict=True):
            assert re.findall(r"\d+", before.text) == re.findall(r"\d+", after.text)
            for start, end in before.kept:
                assert before.text[start:end].casefold() in after.text.casefold()


async def test_one_message_is_typed_twice_and_asks_for_nothing_the_second_time():
    (made,) = await varied("an expense", "typed twice")
    (place,) = [p for p, line in enumerate(made.lines) if line.origin < 0]
    assert made.lines[place].text == made.lines[place - 1].text
    assert not made.lines[place].is_informative


async def test_every_update_is_delivered_twice_and_written_once():
    suite = desk_suite()
    (made,) = await varied("an expense", "delivered twice", suite)
    tried = await suite.try_out((await story("an expense", suite)).case, made)
    assert tried is not None
    assert tried.verdict.is_right
    assert sum(len(moment.writes) for moment in tried.moments) == 2  # the same key both times


async def test_a_client_of_two_languages_gets_one_message_in_the_other():
    for made in await varied("stop an order", "other language"):
        changed = [a.text for b, a in zip(made.basis, made.lines, strict=True) if a.text != b.text]
        assert len(changed) == 1
