"""What can break in accounts.

AccountsError
├── EmailTaken      somebody else already signs in with this address
├── TooLong         a name or an e-mail address is longer than we keep
├── WeakPassword    the password will not do; says why
├── NoSuchPerson    nobody signs in with this address
├── LastAdmin       the last active provider admin stays one
├── NotPermitted    who asked does not have the right
├── Unknown         a role, client, skill, language or locale that does not exist; says which do
└── InvalidField    a value cannot be used; says what would do
"""

from collections.abc import Iterable


class AccountsError(Exception):
    """The root of this room's errors; `str(error)` is a sentence for a person."""


class EmailTaken(AccountsError):
    """Two people cannot share an e-mail address."""

    def __init__(self, email: str) -> None:
        self.email = email
        super().__init__(f"somebody already signs in as {email}; use another address or change that person")


class TooLong(AccountsError):
    """A text is longer than `accounts.limits` allows."""

    def __init__(self, what: str, length: int, limit: int) -> None:
        super().__init__(f"{what} may have at most {limit} characters; this one has {length}")

    @classmethod
    def check(cls, what: str, text: str, limit: int) -> None:
        """Raises TooLong."""
        if len(text) > limit:
            raise cls(what, len(text), limit)


class WeakPassword(AccountsError):
    """The password was refused; the message says why."""


class NoSuchPerson(AccountsError):
    """Nobody signs in with this address."""

    def __init__(self, email: str) -> None:
        self.email = email
        super().__init__(f"nobody signs in as {email}; `switchboard user list` shows who does")


class LastAdmin(AccountsError):
    """Without this person nobody could administer the provider any more."""

    def __init__(self, email: str) -> None:
        self.email = email
        super().__init__(f"{email} is the last active provider admin; make somebody else one first")


class NotPermitted(AccountsError):
    """Somebody may not manage people, or not show a wallboard."""


class Unknown(AccountsError):
    """A role, client, skill, language or locale that does not exist."""

    def __init__(self, what: str, value: str, known: Iterable[str]) -> None:
        self.what = what
        self.value = value
        self.known = tuple(sorted(known))
        super().__init__(f"there is no {what} {value!r}: known are {', '.join(self.known) or 'none yet'}")


class InvalidField(AccountsError):
    """A value cannot be used; the message says which and what would do."""
