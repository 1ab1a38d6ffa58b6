"""Known devices: a signed cookie says that somebody has signed in to an account from this browser before, so that a
flood of strangers does not keep its owner out (OWASP: device cookies). It proves nothing else: password and one-time
code are asked for all the same.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.user import User

LIFETIME = timedelta(days=180)
MOST = 5
"""A desk's browser is shared by so many people, each with a token in the one cookie; beyond, the oldest goes."""
_AHEAD = timedelta(minutes=5)  # so much another process's clock may be ahead
_COOKIE_LENGTH = 1_000
_BETWEEN, _WITHIN = "~", "."
_PURPOSE = b"switchboard known device"


@dataclass(frozen=True, slots=True)
class _Token:
    """`device` is random: the name under which the device's failures are counted."""

    device: str
    issued_at: int
    signature: str

    def __str__(self) -> str:
        return _WITHIN.join((self.device, f"{self.issued_at:x}", self.signature))


class KnownDevices:
    """Signs tokens with the first of `keys` and knows those of each of them, so that keys can be rotated. A token is
    bound to its account and to the account's sign-in epoch: a new password, or the end of all sessions, voids it.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise ValueError("known devices need at least one key: put one into SWITCHBOARD_SECRET_KEYS")
        self._keys = [hmac.digest(key.encode(), _PURPOSE, "sha256") for key in keys]

    def device_of(self, cookie: str, user: User, now: datetime) -> str:
        """The device's name if the cookie makes this browser known to the account, else empty."""
        return next((token.device for token in _tokens(cookie) if self._is_of(token, user, now)), "")

    def remember(self, cookie: str, user: User, now: datetime) -> str:
        """The cookie after the person signed in: with a new token for the account, and those of others as they were."""
        issued = int(now.timestamp())
        device = secrets.token_urlsafe(12)
        fresh = _Token(device, issued, _signature(self._keys[0], device, issued, user))
        others = [token for token in _tokens(cookie) if not self._is_of(token, user, now)]
        return _BETWEEN.join(str(token) for token in [fresh, *others][:MOST])

    def _is_of(self, token: _Token, user: User, now: datetime) -> bool:
        age = now.timestamp() - token.issued_at
        if not -_AHEAD.total_seconds() <= age < LIFETIME.total_seconds():
            return False
        signatures = (_signature(key, token.device, token.issued_at, user) for key in self._keys)
        return any(hmac.compare_digest(made, token.signature) for made in signatures)


def _signature(key: bytes, device: str, issued_at: int, user: User) -> str:
    signed = f"{user.id}\n{user.sign_in_epoch}\n{device}\n{issued_at}".encode()
    return base64.urlsafe_b64encode(hmac.digest(key, signed, hashlib.sha256)).decode().rstrip("=")


def _tokens(cookie: str) -> Iterator[_Token]:
    """What can be read of a cookie; anybody can send one."""
    if len(cookie) > _COOKIE_LENGTH or not cookie.isascii():
        return
    for text in cookie.split(_BETWEEN)[:MOST]:
        device, _, rest = text.partition(_WITHIN)
        issued, _, signature = rest.partition(_WITHIN)
        try:
            yield _Token(device, int(issued[:12], 16), signature)
        except ValueError:
            continue
