from datetime import timedelta

import pytest

from handoff.presence import BEAT_EVERY, GRACE, ONLINE_WITHIN, Standing, is_online, standing
from tests.builders import NOON


@pytest.mark.parametrize(
    ("status", "seconds", "expected"),
    [
        ("online", 0, Standing.ONLINE),
        ("online", 19.9, Standing.ONLINE),
        ("online", 20, Standing.UNSEEN),
        ("away", 5, Standing.AWAY),
        ("away", 119, Standing.UNSEEN),
        ("online", 120, Standing.VANISHED),
        ("away", 9999, Standing.VANISHED),
    ],
)
def test_a_heartbeat_says_who_is_there(status, seconds, expected):
    assert standing(status, NOON - timedelta(seconds=seconds), NOON) is expected


def test_who_never_came_is_not_there():
    assert standing("online", None, NOON) is Standing.VANISHED
    assert not is_online("online", None, NOON)


def test_one_lost_heartbeat_makes_nobody_disappear():
    assert BEAT_EVERY * 2 < ONLINE_WITHIN < GRACE
