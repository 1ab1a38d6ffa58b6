"""A closing word with a question beside it closes nothing; the wish for a person holds beside another topic."""

import pytest

from tests.nlu.dialogue.desk_pack import customer


async def done():
    c = customer()
    await c.says("stop order 100234")
    await c.says("yes")
    return c


class TestAClosingWord:
    @pytest.mark.parametrize(
        "text",
        [
            "thanks. and what about the frozzle then?",
            "no that's it, thanks. what happens to the frozzle now?",
            "passt danke. und wie lang dauert das",
            "danke! wann kommt das denn",
        ],
    )
    async def test_with_a_question_closes_nothing(self, text):
        c = await done()
        said = await c.says(text)
        assert not c.last.close
        assert said

    @pytest.mark.parametrize("text", ["thanks, bye", "no thanks", "danke dir, tschüss", "passt, danke"])
    async def test_alone_closes(self, text):
        c = await done()
        await c.says(text)
        assert c.last.close


class TestAPerson:
    @pytest.mark.parametrize(
        "text",
        [
            "can I speak with someone about a discount, we want to claim expense for the six of us in the whole company",
            "order 100234, please get me a human if that does not work",
            "wo ist 100234, gib mir bitte einen menschen wenns nicht geht",
        ],
    )
    async def test_is_called_beside_another_topic(self, text):
        c = customer()
        await c.says(text)
        assert c.reason == "asked_for_person"

    async def test_sees_the_number_of_the_message(self):
        c = customer()
        await c.says("I want to speak to someone, it is about 100234")
        assert c.last.slots["order_number"] == "100234"

    async def test_is_called_by_a_yes_that_says_more_to_the_offer(self):
        c = customer()
        await c.says("expense please")
        await c.says("taxi")
        for text in ("blub", "bla bla"):
            said = await c.says(text)
        assert said[-1] == "utter_offer_person"
        await c.says("yes somebody who knows how much that was, 100234")
        assert c.reason == "two_failures"
        assert c.last.slots["purpose"] == "taxi"
