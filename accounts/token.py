"""API tokens: what a program signs its requests with, limited to scopes, and to one client if it names one."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from accounts.session import digest
from conversation.ids import ClientId, UserId, new_id

PREFIX = "sb_"


class Scope(StrEnum):
    """What a token opens. Reading never implies writing."""

    CONVERSATIONS_READ = "conversations:read"
    CONVERSATIONS_WRITE = "conversations:write"
    REPORTS_READ = "reports:read"
    PACKS_WRITE = "packs:write"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class ApiToken:
    """`digest` is the SHA-256 of the token; the token itself is shown once and never kept. `hint` is its beginning, so
    that a person can tell tokens apart. Without `client` it opens all of its owner's clients.
    """

    id: str
    owner: UserId
    name: str
    hint: str
    digest: str
    scopes: frozenset[Scope]
    created_at: datetime
    client: ClientId | None = None
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None

    def allows(self, scope: Scope, now: datetime) -> bool:
        return self.is_alive(now) and scope in self.scopes

    def is_alive(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def new_token(
    owner: UserId,
    name: str,
    scopes: Iterable[Scope],
    now: datetime,
    *,
    client: ClientId | None = None,
    expires_at: datetime | None = None,
) -> tuple[str, ApiToken]:
    """The secret to show once, and what to keep of it."""
    secret = PREFIX + secrets.token_urlsafe(32)
    kept = ApiToken(
        id=new_id(now),
        owner=owner,
        name=name,
        hint=secret[:8],
        digest=digest(secret),
        scopes=frozenset(scopes),
        created_at=now,
        client=client,
        expires_at=expires_at,
    )
    return secret, kept


def looks_like_token(text: str) -> bool:
    """Whether `text` could be one of ours; a secret scanner can use the same shape."""
    return text.startswith(PREFIX) and len(text) == len(PREFIX) + 43
