"""A yes in one sentence and something else in the next: what writes waits until nothing speaks against it."""

import pytest

from tests.nlu.dialogue.desk_pack import customer, writes


async def at_the_confirmation():
    c = customer()
    assert (await c.says("stop order 100234"))[-1] == "utter_confirm"
    return c


class TestAtAConfirmation:
    @pytest.mark.parametrize(
        "text",
        [
            "yes. when do you open?",
            "yes. but I am not sure about my wife",
            "Yes! Wait, which one was that",
            "ja. aber erst nach Weihnachten",
            "ja. kann ich die noch behalten?",
            "no. well, yes",
            "yes. can I still stop an order?",
            "yes. and where is it right now?",
        ],
    )
    async def test_a_yes_with_a_doubt_beside_it_writes_nothing(self, text):
        c = await at_the_confirmation()
        said = await c.says(text)
        assert writes(c) == []
        assert said[-1] in ("utter_confirm", "utter_take_your_time")

    @pytest.mark.parametrize("text", ["yes. when do you open?", "yes. can I still stop an order?"])
    async def test_a_question_beside_it_is_answered(self, text):
        c = await at_the_confirmation()
        assert (await c.says(text))[0] in ("utter_hours", "utter_article")
        await c.says("yes")
        assert writes(c) == ["action_stop"]

    @pytest.mark.parametrize("text", ["yes. thank you!", "Yes please. Thanks, bye", "ja. danke dir!", "yes!"])
    async def test_a_courtesy_beside_it_leaves_it_a_yes(self, text):
        c = await at_the_confirmation()
        await c.says(text)
        assert writes(c) == ["action_stop"]

    async def test_a_request_beside_it_comes_after_the_write(self):
        c = await at_the_confirmation()
        said = await c.says("yes. and I need to claim expenses")
        assert writes(c) == ["action_stop"]
        assert said[0] == "utter_matters_noted"
        assert said[-1] == "utter_ask_purpose"

    async def test_a_yes_and_a_doubt_take_nothing_back(self):
        c = await at_the_confirmation()
        await c.says("yes")
        assert (await c.says("undo that please"))[-1] == "utter_confirm_undo"
        await c.says("yes. hmm, or should I ask my wife first?")
        assert writes(c) == ["action_stop"]


class TestAfterAnythingElse:
    @pytest.mark.parametrize(
        "text", ["ok. where is 100235?", "yes! where is 100235", "aha okay. und wo ist 100235", "ja. wo ist die 100235"]
    )
    async def test_what_follows_an_agreement_is_served(self, text):
        c = customer()
        await c.says("where is 100234")
        assert (await c.says(text))[0] == "utter_status"

    @pytest.mark.parametrize("text", ["ok. and the frobnication thing zzz", "yes! about my uncle zzz"])
    async def test_what_nobody_understands_is_not_taken_for_a_yes(self, text):
        c = customer()
        await c.says("where is 100234")
        assert await c.says(text) == ["utter_ask_rephrase"]
