"""The people who work with Switchboard, and what each may see and do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from conversation.ids import ClientId, UserId


class Role(StrEnum):
    """What a person is here for (design: roles)."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    TRAINER = "trainer"
    CLIENT_ADMIN = "client_admin"
    PROVIDER_ADMIN = "provider_admin"


class Right(StrEnum):
    """What a page or an act asks for."""

    DESK = "desk"
    SUPERVISE = "supervise"
    TRAIN = "train"
    DASHBOARD = "dashboard"
    APPROVE = "approve"
    ADMIN = "admin"


RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.AGENT: frozenset({Right.DESK}),
    Role.SUPERVISOR: frozenset({Right.DESK, Right.SUPERVISE, Right.DASHBOARD}),
    Role.TRAINER: frozenset({Right.TRAIN}),
    Role.CLIENT_ADMIN: frozenset({Right.DASHBOARD, Right.APPROVE}),
    Role.PROVIDER_ADMIN: frozenset(Right) - {Right.APPROVE},
}


@dataclass(frozen=True, slots=True)
class User:
    """One person. `clients` are the granted ones; a provider admin is granted all there are. `capacity` is how many
    conversations an agent can hold at once; `skills` and `languages` narrow what routing offers.
    `totp_step` is the last one-time code's time step that was used, so that no code works twice. `sign_in_epoch` counts
    how often all of the person's sign-ins were ended; what was given out in an earlier one is void.
    """

    id: UserId
    email: str
    name: str
    roles: frozenset[Role]
    clients: frozenset[ClientId]
    capacity: int = 4
    skills: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset({"de", "en"})
    locale: str = "en"
    password_hash: str = field(default="", repr=False)
    totp_secret: str = field(default="", repr=False)
    totp_step: int = 0
    sign_in_epoch: int = 0
    active: bool = True
    created_at: datetime | None = None

    def may(self, right: Right) -> bool:
        return self.active and any(right in RIGHTS[role] for role in self.roles)


def is_admin(user: User) -> bool:
    """Whether the person can administer the provider now."""
    return user.active and Role.PROVIDER_ADMIN in user.roles
