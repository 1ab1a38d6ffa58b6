"""Where events cross each other: late messages, answers on their way, alarms, the bot's endings, other terms."""

from datetime import timedelta

import pytest

from sla.clock import ClockState, Outcome
from sla.explain import explain
from sla.instants import format_utc
from tests.sla.story import Story, policy


def handed_off(**how):
    return Story(**how).customer(0).handoff(0)


def test_rule_2_5_a_message_that_arrives_late_but_was_written_first_is_the_oldest():
    story = handed_off().agent(1).customer(15).customer(10, received=16)
    assert story.clock("next_response").started_at == story.at(10)
    assert story.due("next_response") == 40
    assert story.clock("next_response", 2) is None
    assert story.replayed() == story.episode == story.stored()


def test_rule_2_5_an_answer_sent_before_the_late_message_arrived_does_not_answer_it():
    story = handed_off().agent(1).customer(15).types(15.5, "a").customer(10, received=16).delivered(17, "a")
    assert story.clock("next_response").is_live
    assert story.agent(20).clock("next_response").stopped_at == story.at(20)


def test_rule_2_1_the_customers_first_message_is_the_one_written_first():
    terms = policy(start="first_customer_message")
    story = Story(terms).customer(5).customer(2, received=6).handoff(7)
    assert story.clock().started_at == story.at(2)


def test_rule_2_9_a_message_written_before_we_resolved_leaves_nothing_out_of_the_count():
    story = handed_off().agent(5).resolve(60).reopen(140).customer(58, received=140).handoff(140, triggered=58)
    assert story.resolve(150).clock("resolution").elapsed.total_seconds() == 150 * 60


def test_rule_2_4_an_answer_of_somebody_who_took_a_resolved_conversation_back_holds_the_alarm_too():
    story = handed_off().resolve(3).reopen(5).add("assigned", 5, agent="ann").types(14.9).detect(15)
    assert story.clock().outcome is None
    story.delivered(14.99, recorded=15.5).detect(60)
    assert story.clock().outcome is Outcome.MET
    assert [percent for kind, percent, _ in story.facts if kind == "first_response"] == [50, 80]


@pytest.mark.parametrize("by", ["bot", "abandoned"])
def test_rule_2_6_only_a_persons_resolving_takes_a_next_response_out_of_the_count(by):
    story = handed_off().agent(1).customer(2).add("returned_to_bot", 3).resolve(4, by=by)
    assert story.clock("next_response").is_live
    assert story.detect(60).clock("next_response").outcome is Outcome.MISSED
    assert story.replayed() == story.episode


def test_rule_2_3_a_holding_macro_stays_one_when_it_had_been_given_up_before_it_arrived():
    story = handed_off().types(1, "m1", holding=True).add("delivery_failed", 2, message_id="m1", permanent=True)
    story.add("delivered", 3, message_id="m1", author="agent", agent="ann", holding=True)
    assert story.clock().is_live


def test_rule_2_10_what_the_pack_asks_for_counts_also_where_an_alarm_had_raised_the_conversation_to_it():
    story = handed_off().agent(1)
    story.add("priority_changed", 2, **{"from": "normal", "to": "urgent"}, reason="sla_warning")
    story.add("returned_to_bot", 3).customer(4)
    story.add("handoff_requested", 4, reason="anger", queue="first", priority="urgent", triggered_at=story.at(4))
    assert story.due("next_response") == 14


def test_rule_2_10_a_reopened_conversation_that_only_an_alarm_made_urgent_is_promised_what_it_was():
    story = handed_off().detect(15)
    story.add("priority_changed", 15, **{"from": "normal", "to": "urgent"}, reason="sla_breach")
    story.agent(16).resolve(17).reopen(20).customer(20)
    story.add("handoff_requested", 20, reason="reopened", queue="first", priority="urgent", triggered_at=story.at(20))
    story.add("queued", 20, reason="reopened", queue="first", priority="urgent")
    assert story.due("next_response") == 50


def test_rule_2_10b_a_breach_that_rings_after_the_terms_changed_leaves_the_ended_clock_its_times():
    terms = policy(
        targets=[
            {"when": {"priority": "low"}, "first_response": "1h"},
            {"when": {"priority": "urgent"}, "calendar": {"hours": "24/7"}, "first_response": "10m"},
            {"first_response": "15m"},
        ]
    )
    story = Story(terms).customer(0).handoff(0, priority="urgent").agent(12)
    late = story.clock()
    assert (late.outcome, late.due_at) == (Outcome.MISSED, story.at(10))
    story.terms(13, policy(targets=[{"first_response": "1m", "resolution": "1d"}])).detect(14)
    rung = story.clock()
    assert (rung.due_at, rung.breached_at, rung.next_wakeup_at) == (late.due_at, story.at(14), None)
    assert story.facts == [("first_response", 100, 14)]
    assert story.replayed() == story.episode


def test_a_promise_that_pauses_after_it_broke_and_one_that_breaks_while_paused_are_not_the_same():
    terms = policy(targets=[{"resolution": "1h"}])
    broken = handed_off(terms=terms).agent(61, question=True).detect(62)
    assert broken.facts == [("resolution", 100, 62)]
    waiting = handed_off(terms=terms).agent(59, question=True).detect(500)
    assert [percent for _, percent, _ in waiting.facts] == []
    assert waiting.customer(600).due("resolution") is not None


def test_two_warnings_that_were_slept_through_ring_together_each_once():
    story = handed_off().detect(14)
    assert story.facts == [("first_response", 50, 14), ("first_response", 80, 14)]
    assert story.detect(14).detect(15).facts[-1] == ("first_response", 100, 15)


def test_a_warning_and_an_answer_of_the_same_moment_leave_one_truth():
    story = handed_off().detect(7.5).agent(7.5)
    assert story.clock().outcome is Outcome.MET
    other = handed_off().agent(7.5).detect(7.5)
    assert other.facts == []
    assert other.clock().elapsed == story.clock().elapsed


def test_rule_2_1_an_older_first_message_that_arrives_after_the_handoff_moves_the_start():
    story = Story(policy(start="first_customer_message")).customer(5).handoff(5)
    story.customer(2, received=6)
    assert (story.clock().started_at, story.due()) == (story.at(2), 17)
    clock = story.agent(10).clock()
    assert (clock.from_first_message, clock.from_handoff) == (timedelta(minutes=8), timedelta(minutes=5))
    assert story.replayed() == story.episode == story.stored()


def test_rule_2_1_both_readings_count_from_the_message_that_was_written_first():
    story = Story().customer(5).handoff(5).customer(2, received=6).agent(10)
    assert story.clock().started_at == story.at(5)
    assert story.clock().from_first_message == timedelta(minutes=8)


def test_rule_2_9_what_the_bot_had_ended_begins_anew_with_the_message_that_opened_it_again():
    story = Story(policy(start="first_customer_message", bot_counts=True)).customer(0)
    story.add("bot_replied", 1, message_id="b1").delivered(1, "b1", author="bot").resolve(5, by="bot")
    story.reopen(200).customer(200).handoff(201)
    clock = story.clock()
    assert (clock.started_at, clock.is_live, story.due()) == (story.at(200), True, 215)
    assert story.clock("resolution").started_at == story.at(200)
    assert story.agent(206).clock().from_first_message == timedelta(minutes=6)
    assert story.replayed() == story.episode == story.stored()


def test_rule_2_3_a_greeting_before_the_customer_wrote_is_no_reply():
    story = Story(policy(start="first_customer_message", bot_counts=True))
    story.add("bot_replied", 0, message_id="hello").delivered(0.1, "hello", author="bot")
    story.customer(5).handoff(5)
    assert story.clock().is_live
    assert story.due() == 20


def test_rule_2_5_an_answer_that_an_older_message_overtook_holds_no_alarm():
    story = Story().customer(0).handoff(0).agent(5).customer(15).types(30, "late").customer(10, received=31)
    assert story.due("next_response") == 40
    assert story.detect(40).facts[-1] == ("next_response", 100, 40)


def test_rule_2_7_silence_takes_no_promise_back_that_was_missed_before_the_question():
    terms = policy(targets=[{"resolution": "1h"}])
    story = handed_off(terms=terms).detect(60).agent(70, question=True).resolve(200, by="abandoned")
    clock = story.clock("resolution")
    assert (clock.state, clock.outcome) == (ClockState.STOPPED, Outcome.MISSED)
    told = explain(clock, story.policy.calendar, story.at(300))
    assert [line["state"] for line in told] == ["started", "running", "paused", "due", "missed"]
    assert "the customer did not answer" in told[-1]["text"]
    assert story.replayed() == story.episode == story.stored()


def test_rule_2_7_silence_before_any_alarm_was_heard_leaves_what_was_late_to_ring():
    terms = policy(targets=[{"resolution": "1h"}])
    story = handed_off(terms=terms).agent(70, question=True).resolve(200, by="abandoned")
    assert story.clock("resolution").outcome is Outcome.MISSED
    assert story.detect(200).facts[-1] == ("resolution", 100, 200)
    back = story.reopen(300).customer(300).clock("resolution")
    assert (back.state, back.outcome) == (ClockState.RUNNING, Outcome.MISSED)


def test_rule_2_7_a_promise_that_goes_on_after_silence_is_running_in_every_respect():
    story = handed_off().agent(5, question=True).resolve(60, by="abandoned").reopen(100).customer(100)
    clock = story.clock("resolution")
    assert (clock.state, clock.stopped_at) == (ClockState.RUNNING, None)
    told = explain(clock, story.policy.calendar, story.at(130))
    assert format_utc(story.at(100)) in [line["at"] for line in told]
    asked_again = story.agent(110, question=True).clock("resolution")
    states = [line["state"] for line in explain(asked_again, story.policy.calendar, story.at(130))]
    assert states.count("paused") == 2


def test_rule_2_8_a_question_is_waited_for_until_the_next_message_whatever_order_they_arrive_in():
    terms = policy(targets=[{"resolution": "4h"}])
    in_order = handed_off(terms=terms).agent(10, question=True).customer(20).customer(60)
    crossed = handed_off(terms=terms).agent(10, question=True).customer(60).customer(20, received=61)
    assert crossed.due("resolution") == in_order.due("resolution") == 250
    assert crossed.replayed() == crossed.episode == crossed.stored()


def test_rule_2_9_a_message_that_was_written_before_the_one_that_reopened_counts_also_while_we_ask_again():
    terms = policy(targets=[{"resolution": "4h"}])
    story = (
        handed_off(terms=terms).agent(10).resolve(20).reopen(100).customer(100).handoff(100).agent(110, question=True)
    )
    story.customer(60, received=111).customer(120)
    waits = [((p.start - story.at(0)), (p.end - story.at(0))) for p in story.clock("resolution").pauses]
    assert waits == [tuple(timedelta(minutes=m) for m in wait) for wait in ((20, 60), (110, 120))]


def test_rule_2_8_what_the_customer_wrote_after_the_question_left_us_is_an_answer_to_it():
    story = handed_off(terms=policy(targets=[{"resolution": "4h"}])).types(10, question=True).customer(11)
    assert story.delivered(12).clock("resolution").state is ClockState.RUNNING


def test_rule_2_4_an_alarm_that_rang_before_a_question_was_known_to_be_in_time_leaves_no_miss():
    terms = policy(targets=[{"resolution": "1h"}])
    story = handed_off(terms=terms).types(58, question=True).detect(60.5).delivered(59, recorded=61)
    assert (story.clock("resolution").state, story.clock("resolution").outcome) == (ClockState.PAUSED, None)


def test_rule_1_7a_a_priority_raised_while_we_wait_is_weighed_when_the_customer_is_back():
    urgent = {"when": {"priority": "urgent"}, "calendar": {"hours": "24/7"}, "resolution": "10h"}
    terms = policy(targets=[urgent, {"resolution": "8h"}])
    before = handed_off(terms=terms).agent(10, question=True).priority(20, "urgent").customer(420)
    after = handed_off(terms=terms).agent(10, question=True).customer(420).priority(421, "urgent")
    assert before.due("resolution") == after.due("resolution")
