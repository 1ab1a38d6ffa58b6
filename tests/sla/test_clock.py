"""The rules of a clock, each as a short story: when it starts, what stops it, what pauses it, and what never does."""

from dataclasses import replace
from datetime import timedelta

from conversation.events import EventKind
from sla.clock import IN_FLIGHT_HOLD, ClockState, Outcome
from sla.projection import began_under
from sla.verify import mismatches
from tests.sla.story import Story, policy

BOT = "bot"


def handed_off(**how):
    return Story(**how).customer(0).handoff(0)


def test_first_response_starts_at_the_handoff_and_stops_when_a_person_answers():
    story = handed_off().agent(10)
    clock = story.clock()
    assert (clock.state, clock.outcome) == (ClockState.STOPPED, Outcome.MET)
    assert clock.elapsed == timedelta(minutes=10)
    assert clock.agent == "ann"


def test_it_starts_at_the_first_trigger_not_at_the_end_of_slot_collection():
    assert Story().customer(0).customer(5).handoff(6, triggered=1).due() == 16


def test_it_starts_at_the_first_customer_message_if_the_contract_says_so():
    story = Story(policy(start="first_customer_message")).customer(0).handoff(9)
    assert story.due() == 15
    assert story.clock().started_by == "first_customer_message"


def test_both_readings_of_the_start_are_reported():
    clock = Story().customer(0).handoff(9).agent(12).clock()
    assert (clock.from_handoff, clock.from_first_message) == (timedelta(minutes=3), timedelta(minutes=12))


def test_the_start_is_the_earlier_of_platform_time_and_receipt():
    story = handed_off().agent(1).customer(5, received=20)
    assert story.due("next_response") == 35


def test_a_conversation_the_bot_resolves_has_no_clock():
    story = Story().customer(0).add("bot_replied", 0, message_id="b1").delivered(0, "b1", BOT).resolve(1, by="bot")
    assert story.episode.clocks == ()


def test_it_stops_when_the_platform_accepts_not_when_it_is_typed():
    story = handed_off().types(14)
    assert story.clock().is_live
    assert story.delivered(16).clock().outcome is Outcome.MISSED


def test_an_answer_exactly_at_the_due_time_is_met():
    assert handed_off().agent(15).clock().outcome is Outcome.MET


def test_a_microsecond_later_is_missed():
    assert handed_off().agent(15 + 1 / 60_000_000).clock().outcome is Outcome.MISSED


def test_holding_macros_notes_snooze_and_back_to_bot_never_stop_it():
    story = handed_off().agent(1, holding=True)
    story.add("note_added", 2, message_id="n1").add("snoozed", 3, until=story.at(60)).add("returned_to_bot", 4)
    assert story.clock().is_live


def test_silent_resolving_never_stops_it():
    story = handed_off().resolve(3).detect(15)
    assert story.clock().outcome is Outcome.MISSED


def test_bot_messages_do_not_stop_it():
    assert handed_off().add("bot_replied", 1, message_id="b1").delivered(1, "b1", BOT).clock().is_live


def test_bot_replies_stop_it_if_the_contract_counts_them():
    terms = policy(start="first_customer_message", bot_counts=True)
    story = Story(terms).customer(0).add("bot_replied", 0, message_id="b1").delivered(1, "b1", BOT).handoff(9)
    assert story.clock().outcome is Outcome.MET
    assert story.clock().elapsed == timedelta(minutes=1)
    assert story.due("next_response") == 39


def test_a_handoff_notice_is_no_reply_even_then():
    story = handed_off(terms=policy(bot_counts=True)).add("bot_replied", 0, message_id="b1").delivered(0, "b1", BOT)
    assert story.clock().is_live


def test_a_send_in_flight_at_the_due_time_holds_the_verdict():
    story = handed_off().detect(7.5).detect(12).types(14.9).detect(15)
    assert story.clock().outcome is None
    story.delivered(14.99, recorded=15.5).detect(30)
    assert story.clock().outcome is Outcome.MET
    assert [percent for _, percent, _ in story.facts] == [50, 80]


def test_a_send_that_stays_in_flight_is_a_breach_in_the_end():
    story = handed_off().types(14.9).detect(15 + IN_FLIGHT_HOLD / timedelta(minutes=1))
    assert story.facts[-1][1] == 100


def test_a_reply_sent_after_the_due_time_holds_nothing():
    story = handed_off().types(15.1).detect(15.2)
    assert [percent for _, percent, _ in story.facts] == [100]


def test_a_failed_delivery_answers_nothing():
    story = handed_off().types(14).add("delivery_failed", 14.5, message_id="m1", permanent=True).detect(15)
    assert story.clock().outcome is Outcome.MISSED


def test_a_failed_attempt_that_is_retried_stays_in_flight():
    story = handed_off().types(14).add("delivery_failed", 14.5, message_id="m1", permanent=False).detect(15)
    assert story.clock().outcome is None


def test_next_response_starts_at_the_oldest_unanswered_message():
    story = handed_off().agent(5).customer(10).customer(20)
    assert story.due("next_response") == 40
    story.agent(30)
    assert story.clock("next_response").elapsed == timedelta(minutes=20)
    assert story.customer(35).due("next_response", 2) == 65


def test_an_answer_sent_before_a_question_does_not_answer_it():
    story = handed_off().types(5, "m1").customer(6).delivered(7, "m1")
    assert story.clock().outcome is Outcome.MET
    assert story.due("next_response") == 36


def test_crossing_answers_leave_the_later_question_open():
    story = handed_off().agent(1).customer(2).types(3, "a").customer(4).delivered(5, "a")
    assert story.clock("next_response").elapsed == timedelta(minutes=3)
    assert story.due("next_response", 2) == 34


def test_reply_and_resolve_waits_for_the_delivery():
    story = handed_off().agent(1).customer(2).types(3, "a").resolve(3).delivered(4, "a")
    assert story.clock("next_response").outcome is Outcome.MET


def test_thanks_and_resolved_is_taken_out_of_the_count_and_says_so():
    clock = handed_off().agent(1).customer(2).resolve(3).clock("next_response")
    assert (clock.state, clock.reason, clock.outcome) == (ClockState.CANCELLED, "resolved_unanswered", None)


def test_resolving_does_not_take_back_a_missed_next_response():
    assert handed_off().agent(1).customer(2).resolve(40).clock("next_response").outcome is Outcome.MISSED


def test_resolution_stops_when_it_is_resolved():
    clock = handed_off().agent(5).resolve(60).clock("resolution")
    assert (clock.outcome, clock.elapsed) == (Outcome.MET, timedelta(hours=1))


def test_resolution_pauses_only_after_a_delivered_question():
    story = handed_off().types(10, question=True)
    assert story.clock("resolution").state is ClockState.RUNNING
    assert story.delivered(12).clock("resolution").state is ClockState.PAUSED
    assert story.due("resolution") is None
    story.customer(72)
    assert story.clock("resolution").state is ClockState.RUNNING
    assert story.resolve(90).clock("resolution").elapsed == timedelta(minutes=30)


def test_a_question_pauses_nothing_if_the_contract_says_so():
    story = handed_off(terms=policy(pauses_resolution_on_question=False)).agent(10, question=True)
    assert story.clock("resolution").state is ClockState.RUNNING


def test_a_customer_who_wrote_while_the_question_was_on_its_way_is_not_waited_for():
    story = handed_off().types(10, question=True).customer(13).delivered(12, recorded=14)
    assert story.clock("resolution").state is ClockState.RUNNING


def test_a_pause_moves_the_due_time_by_its_opening_time():
    story = handed_off(terms=policy(targets=[{"resolution": "4h"}])).agent(10, question=True).customer(70)
    assert story.due("resolution") == 300


def test_closing_for_silence_is_not_resolving():
    story = handed_off().agent(5).resolve(60, by="abandoned")
    assert story.clock("resolution").is_live
    asked = handed_off().agent(5, question=True).resolve(60, by="abandoned")
    assert (asked.clock("resolution").state, asked.clock("resolution").outcome) == (ClockState.CANCELLED, None)


def test_a_customer_who_comes_back_after_closing_for_silence_finds_the_clock_paused_until_then():
    story = handed_off().agent(5, question=True).resolve(60, by="abandoned").reopen(100).customer(100).handoff(100)
    assert story.resolve(110).clock("resolution").elapsed == timedelta(minutes=15)


def test_reopening_resumes_resolution_and_measures_no_second_first_response():
    story = handed_off().agent(5).resolve(60).reopen(120).customer(120).handoff(120)
    assert [clock.kind for clock in story.episode.clocks].count("first_response") == 1
    assert story.due("next_response") == 150
    assert story.agent(125).resolve(130).clock("resolution").elapsed == timedelta(minutes=70)


def test_a_reopening_message_counts_from_when_it_was_sent():
    story = handed_off().agent(5).resolve(60).reopen(140).customer(120, received=140).handoff(140)
    assert story.resolve(150).clock("resolution").elapsed == timedelta(minutes=90)


def test_a_missed_resolution_stays_missed_when_it_is_reopened():
    story = handed_off(terms=policy(targets=[{"resolution": "1h"}])).agent(5).resolve(70).reopen(80).customer(80)
    assert story.resolve(85).clock("resolution").outcome is Outcome.MISSED


def test_a_raised_priority_shortens_and_a_lowered_one_extends_nothing():
    story = handed_off()
    assert story.priority(1, "urgent").due() == 5
    assert story.priority(2, "low").due() == 5


def test_a_priority_raised_by_a_breach_changes_no_promise():
    story = (
        handed_off().detect(15).add("priority_changed", 15, **{"from": "normal", "to": "urgent"}, reason="sla_breach")
    )
    story.add("queued", 16, queue="first", priority="urgent")
    assert story.due("resolution") > 240
    story.agent(20).customer(21)
    assert story.due("next_response") == 51
    assert (
        story.add("priority_changed", 22, **{"from": "urgent", "to": "urgent"}, reason="vip").due("next_response") == 31
    )


def test_the_clock_follows_the_conversation_through_transfers():
    story = handed_off().add("transferred", 3, to_queue="second").add("queued", 3, queue="second", priority="normal")
    story.add("assigned", 4, agent="ben").add("released", 5, agent="ben")
    assert story.due() == 15


def test_back_from_the_bot_the_first_trigger_starts_a_next_response():
    story = handed_off().agent(1).add("returned_to_bot", 2).customer(10).handoff(12, triggered=10)
    assert story.due("next_response") == 40


def test_an_agent_who_takes_back_a_resolved_conversation_owes_the_next_answer():
    story = handed_off().agent(1).resolve(2).reopen(10).add("assigned", 10, agent="ann").customer(20)
    assert story.due("next_response") == 50
    unanswered = handed_off().resolve(2).reopen(3).add("assigned", 3, agent="ann").customer(4)
    assert unanswered.clock("next_response") is None
    assert unanswered.clock().is_live


def test_warnings_and_the_breach_come_once_each_in_time():
    story = handed_off()
    for minute in (0, 7.4, 7.5, 7.6, 11.9, 12, 14.9, 15, 15.1, 20):
        story.detect(minute)
    assert story.facts == [("first_response", 50, 7.5), ("first_response", 80, 12), ("first_response", 100, 15)]


def test_after_an_outage_only_the_breach_is_told():
    assert handed_off().detect(60).facts == [("first_response", 100, 60)]


def test_a_late_answer_before_the_detector_woke_is_still_a_breach_once():
    story = handed_off().agent(16).detect(17).detect(18)
    assert story.facts == [("first_response", 100, 17)]
    assert story.clock().breached_at == story.at(17)


def test_nothing_is_due_while_paused_or_cancelled():
    story = handed_off().agent(1, question=True).detect(10_000)
    assert story.facts == []


def test_a_pause_after_the_time_ran_out_does_not_hide_the_breach():
    story = handed_off(terms=policy(targets=[{"resolution": "1h"}])).agent(61, question=True).detect(62)
    assert story.facts == [("resolution", 100, 62)]


def test_joining_is_not_a_message():
    assert handed_off().agent(1).customer(2, content="join").clock("next_response") is None


def test_rows_bring_back_the_same_episode():
    story = handed_off().agent(5, question=True).customer(9).types(10, "x").priority(11, "urgent").detect(12)
    assert story.stored() == story.episode


def test_replaying_the_events_gives_the_same_clocks():
    story = handed_off().detect(8).agent(9, question=True).customer(40).resolve(50).reopen(60).customer(60).detect(99)
    assert story.replayed() == story.episode


def test_verification_finds_every_tampered_field():
    story = handed_off().agent(16)
    clocks = story.episode.clocks
    assert mismatches(clocks, story.replayed().clocks) == []
    tampered = [replace(clocks[0], outcome=Outcome.MET), *clocks[1:]]
    assert [(m.field, m.on_file, m.replayed) for m in mismatches(tampered, story.replayed().clocks)] == [
        ("outcome", Outcome.MET, Outcome.MISSED)
    ]
    assert [m.field for m in mismatches(clocks[1:], clocks)] == ["missing"]
    assert [m.field for m in mismatches(clocks, clocks[1:])] == ["surplus"]


def test_a_target_may_count_in_a_calendar_of_its_own():
    terms = policy(
        targets=[
            {"when": {"priority": "urgent"}, "calendar": {"hours": "24/7"}, "first_response": "1h", "resolution": "4h"},
            {"first_response": "2h", "resolution": "1d"},
        ]
    )
    evening = 8 * 60 - 30  # half an hour before closing
    assert Story(terms).customer(evening).handoff(evening, priority="urgent").due() == evening + 60
    usual = Story(terms).customer(evening).handoff(evening)
    assert usual.due() == 22 * 60 + 90  # half an hour on Monday, the rest on Tuesday morning
    raised = usual.priority(evening + 120, "urgent")
    assert raised.due() == evening + 60
    assert raised.due("resolution") == evening + 240
    assert raised.priority(evening + 130, "normal").due() == evening + 60
    assert raised.clock() == raised.stored().live(raised.clock().kind)


def test_a_segment_of_customers_may_have_its_own_target():
    terms = policy(targets=[{"when": {"segment": "gold"}, "first_response": "5m"}, {"first_response": "15m"}])
    known = Story(terms)
    known.add(EventKind.OPENED, 0, channel_kind="webchat", language="de", segment="gold")
    assert known.customer(0).handoff(0).due() == 5
    learned = Story(terms).customer(0)
    learned.add(EventKind.HANDOFF_REQUESTED, 1, queue="first", slots={"customer_segment": "gold"})
    assert learned.due() == 6
    assert Story(terms).customer(0).handoff(0).due() == 15


def test_a_running_conversation_goes_on_under_other_terms_only_by_an_act_that_keeps_the_old_clock():
    story = handed_off()
    longer = policy(targets=[{"first_response": "40m", "resolution": "2d"}])
    story.terms(10, longer).agent(30)
    old, new = story.clock(), story.clock(number=2)
    assert (old.state, old.reason, old.policy_version) == (ClockState.CANCELLED, "terms_changed", story.policy.version)
    assert (new.outcome, new.started_at, new.elapsed) == (Outcome.MET, old.started_at, timedelta(minutes=30))
    assert new.policy_version == longer.version == story.episode.policy_version
    assert story.replayed() == story.episode
    assert began_under(story.events, story.episode.policy_version) == story.policy.version


def test_a_promise_already_broken_stays_broken_under_other_terms():
    story = handed_off()
    story.terms(20, policy(targets=[{"first_response": "40m"}])).detect(21).agent(30)
    broken = story.clock()
    assert (broken.outcome, broken.warned, broken.stopped_by) == (Outcome.MISSED, 100, "terms_changed")
    assert broken.elapsed == timedelta(minutes=20)
    assert story.clock(number=2) is None
    assert ("first_response", 100, 21) in story.facts
    assert story.replayed() == story.episode
