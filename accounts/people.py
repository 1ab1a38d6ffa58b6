"""Managing people: who may sign in, and what they may see and do. Every act is logged with who did it."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from accounts.actor import Actor, described
from accounts.audit import Act, AuditEntry
from accounts.edit import UserEdit, Vocabulary, check, check_email
from accounts.errors import EmailTaken, NoSuchPerson, NotPermitted, WeakPassword
from accounts.password import Hasher
from accounts.ports import Attempts, AuditLog, HeldConversations, Roster, SessionStore, UserStore
from accounts.session import Session
from accounts.user import RIGHTS, Right, User
from conversation.ids import UserId, new_id

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that can be taken for another

Weakness = Callable[[str, str, str], Awaitable[str | None]]
"""Why a password will not do for the e-mail address and name of a person, or None: Accounts.weakness."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What came of an act: the person before and after, conversations that went back to their queues, sessions ended,
    refused sign-ins forgotten.
    """

    before: User
    after: User
    returned: int = 0
    sessions: int = 0
    forgotten: int = 0

    @property
    def changed(self) -> bool:
        return self.before != self.after


class People:
    """The use cases. Whoever calls has made sure that the actor may manage people (`actor` does it for a person).

    Rights are read anew with each request, and by live pages every few seconds; so a change needs no sign-out.
    """

    def __init__(
        self,
        users: UserStore,
        roster: Roster,
        sessions: SessionStore,
        attempts: Attempts,
        audit: AuditLog,
        held: HeldConversations,
        hasher: Hasher,
        weakness: Weakness,
    ) -> None:
        self._users = users
        self._roster = roster
        self._sessions = sessions
        self._attempts = attempts
        self._audit = audit
        self._held = held
        self._hasher = hasher
        self._weakness = weakness

    async def actor(self, email: str, operator: str = "") -> Actor:
        """The person in whose name people are managed. Raises NoSuchPerson or NotPermitted."""
        user = await self.get(email)
        if not user.may(Right.ADMIN):
            roles = " or ".join(sorted(role for role in RIGHTS if Right.ADMIN in RIGHTS[role]))
            state = f"is {', '.join(sorted(user.roles))}" if user.active else "is disabled"
            raise NotPermitted(
                f"{user.email} may not manage people: that takes an active {roles}, and {user.name} {state}"
            )
        return Actor(user.name, user.id, operator)

    async def get(self, email: str) -> User:
        """Raises NoSuchPerson, or InvalidField for what is no address."""
        address = email.strip().casefold()
        check_email(address)
        found = await self._users.by_email(address)
        if found is None:
            raise NoSuchPerson(address)
        return found

    async def list(self) -> list[User]:
        """Everybody, by name."""
        return await self._users.list()

    async def sessions(self, user: UserId) -> Sequence[Session]:
        """Where a person is signed in, most recently seen first."""
        return await self._sessions.of_user(user)

    async def check_new(self, user: User, edit: UserEdit, known: Vocabulary) -> User:
        """The person as they would be added. Raises Unknown, InvalidField or EmailTaken."""
        known.check(edit)
        made = edit.applied(replace(user, email=user.email.strip().casefold()))
        check_email(made.email)
        if await self._users.by_email(made.email) is not None:
            raise EmailTaken(made.email)
        return made

    async def add(self, user: User, password: str, by: Actor, now: datetime) -> User:
        """Adds the person (whose `id` is made here). Raises InvalidField, WeakPassword or EmailTaken."""
        check(user)
        check_email(user.email)
        hashed = await self._hashed(password, user)
        made = replace(user, id=UserId(new_id(now)), password_hash=hashed, created_at=now)
        await self._users.save(made)
        await self._audit.add([by.did(Act.USER_ADDED, made, now, **described(made))])
        return made

    async def change(self, email: str, edit: UserEdit, known: Vocabulary, by: Actor, now: datetime) -> Effect:
        """Changes what the edit names. Conversations of clients that are not granted any more go back to their queues;
        those that ask for a skill or language the person lost stay, since the customer is known here by now. Raises
        NoSuchPerson, Unknown, InvalidField or LastAdmin.
        """
        user = await self.get(email)

        def edited(stored: User) -> User:
            known.check(edit, stored)
            return edit.applied(stored)

        effect = await self._write(user, edited, Act.USER_CHANGED, by, now)
        return replace(effect, returned=await self._held.give_back(user.id))

    async def disable(self, email: str, by: Actor, now: datetime) -> Effect:
        """Nobody signs in as this person any more: their sessions and presence end, what they hold goes back to its
        queues. Raises NoSuchPerson or LastAdmin.
        """
        user = await self.get(email)
        effect = await self._write(user, lambda stored: replace(stored, active=False), Act.USER_DISABLED, by, now)
        sessions = await self._sessions.end_all(user.id)
        return replace(effect, sessions=sessions, returned=await self._held.give_back(user.id))

    async def enable(self, email: str, by: Actor, now: datetime) -> Effect:
        """The person may sign in again; no session of before comes back. Raises NoSuchPerson."""
        user = await self.get(email)
        sessions = 0 if user.active else await self._sessions.end_all(user.id)
        effect = await self._write(user, lambda stored: replace(stored, active=True), Act.USER_ENABLED, by, now)
        return replace(effect, sessions=sessions)

    async def set_password(self, email: str, password: str, by: Actor, now: datetime) -> Effect:
        """Replaces the password and ends the person's sessions. Raises NoSuchPerson or WeakPassword."""
        user = await self.get(email)
        hashed = await self._hashed(password, user)
        effect = await self._write(
            user, lambda stored: replace(stored, password_hash=hashed), Act.PASSWORD_RESET, by, now
        )
        return replace(effect, sessions=await self._sessions.end_all(user.id))

    async def sign_out(self, email: str, by: Actor, now: datetime) -> Effect:
        """Ends the person's sessions everywhere. Raises NoSuchPerson."""
        user = await self.get(email)
        ended = await self._sessions.end_all(user.id)
        await self._audit.add([by.did(Act.USER_SIGNED_OUT, user, now, sessions=ended)])
        return Effect(user, user, sessions=ended)

    async def unlock(self, email: str, by: Actor, now: datetime) -> Effect:
        """Forgets the refused sign-ins of the account, so that it can be tried at once. Raises NoSuchPerson."""
        user = await self.get(email)
        forgotten = await self._attempts.forget_account(user.email)
        await self._audit.add([by.did(Act.USER_UNLOCKED, user, now, failures=forgotten)])
        return Effect(user, user, forgotten=forgotten)

    async def _hashed(self, password: str, user: User) -> str:
        """Raises WeakPassword."""
        if (why := await self._weakness(password, user.email, user.name)) is not None:
            raise WeakPassword(why)
        return await asyncio.to_thread(self._hasher.hash, password)

    async def _write(self, user: User, edit: Callable[[User], User], act: str, by: Actor, now: datetime) -> Effect:
        def note(before: User, after: User) -> list[AuditEntry]:
            return [by.did(act, after, now, **_difference(before, after))] if before != after else []

        return Effect(*await self._roster.change(user.id, edit, note))


def new_password() -> str:
    """A password to be shown once: 20 random letters and digits (99 bits) in groups that can be read out."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(4))


def _difference(before: User, after: User) -> dict[str, object]:
    """What the log holds of a change: the values before and after, and of a name only that it changed."""
    old, new = described(before), described(after)
    found: dict[str, object] = {key: {"from": old[key], "to": new[key]} for key in new if old[key] != new[key]}
    if before.name != after.name:
        found["name"] = "changed"
    return found
