"""At a confirmation people put two things right at once, or ask about something else: all is taken, nothing is moved."""

import pytest

from tests.nlu.dialogue.desk_pack import DOMAIN, customer, writes
from tests.nlu.dialogue.hire_pack import hirer, slots_of

TOOLS = ("I want to hire tools", "a drill", "2", "4200", "21.12.2026", "23.12.2026", "yes", "50 euro")


async def at_the_claim(**changed):
    c = customer(**changed)
    for text in ("expense please", "taxi", "34.50 euro", "2026-11-20"):
        said = await c.says(text)
    assert said[-1] == "utter_confirm"
    return c


async def at_the_hire():
    c = hirer()
    for text in TOOLS:
        said = await c.says(text)
    assert said[-1] == "utter_confirm"
    return c


class TestTwoAtOnce:
    @pytest.mark.parametrize(
        "text",
        [
            "no it was 43.50 and it was parking not taxi",
            "no, parking instead of taxi, and it was 43.50",
            "nein, es waren 43,50 und parking statt taxi",
        ],
    )
    async def test_a_sum_beside_a_thing_that_is_exchanged(self, text):
        c = await at_the_claim()
        assert (await c.says(text))[-1] == "utter_confirm"
        assert slots_of(c)["amount"] == "43.50"
        assert slots_of(c)["purpose"] == "parking"

    @pytest.mark.parametrize("text", ["nein, vom 22. bis 23.", "no, from the 22nd to the 23rd", "nee, 22. bis 23."])
    async def test_a_day_beside_one_that_stays(self, text):
        c = await at_the_hire()
        await c.says(text)
        assert slots_of(c)["first_day"] == "2026-12-22"
        assert slots_of(c)["last_day"] == "2026-12-23"

    @pytest.mark.parametrize(
        "text",
        [
            "yes, wait, house number 12 and postcode 79100",
            "ja, halt, hausnummer 12 und postleitzahl 79100",
            "no, postcode 79100 and the house number is 12",
        ],
    )
    async def test_a_house_number_beside_another_part(self, text):
        c = hirer()
        for one in ("shoes please", "M", "Lindenstr. 5, 79098 Freiburg"):
            await c.says(one)
        await c.says(text)
        assert slots_of(c)["address"] == "Lindenstr. 12, 79100 Freiburg"

    @pytest.mark.parametrize("text", ["no, M in black", "nein, M in black", "no, M but in black"])
    async def test_words_beside_the_value_that_is_said_again(self, text):
        c = hirer()
        for one in ("shoes please", "M", "Lindenstr. 5, 79098 Freiburg"):
            await c.says(one)
        assert (await c.says(text))[-1] == "utter_confirm"
        assert {"M", "black"} <= set(slots_of(c)["size"].replace(",", "").split())


class TestAList:
    @pytest.mark.parametrize(
        "text", ["the bike is missing", "you forgot the bike", "yes and the bike too", "da fehlt noch das bike"]
    )
    async def test_one_more_thing_joins_it(self, text):
        c = await at_the_claim(domain=DOMAIN.replace("purpose: {type: text", "purpose: {type: list"))
        assert await c.says(text) == ["utter_confirm"]
        assert slots_of(c)["purpose"] == ["taxi", "bike"]
        await c.says("yes")
        assert writes(c) == ["action_claim"]


class TestAfterwards:
    @pytest.mark.parametrize("text", ["one more thing, my other order 100237 is late", "my 100237 is still not here"])
    async def test_trouble_with_another_number_is_no_change_of_what_was_done(self, text):
        c = customer()
        for one in ("stop order 100234", "yes"):
            await c.says(one)
        await c.says(text)
        assert writes(c) == ["action_stop"]
        assert slots_of(c).get("order_number") != "100234"


@pytest.mark.parametrize("text", ["stop, the hotel is missing", "stop, da fehlt noch das hotel", "wait, the hotel too"])
async def test_a_stop_before_what_is_missing_leaves_nothing(text):
    c = await at_the_claim()
    said = await c.says(text)
    assert said[-1] in ("utter_confirm", "utter_take_your_time")
    assert slots_of(c)["purpose"] == "taxi"
    assert "utter_cancelled" not in said
