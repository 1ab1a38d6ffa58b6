"""Between password and one-time code: what the server remembers, so that no page has to hold the password."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.session import digest
from accounts.user import User
from conversation.ids import UserId

LIFETIME = timedelta(minutes=5)
TRIES = 5


@dataclass(frozen=True, slots=True)
class HalfSignIn:
    """A person whose password was right. `id` is the SHA-256 of the token in the browser's cookie, `browser` that of
    what else names the browser it was given to. It opens one session, for at most TRIES codes, and none after the
    account's sign-ins were ended (`epoch`).
    """

    id: str
    user: UserId
    epoch: int
    browser: str
    expires_at: datetime
    tries: int = 0

    def is_alive(self, now: datetime) -> bool:
        return now < self.expires_at and self.tries < TRIES


def new_half_sign_in(user: User, browser: str, now: datetime) -> tuple[str, HalfSignIn]:
    """A fresh token (256 random bits) and what to store for it."""
    token = secrets.token_urlsafe(32)
    return token, HalfSignIn(digest(token), user.id, user.sign_in_epoch, digest(browser), now + LIFETIME)
