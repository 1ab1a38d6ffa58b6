"""The usual week: customers and agents in each half hour of it."""

from datetime import UTC, date, datetime, timedelta

from sla.slices import Count, Slice
from sla.week import added, moved, online_week, week_of

FIRST, LAST = date(2026, 11, 23), date(2026, 12, 6)


def handed(*slots: int) -> Slice:
    one = Slice()
    for slot in slots:
        one.add(Count.HANDED, slot)
    return one


def test_a_week_is_the_mean_of_each_half_hour_over_its_days():
    days = {FIRST + timedelta(days=n): Slice() for n in range(14)}
    days |= {FIRST: handed(20, 20, 21), FIRST + timedelta(days=7): handed(20)}
    assert week_of(days, Count.HANDED) == {(0, 20): 1.5, (0, 21): 0.5}


def test_who_was_online_is_the_mean_of_each_half_hour_over_all_its_days():
    monday = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # 09:00 in Berlin
    online = {
        "ann": [(monday, monday + timedelta(minutes=45)), (monday + timedelta(days=7), monday + timedelta(days=7.5))],
        "ben": [(monday + timedelta(minutes=15), monday + timedelta(minutes=30))],
    }
    found = online_week(online, "Europe/Berlin", FIRST, LAST)
    assert found[0, 18] == (30 + 15 + 30) / 30 / 2
    assert found[0, 19] == (15 + 30) / 30 / 2
    assert found[0, 20] == 0.5
    assert (1, 18) not in found


def test_another_clock_moves_the_week_round_its_end():
    assert moved({(6, 47): 2.0, (0, 0): 1.0}, 1) == {(0, 0): 2.0, (0, 1): 1.0}
    assert moved({(0, 0): 1.0}, -1) == {(6, 47): 1.0}
    assert added([{(0, 0): 1.0}, {(0, 0): 2.0, (1, 0): 3.0}]) == {(0, 0): 3.0, (1, 0): 3.0}
