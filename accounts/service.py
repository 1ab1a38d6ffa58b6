"""Signing in and out: the one place where a password, a code or a session token is judged."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from accounts import limits
from accounts.audit import Act, entry
from accounts.errors import EmailTaken, WeakPassword
from accounts.password import MAX_LENGTH, Hasher, weakness
from accounts.ports import Attempts, AuditLog, SessionStore, UserStore
from accounts.session import ABSOLUTE, IDLE, Session, csrf_token, digest, new_session
from accounts.throttle import KEEP, Attempt, Proof
from accounts.totp import matching_step
from accounts.user import Role, User
from conversation.ids import ClientId, UserId, new_id


class RefusedBecause(StrEnum):
    """Why somebody was not let in. WRONG never says whether it was the address or the password."""

    WRONG = "wrong"
    THROTTLED = "throttled"
    NEEDS_CODE = "needs_code"
    WRONG_CODE = "wrong_code"
    WEAK = "weak"


@dataclass(frozen=True, slots=True)
class Refused:
    """Not let in. `retry_at` is set when throttled, `detail` says what is weak about a new password."""

    reason: RefusedBecause
    retry_at: datetime | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person with a living session. `token` belongs in the cookie, `csrf` in every form."""

    user: User
    session: Session
    token: str

    @property
    def csrf(self) -> str:
        return csrf_token(self.token)


class Accounts:
    """People signing in. Holds no state of its own."""

    def __init__(
        self, users: UserStore, sessions: SessionStore, attempts: Attempts, audit: AuditLog, hasher: Hasher
    ) -> None:
        self._users = users
        self._sessions = sessions
        self._attempts = attempts
        self._audit = audit
        self._hasher = hasher

    async def sign_in(
        self, email: str, password: str, address: str, now: datetime, *, code: str = "", browser: str = ""
    ) -> SignedIn | Refused:
        """Starts a session, or says why not. An unknown address costs the same time as a wrong password. A user with
        an authenticator needs `code` too: the first answer is NEEDS_CODE, the form then sends all three.
        """
        email = normal_email(email)
        attempt = new_attempt(Proof.PASSWORD, email, address, now)
        if (until := await self._attempts.reserve(attempt)) is not None:
            return Refused(RefusedBecause.THROTTLED, until)
        user = await self._users.by_email(email)
        if not await self._password_fits(user, password) or user is None or not user.active:
            return await self._refuse(attempt, RefusedBecause.WRONG)
        if user.totp_secret:
            await self._attempts.give_back(attempt)
            if not code.strip():
                return Refused(RefusedBecause.NEEDS_CODE)
            attempt = replace(new_attempt(Proof.CODE, email, address, now), device=attempt.device)
            if (until := await self._attempts.reserve(attempt)) is not None:
                return Refused(RefusedBecause.THROTTLED, until)
            step = matching_step(user.totp_secret, code, now, user.totp_step)
            if step is None or not await self._users.use_code(user.id, step):
                return await self._refuse(attempt, RefusedBecause.WRONG_CODE)
            user = replace(user, totp_step=step)
        return await self._let_in(user, password, attempt, browser)

    async def current(self, token: str, now: datetime, *, touch: bool = False) -> SignedIn | None:
        """Who a session token belongs to, if it is alive and the person still may sign in. With `touch` the session
        starts to be idle anew: only for what the person did, never for a stream, a heartbeat or a poll.
        """
        if not token or len(token) > MAX_LENGTH:
            return None
        found = await self._sessions.by_id(digest(token))
        if found is None:
            return None
        session, user = found
        if not session.is_alive(now) or not user.active:
            await self._sessions.end(session.id)
            return None
        if touch and session.needs_touch(now):
            await self._sessions.touch(session.id, now)
            session = replace(session, last_seen_at=now)
        return SignedIn(user, session, token)

    async def sign_out(self, signed_in: SignedIn, now: datetime) -> None:
        await self._sessions.end(signed_in.session.id)
        await self._note(Act.SIGNED_OUT, signed_in.user, now, signed_in.session.address)

    async def change_password(self, signed_in: SignedIn, old: str, new: str, now: datetime) -> SignedIn | Refused:
        """Sets a new password and ends all of the person's other sessions. Wrong old passwords count as failures."""
        user, address = signed_in.user, signed_in.session.address
        attempt = new_attempt(Proof.OLD_PASSWORD, user.email, address, now)
        if (until := await self._attempts.reserve(attempt)) is not None:
            return Refused(RefusedBecause.THROTTLED, until)
        if not await self._password_fits(user, old):
            return await self._refuse(attempt, RefusedBecause.WRONG)
        await self._attempts.give_back(attempt)
        if (why := weakness(new, user.email, user.name)) is not None:
            return Refused(RefusedBecause.WEAK, detail=why)
        changed = replace(user, password_hash=await asyncio.to_thread(self._hasher.hash, new))
        await self._users.save(changed)
        await self._sessions.end_all(user.id, but=signed_in.session.id)
        await self._note(Act.PASSWORD_CHANGED, user, now, address)
        return replace(signed_in, user=changed)

    async def add_user(
        self,
        email: str,
        name: str,
        password: str,
        now: datetime,
        *,
        roles: Iterable[Role],
        clients: Iterable[ClientId] = (),
        **more: object,
    ) -> User:
        """Adds a person; `more` are further fields of User. Raises WeakPassword or EmailTaken."""
        email = normal_email(email)
        if (why := weakness(password, email, name)) is not None:
            raise WeakPassword(why)
        if await self._users.by_email(email) is not None:
            raise EmailTaken(email)
        user = User(
            id=UserId(new_id(now)),
            email=email,
            name=name,
            roles=frozenset(roles),
            clients=frozenset(clients),
            password_hash=await asyncio.to_thread(self._hasher.hash, password),
            created_at=now,
            **more,  # type: ignore[arg-type]  # the fields of User, checked by its constructor
        )
        await self._users.save(user)
        await self._note(Act.USER_SAVED, user, now, "")
        return user

    async def sweep(self, now: datetime) -> int:
        """Removes sessions nobody can use any more, and attempts that count nowhere; returns how many sessions."""
        await self._attempts.sweep(now - KEEP)
        return await self._sessions.sweep(expired=now, unseen_since=now - min(IDLE, ABSOLUTE))

    async def _password_fits(self, user: User | None, password: str) -> bool:
        """Always hashes once, so that the time taken does not tell whether the address exists."""
        known = user.password_hash if user is not None and user.password_hash else await self._nobody()
        fits = await asyncio.to_thread(self._hasher.verify, password[: MAX_LENGTH + 1], known)
        return fits and user is not None and bool(user.password_hash)

    async def _nobody(self) -> str:
        return await asyncio.to_thread(lambda: self._nobody_hash)

    @cached_property
    def _nobody_hash(self) -> str:
        return self._hasher.hash("nobody has this password")

    async def _refuse(self, attempt: Attempt, reason: RefusedBecause) -> Refused:
        subject = f"email:{attempt.account}"
        told = entry(Act.SIGN_IN_REFUSED, attempt.at, subject=subject, address=attempt.address, why=reason)
        await self._audit.add([told])
        return Refused(reason)

    async def _let_in(self, user: User, password: str, attempt: Attempt, browser: str) -> SignedIn:
        now = attempt.at
        await self._attempts.forget(attempt)
        if self._hasher.is_outdated(user.password_hash):
            user = replace(user, password_hash=await asyncio.to_thread(self._hasher.hash, password))
            await self._users.save(user)
        token, session = new_session(user.id, now, address=attempt.address, browser=browser)
        await self._sessions.add(session)
        await self._note(Act.SIGNED_IN, user, now, attempt.address)
        return SignedIn(user, session, token)

    async def _note(self, act: str, user: User, now: datetime, address: str) -> None:
        line = entry(act, now, actor=user.id, actor_name=user.name, subject=f"user:{user.id}", address=address)
        await self._audit.add([line])


def normal_email(email: str) -> str:
    """One spelling per mailbox, as it is kept and compared."""
    return email.strip().casefold()


def new_attempt(proof: Proof, email: str, address: str, now: datetime) -> Attempt:
    """A try to be reserved."""
    return Attempt(new_id(now), proof, email[: limits.EMAIL], address[: limits.ADDRESS], now)
