"""Shares, budgets, percentiles and words, with the sums done by hand."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from sla.attainment import Attainment, attainment, breaches, by_day, month_of, outlook, percentile, spread, within
from sla.clock import Outcome
from sla.explain import explain
from sla.merging import handed_over
from sla.policy import ClockKind
from tests.sla.story import MONDAY, Story, policy

FIRST = ClockKind.FIRST_RESPONSE
LATER = MONDAY + timedelta(days=30)


def answered_after(*minutes):
    """One first response per wait; None is still waiting."""
    clocks = []
    for n, wait in enumerate(minutes):
        story = Story(conversation=f"c{n}").customer(0).handoff(0)
        clocks.append((story if wait is None else story.agent(wait)).clock())
    return clocks


def test_met_missed_and_open_are_counted_as_of_now():
    clocks = answered_after(1, 15, 16, None)
    early = attainment(clocks, FIRST, 95, MONDAY + timedelta(minutes=14))
    assert (early.met, early.missed, early.open) == (2, 1, 1)
    late = attainment(clocks, FIRST, 95, LATER)
    assert (late.met, late.missed, late.open, late.share) == (2, 2, 0, 0.5)


@pytest.mark.parametrize(
    ("met", "missed", "objective", "allowed", "left", "burn", "kept"),
    [
        (95, 5, 95, 5, 0, 1.0, True),
        (94, 6, 95, 5, -1, 1.2, False),
        (19, 0, 95, 0, 0, 0.0, True),
        (18, 1, 95, 0, -1, 20 / 19, False),
        (999, 1, 99.9, 1, 0, 1.0, True),
        (949, 51, 95, 50, -1, 1.02, False),
        (950, 50, 95, 50, 0, 1.0, True),
        (10, 1, 100, 0, -1, None, False),
        (0, 0, 95, 0, 0, 0.0, None),
        (5, 5, None, None, None, None, None),
    ],
)
def test_the_error_budget(met, missed, objective, allowed, left, burn, kept):
    clock = answered_after(1)[0]
    clocks = [clock] * met + [replace(clock, outcome=Outcome.MISSED)] * missed
    found = attainment(clocks, FIRST, objective, LATER)
    assert (found.allowed, found.left, found.is_kept) == (allowed, left, kept)
    assert found.burn_rate == pytest.approx(burn)


def test_the_outlook_goes_on_like_the_recent_days():
    month, recent = counts(190, 10), counts(80, 20)
    assert outlook(month, recent, recent_days=7, days_left=7) == 0.9
    assert outlook(month, recent, recent_days=7, days_left=0) == 0.95
    assert outlook(counts(0, 0), counts(0, 0), recent_days=7, days_left=7) is None


def counts(met, missed):
    return Attainment(FIRST, met, missed, 0, 0, 95)


def test_cancelled_clocks_are_counted_apart():
    clock = Story().customer(0).handoff(0).agent(1).customer(2).resolve(3).clock("next_response")
    found = attainment([clock], ClockKind.NEXT_RESPONSE, 95, LATER)
    assert (found.decided, found.cancelled, found.share) == (0, 1, None)


@pytest.mark.parametrize(("percent", "value"), [(50, 3), (90, 5), (95, 5), (100, 5), (20, 1), (21, 2)])
def test_percentiles_are_nearest_rank(percent, value):
    assert percentile([1, 2, 3, 4, 5], percent) == value


def test_the_spread_of_business_seconds():
    found = spread(answered_after(1, 2, 3, None), FIRST)
    assert (found.count, found.p50_s, found.p95_s, found.max_s) == (3, 120, 180, 180)


def test_a_clock_belongs_to_the_month_of_its_start_in_the_clients_zone():
    start, end = month_of(date(2026, 12, 5), "Europe/Berlin")
    assert start.astimezone(UTC) == datetime(2026, 11, 30, 23, tzinfo=UTC)
    assert end.astimezone(UTC) == datetime(2026, 12, 31, 23, tzinfo=UTC)
    clock = answered_after(1)[0]
    edge = replace(clock, started_at=datetime(2026, 11, 30, 23, tzinfo=UTC))
    assert within([clock, edge], start, end) == [edge]


def test_days_are_local():
    clocks = answered_after(1, 16)
    midnight = replace(clocks[0], started_at=datetime(2026, 11, 23, 23, 30, tzinfo=UTC))
    days = by_day([*clocks, midnight], FIRST, "Europe/Berlin", LATER)
    assert [(d.day.day, d.met, d.missed) for d in days] == [(23, 1, 1), (24, 1, 0)]


def test_breaches_say_how_late():
    rows = breaches(answered_after(1, 16, None), LATER)
    assert sorted(row.late for row in rows if row.late) == [timedelta(minutes=1)]
    assert len(rows) == 2


def test_rule_3_7_late_by_counts_the_night_too():
    evening = 7 * 60 + 40  # twenty minutes before closing
    story = Story().customer(evening).handoff(evening).agent(evening + 15 * 60)  # the next morning, as it opens
    [row] = breaches([story.clock()], LATER)
    assert row.late == timedelta(hours=14, minutes=45)
    assert story.clock().elapsed == timedelta(minutes=20 + 40)


def texts(story, minutes, language="en", kind="first_response"):
    return [e["text"] for e in explain(story.clock(kind), story.policy.calendar, story.at(minutes), language)]


def test_a_met_clock_explains_itself():
    assert texts(Story().customer(0).handoff(0).agent(4.5), 10) == [
        "Mon 23 Nov 2026, 10:00:00: started with the handoff. Budget: 15 min.",
        "Mon 23 Nov 2026, 10:00:00 to Mon 23 Nov 2026, 10:04:30: ran for 4 min 30 s.",
        "Mon 23 Nov 2026, 10:04:30: stopped after 4 min 30 s, in time (10 min 30 s to spare).",
    ]


def test_a_missed_clock_explains_nights_and_holidays_in_german():
    terms = policy(calendar={"closures": [{"date": "2026-11-24", "name": "Betriebsruhe"}]})
    story = Story(terms).customer(475).handoff(475).agent(2 * 1440 - 90)
    assert texts(story, 9000, "de") == [
        "Mo. 23. Nov. 2026, 17:55:00: gestartet mit der Übergabe. Budget: 15 min.",
        "Mo. 23. Nov. 2026, 17:55:00 bis Mo. 23. Nov. 2026, 18:00:00: lief 5 min.",
        "Mo. 23. Nov. 2026, 18:00:00 bis Di. 24. Nov. 2026, 00:00:00: stand still, außerhalb der Öffnungszeiten.",
        "Di. 24. Nov. 2026, 00:00:00 bis Mi. 25. Nov. 2026, 00:00:00: stand still, Betriebsruhe.",
        "Mi. 25. Nov. 2026, 00:00:00 bis Mi. 25. Nov. 2026, 08:00:00: stand still, außerhalb der Öffnungszeiten.",
        "Mi. 25. Nov. 2026, 08:00:00 bis Mi. 25. Nov. 2026, 08:30:00: lief 30 min.",
        "Mi. 25. Nov. 2026, 08:10:00: war fällig.",
        "Mi. 25. Nov. 2026, 08:30:00: gestoppt nach 35 min, 20 min nach der Fälligkeit.",
    ]


def test_a_pause_says_what_it_waited_for():
    told = texts(Story().customer(0).handoff(0).agent(5, question=True).customer(20), 30, kind="resolution")
    assert told[2].endswith("paused, waiting for the customer's answer to a question.")
    assert told[-1].endswith("is due.")


@pytest.mark.parametrize(("language", "says"), [("en", "missed, since it was in"), ("de", "verfehlt, wie im Gespräch")])
def test_a_promise_broken_in_a_duplicate_says_so(language, says):
    duplicate = Story(conversation="c2").customer(0).handoff(0).agent(20)
    other = Story().customer(18).handoff(18).agent(19)
    told = handed_over(duplicate.episode.clocks, other.episode.clocks)
    late = [clock | {"due_at": None} for clock in told]  # by the other's due time it was in time
    other.add("took_over", 22, duplicate="c2", clocks=late, handled=True)
    assert says in texts(other, 30, language)[-1]
    assert not any("was due" in text or "war fällig" in text for text in texts(other, 30, language))


def test_a_waiting_customer_is_told_as_such():
    told = texts(Story().customer(0).handoff(0), 20)
    assert told[-1] == "Mon 23 Nov 2026, 10:15:00: the budget was used up; still waiting."


@pytest.mark.parametrize(
    ("wait", "told"),
    [
        (15 + 0.5 / 60, "0,5 s"),  # the part of a second that broke the promise is told
        (15 + 76.548125 / 60, "1 min 16 s"),  # beside whole seconds it tells nobody anything
    ],
)
def test_parts_of_a_second_are_told_only_where_there_is_no_whole_one(wait, told):
    story = Story().customer(0).handoff(0).agent(wait)
    last = texts(story, 30, "de")[-1]
    assert f"{told} nach der Fälligkeit" in last
