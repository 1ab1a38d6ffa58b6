"""What can break in accounts.

AccountsError
├── EmailTaken      somebody else already signs in with this address
├── TooLong         a name or an e-mail address is longer than we keep
└── WeakPassword    the password will not do; says why
"""


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
