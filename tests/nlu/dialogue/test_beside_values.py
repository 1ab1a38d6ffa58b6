"""Articles that come again, matters that wait and are not wanted, days left out, and all that stays as it is."""

import pytest

from conversation.conversation import HandoffReason
from tests.nlu.dialogue.desk_pack import FLOWS, customer, writes
from tests.nlu.dialogue.hire_pack import given
from tests.nlu.dialogue.test_beside_an_answer import MONEY
from tests.nlu.dialogue.test_refusals import somebody


class TestAnArticleComesAgain:
    async def test_in_other_words_with_the_way_to_a_person(self):
        c = customer()
        await c.says("stop order 100234")
        assert await c.says("can I stop an order?") == ["utter_article", "utter_confirm"]
        first = c.texts[0]
        assert await c.says("so can I stop an order") == ["utter_article_again", "utter_confirm"]
        assert c.texts[0] != first
        assert c.last.replies[0].buttons[0].payload == "/human"

    async def test_a_third_time_a_person_is_offered(self):
        c = customer()
        await c.says("stop order 100234")
        for text in ("can I stop an order?", "so can I stop an order", "but can I stop an order now"):
            said = await c.says(text)
        assert said[-1] == "utter_offer_person"
        await c.says("yes")
        assert c.reason == HandoffReason.FAILURES
        assert writes(c) == []


class TestAMatterThatWaits:
    @pytest.mark.parametrize(
        "text",
        [
            "i dont want a booking",
            "not the booking!!!",
            "no booking please",
            "forget about the booking",
            "nein, kein booking",
            "ach das booking doch nicht",
        ],
    )
    async def test_is_left_out_when_it_is_refused(self, text):
        c = somebody()
        await c.says("expenses. and a booking please")
        assert [one["intent"] for one in c.conversation.tracker["matters"]] == ["booking"]
        assert await c.says(text) == ["utter_left_out", "utter_ask_purpose"]
        assert c.conversation.tracker["matters"] == []
        assert "purpose" not in c.conversation.tracker["slots"]

    @pytest.mark.parametrize("text", ["no idea, a taxi", "a taxi, not a train"])
    async def test_stays_when_something_else_is_denied(self, text):
        c = somebody()
        await c.says("expenses. and a booking please")
        await c.says(text)
        assert len(c.conversation.tracker["matters"]) == 1


async def test_what_only_follows_from_what_is_open_is_answered_by_its_article():
    flows = FLOWS.replace(
        "nlu_trigger: [{intent: refund}]", "nlu_trigger: [{intent: refund}]\n    metadata: {follows: [stop_order]}"
    )
    c = customer(**{"knowledge/money.md": MONEY, "flows.yml": flows})
    await c.says("stop order 100234")
    assert await c.says("do I get the money back?") == ["utter_article", "utter_confirm"]
    assert (await c.says("where is 100235?"))[0] == "utter_status"


@pytest.mark.parametrize(
    "text",
    ["leave it as it is", "just leave the order as it is", "lass die order wie sie ist", "bleibt alles beim alten"],
)
async def test_what_stays_as_it_is_ends_what_is_open(text):
    c = somebody()
    await c.says("expenses")
    assert (await c.says(text))[0] == "utter_cancelled"


@pytest.mark.parametrize(
    "text",
    ["alles außer dem 8.12.", "any day but the 8th", "bloß nicht am 8.12.", "anything but the 8th", "except the 8th"],
)
def test_a_day_left_out_is_no_value(text):
    assert given(text, "first_day") == {}
