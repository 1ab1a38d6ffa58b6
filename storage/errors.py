"""What can break in storage.

StorageError
├── BadDatabaseUrl   the database URL names nothing we can work with
├── BadClientId      a client id that cannot be told apart safely
├── BadBlobKey       a file's key that we never gave out
├── ChannelsTaken    a pack names channels that belong to another client
├── NoAppRole        the login that migrates may not make the role that the processes need
├── WallsOpen        this PostgreSQL would not keep clients apart for this login
├── PackMoved        another version of a pack came into force than the one looked at
├── SealBroken       a secret was sealed with a key we no longer have
└── NotMigrated      the database's schema is not the one this version needs
"""

from collections.abc import Sequence
from dataclasses import dataclass


class StorageError(Exception):
    """The root of this room's errors."""


@dataclass
class BadDatabaseUrl(StorageError):
    """`url` (its password hidden) cannot be used, because of `reason`."""

    url: str
    reason: str

    def __str__(self) -> str:
        return f"cannot use the database {self.url}: {self.reason}"


@dataclass
class BadClientId(StorageError):
    """`client` is empty, a star, or holds a comma."""

    client: str

    def __str__(self) -> str:
        return f"{self.client!r} cannot be a client's id; use letters, digits, - and _"


@dataclass
class BadBlobKey(StorageError):
    """`key` cannot be one of ours."""

    key: str

    def __str__(self) -> str:
        return f"{self.key!r} is not the key of a file"


@dataclass
class ChannelsTaken(StorageError):
    """`client` may not have `channels`: they belong to other clients."""

    client: str
    channels: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.client} cannot have {', '.join(self.channels)}: another client has it"


@dataclass
class PackMoved(StorageError):
    """The pack version `version` of `client` is no longer the one in force."""

    client: str
    version: int

    def __str__(self) -> str:
        return f"version {self.version} of {self.client}'s pack is no longer in force"


@dataclass
class NoAppRole(StorageError):
    """`owner` may not make roles; `sql` is what somebody who may has to run."""

    owner: str
    sql: str

    def __str__(self) -> str:
        return (
            f"{self.owner!r} may not make the login that Switchboard's processes use. As a superuser run: {self.sql} "
            "Then run `switchboard migrate` again"
        )


@dataclass
class WallsOpen(StorageError):
    """Row-level security does not bind this login, or does not cover every table. Each problem says how to fix it."""

    problems: Sequence[str]

    def __str__(self) -> str:
        return f"this PostgreSQL would not keep clients apart: {'; '.join(self.problems)}"


@dataclass
class NotMigrated(StorageError):
    """The database stands at `found`, this version needs `needed`."""

    found: str | None
    needed: str

    def __str__(self) -> str:
        found = self.found or "none"
        return f"the database is at schema {found}, this version needs {self.needed}: run `switchboard migrate`"


class SealBroken(StorageError):
    """A sealed secret cannot be opened."""

    def __str__(self) -> str:
        return "a secret was sealed with another key: add the old key to SWITCHBOARD_SECRET_KEYS, after the new one"
