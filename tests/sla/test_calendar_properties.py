"""The calendar against an oracle that knows nothing of it, around what the clocks of many zones do."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import strategies as st

from sla.calendar import State
from sla.hours import Window
from tests.sla.oracle import due_by_counting, offset, open_seconds, without_pauses
from tests.sla.strategies import ZONES, calendar_of, closures, drawn, in_every_zone, known_until, noon, weeks

TRIES = 9  # in each zone


@st.composite
def cases(draw, zone):
    day = draw(st.sampled_from(ZONES[zone]))
    week = draw(weeks())
    closed = draw(closures(day, 2))
    start = noon(day) + timedelta(seconds=draw(st.integers(-36 * 3600, 30 * 3600)))
    pauses = []
    for _ in range(draw(st.integers(0, 2))):
        begin = start + timedelta(seconds=draw(st.integers(-7200, 20000)))
        pauses.append((begin, begin + timedelta(seconds=draw(st.integers(0, 20000)))))
    return zone, day, week, closed, start, pauses


def counted_due(case, budget):
    """The due time by counting; None where the oracle does not see so far."""
    zone, day, week, closed, start, pauses = case
    seconds = without_pauses(day, open_seconds(zone, day, week, closed), pauses)
    counted = due_by_counting(day, seconds, start, budget)
    return counted if counted is not None and counted <= known_until(day) else None


def reckoned_due(case, budget):
    zone, _, week, closed, start, pauses = case
    return calendar_of(zone, week, closed).due(start, timedelta(seconds=budget), pauses)


@in_every_zone(TRIES, cases, st.integers(1, 40_000))
def test_a_due_time_is_what_counting_seconds_gives(case, budget):
    counted = counted_due(case, budget)
    assert counted is None or reckoned_due(case, budget) == counted


def test_windows_that_overlap_in_a_gap_of_the_clock_count_once():
    week = [[Window(60, 195), Window(150, 300)]] * 7
    case = "Europe/Berlin", date(2026, 3, 29), week, set(), datetime(2026, 3, 29, tzinfo=UTC), []
    assert reckoned_due(case, 9000) == counted_due(case, 9000) is not None


@in_every_zone(TRIES, cases, st.integers(-3600, 60_000))
def test_elapsed_time_is_what_counting_seconds_gives(case, length):
    zone, day, week, closed, start, pauses = case
    seconds = without_pauses(day, open_seconds(zone, day, week, closed), pauses)
    until = start + timedelta(seconds=length)
    counted = int(seconds[offset(day, start) : max(offset(day, until), offset(day, start))].sum())
    assert calendar_of(zone, week, closed).elapsed(start, until, pauses) == timedelta(seconds=counted)


@in_every_zone(TRIES, cases)
def test_the_next_opening_is_the_first_open_instant(case):
    zone, day, week, closed, start, _ = case
    calendar = calendar_of(zone, week, closed)
    counted = due_by_counting(day, open_seconds(zone, day, week, closed), start, 1)
    opening = calendar.next_opening(start)
    assert calendar.is_open(opening)
    if counted is not None and counted <= known_until(day):
        assert opening == counted - timedelta(seconds=1)


@in_every_zone(TRIES, cases, st.integers(1, 10**9), st.integers(0, 999_999))
def test_due_and_elapsed_agree_to_the_microsecond(case, budget, fraction):
    zone, _, week, closed, start, pauses = case
    calendar = calendar_of(zone, week, closed)
    start += timedelta(microseconds=fraction)
    amount = timedelta(microseconds=budget)
    due = calendar.due(start, amount, pauses)
    assert calendar.elapsed(start, due, pauses) == amount
    assert calendar.elapsed(start, due - timedelta(microseconds=1), pauses) < amount


@in_every_zone(TRIES, cases, st.integers(0, 500_000))
def test_a_timeline_has_no_gaps_and_adds_up(case, length):
    zone, _, week, closed, start, pauses = case
    calendar = calendar_of(zone, week, closed)
    until = start + timedelta(seconds=length)
    timeline = calendar.timeline(start, until, pauses)
    edges = [start] + [segment.end for segment in timeline]
    assert [segment.start for segment in timeline] == edges[:-1]
    assert edges[-1] == until
    assert sum((s.elapsed for s in timeline), timedelta()) == calendar.elapsed(start, until, pauses)
    assert all(s.elapsed == (s.end - s.start if s.state is State.RUNNING else timedelta()) for s in timeline)


@pytest.mark.parametrize("zone", ZONES)
def test_every_zone_is_tried_on_every_date(zone):
    tried = drawn(TRIES, zone, cases)
    assert {day for _, day, *_ in tried} == set(ZONES[zone])
    assert any(pauses for *_, pauses in tried)


def test_the_calendars_tried_have_split_shifts_nights_holidays_and_always_open_doors():
    tried = [case for zone in ZONES for case in drawn(TRIES, zone, cases)]
    weeks_tried = [week for _, _, week, *_ in tried if week is not None]
    assert 5 <= len(tried) - len(weeks_tried) <= len(tried) / 5
    assert sum(any(len(day) > 1 for day in week) for week in weeks_tried) > len(tried) / 3
    assert sum(any(w.end > 1440 for day in week for w in day) for week in weeks_tried) > len(tried) / 3
    assert sum(bool(closed) for _, _, _, closed, *_ in tried) > len(tried) / 3
