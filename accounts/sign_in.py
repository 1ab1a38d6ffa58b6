"""What signing in takes, and what it can come to."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from accounts.session import Session, csrf_token
from accounts.user import User


class RefusedBecause(StrEnum):
    """Why somebody was not let in. WRONG never says whether it was the address or the password; EXPIRED asks for both
    again.
    """

    WRONG = "wrong"
    THROTTLED = "throttled"
    WRONG_CODE = "wrong_code"
    EXPIRED = "expired"
    WEAK = "weak"


@dataclass(frozen=True, slots=True)
class Refused:
    """Not let in. `retry_at` is set when throttled, `detail` says what is weak about a new password."""

    reason: RefusedBecause
    retry_at: datetime | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class CodeNeeded:
    """The password was right; with `token`, for half_sign_in.LIFETIME, enter_code() opens a session."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person with a living session. `token` belongs in the cookie, `csrf` in every form. Who has just signed in gets
    a new value for the cookie of known devices.
    """

    user: User
    session: Session
    token: str
    device_cookie: str = field(default="", repr=False)

    @property
    def csrf(self) -> str:
        return csrf_token(self.token)


@dataclass(frozen=True, slots=True)
class Visit:
    """From where somebody signs in: the address, what the browser calls itself, the cookie of known devices, and what
    else names this browser and no other (a cookie it was given before).
    """

    address: str
    browser: str = ""
    device_cookie: str = field(default="", repr=False)
    binding: str = field(default="", repr=False)
