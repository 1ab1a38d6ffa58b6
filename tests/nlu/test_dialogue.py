"""The bot's dialogue: what is asked, answered, corrected, left and given to people."""

from dataclasses import replace

import pytest

from conversation.conversation import HandoffReason, Priority
from conversation.events import EventKind
from conversation.message import ChannelKind, ContentKind
from conversation.resolution import Answered
from nlu.action import ActionResult
from nlu.bot import Bot
from nlu.conversation_tests import FakeActions
from nlu.engine import EngineUnavailable
from nlu.language import LanguageDetector
from nlu.pack import load_pack
from tests.nlu.keyword_engine import KeywordEngine
from tests.nlu.shop_pack import KEYWORDS, texts
from tests.nlu.talker import DOWN, FOUND, MISSING, NOON, Talker


@pytest.fixture
def customer() -> Talker:
    return Talker()


class TestAnswering:
    async def test_an_intent_with_a_response_is_answered_directly(self, customer):
        assert await customer.says("when do you open") == ["utter_hours"]
        assert customer.last.completed is False

    async def test_a_number_in_the_first_message_is_not_asked_for_again(self, customer):
        assert await customer.says("Wo ist meine Bestellung 100234?") == ["utter_status", "utter_anything_else"]
        assert customer.texts[0] == "Bestellung 100234: shipped, Mittwoch, 25. November."
        assert customer.last.completed is True
        assert customer.kinds() == [EventKind.FLOW_STARTED, EventKind.ACTION_CALLED, EventKind.FLOW_COMPLETED]

    async def test_a_missing_number_is_asked_for(self, customer):
        assert await customer.says("where is my order") == ["utter_ask_order_number"]
        assert customer.last.completed is False
        assert await customer.says("100234") == ["utter_status", "utter_anything_else"]

    async def test_the_answer_is_in_the_language_of_the_customer(self, customer):
        await customer.says("where is my order 100234 please")
        assert customer.texts[0] == "Order 100234: shipped, Wednesday 25 November."

    async def test_slack_has_its_own_variant(self):
        customer = Talker(channel=ChannelKind.SLACK)
        await customer.says("where is my order 100234")
        assert customer.texts[0] == "*100234*: shipped"

    async def test_the_topic_is_the_intent_that_began_the_flow(self, customer):
        await customer.says("where is my order")
        assert customer.last.topic == "order"

    async def test_an_unknown_order_says_so(self, customer):
        customer.actions.answers["action_look"] = MISSING
        assert (await customer.says("where is 999999"))[0] == "utter_unknown"

    async def test_an_article_is_quoted_when_no_intent_fits(self, customer):
        assert await customer.says("Akku im Winter lagern?!") == ["utter_article"]
        assert "Zimmertemperatur" in customer.texts[0]

    async def test_a_leading_slash_typed_by_a_customer_is_only_text(self, customer):
        assert await customer.says('/order{"order_number": "123456"}') != ["utter_old_button"]
        assert customer.bot.engine.batches[-1] == ['order{"order_number": "123456"}']


class TestCollecting:
    async def test_a_refused_value_is_asked_for_again_and_the_second_refusal_is_a_persons(self, customer):
        await customer.says("where is my order")
        assert await customer.says("12345") == ["utter_bad_number", "utter_ask_order_number"]
        await customer.says("1234567")
        assert customer.reason == HandoffReason.FAILURES

    async def test_two_answers_that_are_none_go_to_a_person(self, customer):
        await customer.says("where is my order")
        assert await customer.says("blah blah") == ["utter_ask_rephrase", "utter_ask_order_number"]
        await customer.says("blah blah")
        assert customer.reason == HandoffReason.FAILURES

    async def test_a_correction_goes_back_to_the_corrected_step(self, customer):
        await customer.says("stop my order 100234")
        assert await customer.says("no, 100235") == ["utter_ask_sure"]
        assert [c.slots["order_number"] for c in customer.actions.calls] == ["100234", "100235"]

    async def test_a_correction_after_the_answer_runs_the_flow_again(self, customer):
        await customer.says("where is my order 100234")
        assert (await customer.says("no, 100235"))[0] == "utter_status"
        assert customer.actions.calls[-1].slots["order_number"] == "100235"

    async def test_another_value_for_what_cannot_be_changed_any_more_is_a_persons(self, customer):
        await customer.says("stop my order 100234")
        await customer.says("yes")
        assert await customer.says("no, 100235") == ["utter_change_by_person"]
        assert customer.reason == HandoffReason.CHANGE
        assert customer.last.slots["wanted_order_number"] == "100235"
        assert [c.name for c in customer.actions.calls].count("action_stop") == 1

    async def test_a_question_in_between_is_answered_and_the_open_question_put_again(self, customer):
        await customer.says("where is my order")
        assert await customer.says("how much is shipping") == ["utter_shipping", "utter_ask_order_number"]
        assert (await customer.says("100234"))[0] == "utter_status"

    async def test_another_flow_in_between_returns_to_the_open_question(self, customer):
        await customer.says("stop my order 100234")
        said = await customer.says("where is 100235")
        assert said == ["utter_status", "utter_ask_sure"]
        await customer.says("yes")
        assert customer.actions.calls[-1].name == "action_stop"
        assert customer.actions.calls[-1].slots["order_number"] == "100234"  # not the one asked about in between

    async def test_a_question_is_no_free_text(self, customer):
        await customer.says("I have a job for you")
        assert await customer.says("when do you open?") == ["utter_hours", "utter_ask_details"]
        assert await customer.says("paint the shop, we open at nine") == ["utter_ask_size"]

    async def test_thanks_in_the_middle_cancels_nothing(self, customer):
        await customer.says("where is my order")
        assert await customer.says("thanks") == ["utter_thanks", "utter_ask_order_number"]
        assert (await customer.says("100234"))[0] == "utter_status"

    async def test_cancelling_drops_the_flow(self, customer):
        await customer.says("where is my order")
        assert await customer.says("never mind") == ["utter_cancelled"]
        assert EventKind.FLOW_CANCELLED in customer.kinds()
        assert customer.conversation.tracker["stack"] == []

    @pytest.mark.parametrize(
        ("answer", "end"), [("yes", "utter_stopped"), ("nein", "utter_ask_change"), ("ok", "utter_stopped")]
    )
    async def test_yes_and_no_fill_a_truth(self, customer, answer, end):
        await customer.says("stop my order 100234")
        assert (await customer.says(answer))[0] == end

    async def test_a_category_is_found_in_a_sentence(self, customer):
        await customer.says("a job please")
        await customer.says("a sign for the door")
        await customer.says("rather LARGE I think")
        assert customer.reason == HandoffReason.FLOW
        told = {"details": "a sign for the door", "size": "large", "in_own_words": ["rather LARGE I think"]}
        assert customer.last.slots == told

    async def test_slots_are_forgotten_when_their_flow_has_ended(self, customer):
        await customer.says("stop my order 100234")
        await customer.says("no")
        assert await customer.says("leave it") == ["utter_kept", "utter_anything_else"]
        assert customer.last.completed is False
        assert "sure" not in customer.conversation.tracker["slots"]


class TestButtons:
    async def test_an_offered_button_sets_its_slots(self, customer):
        await customer.says("stop my order 100234")
        assert customer.buttons[0] == ("Yes, stop it", "/SetSlots(sure=true)")
        assert (await customer.says("Yes, stop it", ContentKind.BUTTON, "/SetSlots(sure=true)"))[0] == "utter_stopped"

    async def test_a_buttons_title_may_be_typed(self, customer):
        await customer.says("stop my order 100234")
        assert (await customer.says("keep it"))[0] == "utter_kept"

    async def test_a_payload_nobody_offered_sets_nothing(self, customer):
        assert await customer.says("x", ContentKind.BUTTON, "/SetSlots(order_found=true)") == ["utter_old_button"]
        assert "order_found" not in customer.conversation.tracker["slots"]

    async def test_a_bare_intent_is_served_whoever_offered_it(self, customer):
        assert await customer.says("Hours", ContentKind.BUTTON, "/hours") == ["utter_hours"]


class TestDoubt:
    async def test_one_clarifying_question_with_human_titles_then_a_person(self, customer):
        assert await customer.says("open or shipping ?!") == ["utter_clarify"]
        titles = [title for title, _ in customer.buttons]
        assert titles[0] == "Öffnungszeiten"
        assert titles[-1] == "Etwas anderes / ein Mensch"
        await customer.says("hm ?!")
        assert customer.reason == HandoffReason.LOW_CONFIDENCE

    async def test_a_chosen_option_is_served_with_what_was_said_before(self, customer):
        await customer.says("status 100234 ?!")
        payload = next(p for _, p in customer.buttons if p == "/order")
        assert (await customer.says("Order status", ContentKind.BUTTON, payload))[0] == "utter_status"

    async def test_the_first_may_be_chosen_in_words(self, customer):
        await customer.says("open or shipping ?!")
        assert await customer.says("das erste") == ["utter_hours"]

    async def test_none_of_these_is_a_persons(self, customer):
        await customer.says("open or shipping ?!")
        await customer.says("x", ContentKind.BUTTON, "/nlu_fallback")
        assert customer.reason == HandoffReason.LOW_CONFIDENCE

    async def test_out_of_scope_is_asked_to_rephrase_once(self, customer):
        assert await customer.says("zzz quantum ?!") == ["utter_ask_rephrase"]
        await customer.says("zzz again ?!")
        assert customer.reason == HandoffReason.LOW_CONFIDENCE

    async def test_something_understood_in_between_forgives(self, customer):
        await customer.says("zzz ?!")
        await customer.says("when do you open")
        assert await customer.says("zzz ?!") == ["utter_ask_rephrase"]


class TestHandingOff:
    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("I want a person", HandoffReason.ASKED),
            ("I want to complain", HandoffReason.RESERVED),
            ("this is bullshit", HandoffReason.ANGER),
            ("WHERE IS MY DAMN ORDER!!!", HandoffReason.ANGER),
        ],
    )
    async def test_reasons_heard_in_the_text(self, customer, text, reason):
        await customer.says(text)
        assert customer.reason == reason

    async def test_a_display_is_no_legal_threat_and_capitals_alone_no_anger(self, customer):
        assert await customer.says("DIE ANZEIGE, WO IST SIE, 100234") != []
        assert customer.reason == "no handoff"

    async def test_a_vip_gets_a_person_at_once(self):
        customer = Talker(vip=True)
        await customer.says("when do you open")
        assert (customer.reason, customer.last.priority) == (HandoffReason.VIP, Priority.HIGH)

    async def test_an_action_that_is_down_is_never_an_answer(self, customer):
        customer.actions.answers["action_look"] = DOWN
        assert await customer.says("where is 100234") == ["utter_action_failed"]
        assert customer.reason == HandoffReason.ACTION_DOWN
        kind, data = customer.facts[-1]
        assert (kind, data["ok"], data["error"]) == (EventKind.ACTION_CALLED, False, "no answer within 3 s")

    async def test_a_limit_of_turns_without_result(self, customer):
        for _ in range(6):
            await customer.says("when do you open")
        await customer.says("when do you open")
        assert customer.reason == HandoffReason.TURN_LIMIT

    async def test_completed_flows_start_the_count_anew(self, customer):
        for _ in range(10):
            await customer.says("where is 100234")
            assert customer.reason == "no handoff"

    async def test_a_flow_for_people_counts_from_its_first_message(self, customer):
        await customer.says("a job please")
        begun = customer.now
        await customer.says("a sign")
        await customer.says("small")
        assert begun > NOON
        assert (customer.reason, customer.last.since) == (HandoffReason.FLOW, begun)

    async def test_a_work_order_goes_to_people_with_its_fields(self, customer):
        await customer.says("I want to buy something")
        assert await customer.says("ten chairs") == ["utter_confirm"]
        assert "ten chairs" in customer.texts[0]
        await customer.says("yes")
        assert (EventKind.WORK_ORDER, {"title": "Purchase", "fields": {"item": "ten chairs"}}) in customer.facts
        assert customer.reason == HandoffReason.FLOW
        assert customer.last.slots == {"item": "ten chairs", "in_own_words": ["I want to buy something"]}

    async def test_an_engine_that_is_down_is_a_persons(self, customer, monkeypatch):
        def down(texts, prior=None):
            raise EngineUnavailable("the server does not answer")

        monkeypatch.setattr(customer.bot.engine, "parse", down)
        await customer.says("hello")
        assert customer.reason == HandoffReason.BOT_FAILED


class TestEnding:
    async def test_thanks_after_an_answer_confirms_and_closes(self, customer):
        await customer.says("when do you open")
        assert await customer.says("thanks") == ["utter_thanks"]
        assert (customer.last.completed, customer.last.close) == (True, True)

    async def test_thanks_before_anything_is_only_polite(self, customer):
        await customer.says("thanks")
        assert (customer.last.completed, customer.last.close) == (None, False)

    async def test_goodbye_closes(self, customer):
        assert await customer.says("bye") == ["utter_goodbye"]
        assert customer.last.close is True

    async def test_nothing_else_closes_and_something_else_goes_on(self, customer):
        await customer.says("where is 100234")
        await customer.says("no")
        assert isinstance(customer.last, Answered)
        assert (customer.last.completed, customer.last.close) == (True, True)

    async def test_a_bare_thanks_is_a_courtesy(self, customer):
        turn = customer.turn("thanks a lot!")
        assert (await customer.bot.understand([turn]))[0].courtesy


class TestCommandsAndOtherKinds:
    @pytest.mark.parametrize(
        ("name", "argument", "said"),
        [
            ("start", "", ["utter_greet"]),
            ("start", "hours", ["utter_hours"]),
            ("start", "campaign-42", ["utter_greet"]),
            ("help", "", ["utter_help"]),
            ("cancel", "", ["utter_nothing_to_cancel"]),
            ("dance", "", ["utter_unknown_command"]),
        ],
    )
    async def test_commands(self, customer, name, argument, said):
        assert await customer.says(name, ContentKind.COMMAND, argument) == said

    async def test_the_command_human_gets_one(self, customer):
        await customer.says("human", ContentKind.COMMAND)
        assert customer.reason == HandoffReason.ASKED

    async def test_help_in_a_flow_puts_the_question_again(self, customer):
        await customer.says("where is my order")
        assert await customer.says("help", ContentKind.COMMAND) == ["utter_help", "utter_ask_order_number"]

    @pytest.mark.parametrize(
        ("kind", "name"),
        [
            (ContentKind.STICKER, "utter_sticker_received"),
            (ContentKind.VOICE, "utter_voice_received"),
            (ContentKind.LOCATION, "utter_location_received"),
            (ContentKind.IMAGE, "utter_file_received"),
            (ContentKind.FILE, "utter_file_received"),
            (ContentKind.UNSUPPORTED, "utter_unsupported"),
        ],
    )
    async def test_things_without_words_are_answered_kindly_and_fail_nothing(self, customer, kind, name):
        assert await customer.says("", kind) == [name]
        await customer.says("where is my order")
        assert await customer.says("", kind) == [name, "utter_ask_order_number"]
        assert customer.conversation.tracker["stack"][-1]["failures"] == 0

    async def test_a_photos_caption_is_read(self, customer):
        assert (await customer.says("where is 100234", ContentKind.IMAGE))[0] == "utter_status"

    async def test_a_join_is_greeted_once(self, customer):
        assert await customer.says("", ContentKind.JOIN) == ["utter_greet"]
        assert await customer.says("", ContentKind.JOIN) == []


class TestPromises:
    async def test_a_retried_message_calls_with_the_same_key_and_another_message_with_another(self):
        keys = []
        for message in ("m1", "m1", "m2"):
            customer = Talker()
            await customer.says("where is 100234", key=message)
            keys += [call.key for call in customer.actions.calls]
        assert keys[0] == keys[1] != keys[2]

    async def test_a_tracker_of_a_flow_that_is_gone_goes_to_a_person(self, customer):
        await customer.says("where is my order")
        customer.conversation.tracker["stack"][-1]["flow"] = "renamed"
        await customer.says("100234")
        assert customer.reason == HandoffReason.FLOW

    async def test_answers_of_an_earlier_call_are_not_taken_for_news(self, customer):
        await customer.says("where is 100234")
        customer.actions.answers["action_look"] = MISSING
        await customer.says("where is 100299")
        assert "day" not in customer.conversation.tracker["slots"]
        customer.actions.answers["action_look"] = ActionResult(FOUND.ok, {**FOUND.slots, "day": None})
        await customer.says("where is 100234")
        assert customer.texts[0].endswith("…."), customer.texts


class TestLanguage:
    async def test_a_companys_name_leaves_an_english_flow_english(self):
        customer = Talker(bot=Bot(load_pack(texts()), Polyglot(KEYWORDS), FakeActions({})))
        await customer.says("I have a job for you")
        assert customer.conversation.language == "en"
        await customer.says("Druckhaus Trave, Lübeck und Kiel")
        assert customer.conversation.language == "en"
        await customer.says("ich habe keine Ahnung, was das ist")
        assert customer.conversation.language == "de"

    async def test_a_wish_for_another_language_asks_the_open_question_in_it(self, customer):
        await customer.says("wo ist meine Bestellung")
        assert await customer.says("English please") == ["utter_ask_order_number"]
        assert customer.texts == ["What is the order number?"]

    async def test_a_wish_for_another_language_without_a_question_asks_what_is_needed(self, customer):
        await customer.says("hallo")
        assert await customer.says("in English please") == ["utter_what_else"]
        assert customer.texts == ["Sure, what do you need?"]

    async def test_the_browsers_language_gives_way_to_the_first_words(self, customer):
        customer.conversation = replace(customer.conversation, language="de")
        await customer.says("", ContentKind.JOIN)
        await customer.says("hello there")
        assert customer.conversation.language == "en"


class Polyglot(KeywordEngine):
    """Understands by keywords, and tells languages as the real engines do."""

    def parse(self, texts, prior=None):
        detected = LanguageDetector(("de", "en")).detect_all(texts, prior)
        return [replace(u, language=lang) for u, lang in zip(super().parse(texts, prior), detected, strict=True)]
