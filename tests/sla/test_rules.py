"""Each rule of docs/sla.md up to the statement, with the tests that hold it: a rule without one, or a test that is gone,
is found here.
"""

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECTIONS = "1234"
_RULE = re.compile(rf"^([{SECTIONS}]\.[0-9]+[a-z]?) ", re.MULTILINE)

DUE, CALENDAR, POLICY = "sla/test_due.py", "sla/test_calendar_properties.py", "sla/test_policy.py"
CLOCK, EDGES, MERGING = "sla/test_clock.py", "sla/test_fold_edges.py", "sla/test_merging.py"
ROWS, ALARMS, EFFECTS = "storage_people/test_sla_rows.py", "sla/test_alarm.py", "storage_people/test_alarm_effects.py"
COUNTS, MONEY, MONTHS = "sla/test_attainment.py", "sla/test_statement.py", "settlement/test_statements.py"
LEDGER, TERMS, COMMANDS = "settlement/test_exclusions.py", "settlement/test_terms.py", "settlement/test_commands.py"
PAGES, LINES, CLOSING = "web/test_settlement.py", "settlement/test_settlement_reads.py", "settlement/test_closing.py"

HELD_BY = {
    "1.1": [(CALENDAR, "test_due_and_elapsed_agree_to_the_microsecond"), (DUE, "test_it_is_due")],
    "1.2": [
        (DUE, "test_days_wrap_and_case_does_not_matter"),
        (DUE, "test_overlapping_windows_are_one"),
        (CALENDAR, "test_a_due_time_is_what_counting_seconds_gives"),
    ],
    "1.3": [(DUE, "test_it_is_due"), (DUE, "test_the_business_seconds_until")],
    "1.4": [
        (DUE, "test_it_is_due"),
        (CALENDAR, "test_a_due_time_is_what_counting_seconds_gives"),
        (CALENDAR, "test_elapsed_time_is_what_counting_seconds_gives"),
    ],
    "1.5": [(DUE, "test_it_is_due"), (DUE, "test_an_own_opening_stands_on_a_closed_date")],
    "1.6": [(DUE, "test_it_is_due"), (CALENDAR, "test_the_next_opening_is_the_first_open_instant")],
    "1.7": [(DUE, "test_it_is_due"), (CLOCK, "test_a_pause_moves_the_due_time_by_its_opening_time")],
    "1.7a": [
        (POLICY, "test_the_first_target_that_matches_wins"),
        (POLICY, "test_a_target_matches_by_every_matcher"),
        (CLOCK, "test_a_segment_of_customers_may_have_its_own_target"),
        (CLOCK, "test_a_target_may_count_in_a_calendar_of_its_own"),
    ],
    "1.8": [
        (POLICY, "test_the_frozen_holidays_decide_not_the_library"),
        (POLICY, "test_any_change_makes_a_new_version_and_the_same_terms_make_the_same_one"),
        (POLICY, "test_rule_1_8_a_zone_is_read_from_the_package_whatever_the_machine_has"),
        (ROWS, "test_a_conversation_keeps_the_policy_it_began_with"),
        (TERMS, "test_a_conversation_that_opened_under_earlier_terms_keeps_them_whenever_people_come_to_it"),
    ],
    "2.1": [
        (CLOCK, "test_first_response_starts_at_the_handoff_and_stops_when_a_person_answers"),
        (CLOCK, "test_it_starts_at_the_first_trigger_not_at_the_end_of_slot_collection"),
        (CLOCK, "test_it_starts_at_the_first_customer_message_if_the_contract_says_so"),
        (CLOCK, "test_both_readings_of_the_start_are_reported"),
        (EDGES, "test_rule_2_1_the_customers_first_message_is_the_one_written_first"),
        (EDGES, "test_rule_2_1_an_older_first_message_that_arrives_after_the_handoff_moves_the_start"),
        (EDGES, "test_rule_2_1_both_readings_count_from_the_message_that_was_written_first"),
    ],
    "2.2": [(CLOCK, "test_the_start_is_the_earlier_of_platform_time_and_receipt")],
    "2.3": [
        (CLOCK, "test_it_stops_when_the_platform_accepts_not_when_it_is_typed"),
        (CLOCK, "test_holding_macros_notes_snooze_and_back_to_bot_never_stop_it"),
        (CLOCK, "test_silent_resolving_never_stops_it"),
        (CLOCK, "test_bot_messages_do_not_stop_it"),
        (CLOCK, "test_bot_replies_stop_it_if_the_contract_counts_them"),
        (CLOCK, "test_a_handoff_notice_is_no_reply_even_then"),
        (EDGES, "test_rule_2_3_a_holding_macro_stays_one_when_it_had_been_given_up_before_it_arrived"),
        (EDGES, "test_rule_2_3_a_greeting_before_the_customer_wrote_is_no_reply"),
    ],
    "2.4": [
        (CLOCK, "test_an_answer_exactly_at_the_due_time_is_met"),
        (CLOCK, "test_a_microsecond_later_is_missed"),
        (CLOCK, "test_a_send_in_flight_at_the_due_time_holds_the_verdict"),
        (CLOCK, "test_a_send_that_stays_in_flight_is_a_breach_in_the_end"),
        (
            "settlement/test_rollups.py",
            "test_an_answer_on_its_way_holds_the_verdict_in_every_figure_until_the_alarm_would_ring",
        ),
        (CLOCK, "test_a_reply_sent_after_the_due_time_holds_nothing"),
        (EDGES, "test_rule_2_4_an_answer_of_somebody_who_took_a_resolved_conversation_back_holds_the_alarm_too"),
    ],
    "2.5": [
        (CLOCK, "test_next_response_starts_at_the_oldest_unanswered_message"),
        (CLOCK, "test_an_answer_sent_before_a_question_does_not_answer_it"),
        (CLOCK, "test_crossing_answers_leave_the_later_question_open"),
        (EDGES, "test_rule_2_5_a_message_that_arrives_late_but_was_written_first_is_the_oldest"),
    ],
    "2.6": [
        (CLOCK, "test_thanks_and_resolved_is_taken_out_of_the_count_and_says_so"),
        (CLOCK, "test_resolving_does_not_take_back_a_missed_next_response"),
        (EDGES, "test_rule_2_6_only_a_persons_resolving_takes_a_next_response_out_of_the_count"),
    ],
    "2.7": [
        (CLOCK, "test_resolution_stops_when_it_is_resolved"),
        (CLOCK, "test_closing_for_silence_is_not_resolving"),
        (CLOCK, "test_a_customer_who_comes_back_after_closing_for_silence_finds_the_clock_paused_until_then"),
        (EDGES, "test_rule_2_7_silence_takes_no_promise_back_that_was_missed_before_the_question"),
        (EDGES, "test_rule_2_7_silence_before_any_alarm_was_heard_leaves_what_was_late_to_ring"),
    ],
    "2.8": [
        (CLOCK, "test_resolution_pauses_only_after_a_delivered_question"),
        (CLOCK, "test_a_question_pauses_nothing_if_the_contract_says_so"),
        (CLOCK, "test_a_customer_who_wrote_while_the_question_was_on_its_way_is_not_waited_for"),
        (EDGES, "test_rule_2_8_a_question_is_waited_for_until_the_next_message_whatever_order_they_arrive_in"),
        (EDGES, "test_rule_2_8_what_the_customer_wrote_after_the_question_left_us_is_an_answer_to_it"),
        (MERGING, "test_rule_2_8_an_answer_given_in_the_duplicate_ends_the_wait_for_it"),
    ],
    "2.9": [
        (CLOCK, "test_reopening_resumes_resolution_and_measures_no_second_first_response"),
        (CLOCK, "test_a_reopening_message_counts_from_when_it_was_sent"),
        (CLOCK, "test_a_missed_resolution_stays_missed_when_it_is_reopened"),
        (EDGES, "test_rule_2_9_a_message_written_before_we_resolved_leaves_nothing_out_of_the_count"),
        (EDGES, "test_rule_2_9_what_the_bot_had_ended_begins_anew_with_the_message_that_opened_it_again"),
        (EDGES, "test_rule_2_9_a_message_that_was_written_before_the_one_that_reopened_counts_also_while_we_ask_again"),
    ],
    "2.10": [
        (CLOCK, "test_the_clock_follows_the_conversation_through_transfers"),
        (CLOCK, "test_a_raised_priority_shortens_and_a_lowered_one_extends_nothing"),
        (CLOCK, "test_a_priority_raised_by_a_breach_changes_no_promise"),
        (EDGES, "test_rule_2_10_what_the_pack_asks_for_counts_also_where_an_alarm_had_raised_the_conversation_to_it"),
    ],
    "2.10a": [
        (MERGING, "test_merged_duplicates_have_the_earliest_start_and_the_worst_outcome"),
        (MERGING, "test_a_promise_broken_in_a_duplicate_cannot_be_kept_any_more"),
        (MERGING, "test_who_waits_in_a_duplicate_is_owed_the_next_answer"),
        (MERGING, "test_rule_2_10a_the_due_time_of_both_running_clocks_is_the_earlier_one_whatever_they_are"),
        (MERGING, "test_rule_2_10a_what_only_the_duplicate_promised_and_broke_stays_broken_there"),
        (MERGING, "test_rule_2_10a_a_promise_kept_in_both_stays_kept"),
        (MERGING, "test_rule_2_10a_a_promise_kept_in_the_duplicate_hurries_nobody_in_the_other"),
        (MERGING, "test_rule_2_10a_a_duplicate_with_hours_of_its_own_brings_them_along"),
        ("storage_people/test_desk.py", "test_a_duplicate_is_not_merged_while_an_answer_in_it_is_on_its_way"),
        ("storage_people/test_desk.py", "test_a_merge_keeps_the_earliest_start_and_the_worst_outcome_and_bills_once"),
    ],
    "2.10b": [
        (CLOCK, "test_a_running_conversation_goes_on_under_other_terms_only_by_an_act_that_keeps_the_old_clock"),
        (CLOCK, "test_a_promise_already_broken_stays_broken_under_other_terms"),
        (COMMANDS, "test_a_running_conversation_goes_under_new_terms_by_an_act_that_is_audited"),
    ],
    "2.11": [
        (CLOCK, "test_a_failed_delivery_answers_nothing"),
        (CLOCK, "test_a_failed_attempt_that_is_retried_stays_in_flight"),
        (COMMANDS, "test_an_exclusion_goes_from_proposal_to_the_clients_approval"),
    ],
    "2.12": [
        (CLOCK, "test_warnings_and_the_breach_come_once_each_in_time"),
        (CLOCK, "test_after_an_outage_only_the_breach_is_told"),
        (ROWS, "test_many_workers_fire_everything_exactly_once"),
        ("storage_people/test_alarm_kill.py", "test_what_a_killed_worker_had_locked_rings_within_a_second_once"),
        ("journeys/test_late.py", "test_the_warning_and_the_breach_come_on_time_once_and_are_explained"),
    ],
    "2.12a": [
        (ALARMS, "test_without_a_word_the_last_warning_and_the_breach_raise_the_priority_and_tell_everybody"),
        (ALARMS, "test_a_contract_says_for_each_point_who_is_told_and_what_is_raised"),
        (EFFECTS, "test_each_point_tells_whom_the_contract_says_and_raises_what_it_says"),
        (EFFECTS, "test_a_sender_that_died_leaves_its_message_to_the_next_which_says_that_it_may_be_the_second"),
    ],
    "2.13": [
        (COUNTS, "test_a_met_clock_explains_itself"),
        (COUNTS, "test_a_missed_clock_explains_nights_and_holidays_in_german"),
        (COUNTS, "test_a_pause_says_what_it_waited_for"),
        (COUNTS, "test_a_promise_broken_in_a_duplicate_says_so"),
    ],
    "2.14": [
        ("settlement/test_replay.py", "test_random_histories_replay_to_the_same_rows"),
        ("settlement/test_replay.py", "test_every_kind_of_damage_is_reported_and_mended"),
        ("settlement/test_replay.py", "test_a_lost_conversation_is_found_and_judged_by_the_policy_of_its_day"),
        ("settlement/test_replay.py", "test_terms_that_somebody_changed_on_file_are_found"),
        ("sla/test_fold_properties.py", "test_live_replayed_and_stored_are_the_same"),
    ],
    "3.1": [(COUNTS, "test_a_clock_belongs_to_the_month_of_its_start_in_the_clients_zone")],
    "3.2": [
        (COUNTS, "test_met_missed_and_open_are_counted_as_of_now"),
        (COUNTS, "test_cancelled_clocks_are_counted_apart"),
        (CLOCK, "test_a_conversation_the_bot_resolves_has_no_clock"),
    ],
    "3.3": [(COUNTS, "test_the_error_budget")],
    "3.4": [(COUNTS, "test_the_error_budget")],
    "3.5": [(COUNTS, "test_the_error_budget")],
    "3.5a": [
        (COUNTS, "test_the_outlook_goes_on_like_the_recent_days"),
        ("web/test_dashboard.py", "test_the_pace_of_the_last_seven_days_carries_a_month_to_its_end"),
    ],
    "3.6": [(COUNTS, "test_percentiles_are_nearest_rank"), (COUNTS, "test_the_spread_of_business_seconds")],
    "3.7": [(COUNTS, "test_breaches_say_how_late"), (COUNTS, "test_rule_3_7_late_by_counts_the_night_too")],
    "3.8": [
        (LEDGER, "test_an_exclusion_counts_once_the_client_approved_it"),
        (LEDGER, "test_a_rejected_one_does_not_and_may_be_proposed_again"),
        (LEDGER, "test_every_act_leaves_a_trace"),
        ("sla/test_terms.py", "test_raw_and_adjusted_attainment_stand_side_by_side"),
    ],
    "3.8a": [
        (TERMS, "test_changed_terms_wait_and_take_effect_when_approved"),
        (TERMS, "test_rejected_terms_never_come_into_force"),
        (TERMS, "test_a_newer_proposal_takes_the_place_of_the_older"),
        (TERMS, "test_terms_are_sla_calendar_prices_and_who_must_approve"),
        (TERMS, "test_an_approval_is_required_or_waived"),
    ],
    "3.9": [
        ("sla/test_report.py", "test_what_if_shows_the_same_history_under_another_target"),
        ("sla/test_report.py", "test_recorded_alarms_do_not_leak_into_other_terms"),
        (COMMANDS, "test_a_what_if_shows_attainment_and_credits_side_by_side"),
    ],
    "3.10": [("settlement/test_rollups.py", "test_random_histories_count_the_same_with_roll_ups_at_any_moment")],
    "4.1": [
        (MONEY, "test_a_bot_resolution_is_taken_back_when_it_turns_out_not_to_be_one"),
        (MONEY, "test_silence_is_not_billed"),
    ],
    "4.2": [(MONEY, "test_a_handled_conversation_is_billed_once_however_often_it_is_reopened")],
    "4.3": [
        (MONEY, "test_agent_minutes_run_from_claim_to_release_less_snooze"),
        (MONEY, "test_concurrent_chats_share_the_agents_time"),
        (MONEY, "test_agent_minutes_never_exceed_the_time_agents_had"),
    ],
    "4.4": [
        (MONEY, "test_a_fact_belongs_to_the_month_it_was_recorded_in"),
        (MONTHS, "test_coming_back_after_the_close_is_taken_back_in_its_own_month"),
        (CLOSING, "test_every_fact_is_in_one_month_whatever_the_zone_was_when_each_closed"),
    ],
    "4.4a": [
        (MONTHS, "test_a_closed_month_stays_and_later_events_go_to_the_next_ones_corrections"),
        (CLOSING, "test_any_month_closes_first_then_none_is_left_out"),
        (CLOSING, "test_a_month_before_the_first_conversation_cannot_be_closed"),
        (CLOSING, "test_of_two_who_close_one_month_at_once_one_does"),
        (CLOSING, "test_an_exclusion_approved_later_is_corrected_in_the_next_month_and_only_there"),
    ],
    "4.4b": [
        (CLOSING, "test_rule_4_4b_a_month_has_the_prices_that_were_in_force_at_its_end"),
        (CLOSING, "test_rule_4_4b_a_month_has_the_objectives_that_were_in_force_at_its_end"),
        (CLOSING, "test_a_correction_is_owed_in_the_currency_of_its_month"),
        (MONEY, "test_a_correction_in_another_currency_stands_apart"),
        (PAGES, "test_a_correction_in_another_currency_stands_below_the_total_everywhere"),
    ],
    "4.5": [
        (MONEY, "test_half_a_cent_goes_up_and_is_rounded_once"),
        (MONEY, "test_each_tier_prices_its_own_units"),
        (MONEY, "test_a_small_month_is_topped_up_to_the_minimum"),
        (MONEY, "test_more_taken_back_than_used_is_a_credit_note_where_there_is_no_minimum_fee"),
        (MONEY, "test_a_minimum_fee_is_owed_whatever_was_taken_back"),
        (CLOSING, "test_a_month_in_which_things_are_only_taken_back_is_a_credit_note"),
    ],
    "4.6": [
        (MONEY, "test_the_largest_credit_that_applies_counts_once"),
        (MONEY, "test_credits_are_between_nothing_and_the_charges"),
    ],
    "4.7": [
        (LINES, "test_lines_open_to_exactly_what_they_count_whatever_happened"),
        (MONEY, "test_every_line_is_the_sum_of_its_conversations"),
        (MONEY, "test_a_conversation_across_a_price_step_is_on_both_lines"),
    ],
    "4.8": [
        (PAGES, "test_page_and_pdf_say_the_same_to_the_cent"),
        (PAGES, "test_csv_and_json_say_the_same_to_the_cent"),
        (PAGES, "test_the_same_statement_makes_the_same_pdf"),
        (PAGES, "test_a_share_is_cut_not_rounded"),
        (PAGES, "test_letters_the_typeface_lacks_are_marked_and_explained"),
    ],
}


@cache
def _tests_in(file: str) -> frozenset[str]:
    return frozenset(
        re.findall(r"^(?:async )?def (test_\w+)", (ROOT / "tests" / file).read_text("utf-8"), re.MULTILINE)
    )


def test_every_rule_of_the_contract_has_a_test():
    stated = _RULE.findall((ROOT / "docs" / "sla.md").read_text("utf-8"))
    assert len(stated) == len(set(stated)) > 40
    assert set(stated) == set(HELD_BY)


@pytest.mark.parametrize("rule", HELD_BY)
def test_the_tests_that_hold_it_exist(rule):
    assert HELD_BY[rule]
    assert [test for file, test in HELD_BY[rule] if test not in _tests_in(file)] == []
