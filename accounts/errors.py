"""What can break in accounts.

AccountsError
├── EmailTaken      somebody else already signs in with this address
└── WeakPassword    the password will not do; says why
"""


class AccountsError(Exception):
    """The root of this room's errors; `str(error)` is a sentence for a person."""


class EmailTaken(AccountsError):
    """Two people cannot share an e-mail address."""

    def __init__(self, email: str) -> None:
        self.email = email
        super().__init__(f"somebody already signs in as {email}; use another address or change that person")


class WeakPassword(AccountsError):
    """The password was refused; the message says why."""
