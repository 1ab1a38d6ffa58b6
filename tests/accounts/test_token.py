from datetime import UTC, datetime, timedelta

from accounts.session import digest
from accounts.token import Scope, looks_like_token, new_token
from conversation.ids import UserId

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def test_a_token_is_recognisable_and_only_its_hash_is_kept():
    secret, kept = new_token(UserId("mira"), "reports", [Scope.REPORTS_READ], NOW)
    assert looks_like_token(secret)
    assert kept.digest == digest(secret)
    assert secret not in repr(kept)


def test_a_token_opens_only_its_scopes_and_only_while_it_lives():
    _, kept = new_token(UserId("mira"), "r", [Scope.REPORTS_READ], NOW, expires_at=NOW + timedelta(days=1))
    assert kept.allows(Scope.REPORTS_READ, NOW)
    assert not kept.allows(Scope.CONVERSATIONS_WRITE, NOW)
    assert not kept.allows(Scope.REPORTS_READ, NOW + timedelta(days=1))
