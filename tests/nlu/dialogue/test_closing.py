"""Words that close, greet or praise, and what they close."""

import pytest

from tests.nlu.dialogue.desk_pack import customer


class TestAfterAnythingElse:
    @pytest.mark.parametrize(
        "text",
        ["super", "great", "perfect", "ok", "got it", "good to know", "verstanden", "I see, thanks"],
    )
    async def test_praise_and_taking_note_want_nothing_more(self, text):
        c = customer()
        await c.says("where is 100234")
        assert "utter_what_else" not in await c.says(text)
        assert c.last.close

    @pytest.mark.parametrize(
        "text", ["ok, I'll talk to him. Thanks", "Ok, ich rede mit ihm. Danke", "I'll wait then. bye"]
    )
    async def test_a_statement_before_a_thanks_is_no_matter(self, text):
        c = customer()
        await c.says("where is 100234")
        assert (await c.says(text))[0] in ("utter_thanks", "utter_goodbye")

    @pytest.mark.parametrize("text", ["yes please", "yes", "ja gern"])
    async def test_a_yes_asks_what(self, text):
        c = customer()
        await c.says("where is 100234")
        assert await c.says(text) == ["utter_what_else"]

    async def test_a_no_that_leads_to_a_question_is_no_problem(self):
        c = customer()
        await c.says("where is 100234")
        assert (await c.says("no, one more thing, when do you open?"))[0] == "utter_hours"


class TestGreetings:
    @pytest.mark.parametrize("text", ["servus", "Servus!", "hallo"])
    async def test_a_word_that_greets_and_parts_greets_at_the_beginning(self, text):
        c = customer()
        await c.says(text)
        assert not c.last.close
