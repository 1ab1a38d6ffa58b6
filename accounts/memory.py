"""Accounts' ports in memory: for tests, and to show what the ports ask without SQL."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from accounts.audit import AuditEntry, shortened
from accounts.display_link import DisplayLink
from accounts.errors import EmailTaken, LastAdmin
from accounts.half_sign_in import HalfSignIn
from accounts.session import Session
from accounts.throttle import Attempt, Bucket, Proof, buckets_of, retry_at
from accounts.token import ApiToken
from accounts.user import Role, User, is_admin
from conversation.ids import ClientId, UserId


class MemoryUsers:
    """A UserStore and Roster. `all_clients` returns the clients there are, for provider admins; `names` what they are
    called.
    """

    def __init__(
        self,
        all_clients: Callable[[], Collection[ClientId]] = tuple,
        names: Mapping[ClientId, str] | None = None,
        audit: "MemoryAudit | None" = None,
    ) -> None:
        self._users: dict[UserId, User] = {}
        self._all_clients = all_clients
        self._names = names or {}
        self._audit = audit or MemoryAudit()

    async def by_email(self, email: str) -> User | None:
        found = next((u for u in self._users.values() if u.email == email.casefold()), None)
        return None if found is None else self._granted(found)

    async def by_id(self, user: UserId) -> User | None:
        found = self._users.get(user)
        return None if found is None else self._granted(found)

    async def list(self) -> list[User]:
        return sorted((self._granted(u) for u in self._users.values()), key=lambda u: (u.name, u.id))

    async def save(self, user: User) -> None:
        if any(u.email == user.email and u.id != user.id for u in self._users.values()):
            raise EmailTaken(user.email)
        known = self._users.get(user.id, user)
        step, epoch = max(user.totp_step, known.totp_step), max(user.sign_in_epoch, known.sign_in_epoch)
        self._users[user.id] = replace(user, totp_step=step, sign_in_epoch=epoch)

    async def set_password(self, user: UserId, hashed: str, *, instead_of: str) -> bool:
        known = self._users.get(user)
        if known is None or known.password_hash != instead_of:
            return False
        self._users[user] = replace(known, password_hash=hashed)
        return True

    async def client_words(self) -> Sequence[str]:
        return [word for client in sorted(self._all_clients()) for word in (client, self._names.get(client, ""))]

    def raise_epoch(self, user: UserId) -> None:
        """For MemorySessions: all of the person's sign-ins were ended."""
        if (known := self._users.get(user)) is not None:
            self._users[user] = replace(known, sign_in_epoch=known.sign_in_epoch + 1)

    async def change(
        self, user: UserId, edit: Callable[[User], User], note: Callable[[User, User], Sequence[AuditEntry]]
    ) -> tuple[User, User]:
        before = self._users[user]
        after = edit(before)
        others = (u for u in self._users.values() if u.id != user)
        if is_admin(before) and not is_admin(after) and not any(map(is_admin, others)):
            raise LastAdmin(before.email)
        self._users[user] = after
        await self._audit.add(note(before, after))
        return before, after

    async def use_code(self, user: UserId, step: int) -> bool:
        known = self._users[user]
        if step <= known.totp_step:
            return False
        self._users[user] = replace(known, totp_step=step)
        return True

    def _granted(self, user: User) -> User:
        if Role.PROVIDER_ADMIN not in user.roles:
            return user
        return replace(user, clients=frozenset(self._all_clients()))


class MemorySessions:
    """A SessionStore."""

    def __init__(self, users: MemoryUsers) -> None:
        self._users = users
        self._sessions: dict[str, Session] = {}

    async def add(self, session: Session, *, epoch: int) -> bool:
        user = await self._users.by_id(session.user)
        if user is None or not user.active or user.sign_in_epoch != epoch:
            return False
        self._sessions[session.id] = session
        return True

    async def by_id(self, session: str) -> tuple[Session, User] | None:
        found = self._sessions.get(session)
        user = None if found is None else await self._users.by_id(found.user)
        return None if found is None or user is None else (found, user)

    async def touch(self, session: str, now: datetime) -> None:
        if (known := self._sessions.get(session)) is not None:
            self._sessions[session] = replace(known, last_seen_at=max(known.last_seen_at, now))

    async def end(self, session: str) -> None:
        self._sessions.pop(session, None)

    async def end_all(self, user: UserId, *, but: str = "") -> int:
        self._users.raise_epoch(user)
        return self._drop(lambda s: s.user == user and s.id != but)

    async def of_user(self, user: UserId) -> list[Session]:
        mine = [s for s in self._sessions.values() if s.user == user]
        return sorted(mine, key=lambda s: s.last_seen_at, reverse=True)

    async def sweep(self, *, expired: datetime, unseen_since: datetime) -> int:
        return self._drop(lambda s: s.expires_at < expired or s.last_seen_at < unseen_since)

    def _drop(self, goes: Callable[[Session], bool]) -> int:
        gone = [s.id for s in self._sessions.values() if goes(s)]
        for session in gone:
            del self._sessions[session]
        return len(gone)


class MemoryLiveSessions:
    """A LiveSessions."""

    def __init__(self, users: MemoryUsers, sessions: MemorySessions) -> None:
        self._users = users
        self._sessions = sessions

    async def find(
        self, sessions: Collection[str], users: Collection[UserId]
    ) -> tuple[Mapping[str, Session], Mapping[UserId, User]]:
        found = {id_: (await self._sessions.by_id(id_)) for id_ in sessions}
        people = {id_: (await self._users.by_id(id_)) for id_ in users}
        return (
            {id_: pair[0] for id_, pair in found.items() if pair is not None},
            {id_: person for id_, person in people.items() if person is not None},
        )


class MemoryHalfSignIns:
    """A HalfSignIns."""

    def __init__(self) -> None:
        self._halves: dict[str, HalfSignIn] = {}

    async def add(self, half: HalfSignIn) -> None:
        self._halves[half.id] = half

    async def by_id(self, half: str) -> HalfSignIn | None:
        return self._halves.get(half)

    async def count_try(self, half: str, now: datetime) -> bool:
        known = self._halves.get(half)
        if known is None or not known.is_alive(now):
            return False
        self._halves[half] = replace(known, tries=known.tries + 1)
        return True

    async def consume(self, half: str) -> bool:
        return self._halves.pop(half, None) is not None

    async def sweep(self, expired: datetime) -> int:
        gone = [half.id for half in self._halves.values() if half.expires_at < expired]
        for half in gone:
            del self._halves[half]
        return len(gone)


class MemoryAttempts:
    """An Attempts."""

    def __init__(self) -> None:
        self._attempts: list[Attempt] = []

    async def reserve(self, attempt: Attempt) -> datetime | None:
        until = retry_at(attempt, {bucket: self._newest(bucket, attempt.at) for bucket in buckets_of(attempt)})
        if until is None:
            self._attempts.append(attempt)
        return until

    async def give_back(self, attempt: Attempt) -> None:
        self._keep(lambda a: a.id != attempt.id)

    async def forget(self, attempt: Attempt) -> None:
        self._keep(
            lambda a: (
                a.account != attempt.account
                or (
                    a.address != attempt.address
                    and a.proof is not Proof.CODE
                    and not (a.device and a.device == attempt.device)
                )
            )
        )

    async def forget_account(self, account: str) -> int:
        return self._keep(lambda a: a.account != account)

    async def sweep(self, before: datetime) -> int:
        return self._keep(lambda a: a.at >= before)

    def _newest(self, bucket: Bucket, now: datetime) -> list[datetime]:
        counted = [a.at for a in self._attempts if bucket.holds(a) and a.at > now - bucket.rule.window]
        return sorted(counted, reverse=True)

    def _keep(self, stays: Callable[[Attempt], bool]) -> int:
        """How many do not stay."""
        known, self._attempts = len(self._attempts), [a for a in self._attempts if stays(a)]
        return known - len(self._attempts)


class MemoryTokens:
    """A TokenStore."""

    def __init__(self, users: MemoryUsers) -> None:
        self._users = users
        self._tokens: dict[str, ApiToken] = {}

    async def add(self, token: ApiToken) -> None:
        self._tokens[token.id] = token

    async def by_digest(self, digest: str) -> tuple[ApiToken, User] | None:
        found = next((t for t in self._tokens.values() if t.digest == digest), None)
        owner = None if found is None else await self._users.by_id(found.owner)
        return None if found is None or owner is None else (found, owner)

    async def of_owner(self, owner: UserId) -> list[ApiToken]:
        return sorted((t for t in self._tokens.values() if t.owner == owner), key=lambda t: t.created_at, reverse=True)

    async def revoke(self, token: str, owner: UserId, now: datetime) -> bool:
        found = self._tokens.get(token)
        if found is None or found.owner != owner or found.revoked_at is not None:
            return False
        self._tokens[token] = replace(found, revoked_at=now)
        return True

    async def used(self, token: str, now: datetime) -> None:
        self._tokens[token] = replace(self._tokens[token], last_used_at=now)


class MemoryDisplayLinks:
    """A DisplayLinkStore."""

    def __init__(self, users: MemoryUsers, audit: "MemoryAudit") -> None:
        self._users = users
        self._audit = audit
        self._links: dict[str, DisplayLink] = {}

    async def add(self, link: DisplayLink, entries: Sequence[AuditEntry], *, at_most: int) -> bool:
        theirs = (one for one in self._links.values() if one.creator == link.creator)
        if sum(one.is_alive(link.created_at) for one in theirs) >= at_most:
            return False
        self._links[link.id] = link
        await self._audit.add(entries)
        return True

    async def by_digest(self, digest: str) -> tuple[DisplayLink, User] | None:
        return next((owned for owned in await self.all() if owned[0].digest == digest), None)

    async def all(self) -> list[tuple[DisplayLink, User]]:
        links = sorted(self._links.values(), key=lambda link: link.id, reverse=True)
        owned = [(link, await self._users.by_id(link.creator)) for link in links]
        return [(link, creator) for link, creator in owned if creator is not None]

    async def revoke(self, link: str, now: datetime, entries: Sequence[AuditEntry]) -> bool:
        found = self._links.get(link)
        if found is None or found.revoked_at is not None:
            return False
        self._links[link] = replace(found, revoked_at=now)
        await self._audit.add(entries)
        return True

    async def used(self, link: str, now: datetime) -> None:
        self._links[link] = replace(self._links[link], last_used_at=now)


class MemoryAudit:
    """An AuditLog."""

    def __init__(self) -> None:
        self.entries: list[AuditEntry] = []

    async def add(self, entries: Sequence[AuditEntry]) -> None:
        for entry in entries:
            self.entries.append(replace(shortened(entry), id=f"{len(self.entries) + 1:09}"))

    async def page(
        self, clients: Collection[ClientId] | None, *, limit: int, before: str = "", subject: str = "", act: str = ""
    ) -> list[AuditEntry]:
        kept = [
            e
            for e in self.entries
            if (clients is None or e.client in clients)
            and (not before or e.id < before)
            and (not subject or e.subject == subject)
            and (not act or e.act == act)
        ]
        return sorted(kept, key=lambda e: e.id, reverse=True)[:limit]
