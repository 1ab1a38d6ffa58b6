"""What accounts ask of storage."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from accounts.audit import AuditEntry
from accounts.half_sign_in import HalfSignIn
from accounts.session import Session
from accounts.throttle import Attempt
from accounts.token import ApiToken
from accounts.user import User
from conversation.ids import ClientId, UserId


class UserStore(Protocol):
    """The people. E-mail addresses are compared in lower case. A provider admin comes with every client there is."""

    async def by_email(self, email: str) -> User | None: ...

    async def by_id(self, user: UserId) -> User | None: ...

    async def list(self) -> list[User]:
        """Everybody, by name."""
        ...

    async def save(self, user: User) -> None:
        """Adds the user or replaces what is kept under the same id, except that a used code stays used and the sign-in
        epoch is not turned back. Raises EmailTaken.
        """
        ...

    async def set_password(self, user: UserId, hashed: str, *, instead_of: str) -> bool:
        """Replaces the hash `instead_of`; False if it is another one by now."""
        ...

    async def client_words(self) -> Sequence[str]:
        """The ids and names of all clients: what a password must not be made of."""
        ...

    async def use_code(self, user: UserId, step: int) -> bool:
        """Marks a one-time code's step as used; False when that step or a later one was used before."""
        ...


class Roster(Protocol):
    """The people, for those who manage them."""

    async def change(
        self, user: UserId, edit: Callable[[User], User], note: Callable[[User, User], Sequence[AuditEntry]]
    ) -> tuple[User, User]:
        """The person before and after. Name, roles, grants, capacity, skills, languages, locale, password hash and
        `active` of what `edit` returns are written together with the entries of `note(before, after)`; one change at a
        time, whoever asks. `edit` sees the grants as they are stored, also of a provider admin. Raises LastAdmin, and
        whatever `edit` raises.
        """
        ...


class HeldConversations(Protocol):
    """What people at the desk hold."""

    async def give_back(self, user: UserId) -> int:
        """Puts into their queues what the person may not answer any more; returns how many. Ends their presence if
        they have no desk any more.
        """
        ...


class LiveSessions(Protocol):
    """Many sessions at one look."""

    async def find(
        self, sessions: Collection[str], users: Collection[UserId]
    ) -> tuple[Mapping[str, Session], Mapping[UserId, User]]:
        """Those of the sessions and of the people that exist. Changes nothing."""
        ...


class SessionStore(Protocol):
    """Who is signed in, by the hash of the session token."""

    async def add(self, session: Session, *, epoch: int) -> bool:
        """Adds the session; False, and nothing is added, when its person was switched off or their sign-ins were all
        ended since `epoch` was read.
        """
        ...

    async def by_id(self, session: str) -> tuple[Session, User] | None: ...

    async def touch(self, session: str, now: datetime) -> None:
        """The person acted at `now`; a session never seems older than it was."""
        ...

    async def end(self, session: str) -> None: ...

    async def end_all(self, user: UserId, *, but: str = "") -> int:
        """Ends a user's sessions, except `but`, and raises the sign-in epoch: half sign-ins and known devices are void.
        Returns how many sessions.
        """
        ...

    async def of_user(self, user: UserId) -> list[Session]:
        """A user's sessions, most recently seen first."""
        ...

    async def sweep(self, *, expired: datetime, unseen_since: datetime) -> int:
        """Removes sessions that ended before `expired` or were last seen before `unseen_since`; returns how many."""
        ...


class HalfSignIns(Protocol):
    """Who has shown the password and not yet the code."""

    async def add(self, half: HalfSignIn) -> None: ...

    async def by_id(self, half: str) -> HalfSignIn | None: ...

    async def count_try(self, half: str, now: datetime) -> bool:
        """Counts one code; False, and nothing is counted, when it is not alive. Of codes at once no more than
        half_sign_in.TRIES are counted.
        """
        ...

    async def consume(self, half: str) -> bool:
        """Removes it; False when somebody else did."""
        ...

    async def sweep(self, expired: datetime) -> int:
        """Removes what ended before `expired`; returns how many."""
        ...


class Attempts(Protocol):
    """The tries to sign in that failed or are under way."""

    async def reserve(self, attempt: Attempt) -> datetime | None:
        """Counts the attempt as a failure until it is given back; or counts nothing and returns when it may be made
        (accounts.throttle.retry_at). However many come at once, in however many processes, each sees those before it.
        """
        ...

    async def give_back(self, attempt: Attempt) -> None:
        """It was no failure."""
        ...

    async def forget(self, attempt: Attempt) -> None:
        """Somebody signed in: the pair of account and address, the account's codes and the known device start anew."""
        ...

    async def forget_account(self, account: str) -> int:
        """Nothing counts against this account any more; returns how many attempts did."""
        ...

    async def sweep(self, before: datetime) -> int:
        """Removes older attempts; returns how many."""
        ...


class TokenStore(Protocol):
    """API tokens, by hash."""

    async def add(self, token: ApiToken) -> None: ...

    async def by_digest(self, digest: str) -> tuple[ApiToken, User] | None: ...

    async def of_owner(self, owner: UserId) -> list[ApiToken]: ...

    async def revoke(self, token: str, owner: UserId, now: datetime) -> bool:
        """False when `owner` has no such living token."""
        ...

    async def used(self, token: str, now: datetime) -> None: ...


class AuditLog(Protocol):
    """Acts of consequence, only ever added to; what is too long is cut (accounts.audit.shortened)."""

    async def add(self, entries: Sequence[AuditEntry]) -> None: ...

    async def page(
        self, clients: Collection[ClientId] | None, *, limit: int, before: str = "", subject: str = "", act: str = ""
    ) -> list[AuditEntry]:
        """Newest first, older than the entry `before`. `clients` limits to entries about them; None is for provider
        admins and includes what concerns no client.
        """
        ...
