"""A no writes nothing; a person who takes over sees everything."""

from nlu.variations.lines import Does, Kind
from nlu.variations.wording import wording
from tests.nlu.variations.desk_stories import desk_suite, story, varied


async def test_three_kinds_of_no_stand_in_place_of_the_yes():
    made = await varied("an expense", "refused")
    assert len({one.lines[4].text for one in made}) == 3
    assert all(one.lines[4].does is Does.REFUSES for one in made)
    assert not any(line.does is Does.AGREES for one in made for line in one.lines)


async def test_a_conversation_that_writes_nothing_refuses_nothing():
    assert await varied("where is it", "refused") == []


async def test_no_refusal_writes():
    suite = desk_suite()
    chosen = await story("an expense", suite)
    tried = [await suite.try_out(chosen.case, one) for one in suite.variations(chosen, [Kind.REFUSED])]
    assert tried
    assert all(not moment.writes for one in tried if one for moment in one.moments)


async def test_each_called_action_fails_once_and_a_person_takes_over():
    suite = desk_suite()
    chosen = await story("stop an order", suite)
    failing = [one for one in suite.variations(chosen, [Kind.HANDED]) if one.fails]
    assert [one.fails for one in failing] == ["action_look", "action_stop"]
    for one in failing:
        tried = await suite.try_out(chosen.case, one)
        assert tried is not None
        assert tried.resolution == "handed:action_down"
        assert tried.verdict.is_right, tried.verdict.faults


async def test_the_wish_for_a_person_ends_the_conversation():
    for made in await varied("an expense", "asks for a person"):
        assert made.lines[-1].text in wording("en").persons
        assert list(made.lines[:-1]) == list(made.basis)
