"""Who manages people, and how the audit log describes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.audit import AuditEntry, entry
from accounts.user import User
from conversation.ids import UserId


@dataclass(frozen=True, slots=True)
class Actor:
    """A person with the right to manage people, or (without `id`) an operator of the machine. `operator` is the login
    at the operating system, if the act was a command: it stands in the log beside the person who was named.
    """

    name: str
    id: UserId | None = None
    operator: str = ""

    def did(self, act: str, user: User, at: datetime, **detail: Any) -> AuditEntry:
        """The log's entry of an act on `user`."""
        if self.operator:
            detail["operator"] = self.operator
        return entry(act, at, actor=self.id, actor_name=self.name, subject=f"user:{user.id}", **detail)


PLATFORM = Actor("switchboard")
"""Who adds the demo's people."""


def operator(login: str) -> Actor:
    """Somebody at the command line who is no person of ours."""
    return Actor(f"operator:{login}", operator=login)


def described(user: User) -> Mapping[str, Any]:
    """What the log holds of a person: what they may do, neither name nor address."""
    return {
        "roles": sorted(user.roles),
        "clients": sorted(user.clients),
        "skills": sorted(user.skills),
        "languages": sorted(user.languages),
        "capacity": user.capacity,
        "locale": user.locale,
    }
