"""What is to be added to what is shown: it never takes the place of it, and is never lost."""

import pytest

from tests.nlu.dialogue.desk_pack import customer, writes
from tests.nlu.dialogue.hire_pack import hirer, slots_of


def claims(talker):
    sent = [dict(call.slots) for call in talker.actions.calls if call.name == "action_claim"]
    return [(s["purpose"], s["amount"]) for s in sent]


async def at_the_claim(purpose="hotel", amount="189 euro"):
    c = customer()
    for text in ("expense please", purpose, amount, "2026-11-20"):
        said = await c.says(text)
    assert said[-1] == "utter_confirm"
    return c


class TestOneMoreThing:
    @pytest.mark.parametrize(
        "text",
        [
            "no the taxi is missing",
            "you forgot the taxi",
            "the taxi isn't in there",
            "what about the taxi?",
            "no, you left out the taxi",
            "nein da fehlt doch das taxi",
            "da fehlt noch das taxi",
            "das taxi hast du vergessen",
            "nee, das taxi ist nicht dabei",
            "und was ist mit dem taxi?",
        ],
    )
    async def test_what_is_missing_comes_after_what_is_shown(self, text):
        c = await at_the_claim()
        said = await c.says(text)
        assert said == ["utter_matters_noted", "utter_confirm"]
        assert slots_of(c)["purpose"] == "hotel"
        for answer in ("yes", "34.50 euro", "yes"):
            await c.says(answer)
        assert claims(c) == [("hotel", "189"), ("taxi", "34.50")]

    @pytest.mark.parametrize("text", ["hotel 189 and taxi 34.50", "hotel 189 und taxi 34,50", "taxi 34.50, hotel 189"])
    async def test_a_list_puts_each_sum_to_its_thing(self, text):
        c = await at_the_claim()
        await c.says("no the taxi is missing")
        await c.says(text)
        for _ in range(3):
            await c.says("yes")
        assert claims(c) == [("hotel", "189"), ("taxi", "34.50")]

    @pytest.mark.parametrize(
        "text", ["hotel 189 and taxi 34.50", "no, hotel 189 and taxi 34.50", "nein, hotel 189 und taxi 34,50"]
    )
    async def test_a_wrong_pair_is_put_right_by_its_list(self, text):
        c = await at_the_claim("taxi", "189 euro")
        await c.says(text)
        assert slots_of(c)["amount"] == "34.50"
        for _ in range(2):
            await c.says("yes")
        assert claims(c) == [("taxi", "34.50"), ("hotel", "189")]

    @pytest.mark.parametrize("text", ["nah forget about it, I'll think it over", "ach vergiss es, muss überlegen"])
    async def test_who_leaves_it_adds_nothing(self, text):
        c = await at_the_claim()
        await c.says(text)
        await c.says("leave it")
        assert claims(c) == []

    async def test_with_its_own_sum_behind_a_no(self):
        c = await at_the_claim()
        await c.says("no, there was also the taxi 34.50")
        for _ in range(2):
            await c.says("yes")
        assert claims(c) == [("hotel", "189"), ("taxi", "34.50")]


class TestMoreWords:
    async def site(self):
        c = hirer()
        for text in ("shoes please", "M", "Lindenstr. 5, 79098 Freiburg"):
            said = await c.says(text)
        assert said[-1] == "utter_confirm"
        return c

    @pytest.mark.parametrize(
        "text",
        [
            "yes, in black too",
            "yes and also in black please",
            "no, in black too",
            "ja und auch in black bitte",
            "ja, in black auch",
        ],
    )
    async def test_they_join_the_value_and_it_is_shown_again(self, text):
        c = await self.site()
        said = await c.says(text)
        assert said == ["utter_confirm"]
        assert c.actions.calls == []
        assert slots_of(c)["size"].startswith("M, ")
        assert "black" in slots_of(c)["size"]

    @pytest.mark.parametrize("text", ["no, M is too small", "yes but make it XL", "no, XL"])
    async def test_another_choice_and_a_fault_are_no_addition(self, text):
        c = await self.site()
        await c.says(text)
        assert "," not in slots_of(c)["size"]
        assert "small" not in slots_of(c)["size"]
        assert c.actions.calls == []


async def test_the_writes_are_as_shown():
    c = await at_the_claim()
    await c.says("nein da fehlt doch das taxi")
    await c.says("yes")
    assert writes(c) == ["action_claim"]
