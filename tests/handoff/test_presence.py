from datetime import timedelta

import pytest

from handoff.presence import BEAT_EVERY, GRACE, ONLINE_WITHIN, Status, is_online, standing
from tests.builders import NOON


@pytest.mark.parametrize(
    ("status", "seconds", "expected"),
    [
        ("online", 0, Status.ONLINE),
        ("online", 19.9, Status.ONLINE),
        ("online", 20, Status.OFFLINE),
        ("away", 5, Status.AWAY),
        ("away", 119, Status.OFFLINE),
        ("offline", 0, Status.OFFLINE),
        ("online", 9999, Status.OFFLINE),
    ],
)
def test_a_heartbeat_says_who_is_there(status, seconds, expected):
    assert standing(status, NOON - timedelta(seconds=seconds), NOON) is expected


def test_who_never_came_is_not_there():
    assert standing("online", None, NOON) is Status.OFFLINE
    assert not is_online("online", None, NOON)


def test_one_lost_heartbeat_makes_nobody_disappear():
    assert BEAT_EVERY * 2 < ONLINE_WITHIN < GRACE
