"""Several things in one message: none is lost, and what is not understood is said to be so."""

from dataclasses import replace

import pytest

from nlu.dialogue.clauses import split
from nlu.dialogue.lexicon import lexicon
from tests.nlu.dialogue.desk_pack import customer, writes


def texts(text, language="en"):
    return [one.text for one in split(text, lexicon(language))]


class TestParts:
    @pytest.mark.parametrize(
        ("text", "parts"),
        [
            ("the lid is missing and I also need the bill", ["the lid is missing", "and I also need the bill"]),
            ("where is it and then I also want a job", ["where is it", "and then I also want a job"]),
            ("hi, and when do you open", ["hi", "and when do you open"]),
        ],
    )
    def test_a_connecting_word_parts_only_where_words_stand_before_it(self, text, parts):
        assert texts(text) == parts


class TestTwoOrThreeMatters:
    async def test_the_words_that_part_an_english_first_message_are_english(self):
        c = customer()
        c.conversation = replace(c.conversation, language=None, tracker={})
        said = await c.says("where is my order 100234 and please stop my order 100235")
        assert said[0] == "utter_matters_noted"

    async def test_three_matters_are_served_in_turn(self):
        c = customer()
        said = await c.says("where is 100234? when do you open? and please stop my order 100235")
        assert said == ["utter_hours", "utter_matters_noted", "utter_status", "utter_next_matter", "utter_confirm"]

    async def test_two_questions_without_a_process_are_both_answered(self):
        c = customer()
        said = await c.says("can I still stop an order? and when do you open?")
        assert said == ["utter_hours", "utter_article", "utter_offer_after_article"]


class TestWhatNobodyUnderstands:
    @pytest.mark.parametrize(
        "text",
        [
            "where is 100234 and can you teach my dog to dance?",
            "where is 100234? what does the frobnicator weigh?",
            "how does one frobnicate and where is 100234",
            "wo ist 100234 und wie oft muss man das entkalken?",
            "where is 100234 and I need a frobnicator please",
            "my lamp is broken. where is 100234",
        ],
    )
    async def test_beside_what_is_served_it_is_said_to_be_not_understood(self, text):
        c = customer()
        said = await c.says(text)
        assert "utter_part_not_understood" in said
        assert "utter_status" in said

    @pytest.mark.parametrize(
        "text",
        [
            "seriously?? where is 100234",
            "what?! where is 100234",
            "I'm bored and where is 100234",
            "echt jetzt?? wo ist 100234",
            "hello my friends. where is 100234",
            "thank you for yesterday. where is 100234",
        ],
    )
    async def test_interjections_and_stories_need_no_word(self, text):
        c = customer()
        assert "utter_part_not_understood" not in await c.says(text)

    async def test_beside_a_value_too(self):
        c = customer()
        await c.says("expenses")
        await c.says("a taxi")
        said = await c.says("12.50! I need a frobnicator please")
        assert said == ["utter_part_not_understood", "utter_ask_spent_on"]

    async def test_it_writes_nothing_beside_a_yes(self):
        c = customer()
        await c.says("stop my order 100234")
        await c.says("yes. and can you teach my dog to dance?")
        assert writes(c) == []


@pytest.mark.parametrize(
    "text",
    [
        "I have 3 expenses: taxi 22.40, parking 8 and lunch 31.90",
        "i have 3 expenses to claim, taxi 22.40, parking 8 and lunch 31.90",
    ],
)
async def test_how_many_things_follow_is_no_sum_of_one(text):
    c = customer()
    await c.says(text)
    tracker = c.conversation.tracker
    assert (tracker["slots"].get("purpose"), tracker["slots"].get("amount")) == ("taxi", "22.40")
    assert [m["slots"]["amount"] for m in tracker["matters"]] == ["8", "31.90"]
