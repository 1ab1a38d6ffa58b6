"""What is not wanted never begins, what runs is left when it is refused, and a question is no value."""

import pytest

from conversation.conversation import HandoffReason
from tests.nlu.dialogue.desk_pack import KEYWORDS, customer, writes

EXAMPLES = {
    "expense": ["file an expense", "an expense claim please", "Spesen einreichen", "ich habe Spesen", "expenses again"],
    "stop_order": ["stop order 100234", "i dont want my order", "order stornieren", "stop an order", "order 1 stop"],
    "booking": ["book seats please", "a booking", "two seats please", "I need a booking", "booking for three"],
}


def _named() -> str:
    lines = ['version: "3.1"', "nlu:"]
    for intent in KEYWORDS:
        words = EXAMPLES.get(intent, [f"words of {intent} {n}" for n in range(5)])
        lines += [f"- intent: {intent}", "  examples: |", *(f"    - {text}" for text in words)]
    return "\n".join(lines)


def somebody():
    return customer(**{"nlu/all.yml": _named()})


class TestARefusalIsNoAnswer:
    @pytest.mark.parametrize(
        "text",
        [
            "i dont want any expense claim",
            "ich will keine spesen",
            "no expense thing",
            "nothing! i said bye",
            "ach doch nicht. tschüss",
            "oh, rather not",
            "nein, ich will das behalten",
            "i'd rather keep it",
            "forget about the expense",
        ],
    )
    async def test_at_a_free_question_it_leaves_with_a_word(self, text):
        c = somebody()
        await c.says("expenses")
        assert (await c.says(text))[0] == "utter_cancelled"
        assert "purpose" not in c.conversation.tracker["slots"]
        assert c.last.completed is not True

    @pytest.mark.parametrize(
        "text",
        ["a keyboard that doesn't keep its charge", "no particular reason", "train, I don't want to drive any more"],
    )
    async def test_what_only_sounds_like_one_is_the_answer(self, text):
        c = somebody()
        await c.says("expenses")
        assert await c.says(text) == ["utter_ask_amount"]

    async def test_what_is_wanted_instead_is_served(self):
        c = somebody()
        await c.says("expenses")
        assert await c.says("no expense thing, just tell me when you open") == ["utter_cancelled", "utter_hours"]

    async def test_at_the_confirmation_nothing_is_written(self):
        c = somebody()
        await c.says("expenses")
        await c.says("a taxi")
        await c.says("12,50")
        await c.says("24.11.2026")
        await c.says("i dont want any expense claim")
        assert writes(c) == []
        assert c.conversation.tracker["stack"] == []


class TestWhatIsNotWantedNeverBegins:
    @pytest.mark.parametrize("text", ["i dont want a booking", "ich will keine spesen", "I never asked for a booking"])
    async def test_a_refused_matter(self, text):
        c = somebody()
        assert await c.says(text) == ["utter_all_right"]
        assert c.conversation.tracker["stack"] == []

    async def test_a_matter_whose_examples_refuse_begins(self):
        c = somebody()
        await c.says("i dont want the order 100234, stop the order")
        assert c.last.tracker["stack"]

    async def test_one_known_by_its_number_is_a_persons(self):
        c = somebody()
        assert await c.says("i dont want the booking for 100234 anymore") == ["utter_change_by_person"]
        assert c.reason == HandoffReason.CHANGE
        assert c.last.slots["order_number"] == "100234"


class TestAQuestionIsNoValue:
    async def _shown(self):
        c = somebody()
        await c.says("expenses")
        await c.says("a taxi")
        await c.says("12,50")
        await c.says("24.11.2026")
        return c

    @pytest.mark.parametrize(
        "text",
        ["isnt the 25th a holiday anyway", "wait, is 25.11. really mine?", "was it the 25.11. or not"],
    )
    async def test_at_a_confirmation(self, text):
        c = await self._shown()
        await c.says(text)
        assert "24 November" in c.texts[-1]
        assert c.conversation.tracker["slots"]["spent_on"] == "2026-11-24"

    async def test_one_that_asks_for_something_else_is(self):
        c = await self._shown()
        await c.says("can we make it the 25.11.?")
        assert "25 November" in c.texts[-1]

    @pytest.mark.parametrize("text", ["do i have to be there on 25.11.?", "is the 25.11. a holiday"])
    async def test_after_the_write_it_changes_nothing(self, text):
        c = await self._shown()
        await c.says("yes")
        assert "utter_confirm_change" not in await c.says(text)

    async def test_a_correction_after_the_write_changes(self):
        c = await self._shown()
        await c.says("yes")
        assert "utter_confirm_change" in await c.says("sorry, it was the 25.11.")


async def test_what_was_said_before_is_no_new_answer():
    c = somebody()
    await c.says("expenses")
    await c.says("i already told you that")
    assert "purpose" not in c.conversation.tracker["slots"]


async def test_a_wait_before_a_question_is_no_wait():
    c = somebody()
    await c.says("expenses")
    assert (await c.says("wait, when do you open"))[0] == "utter_hours"
