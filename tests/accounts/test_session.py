from datetime import UTC, datetime, timedelta

from accounts.session import ABSOLUTE, IDLE, csrf_matches, csrf_token, digest, new_session
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
    assert session.is_alive(NOW + IDLE - timedelta(seconds=1))
    assert not session.is_alive(NOW + IDLE)
    assert not session.is_alive(NOW + ABSOLUTE)


def test_a_csrf_token_belongs_to_one_session():
    one, _ = new_session(MIRA, NOW)
    other, _ = new_session(MIRA, NOW)
    assert csrf_matches(one, csrf_token(one))
    assert not csrf_matches(other, csrf_token(one))
    assert not csrf_matches(one, "")
    assert not csrf_matches(one, "größer als ASCII")


def test_a_browser_with_an_endless_name_is_cut_short():
    _, session = new_session(MIRA, NOW, browser="x" * 5000)
    assert len(session.browser) == 200
