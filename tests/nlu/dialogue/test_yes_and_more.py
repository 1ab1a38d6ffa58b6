"""A yes with another matter behind it: what is shown is written or shown again, and the other matter is not lost."""

import pytest

from nlu.dialogue.lexicon import lexicon
from nlu.dialogue.refusals import refused
from nlu.dialogue.tokens import tokenize
from tests.nlu.dialogue.desk_pack import customer, writes


async def at_the_claim():
    c = customer()
    for text in ("expense please", "hotel", "189 euro", "2026-11-20"):
        said = await c.says(text)
    assert said[-1] == "utter_confirm"
    return c


def waiting(talker):
    return [one["intent"] for one in talker.conversation.tracker.get("matters", ())]


class TestPlain:
    @pytest.mark.parametrize(
        "text",
        [
            "yes, and there is my new address",
            "yes and there is my new address",
            "yes. i will need a new address too",
            "ok thanks, and i need a new address set",
            "ja, und wir planen den umzug",
            "ja genau, ausserdem steht der umzug an",
            "passt, aber auch noch der umzug bitte",
            "yes please, but also the new address",
        ],
    )
    async def test_what_is_shown_is_written_and_the_next_is_served(self, text):
        c = await at_the_claim()
        said = await c.says(text)
        assert writes(c) == ["action_claim"]
        assert said[-2:] == ["utter_next_matter", "utter_ask_address"]


class TestInDoubt:
    @pytest.mark.parametrize(
        "text",
        [
            "yes, but the new address first",
            "yes. hold on, there is my new address",
            "ja, aber erst der umzug",
            "and there is my new address",
            "i also need a new address set",
            "ach und dann noch der umzug",
        ],
    )
    async def test_it_is_shown_again_and_the_other_matter_waits(self, text):
        c = await at_the_claim()
        said = await c.says(text)
        assert writes(c) == []
        assert said[-1] == "utter_confirm"
        assert "utter_matters_noted" in said
        said = await c.says("yes")
        assert writes(c)[0] == "action_claim"
        assert "utter_next_matter" in said

    @pytest.mark.parametrize("text", ["yes. and my bell is not there", "ja. und meine klingel geht auch nicht mehr"])
    async def test_what_nobody_knows_is_said_to_be_not_understood(self, text):
        c = await at_the_claim()
        said = await c.says(text)
        assert writes(c) == []
        assert "utter_part_not_understood" in said
        assert "utter_confirm" in said[-1]

    async def test_the_same_at_taking_back(self):
        c = await at_the_claim()
        await c.says("yes")
        await c.says("take that back please")
        said = await c.says("and there is my new address")
        assert said == ["utter_matters_noted", "utter_confirm_undo"]
        await c.says("yes")
        assert writes(c) == ["action_claim", "action_drop_claim"]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "ok but only if i dont need a doctors note"),
        ("de", "ja, wenn ich keine bescheinigung dafür brauche und nicht warten will"),
    ],
)
def test_a_condition_refuses_nothing(language, text):
    assert refused(text, tokenize(text), lexicon(language)) is None


class TestWhatWasDoneBefore:
    async def test_leaving_the_next_matter_does_not_say_that_nothing_was_done(self):
        c = await at_the_claim()
        await c.says("yes")
        await c.says("i have a new address")
        assert await c.says("never mind") == ["utter_cancelled_after_writes"]

    async def test_leaving_the_only_one_does(self):
        c = await at_the_claim()
        assert await c.says("never mind") == ["utter_cancelled"]

    @pytest.mark.parametrize("text", ["nothing else", "nothing else thanks", "no, nothing else"])
    async def test_nothing_else_is_no_problem(self, text):
        c = await at_the_claim()
        await c.says("yes")
        said = await c.says(text)
        assert "utter_goodbye" in said or "utter_thanks" in said
