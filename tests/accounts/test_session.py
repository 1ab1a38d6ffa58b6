from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from accounts.session import ABSOLUTE, IDLE, csrf_matches, csrf_token, digest, idle_limit, new_session
from accounts.user import Role, User
from conversation.ids import UserId

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MIRA = UserId("mira")


def test_only_the_hash_of_the_token_is_kept():
    token, session = new_session(MIRA, NOW)
    assert session.id == digest(token)
    assert token not in repr(session)
    assert len(token) >= 43


def test_a_session_ends_when_idle_and_when_old():
    _, session = new_session(MIRA, NOW)
    assert session.is_alive(NOW + IDLE - timedelta(seconds=1), IDLE)
    assert not session.is_alive(NOW + IDLE, IDLE)
    busy = replace(session, last_seen_at=NOW + ABSOLUTE - timedelta(seconds=1))
    assert busy.is_alive(NOW + ABSOLUTE - timedelta(seconds=1), IDLE)
    assert not busy.is_alive(NOW + ABSOLUTE, IDLE)


def test_a_session_begun_under_longer_limits_ends_by_todays():
    _, session = new_session(MIRA, NOW)
    older = replace(session, expires_at=NOW + timedelta(days=7), last_seen_at=NOW + timedelta(hours=11))
    assert older.is_alive(NOW + timedelta(hours=11), IDLE)
    assert not older.is_alive(NOW + ABSOLUTE, IDLE)


@pytest.mark.parametrize(
    ("roles", "hours"),
    [
        ({Role.AGENT}, 4),
        ({Role.SUPERVISOR, Role.TRAINER}, 4),
        ({Role.CLIENT_ADMIN}, 1),
        ({Role.PROVIDER_ADMIN}, 1),
        ({Role.AGENT, Role.PROVIDER_ADMIN}, 1),
    ],
)
def test_who_may_do_more_may_be_idle_for_less(roles, hours):
    user = User(MIRA, "mira@example.org", "Mira", frozenset(roles), frozenset())
    assert idle_limit(user) == timedelta(hours=hours)


def test_a_csrf_token_belongs_to_one_session():
    one, _ = new_session(MIRA, NOW)
    other, _ = new_session(MIRA, NOW)
    assert csrf_matches(one, csrf_token(one))
    assert not csrf_matches(other, csrf_token(one))
    assert not csrf_matches(one, "")
    assert not csrf_matches(one, "größer als ASCII")
    assert not csrf_matches(one, "\ud800")


def test_a_browser_with_an_endless_name_is_cut_short():
    _, session = new_session(MIRA, NOW, browser="x" * 5000)
    assert len(session.browser) == 200
