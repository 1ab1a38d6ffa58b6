"""The same process once more: beside a yes, after it was done, and for each of several things in one message."""

import pytest

from tests.nlu.dialogue.desk_pack import customer, writes


def sent(talker, action):
    return [dict(call.slots) for call in talker.actions.calls if call.name == action]


async def at_the_confirmation():
    c = customer()
    assert (await c.says("stop order 100234"))[-1] == "utter_confirm"
    return c


async def at_the_claim():
    c = customer()
    for text in ("expense please", "taxi", "34.50 euro", "2026-11-20"):
        said = await c.says(text)
    assert said[-1] == "utter_confirm"
    return c


class TestBesideAYes:
    @pytest.mark.parametrize(
        "text",
        [
            "yes. and 100235 too please",
            "yes and 100235 as well",
            "ok yes, and also 100235",
            "ja. und die 100235 auch",
            "ja und noch die 100235 bitte",
            "ja, dann die 100235",
        ],
    )
    async def test_the_yes_counts_and_the_other_one_follows(self, text):
        c = await at_the_confirmation()
        said = await c.says(text)
        assert [s["order_number"] for s in sent(c, "action_stop")] == ["100234"]
        assert said[-1] == "utter_confirm"
        await c.says("yes")
        assert [s["order_number"] for s in sent(c, "action_stop")] == ["100234", "100235"]

    @pytest.mark.parametrize(
        "text",
        [
            "yes but 100235",
            "yes, no, 100235",
            "ja aber lieber die 100235 auch",
            "no, 100235 too",
            "yes. is 100235 stopped too?",
            "ja. wo ist die 100235 denn auch?",
            "not yet, 100235 too",
        ],
    )
    async def test_a_doubt_or_a_question_is_no_yes_and_one_more(self, text):
        c = await at_the_confirmation()
        await c.says(text)
        assert writes(c) == []

    async def test_sums_are_not_taken_over(self):
        c = await at_the_claim()
        said = await c.says("yes and the hotel too please")
        assert writes(c) == ["action_claim"]
        assert said[-1] == "utter_ask_amount"
        await c.says("119 euro")
        await c.says("yes")
        claims = sent(c, "action_claim")
        assert [(s["purpose"], s["amount"], s["spent_on"]) for s in claims] == [
            ("taxi", "34.50", "2026-11-20"),
            ("hotel", "119", "2026-11-20"),
        ]

    async def test_a_no_to_the_second_keeps_the_first(self):
        c = await at_the_confirmation()
        await c.says("yes and 100235 too")
        await c.says("no")
        await c.says("leave it")
        assert [s["order_number"] for s in sent(c, "action_stop")] == ["100234"]

    async def test_what_did_not_come_up_goes_along_to_a_person(self):
        c = await at_the_confirmation()
        await c.says("yes and 100235 too")
        await c.says("I want to speak to a real person")
        assert c.last.slots["order_number"] == "100235"


class TestAfterItWasDone:
    @pytest.mark.parametrize("text", ["and 100235 too", "100235 as well please", "die 100235 auch noch"])
    async def test_once_more_is_no_change_of_what_was_done(self, text):
        c = await at_the_confirmation()
        await c.says("yes")
        assert (await c.says(text))[-1] == "utter_confirm"
        await c.says("yes")
        assert [s["order_number"] for s in sent(c, "action_stop")] == ["100234", "100235"]


class TestSeveralThings:
    @pytest.mark.parametrize(
        "text",
        [
            "expense please: taxi 34.50, hotel 119 euro",
            "expense: taxi 34.50 and hotel 119 euro",
            "spesen: taxi 34,50 und hotel 119 euro",
        ],
    )
    async def test_each_has_the_sum_next_to_it(self, text):
        c = customer()
        said = await c.says(text)
        assert said[0] == "utter_matters_noted"
        for answer in ("2026-11-20", "yes", "yes"):
            await c.says(answer)
        assert [(s["purpose"], s["amount"]) for s in sent(c, "action_claim")] == [("taxi", "34.50"), ("hotel", "119")]

    async def test_two_numbers_are_two_runs(self):
        c = customer()
        assert (await c.says("stop order 100234 and 100235"))[-1] == "utter_confirm"
        await c.says("yes")
        await c.says("yes")
        assert [s["order_number"] for s in sent(c, "action_stop")] == ["100234", "100235"]

    async def test_an_answer_may_name_two_things(self):
        c = customer()
        await c.says("expense please")
        await c.says("taxi 34.50 and hotel 119")
        for answer in ("2026-11-20", "yes", "yes"):
            await c.says(answer)
        assert [(s["purpose"], s["amount"]) for s in sent(c, "action_claim")] == [("taxi", "34.50"), ("hotel", "119")]

    @pytest.mark.parametrize(
        "text",
        [
            "expense: taxi between 20 and 30 euro",
            "stop order 100234, ach nein, 100235",
            "stop order 100235, not 100234",
        ],
    )
    async def test_a_range_or_a_correction_is_one(self, text):
        c = customer()
        assert "utter_matters_noted" not in await c.says(text)

    @pytest.mark.parametrize(
        "text",
        [
            "stop order 100234. no wait, that was the other one, 100235",
            "stop order 100234. nee warte, das war die falsche, 100235",
        ],
    )
    async def test_what_was_corrected_away_never_comes_back(self, text):
        c = customer()
        await c.says(text)
        await c.says("yes")
        assert [s["order_number"] for s in sent(c, "action_stop")] == ["100235"]
        assert not c.conversation.tracker["matters"]


class TestAnotherOfItsKind:
    @pytest.mark.parametrize("text", ["and another one: window", "noch eine buchung: window", "a second one, window"])
    async def test_begins_anew_and_leaves_what_is_shown(self, text):
        c = customer()
        for answer in ("book please", "2", "aisle"):
            await c.says(answer)
        await c.says(text)
        await c.says("yes")
        assert [(s["seats"], s["seat_kind"]) for s in sent(c, "action_book")] == [("2", "aisle")]
        assert c.conversation.tracker["slots"]["seat_kind"] == "window"

    async def test_another_kind_without_such_a_word_puts_it_right(self):
        c = customer()
        for answer in ("book please", "2", "aisle", "window", "yes"):
            await c.says(answer)
        assert [(s["seats"], s["seat_kind"]) for s in sent(c, "action_book")] == [("2", "window")]
