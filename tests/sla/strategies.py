"""Random calendars and moments, around what each zone's clocks do, and how to try them in every zone."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from sla.calendar import Calendar
from sla.hours import Hours, Window, unite

ZONES = {
    "Europe/Berlin": [date(2026, 3, 29), date(2026, 10, 25)],
    "America/New_York": [date(2026, 3, 8), date(2026, 11, 1)],
    "Australia/Sydney": [date(2026, 4, 5), date(2026, 10, 4)],
    "Australia/Lord_Howe": [date(2026, 4, 5), date(2026, 10, 4)],  # half an hour of summer time
    "Pacific/Chatham": [date(2026, 4, 5), date(2026, 9, 27)],  # 12:45, with summer time
    "America/Santiago": [date(2026, 4, 5), date(2026, 9, 6)],  # changes at midnight
    "America/Havana": [date(2026, 3, 8), date(2026, 11, 1)],  # midnight, and back from 01:00
    "America/St_Johns": [date(2010, 11, 7), date(2026, 3, 8)],  # -3:30, once at a minute past midnight
    "America/Nuuk": [date(2026, 3, 28), date(2026, 10, 24)],  # changes on the evening before
    "Africa/Casablanca": [date(2026, 2, 15), date(2026, 3, 22)],  # goes back for Ramadan
    "Asia/Kathmandu": [date(2026, 6, 1)],  # 5:45
    "Asia/Kolkata": [date(2026, 8, 15)],  # 5:30
    "Pacific/Apia": [date(2011, 12, 30)],  # a date that never was
    "UTC": [date(2026, 12, 31)],
}

minute_of_day = st.one_of(st.integers(0, 1439), st.sampled_from([0, 60, 90, 105, 120, 135, 150, 165, 180, 1380, 1410]))


@st.composite
def windows(draw):
    start = draw(minute_of_day)
    return Window(start, start + draw(st.one_of(st.integers(1, 1440), st.integers(1, 120), st.integers(180, 480))))


@st.composite
def weeks(draw):
    """Seven days of windows that may overlap and run past midnight; now and then None, which is 24/7."""
    if draw(st.integers(0, 7)) == 7:
        return None
    return draw(st.lists(st.lists(windows(), max_size=3), min_size=7, max_size=7).filter(any))


def closures(day, reach):
    return st.sets(st.integers(-reach, reach), max_size=2).map(lambda days: {day + timedelta(days=n) for n in days})


def noon(day):
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def known_until(day):
    """The oracle walks windows up to three days after; beyond that it knows nothing."""
    return noon(day) + timedelta(days=2)


def calendar_of(zone, week, closed):
    hours = Hours(always_open=True) if week is None else Hours(tuple(unite(list(day)) for day in week))
    return Calendar(zone, hours, closed=dict.fromkeys(closed, "closed"))


def tries(number, zone, **how):
    """Each zone has a seed of its own: one for all would try the same few weeks in each of them."""
    chosen = settings(
        max_examples=number, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, **how
    )
    return lambda test: seed(zone)(chosen(test))


def in_every_zone(number, told, *more):
    """A property of what `told` draws in a zone, as one test for each: one draw among all would leave zones out."""

    def decorated(judged):
        @pytest.mark.parametrize("zone", ZONES)
        def test(zone):
            tries(number, zone)(given(told(zone), *more)(judged))()

        test.__name__, test.__doc__ = judged.__name__, judged.__doc__
        return test

    return decorated


def drawn(number, zone, told):
    """What a property of `told` alone is tried with in this zone."""
    found = []

    def keep(example):
        found.append(example)

    tries(number, zone, phases=[Phase.generate])(given(told(zone))(keep))()
    return found
