"""Making, using and revoking display links."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from accounts import limits
from accounts.actor import Actor
from accounts.audit import Act, AuditEntry, entry
from accounts.display_link import LONGEST_NAME, DisplayLink, new_link
from accounts.errors import InvalidField, NotPermitted, Unknown
from accounts.session import digest
from accounts.user import Right, User
from accounts.watch import EndedBecause
from conversation.ids import ClientId

LONGEST_DAYS = 3650
MOST_LINKS = 50
NOTE_USE_EVERY = timedelta(minutes=1)

Owned = tuple[DisplayLink, User]
"""A link and its creator as they are now."""


class DisplayLinkStore(Protocol):
    """The links, by the hash of their tokens."""

    async def add(self, link: DisplayLink, entries: Sequence[AuditEntry], *, at_most: int) -> bool:
        """Stores the link and the log's entries together; False, and nothing is stored, when its creator has `at_most`
        living links, however many are made at once.
        """
        ...

    async def by_digest(self, digest: str) -> Owned | None: ...

    async def all(self) -> list[Owned]:
        """Newest first."""
        ...

    async def revoke(self, link: str, now: datetime, entries: Sequence[AuditEntry]) -> bool:
        """False, and nothing logged, if there is none or it is revoked already."""
        ...

    async def used(self, link: str, now: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class Display:
    """An open link: what its screen shows now."""

    link: DisplayLink
    clients: frozenset[ClientId]


class Displays:
    """The use cases."""

    def __init__(self, links: DisplayLinkStore) -> None:
        self._links = links

    async def create(
        self,
        creator: User,
        name: str,
        now: datetime,
        by: Actor,
        *,
        clients: Collection[str] | None = None,
        locale: str = "en",
        days: int | None = None,
    ) -> tuple[str, DisplayLink]:
        """The token, which nobody can be shown again, and the link: for all clients its creator may see now, or for
        some. Raises NotPermitted, Unknown or InvalidField.
        """
        if not creator.may(Right.SUPERVISE):
            raise NotPermitted(f"{creator.email} may not see the wallboard, so they cannot show it")
        wanted = creator.clients if clients is None else frozenset(map(ClientId, clients))
        if unknown := sorted(wanted - creator.clients):
            raise Unknown("client of theirs", unknown[0], creator.clients)
        if not wanted:
            raise InvalidField("a display link needs at least one client to show")
        token, link = new_link(creator.id, _named(name), wanted, now, locale=locale, expires_at=_end(days, now))
        made = _entry(Act.DISPLAY_LINK_CREATED, link, by, now, clients=sorted(link.clients))
        if not await self._links.add(link, [made], at_most=MOST_LINKS):
            raise InvalidField(f"{creator.name} has {MOST_LINKS} display links; revoke one that is not used first")
        return token, link

    async def open(self, token: str, now: datetime) -> Display | EndedBecause | None:
        """What the link shows now, why it shows nothing any more, or None for a token that never was one."""
        found = await self._links.by_digest(digest(token)) if 0 < len(token) <= limits.TOKEN else None
        if found is None:
            return None
        link, creator = found
        shown = link.shown(creator, now)
        return shown if isinstance(shown, EndedBecause) else Display(link, shown)

    async def note_use(self, link: DisplayLink, now: datetime) -> None:
        """So that people see which links no screen uses; at most once a minute."""
        if link.last_used_at is None or now - link.last_used_at >= NOTE_USE_EVERY:
            await self._links.used(link.id, now)

    async def list(self, viewer: User | None) -> list[Owned]:
        """The links `viewer` could have made, since they may see all that those show; all of them for None."""
        return [owned for owned in await self._links.all() if viewer is None or _is_theirs(owned[0], viewer)]

    async def revoke(self, link: str, viewer: User | None, by: Actor, now: datetime) -> bool:
        """Ends a link that `list` shows to `viewer`; False if there is none, or it is revoked already."""
        found = [one for one, _ in await self.list(viewer) if one.id == link]
        return bool(found) and await self._links.revoke(
            link, now, [_entry(Act.DISPLAY_LINK_REVOKED, found[0], by, now)]
        )


def _is_theirs(link: DisplayLink, viewer: User) -> bool:
    return viewer.may(Right.SUPERVISE) and (link.creator == viewer.id or link.clients <= viewer.clients)


def _named(name: str) -> str:
    if not name.strip() or len(name.strip()) > LONGEST_NAME or not name.strip().isprintable():
        raise InvalidField(f"name the screen in 1 to {LONGEST_NAME} letters, like “Hall, second floor”")
    return name.strip()


def _end(days: int | None, now: datetime) -> datetime | None:
    if days is None:
        return None
    if not 1 <= days <= LONGEST_DAYS:
        raise InvalidField(f"a display link ends after 1 to {LONGEST_DAYS} days, or never")
    return now + timedelta(days=days)


def _entry(act: str, link: DisplayLink, by: Actor, at: datetime, **detail: Any) -> AuditEntry:
    if by.operator:
        detail["operator"] = by.operator
    if link.expires_at is not None:
        detail["expires"] = link.expires_at.isoformat()
    return entry(act, at, actor=by.id, actor_name=by.name, subject=f"display_link:{link.id}", **detail)
