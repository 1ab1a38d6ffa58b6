import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.wait import Crowd, expected_wait_s, rounded_minutes


@pytest.mark.parametrize(
    ("crowd", "seconds"),
    [
        (Crowd(), None),
        (Crowd(waiting=5), None),
        (Crowd(ready_agents=1, capacity=4, free=4, mean_answer_s=60), 60),
        (Crowd(waiting=3, ready_agents=2, capacity=8, free=8, mean_answer_s=60), 120),
        (Crowd(waiting=0, ready_agents=2, capacity=8, free=0, mean_answer_s=60, mean_occupied_s=800), 60 + 100),
        (Crowd(waiting=9, ready_agents=2, capacity=8, free=2, mean_answer_s=60, mean_occupied_s=800), 60 + 800),
    ],
)
def test_the_wait_follows_from_who_waits_and_who_works(crowd, seconds):
    assert expected_wait_s(crowd) == seconds


@pytest.mark.parametrize(
    ("seconds", "minutes"),
    [
        (0, 1),
        (1, 1),
        (60, 1),
        (61, 2),
        (301, 7),
        (420, 7),
        (601, 15),
        (3600, 60),
        (3601, 90),
        (14_400, 240),
        (14_401, 300),
    ],
)
def test_minutes_are_rounded_up_and_never_below_one(seconds, minutes):
    assert rounded_minutes(seconds) == minutes


crowds = st.builds(
    Crowd,
    waiting=st.integers(0, 100),
    ready_agents=st.integers(1, 20),
    capacity=st.integers(20, 80),
    free=st.integers(0, 20),
    mean_answer_s=st.none() | st.floats(1, 600),
    mean_occupied_s=st.none() | st.floats(1, 3600),
)


@given(crowds)
def test_more_people_ahead_never_shorten_the_wait(crowd):
    longer = Crowd(
        crowd.waiting + 1,
        crowd.ready_agents,
        crowd.capacity,
        crowd.free,
        crowd.mean_answer_s,
        crowd.mean_occupied_s,
    )
    assert expected_wait_s(crowd) <= expected_wait_s(longer)


@given(st.floats(0, 1e6))
def test_a_promise_is_never_shorter_than_the_estimate(seconds):
    assert rounded_minutes(seconds) * 60 >= seconds
