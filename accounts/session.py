"""Server-side sessions: the browser holds a random token, the database only its hash."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts import limits
from accounts.user import Role, User
from conversation.ids import UserId

ABSOLUTE = timedelta(hours=12)
IDLE = timedelta(hours=4)
IDLE_OF_ADMINS = timedelta(hours=1)
ADMINS = frozenset({Role.PROVIDER_ADMIN, Role.CLIENT_ADMIN})
TOUCH_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Session:
    """A person signed in from one browser. `id` is the SHA-256 of the token in that browser's cookie. It ends when the
    person has done nothing for `idle_limit(user)`, ABSOLUTE after its start at the latest, and when it is ended.
    """

    id: str
    user: UserId
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    address: str = ""
    browser: str = ""

    def is_alive(self, now: datetime, idle: timedelta) -> bool:
        return now < min(self.expires_at, self.created_at + ABSOLUTE) and now - self.last_seen_at < idle

    def needs_touch(self, now: datetime) -> bool:
        """Whether the last sight of it is old enough to be worth a write."""
        return now - self.last_seen_at >= TOUCH_EVERY


def idle_limit(user: User) -> timedelta:
    """How long a person's session lasts in which they do nothing, by what they may do now."""
    return IDLE_OF_ADMINS if user.roles & ADMINS else IDLE


def new_session(user: UserId, now: datetime, *, address: str = "", browser: str = "") -> tuple[str, Session]:
    """A fresh token (256 random bits) and the session to keep for it."""
    token = secrets.token_urlsafe(32)
    return token, Session(
        digest(token), user, now, now, now + ABSOLUTE, address[: limits.ADDRESS], browser[: limits.BROWSER]
    )


def digest(token: str) -> str:
    """What is stored of a token. A fast hash will do: the token is random, there is nothing to guess."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def csrf_token(token: str) -> str:
    """The token forms carry. It can be made only from the session's own, so it needs no storage and no other session
    accepts it (OWASP: HMAC-based CSRF token).
    """
    return hmac.new(token.encode(), b"switchboard csrf", hashlib.sha256).hexdigest()


def csrf_matches(token: str, presented: str) -> bool:
    """Whether a form or header carried this session's CSRF token."""
    return hmac.compare_digest(csrf_token(token).encode(), presented.encode("utf-8", "surrogatepass"))
