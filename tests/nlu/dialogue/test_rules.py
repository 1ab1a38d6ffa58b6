"""The ten rules of the dialogue, on a pack of their own."""

from datetime import timedelta

import pytest

from conversation.conversation import HandoffReason, Priority
from conversation.message import ContentKind
from nlu.action import ActionResult
from tests.nlu.dialogue.desk_pack import LATE, customer, writes


class TestAClosingWordClosesNothingThatIsOpen:
    @pytest.mark.parametrize("word", ["thanks", "thank you very much", "ok thanks", "Danke!"])
    async def test_thanks_in_a_flow_asks_again(self, word):
        c = customer()
        await c.says("where is my order")
        assert (await c.says(word))[-1] == "utter_ask_order_number"
        assert not c.last.close

    @pytest.mark.parametrize("word", ["bye", "goodbye then", "ok thanks bye"])
    async def test_goodbye_parks_what_is_open(self, word):
        c = customer()
        await c.says("where is my order")
        assert await c.says(word) == ["utter_parked"]
        assert (c.last.completed, c.last.close) == (False, False)
        assert (await c.says("100234"))[0] == "utter_status"

    async def test_no_and_a_rest_after_anything_else_is_the_rest(self):
        c = customer()
        await c.says("where is 100234")
        assert (await c.says("no, but when do you open?"))[0] == "utter_hours"
        assert not c.last.close

    @pytest.mark.parametrize("word", ["no", "nope, that's all", "no thanks", "nein danke"])
    async def test_a_bare_no_after_anything_else_closes(self, word):
        c = customer()
        await c.says("where is 100234")
        assert await c.says(word) == ["utter_goodbye"]
        assert (c.last.completed, c.last.close) == (True, True)

    @pytest.mark.parametrize("text", ["friday would be good, bye", "Friday!", "on friday please, thanks"])
    async def test_a_typed_value_wins_over_any_intent(self, text):
        c = customer()
        await c.says("expenses")
        await c.says("a taxi")
        await c.says("12.50")
        assert await c.says(text) == ["utter_confirm"]


class TestProblemsAreMatters:
    @pytest.mark.parametrize(
        "text", ["I still haven't received it", "it never arrived", "nothing came", "noch nicht da"]
    )
    async def test_before_its_day_the_day_is_said_and_watching_offered(self, text):
        c = customer()
        await c.says("where is 100234")
        assert await c.says(text) == ["utter_not_due_yet", "utter_offer_watch"]
        assert c.last.completed is False
        assert await c.says("yes please") == ["utter_watching"]
        assert c.last.slots["due"] == "2026-12-24"

    async def test_after_its_day_it_is_a_persons_with_all_facts(self):
        c = customer()
        c.actions.answers["action_look"] = LATE
        await c.says("where is 100234")
        await c.says("I have not received it")
        assert c.reason == HandoffReason.PROBLEM
        assert c.last.slots["order_number"] == "100234"

    async def test_thanks_after_a_problem_resolves_nothing(self):
        c = customer()
        await c.says("where is 100234")
        await c.says("I still haven't received it")
        await c.says("no")
        assert c.last.completed is False
        await c.says("thanks")
        assert c.last.completed is not True

    async def test_a_problem_in_the_same_message_is_not_resolved_by_the_status(self):
        c = customer()
        await c.says("where is 100234, it still has not arrived")
        assert c.last.completed is False


class TestEveryWriteIsConfirmed:
    async def test_all_values_are_shown_once_before_the_write(self):
        c = customer()
        await c.says("expenses")
        await c.says("a taxi")
        await c.says("12,50")
        assert await c.says("24.11.2026") == ["utter_confirm"]
        for shown in ("Expense claim", "Purpose: a taxi", "Amount: 12.50", "24 November"):
            assert shown in c.texts[0]
        assert writes(c) == []
        assert await c.says("yes") == ["utter_claimed", "utter_anything_else"]
        assert writes(c) == ["action_claim"]

    async def _asked(self):
        c = customer()
        await c.says("expenses")
        await c.says("a taxi")
        await c.says("84.50")
        await c.says("yesterday")
        return c

    @pytest.mark.parametrize(
        "text", ["94.50 not 84.50", "no, 94.50", "make it 94.50", "yes but 94.50", "actually it was 94,50"]
    )
    async def test_a_value_at_the_confirmation_corrects_and_asks_again(self, text):
        c = await self._asked()
        assert await c.says(text) == ["utter_confirm"]
        assert "94.50" in c.texts[0]
        assert writes(c) == []
        await c.says("yes")
        assert c.actions.calls[-1].slots["amount"] == "94.50"

    @pytest.mark.parametrize(
        "text", ["ok wait", "fine but make it bigger", "yes, maybe", "sure?", "what does it cost", "ja aber"]
    )
    async def test_a_yes_with_a_rest_writes_nothing(self, text):
        c = await self._asked()
        await c.says(text)
        assert writes(c) == []

    async def test_a_question_is_answered_and_the_confirmation_shown_again(self):
        c = await self._asked()
        assert await c.says("when do you open?") == ["utter_hours", "utter_confirm"]
        await c.says("yes")
        assert writes(c) == ["action_claim"]

    async def test_a_bare_no_asks_what_to_change_and_leaving_it_ends_unresolved(self):
        c = await self._asked()
        assert await c.says("no") == ["utter_ask_change"]
        assert await c.says("leave it") == ["utter_cancelled"]
        assert c.last.completed is False
        assert writes(c) == []

    async def test_a_bare_no_then_a_value(self):
        c = await self._asked()
        await c.says("no")
        assert await c.says("the amount, 94.50") == ["utter_confirm"]

    async def test_an_old_button_does_nothing(self):
        c = await self._asked()
        title, payload = c.buttons[0]
        await c.says("no, 94.50")
        assert (await c.says(title, ContentKind.BUTTON, payload))[0] == "utter_old_button"
        assert writes(c) == []
        title, payload = c.buttons[0]
        await c.says(title, ContentKind.BUTTON, payload)
        assert writes(c) == ["action_claim"]

    async def test_a_work_order_is_confirmed(self):
        c = customer()
        await c.says("a job for you")
        assert await c.says("paint the wall") == ["utter_confirm"]
        await c.says("yes")
        assert c.last.slots == {"details": "paint the wall", "in_own_words": ["a job for you"]}


class TestAskingAboutIsNotAskingFor:
    async def test_a_question_near_a_process_gets_its_article_then_the_offer(self):
        c = customer()
        assert await c.says("can I still stop an order?") == ["utter_article", "utter_offer_after_article"]
        assert await c.says("yes, 100234") == ["utter_confirm"]

    @pytest.mark.parametrize(
        "text", ["I want to stop my order", "please stop my order 100234", "can I stop the order 100234"]
    )
    async def test_a_request_or_a_number_starts_it(self, text):
        c = customer()
        assert (await c.says(text))[0] in ("utter_ask_order_number", "utter_confirm")

    async def test_in_a_flow_the_answer_comes_and_the_question_again(self):
        c = customer()
        await c.says("expenses")
        await c.says("a taxi")
        assert await c.says("when do you open") == ["utter_hours", "utter_ask_amount"]


class TestAllAtOnce:
    async def test_a_first_message_fills_every_slot_it_holds(self):
        c = customer()
        await c.says("expense claim, 129,90 on 24.11.2026")
        assert await c.says("train ticket") == ["utter_confirm"]
        assert "129.90" in c.texts[0]

    async def test_parts_of_a_value_add_up(self):
        c = customer()
        await c.says("I have a new address")
        assert await c.says("Hauptstr. 5") == ["utter_ask_parts"]
        assert await c.says("80331 München") == ["utter_confirm"]
        assert "Hauptstr. 5, 80331 München" in c.texts[0]
        assert await c.says("no, Hauptstr. 7") == ["utter_confirm"]
        assert "Hauptstr. 7, 80331 München" in c.texts[0]

    async def test_two_matters_are_served_one_after_the_other(self):
        c = customer()
        said = await c.says("where is 100234 and please stop my order 100235")
        assert said == ["utter_matters_noted", "utter_status", "utter_next_matter", "utter_confirm"]
        assert "100235" in c.texts[-1]

    async def test_waiting_matters_go_along_with_a_handoff(self):
        c = customer()
        await c.says("please stop my order 100234 and I have expenses to claim")
        await c.says("I want a person")
        assert c.last.slots["further_matters"]


class TestWhatWasDoneCanBeChanged:
    async def _claimed(self):
        c = customer()
        await c.says("expense claim, 84.50 on 24.11.2026")
        await c.says("a taxi")
        await c.says("yes")
        return c

    @pytest.mark.parametrize(
        "text", ["undo that", "mach das rückgängig", "please take that back", "I want to withdraw it"]
    )
    async def test_it_is_taken_back_after_a_yes(self, text):
        c = await self._claimed()
        assert await c.says(text) == ["utter_confirm_undo"]
        assert writes(c) == ["action_claim"]
        assert await c.says("yes") == ["utter_undone", "utter_anything_else"]
        assert writes(c) == ["action_claim", "action_drop_claim"]
        assert c.last.completed is False
        assert c.actions.calls[-1].slots["claim"] == "C-1"

    @pytest.mark.parametrize("text", ["whoops it was 94.50", "sorry, 94.50", "make it 94.50 instead"])
    async def test_another_value_changes_it_after_a_yes(self, text):
        c = await self._claimed()
        assert await c.says(text) == ["utter_confirm_change"]
        assert "94.50" in c.texts[0]
        await c.says("yes")
        assert writes(c) == ["action_claim", "action_change_claim"]
        assert c.actions.calls[-1].slots["amount"] == "94.50"

    async def test_too_late_it_is_a_persons(self):
        c = await self._claimed()
        c.now += timedelta(hours=2)
        await c.says("undo that")
        assert c.reason == HandoffReason.CHANGE
        assert c.last.slots["amount"] == "84.50"

    async def test_what_the_backend_refuses_is_a_persons(self):
        c = await self._claimed()
        c.actions.answers["action_drop_claim"] = ActionResult(False, error="down")
        await c.says("undo that")
        await c.says("yes")
        assert c.reason == HandoffReason.ACTION_DOWN


class TestDangerGoesFirst:
    @pytest.mark.parametrize(
        "text", ["there is smoke coming out of it", "it's burning!", "where is 100234? and there is smoke"]
    )
    async def test_a_person_at_once_with_a_safety_word(self, text):
        c = customer()
        assert "utter_urgent_danger" in await c.says(text)
        assert (c.reason, c.last.priority) == (HandoffReason.URGENT, Priority.URGENT)

    async def test_in_the_middle_of_anything(self):
        c = customer()
        await c.says("expenses")
        await c.says("help, it is burning")
        assert c.reason == HandoffReason.URGENT

    @pytest.mark.parametrize("text", ["there is no smoke", "what if it starts burning?", "es brennt nicht"])
    async def test_denied_or_imagined_danger_is_none(self, text):
        c = customer()
        await c.says(text)
        assert c.reason != HandoffReason.URGENT


class TestTheLanguageChangesByWish:
    @pytest.mark.parametrize("word", ["Danke!", "ja", "Freitag"])
    async def test_a_word_changes_nothing(self, word):
        c = customer()
        await c.says("where is my order")
        await c.says(word)
        assert c.conversation.language == "en"

    @pytest.mark.parametrize(
        "texts",
        [
            ["auf Deutsch bitte"],
            ["Ich weiß die Nummer gerade leider nicht"],
            ["wann geöffnet?", "und wann geschlossen?"],
        ],
    )
    async def test_a_wish_a_sentence_or_a_second_message_changes_it(self, texts):
        c = customer()
        await c.says("where is my order")
        for text in texts:
            await c.says(text)
        assert c.conversation.language == "de"

    async def test_the_open_question_follows_in_the_wished_language(self):
        c = customer()
        await c.says("where is my order")
        assert await c.says("auf Deutsch bitte") == ["utter_ask_order_number"]


class TestNeverTheSameTwice:
    async def test_other_words_then_a_person_is_offered(self):
        c = customer()
        await c.says("where is my order")
        first = c.texts[-1]
        await c.says("blah blub")
        assert c.texts[-1] != first
        assert (await c.says("blah blub"))[-1] == "utter_offer_person"
        await c.says("yes")
        assert c.reason == HandoffReason.FAILURES

    async def test_a_question_put_again_after_a_digression_does_not_count(self):
        c = customer()
        await c.says("where is my order")
        for _ in range(4):
            assert (await c.says("when do you open?"))[-1] == "utter_ask_order_number"


class TestFreeTextTakesWhatIsMeant:
    async def test_a_question_beside_it_is_answered(self):
        c = customer()
        await c.says("expenses")
        said = await c.says("a taxi to the airport. When do you open?")
        assert said == ["utter_hours", "utter_ask_amount"]
        assert c.conversation.tracker["slots"]["purpose"] == "a taxi to the airport"

    async def test_a_default_stands_for_i_dont_mind(self):
        c = customer()
        await c.says("book")
        await c.says("2")
        assert await c.says("I don't care") == ["utter_confirm"]
        assert "aisle" in c.texts[0]

    async def test_without_a_default_it_is_asked_once_more(self):
        c = customer()
        await c.says("expenses")
        assert (await c.says("egal"))[-1] == "utter_ask_purpose"


class TestTrackersOfOlderVersions:
    async def test_facts_are_kept_and_the_stack_dropped_with_a_word(self):
        c = customer()
        await c.says("where is my order")
        kept = dict(c.conversation.tracker)
        old = {k: v for k, v in kept.items() if k != "version"}
        old["stack"] = [{"flow": "order", "step": "0_call", "intent": "order", "asked": True}]
        c.conversation.tracker.clear()
        c.conversation.tracker.update(old)
        assert (await c.says("100234"))[0] == "utter_taken_up_again"
