"""The calendar against an oracle that knows nothing of it, around the transitions of many zones."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sla.calendar import Calendar, State
from sla.hours import Hours, Window, unite
from tests.sla.oracle import due_by_counting, offset, open_seconds, without_pauses

TRANSITIONS = [
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Australia/Sydney", date(2026, 4, 5)),
    ("Australia/Sydney", date(2026, 10, 4)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Pacific/Chatham", date(2026, 4, 5)),
    ("Pacific/Chatham", date(2026, 9, 27)),
    ("America/Santiago", date(2026, 4, 5)),
    ("America/Santiago", date(2026, 9, 6)),
    ("America/Havana", date(2026, 3, 8)),
    ("America/Havana", date(2026, 11, 1)),
    ("America/St_Johns", date(2010, 11, 7)),
    ("America/Nuuk", date(2026, 3, 28)),
    ("Africa/Casablanca", date(2026, 2, 15)),
    ("Asia/Kathmandu", date(2026, 6, 1)),
    ("Pacific/Apia", date(2011, 12, 30)),
    ("UTC", date(2026, 12, 31)),
]

minute_of_day = st.one_of(st.integers(0, 1439), st.sampled_from([0, 60, 90, 105, 120, 135, 150, 165, 180, 1380, 1410]))


@st.composite
def windows(draw):
    start = draw(minute_of_day)
    return Window(start, start + draw(st.one_of(st.integers(1, 1440), st.integers(1, 120))))


weeks = st.one_of(
    st.none(),
    st.lists(st.lists(windows(), max_size=2), min_size=7, max_size=7).filter(any),
)


@st.composite
def cases(draw):
    zone, day = draw(st.sampled_from(TRANSITIONS))
    week = draw(weeks)
    closed = {day + timedelta(days=n) for n in draw(st.sets(st.integers(-2, 2), max_size=2))}
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    start = noon + timedelta(seconds=draw(st.integers(-36 * 3600, 30 * 3600)))
    pauses = []
    for _ in range(draw(st.integers(0, 2))):
        begin = start + timedelta(seconds=draw(st.integers(-7200, 20000)))
        pauses.append((begin, begin + timedelta(seconds=draw(st.integers(0, 20000)))))
    return zone, day, week, closed, start, pauses


def calendar_of(zone, week, closed):
    hours = Hours(always_open=True) if week is None else Hours(tuple(unite(list(day)) for day in week))
    return Calendar(zone, hours, closed=dict.fromkeys(closed, "closed"))


def known_until(day):
    """The oracle walks windows up to three days after; beyond that it knows nothing."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC) + timedelta(days=2)


def tries(number):
    return settings(max_examples=number, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


GAP_INSIDE_OVERLAP = (
    "Europe/Berlin",
    date(2026, 3, 29),
    [[Window(60, 195), Window(150, 300)]] * 7,
    set(),
    datetime(2026, 3, 29, tzinfo=UTC),
    [],
)


@tries(100)
@given(cases(), st.integers(1, 40_000))
@example(GAP_INSIDE_OVERLAP, 9000)
def test_a_due_time_is_what_counting_seconds_gives(case, budget):
    zone, day, week, closed, start, pauses = case
    seconds = without_pauses(day, open_seconds(zone, day, week, closed), pauses)
    counted = due_by_counting(day, seconds, start, budget)
    if counted is not None and counted <= known_until(day):
        assert calendar_of(zone, week, closed).due(start, timedelta(seconds=budget), pauses) == counted


@tries(100)
@given(cases(), st.integers(-3600, 60_000))
def test_elapsed_time_is_what_counting_seconds_gives(case, length):
    zone, day, week, closed, start, pauses = case
    seconds = without_pauses(day, open_seconds(zone, day, week, closed), pauses)
    until = start + timedelta(seconds=length)
    counted = int(seconds[offset(day, start) : max(offset(day, until), offset(day, start))].sum())
    assert calendar_of(zone, week, closed).elapsed(start, until, pauses) == timedelta(seconds=counted)


@tries(100)
@given(cases())
def test_the_next_opening_is_the_first_open_instant(case):
    zone, day, week, closed, start, _ = case
    calendar = calendar_of(zone, week, closed)
    counted = due_by_counting(day, open_seconds(zone, day, week, closed), start, 1)
    opening = calendar.next_opening(start)
    assert calendar.is_open(opening)
    if counted is not None and counted <= known_until(day):
        assert opening == counted - timedelta(seconds=1)


@tries(100)
@given(cases(), st.integers(1, 10**9), st.integers(0, 999_999))
def test_due_and_elapsed_agree_to_the_microsecond(case, budget, fraction):
    zone, _, week, closed, start, pauses = case
    calendar = calendar_of(zone, week, closed)
    start += timedelta(microseconds=fraction)
    amount = timedelta(microseconds=budget)
    due = calendar.due(start, amount, pauses)
    assert calendar.elapsed(start, due, pauses) == amount
    assert calendar.elapsed(start, due - timedelta(microseconds=1), pauses) < amount


@tries(100)
@given(cases(), st.integers(0, 500_000))
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
