"""The digest rule: a few one by one, a storm as one message a minute, and nothing lost."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sla.digest import MOST_IN_A_DIGEST, SINGLES, WINDOW, Pace, grouped, plan

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TICK = timedelta(milliseconds=250)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_up_to_five_within_a_minute_go_out_alone_and_at_once() -> None:
    first = plan(3, Pace(), NOON)
    assert first.groups == ((0,), (1,), (2,))
    second = plan(2, first.pace, after(59))
    assert second.groups == ((0,), (1,))
    assert second.wait_until is None


def test_more_than_five_at_once_are_one_digest() -> None:
    assert plan(6, Pace(), NOON).groups == (tuple(range(6)),)


def test_the_sixth_within_a_minute_begins_a_digest_and_the_next_digest_is_a_minute_later() -> None:
    five = plan(5, Pace(), NOON)
    sixth = plan(1, five.pace, after(30))
    assert sixth.groups == ((0,),)
    assert sixth.pace.digest_at == after(30)
    later = plan(40, sixth.pace, after(31))
    assert (later.groups, later.wait_until) == ((), after(90))
    assert plan(40, later.pace, after(90)).groups == (tuple(range(40)),)


def test_after_a_quiet_minute_alarms_go_out_one_by_one_again() -> None:
    stormed = plan(100, Pace(), NOON).pace
    assert plan(2, stormed, NOON + WINDOW).groups == ((0,), (1,))


def test_a_digest_has_an_end_and_the_rest_goes_with_the_next() -> None:
    planned = plan(MOST_IN_A_DIGEST + 3, Pace(), NOON)
    assert [len(group) for group in planned.groups] == [MOST_IN_A_DIGEST]
    assert planned.wait_until == NOON + WINDOW


@given(st.lists(st.integers(0, 480), max_size=80))
def test_however_alarms_come_each_is_told_once_in_order_with_no_more_than_seven_messages_a_minute(
    arrivals: list[int],
) -> None:
    """Plays four minutes in quarter seconds; `arrivals` are the ticks at which alarms come."""
    coming = sorted(arrivals)
    waiting: list[int] = []
    told: list[tuple[datetime, list[int]]] = []
    pace, wake = Pace(), NOON
    for tick in range(480 + int(2 * WINDOW / TICK) + 1):
        now = NOON + tick * TICK
        come = [n for n, at in enumerate(coming) if at == tick]
        waiting += come
        if not waiting or (not come and now < wake):
            continue
        planned = plan(len(waiting), pace, now)
        told += [(now, group) for group in grouped(waiting, planned)]
        waiting = [n for place, n in enumerate(waiting) if all(place not in group for group in planned.groups)]
        pace, wake = planned.pace, planned.wait_until or now
        assert bool(waiting) == (planned.wait_until is not None), "what waits has a time at which it is looked at again"
    assert waiting == []
    assert [n for _, group in told for n in group] == list(range(len(coming)))
    for at, _ in told:
        lately = [group for time, group in told if at - WINDOW < time <= at]
        assert len(lately) <= SINGLES + 2
    for at, group in told:
        assert all(at - (NOON + coming[n] * TICK) <= WINDOW for n in group), "nothing waits longer than a minute"
