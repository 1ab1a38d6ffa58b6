"""An addition is one more run, and a change reaches the write it names: nothing that was filed is overwritten."""

import pytest

from conversation.conversation import HandoffReason
from conversation.message import ContentKind
from tests.nlu.dialogue.desk_pack import FLOWS, customer, writes


def sent(talker, action="action_claim"):
    return [(call.slots["purpose"], call.slots["amount"]) for call in talker.actions.calls if call.name == action]


async def at_the_claim():
    c = customer()
    for text in ("expense please", "taxi", "34.50 euro", "2026-11-20"):
        said = await c.says(text)
    assert said[-1] == "utter_confirm"
    return c


async def with_two_claims():
    c = await at_the_claim()
    for text in ("yes", "and parking 12", "yes"):
        await c.says(text)
    assert sent(c) == [("taxi", "34.50"), ("parking", "12")]
    return c


ADDITIONS = [
    "and parking 12",
    "und gleich noch parking 12 euro",
    "also parking 12 euro",
    "oh and parking 12 too",
    "parking 12 kommt noch dazu",
    "plus parking 12",
    "and 12 euro for parking",
]


class TestAnAddition:
    @pytest.mark.parametrize("text", ADDITIONS)
    async def test_after_it_was_done_is_one_more(self, text):
        c = await at_the_claim()
        await c.says("yes")
        assert (await c.says(text))[-1] == "utter_confirm"
        await c.says("yes")
        assert writes(c) == ["action_claim", "action_claim"]
        assert sent(c) == [("taxi", "34.50"), ("parking", "12")]

    @pytest.mark.parametrize("text", ADDITIONS)
    async def test_at_the_confirmation_leaves_what_is_shown(self, text):
        c = await at_the_claim()
        said = await c.says(text)
        assert said == ["utter_matters_noted", "utter_confirm"]
        for answer in ("yes", "yes"):
            await c.says(answer)
        assert sent(c) == [("taxi", "34.50"), ("parking", "12")]

    async def test_two_more_at_the_confirmation_leave_what_is_shown(self):
        c = await at_the_claim()
        await c.says("parking 12 and hotel 90")
        for answer in ("yes", "yes", "yes"):
            await c.says(answer)
        assert sent(c) == [("taxi", "34.50"), ("parking", "12"), ("hotel", "90")]

    @pytest.mark.parametrize("text", ["make it 39", "sorry, 39", "nee, 39 euro", "39"])
    async def test_a_sum_alone_is_a_correction(self, text):
        c = await at_the_claim()
        await c.says(text)
        await c.says("yes")
        assert sent(c) == [("taxi", "39")]


class TestAChange:
    @pytest.mark.parametrize(
        "text",
        ["change the taxi to 39", "und das taxi auf 39 ändern", "the taxi was 39, sorry", "the 34.50 should be 39"],
    )
    async def test_reaches_the_write_it_names(self, text):
        c = await with_two_claims()
        assert (await c.says(text))[-1] == "utter_confirm_change"
        await c.says("yes")
        assert sent(c, "action_change_claim") == [("taxi", "39")]

    @pytest.mark.parametrize("text", ["make it 13", "sorry, 13", "ups, waren 13 euro", "it should be 13", "no, 13"])
    @pytest.mark.parametrize("answer", ["parking", "the parking", "den Parking meine ich", "the 12 one", "the first"])
    async def test_is_asked_about_if_it_names_none(self, text, answer):
        c = await with_two_claims()
        assert await c.says(text) == ["utter_ask_which"]
        assert await c.says(answer) == ["utter_confirm_change"]
        await c.says("yes")
        assert sent(c, "action_change_claim") == [("parking", "13")]

    @pytest.mark.parametrize("text", ["undo that", "mach das rückgängig", "take it back please", "zieh das zurück"])
    @pytest.mark.parametrize(("answer", "claim"), [("taxi", ("taxi", "34.50")), ("das zweite", ("taxi", "34.50"))])
    async def test_taking_back_is_asked_about_if_it_names_none(self, text, answer, claim):
        c = await with_two_claims()
        assert await c.says(text) == ["utter_ask_which"]
        assert await c.says(answer) == ["utter_confirm_undo"]
        await c.says("yes")
        assert sent(c, "action_drop_claim") == [claim]

    @pytest.mark.parametrize("text", ["undo the last one", "nimm den letzten zurück"])
    async def test_the_last_needs_no_question(self, text):
        c = await with_two_claims()
        assert await c.says(text) == ["utter_confirm_undo"]
        await c.says("yes")
        assert sent(c, "action_drop_claim") == [("parking", "12")]

    async def test_a_button_chooses_and_an_old_one_does_nothing(self):
        c = await with_two_claims()
        await c.says("undo that")
        first, second = c.last.replies[-1].buttons
        assert [first.title, second.title] == ["parking, 12", "taxi, 34.50"]
        assert await c.says("", ContentKind.BUTTON, second.payload) == ["utter_confirm_undo"]
        await c.says("yes")
        assert sent(c, "action_drop_claim") == [("taxi", "34.50")]
        await c.says("", ContentKind.BUTTON, first.payload)
        assert sent(c, "action_drop_claim") == [("taxi", "34.50")]

    @pytest.mark.parametrize("text", ["no", "keinen", "never mind", "lass es"])
    async def test_none_of_them_leaves_all(self, text):
        c = await with_two_claims()
        await c.says("undo that")
        await c.says(text)
        await c.says("yes")
        assert writes(c) == ["action_claim", "action_claim"]

    @pytest.mark.parametrize("text", ["both", "alle beide bitte", "all of them"])
    async def test_all_of_them_are_a_persons(self, text):
        c = await with_two_claims()
        await c.says("undo that")
        await c.says(text)
        assert c.reason == HandoffReason.CHANGE

    async def test_another_one_named_at_the_question_is_asked_about_instead(self):
        c = await with_two_claims()
        for text in ("undo the parking", "taxi", "yes"):
            await c.says(text)
        assert sent(c, "action_drop_claim") == [("taxi", "34.50")]

    async def test_what_cannot_be_told_apart_twice_is_a_persons_with_all_facts(self):
        c = await with_two_claims()
        for text in ("undo that", "hm well", "the thing you know"):
            await c.says(text)
        assert c.reason == HandoffReason.CHANGE

    async def test_goes_on_with_what_it_reached(self):
        c = await with_two_claims()
        for text in ("change the taxi to 39", "yes", "no, 40", "yes"):
            await c.says(text)
        assert sent(c, "action_change_claim") == [("taxi", "39"), ("taxi", "40")]

    @pytest.mark.parametrize("answer", ["yes", "no"])
    async def test_of_an_earlier_one_leaves_what_is_open(self, answer):
        c = await at_the_claim()
        await c.says("yes")
        await c.says("and parking 12")
        assert (await c.says("sorry, the taxi was 39"))[-1] == "utter_confirm_change"
        assert (await c.says(answer))[-1] == "utter_confirm"
        await c.says("yes")
        assert sent(c) == [("taxi", "34.50"), ("parking", "12")]
        assert sent(c, "action_change_claim") == ([("taxi", "39")] if answer == "yes" else [])

    async def test_taking_back_reaches_the_one_it_names(self):
        c = await with_two_claims()
        await c.says("undo the taxi")
        await c.says("yes")
        assert sent(c, "action_drop_claim") == [("taxi", "34.50")]


ADDRESS = "  move:\n    description: change an address\n    nlu_trigger: [{intent: move}]\n"


async def at_the_new_address():
    c = customer(flows=FLOWS.replace(ADDRESS, f"{ADDRESS}    metadata: {{change: action_move}}\n"))
    for text in ("moving", "Lindwurmstr. 88, 80337 Berlin", "yes"):
        await c.says(text)
    assert writes(c) == ["action_move"]
    return c


class TestAPartOfAValue:
    @pytest.mark.parametrize(
        ("text", "address"),
        [
            ("oops, its 78 not 88", "Lindwurmstr. 78, 80337 Berlin"),
            ("ups, 78 statt 88", "Lindwurmstr. 78, 80337 Berlin"),
            ("sorry, house number 78", "Lindwurmstr. 78, 80337 Berlin"),
            ("postcode is 80339, not 80337", "Lindwurmstr. 88, 80339 Berlin"),
        ],
    )
    @pytest.mark.parametrize("between", ["", "where is 100234"])
    async def test_is_put_right_in_what_was_written(self, text, address, between):
        c = await at_the_new_address()
        if between:
            await c.says(between)
        assert (await c.says(text))[-1] == "utter_confirm_change"
        await c.says("yes")
        assert [call.slots["address"] for call in c.actions.calls if call.name == "action_move"][1:] == [address]
