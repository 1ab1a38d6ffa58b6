"""A duplicate that is merged into another conversation: earliest start, earliest due time, worst outcome, one count."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversation.events import EventKind
from sla.clock import ClockState, Outcome
from sla.merging import handed_over
from tests.sla.story import Story, policy
from tests.sla.test_fold_properties import tries


def merge(duplicate, other, minutes, waiting_since=None):
    told = handed_over(duplicate.episode.clocks, other.episode.clocks)
    waits = {} if waiting_since is None else {"waiting_since": duplicate.at(waiting_since)}
    other.add(EventKind.TOOK_OVER, minutes, duplicate="c2", clocks=told, handled=False, **waits)
    duplicate.add(EventKind.MERGED, minutes, into="c1", clocks=[clock["id"] for clock in told])
    return duplicate.resolve(minutes, by="merged")


def test_merged_duplicates_have_the_earliest_start_and_the_worst_outcome():
    duplicate = Story(conversation="c2").customer(0).handoff(0)
    other = Story().customer(8).handoff(8)
    merge(duplicate, other, 10, waiting_since=0)
    assert other.due() == 15
    assert {c.reason for c in duplicate.episode.clocks} == {"merged"}
    assert other.agent(16).clock().outcome is Outcome.MISSED
    assert other.replayed() == other.episode
    assert duplicate.replayed() == duplicate.episode


def test_a_promise_broken_in_a_duplicate_cannot_be_kept_any_more():
    duplicate = Story(conversation="c2").customer(0).handoff(0).detect(15).agent(20)
    other = Story().customer(18).handoff(18).agent(21)
    assert other.clock().outcome is Outcome.MET
    merge(duplicate, other, 22)
    assert (other.clock().outcome, other.clock().warned) == (Outcome.MISSED, 100)
    assert duplicate.clock().state is ClockState.CANCELLED
    assert other.detect(500).replayed() == other.episode


def test_who_waits_in_a_duplicate_is_owed_the_next_answer():
    other = Story().customer(0).handoff(0).agent(5)
    duplicate = Story(conversation="c2").customer(6).handoff(6)
    merge(duplicate, other, 10, waiting_since=6)
    assert other.due("next_response") == 36
    assert other.clock().outcome is Outcome.MET
    assert other.agent(20).clock("next_response").outcome is Outcome.MET


def test_a_next_answer_already_owed_is_owed_since_the_duplicates_customer_waits():
    other = Story().customer(0).handoff(0).agent(5).customer(12)
    duplicate = Story(conversation="c2").customer(6).handoff(6)
    merge(duplicate, other, 14, waiting_since=6)
    assert other.due("next_response") == 36


def test_rule_2_10a_a_merged_promise_is_due_at_the_earlier_of_both_due_times_and_not_before():
    duplicate = Story(conversation="c2").customer(0).handoff(0)
    other = Story().customer(8).handoff(8, priority="urgent")
    assert (duplicate.due(), other.due()) == (15, 13)
    merge(duplicate, other, 10)
    assert (other.clock().started_at, other.due()) == (other.at(0), 13)
    assert other.detect(12.9).agent(13).clock().outcome is Outcome.MET
    assert other.replayed() == other.episode


def test_rule_2_10a_time_that_stood_still_in_the_other_does_not_put_off_what_the_duplicate_promised():
    terms = policy(targets=[{"resolution": "4h"}])
    other = Story(terms).customer(20).handoff(20).agent(30, question=True).customer(90)
    duplicate = Story(terms, conversation="c2").customer(0).handoff(0)
    assert (duplicate.due("resolution"), other.due("resolution")) == (240, 320)
    merge(duplicate, other, 100)
    assert other.due("resolution") == 240


@tries(60)
@given(st.integers(0, 2_000), st.integers(1, 300), *[st.sampled_from(("urgent", "normal"))] * 2)
def test_rule_2_10a_the_due_time_of_both_running_clocks_is_the_earlier_one_whatever_they_are(start, after, one, two):
    duplicate = Story(conversation="c2").customer(start).handoff(start, priority=one)
    other = Story().customer(start + after).handoff(start + after, priority=two)
    sooner = {kind: min(duplicate.due(kind), other.due(kind)) for kind in ("first_response", "resolution")}
    merge(duplicate, other, start + after)
    assert {kind: other.due(kind) for kind in sooner} == sooner
    assert other.replayed() == other.episode == other.stored()


def test_rule_2_10a_two_next_answers_that_are_both_waited_for_are_one_promise():
    other = Story().customer(0).handoff(0).agent(5).customer(30)
    duplicate = Story(conversation="c2").customer(0).handoff(0).agent(5).customer(6)
    merge(duplicate, other.detect(40), 40, waiting_since=6)
    assert duplicate.detect(500).clock("next_response").state is ClockState.CANCELLED
    waiting = other.detect(41).agent(42).clock("next_response")
    assert (waiting.started_at, waiting.due_at) == (other.at(6), other.at(36))
    assert waiting.outcome is Outcome.MISSED
    assert [fact for fact in other.facts if fact[1] == 100] == [("next_response", 100, 41)]


def test_rule_2_10a_what_only_the_duplicate_promised_and_broke_stays_broken_there():
    other = Story().customer(40).handoff(40)
    duplicate = Story(conversation="c2").customer(0).handoff(0).agent(5).customer(6)
    merge(duplicate, other, 50, waiting_since=6)
    assert duplicate.clock("next_response").outcome is Outcome.MISSED


def test_an_alarm_that_rang_although_the_answer_was_in_time_silences_no_other():
    duplicate = Story(conversation="c2").customer(0).handoff(0).types(14.9).detect(18).delivered(14.95, recorded=19)
    assert (duplicate.clock().outcome, duplicate.clock().warned) == (Outcome.MET, 100)
    other = Story().customer(10).handoff(10)
    merge(duplicate, other, 19)
    assert other.due() == 25, "what was kept in the duplicate has nothing left to be due"
    assert other.detect(26).agent(27).clock().outcome is Outcome.MISSED
    assert ("first_response", 100, 26) in other.facts


def test_rule_2_10a_a_promise_kept_in_both_stays_kept():
    duplicate = Story(conversation="c2").customer(0).handoff(0).agent(5)
    other = Story().customer(120).handoff(120).agent(125)
    merge(duplicate, other, 130)
    clock = other.clock()
    assert (clock.outcome, clock.started_at) == (Outcome.MET, other.at(0))
    assert other.replayed() == other.episode == other.stored()


def test_rule_2_10a_a_promise_kept_in_the_duplicate_hurries_nobody_in_the_other():
    duplicate = Story(conversation="c2").customer(0).handoff(0).agent(5)
    other = Story().customer(120).handoff(120)
    merge(duplicate, other, 122)
    assert other.due() == 135
    assert other.agent(130).clock().outcome is Outcome.MET


def test_rule_2_8_an_answer_given_in_the_duplicate_ends_the_wait_for_it():
    other = Story().customer(0).handoff(0).agent(10, question=True)
    assert other.clock("resolution").state is ClockState.PAUSED
    duplicate = Story(conversation="c2").customer(20).handoff(20)
    merge(duplicate, other, 30, waiting_since=20)
    resolution = other.clock("resolution")
    assert (resolution.state, resolution.pauses[-1].end) == (ClockState.RUNNING, other.at(20))
    assert other.replayed() == other.episode == other.stored()


@pytest.mark.parametrize("duplicate_first", [True, False])
def test_rule_2_10a_a_duplicate_with_hours_of_its_own_brings_them_along(duplicate_first):
    """From Monday on: both on Wednesday evening after closing; the urgent one counts around the clock."""
    urgent = {"when": {"priority": "urgent"}, "calendar": {"hours": "24/7"}, "first_response": "1h"}
    terms = policy(targets=[urgent, {"first_response": "4h"}])
    closed = 2 * 1440 + 9 * 60
    first, second = (closed, closed + 10) if duplicate_first else (closed + 10, closed)
    duplicate = Story(terms, conversation="c2").customer(first).handoff(first, priority="urgent")
    other = Story(terms).customer(second).handoff(second)
    assert other.due() > duplicate.due()
    sooner = duplicate.due()
    merge(duplicate, other, closed + 20)
    assert (other.due(), other.clock().started_at) == (sooner, other.at(closed))
    assert other.agent(sooner).clock().outcome is Outcome.MET
    assert other.replayed() == other.episode == other.stored()


@pytest.mark.parametrize("breached", [True, False])
def test_a_clock_that_ended_under_older_terms_takes_the_blame_and_keeps_its_times(breached):
    duplicate = Story(conversation="c2").customer(0).handoff(0).agent(20)
    if breached:
        duplicate.detect(21)
    other = Story().customer(8).handoff(8).agent(9)
    ended = other.clock()
    other.terms(10, policy(targets=[{"first_response": "1m", "resolution": "1d"}]))
    merge(duplicate, other, 22)
    clock = other.clock()
    assert (clock.outcome, clock.due_at, clock.started_at) == (Outcome.MISSED, ended.due_at, ended.started_at)
    assert other.replayed() == other.episode


def test_the_opening_time_between_start_and_due_is_the_budget_that_is_shown():
    duplicate = Story(conversation="c2").customer(0).handoff(0)
    other = Story().customer(8).handoff(8)
    merge(duplicate, other, 10)
    assert other.clock().budget == timedelta(minutes=15)
