"""Why the sample systems say no; each kind has its HTTP status.

Declined
├── Missing      404  there is no such thing
├── NotAllowed   409  a rule or the state of things stands against it
└── Unreadable   422  a day, month or amount could not be read
"""

from typing import ClassVar


class Declined(Exception):
    """The root: `status` is what HTTP says, the text is the reason."""

    status: ClassVar[int] = 400


class Missing(Declined):
    status = 404


class NotAllowed(Declined):
    status = 409


class Unreadable(Declined):
    status = 422
