"""Display links: what a screen on the wall opens the wallboard with, without anybody being signed in there."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from accounts.session import digest
from accounts.user import Right, User
from accounts.watch import EndedBecause
from conversation.ids import ClientId, UserId, new_id

LONGEST_NAME = 80
PREFIX = "sbd_"


@dataclass(frozen=True, slots=True)
class DisplayLink:
    """`digest` is the SHA-256 of the token; the token itself is shown once and never stored. `clients` are those the
    screen was made for; what it shows is narrower once its creator may see less.
    """

    id: str
    creator: UserId
    name: str
    clients: frozenset[ClientId]
    digest: str
    created_at: datetime
    locale: str = "en"
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None

    def is_alive(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def shown(self, creator: User, now: datetime) -> frozenset[ClientId] | EndedBecause:
        """The clients whose figures the screen may show now, or why it shows none. A link is worth what its creator
        may see: it ends with their account, with their right to the wallboard, and with the last of its clients.
        """
        if self.revoked_at is not None:
            return EndedBecause.REVOKED
        if not self.is_alive(now):
            return EndedBecause.EXPIRED
        left = self.clients & creator.clients if creator.may(Right.SUPERVISE) else frozenset()
        return left or EndedBecause.REVOKED


def new_link(
    creator: UserId,
    name: str,
    clients: Iterable[ClientId],
    now: datetime,
    *,
    locale: str = "en",
    expires_at: datetime | None = None,
) -> tuple[str, DisplayLink]:
    """The token to show once (256 random bits), and what to store of it."""
    token = PREFIX + secrets.token_urlsafe(32)
    return token, DisplayLink(
        new_id(now), creator, name, frozenset(clients), digest(token), now, locale=locale, expires_at=expires_at
    )
