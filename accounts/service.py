"""Signing in and out: the one place where a password, a code or a session token is judged."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import cached_property

from accounts import limits
from accounts.actor import PLATFORM, Actor, described
from accounts.audit import Act, entry
from accounts.errors import EmailTaken, TooLong, WeakPassword
from accounts.half_sign_in import HalfSignIn, new_half_sign_in
from accounts.known_device import KnownDevices
from accounts.password import Hasher, weakness
from accounts.ports import Attempts, AuditLog, HalfSignIns, SessionStore, UserStore
from accounts.session import IDLE, digest, idle_limit, new_session
from accounts.sign_in import CodeNeeded, Refused, RefusedBecause, SignedIn, Visit
from accounts.throttle import KEEP, Attempt, Proof
from accounts.totp import matching_step
from accounts.user import Role, User
from conversation.ids import ClientId, UserId, new_id

__all__ = ["Accounts", "CodeNeeded", "Refused", "RefusedBecause", "SignedIn", "Visit", "normal_email"]


class Accounts:
    """People signing in. Holds no state of its own."""

    def __init__(
        self,
        users: UserStore,
        sessions: SessionStore,
        halves: HalfSignIns,
        attempts: Attempts,
        audit: AuditLog,
        hasher: Hasher,
        devices: KnownDevices,
    ) -> None:
        self._users = users
        self._sessions = sessions
        self._halves = halves
        self._attempts = attempts
        self._audit = audit
        self._hasher = hasher
        self._devices = devices

    async def sign_in(
        self, email: str, password: str, visit: Visit, now: datetime, *, code: str = ""
    ) -> SignedIn | CodeNeeded | Refused:
        """Starts a session, or says why not. An unknown address costs the same time as a wrong password. A user with
        an authenticator needs a code too, at once or by enter_code().
        """
        email = normal_email(email)
        user = await self._users.by_email(email) if len(email) <= limits.EMAIL else None
        attempt = self._attempt(Proof.PASSWORD, email, user, visit, now)
        if (until := await self._attempts.reserve(attempt)) is not None:
            return Refused(RefusedBecause.THROTTLED, until)
        if not await self._password_fits(user, password) or user is None or not user.active:
            return await self._refuse(attempt, RefusedBecause.WRONG)
        user = await self._with_todays_hash(user, password)
        if not user.totp_secret:
            return await self._let_in(user, attempt, visit)
        await self._attempts.give_back(attempt)
        token, half = new_half_sign_in(user, visit.binding, now)
        await self._halves.add(half)
        return await self.enter_code(token, code, visit, now) if code.strip() else CodeNeeded(token)

    async def enter_code(self, token: str, code: str, visit: Visit, now: datetime) -> SignedIn | Refused:
        """The second step. Codes are throttled per account, whoever shows them, and few per half sign-in; a right one
        uses both up.
        """
        half, user = await self._half(token, visit, now)
        if half is None or user is None:
            return Refused(RefusedBecause.EXPIRED)
        attempt = self._attempt(Proof.CODE, user.email, user, visit, now)
        if (until := await self._attempts.reserve(attempt)) is not None:
            return Refused(RefusedBecause.THROTTLED, until)
        if not await self._halves.count_try(half.id, now):
            await self._attempts.give_back(attempt)
            return Refused(RefusedBecause.EXPIRED)
        step = matching_step(user.totp_secret, code[: limits.CODE], now, user.totp_step)
        if step is None or not await self._users.use_code(user.id, step):
            return await self._refuse(attempt, RefusedBecause.WRONG_CODE)
        if not await self._halves.consume(half.id):
            return await self._refuse(attempt, RefusedBecause.EXPIRED)
        return await self._let_in(replace(user, totp_step=step), attempt, visit)

    async def current(self, token: str, now: datetime, *, touch: bool = False) -> SignedIn | None:
        """Who a session token belongs to, if it is alive and the person still may sign in. With `touch` the session
        starts to be idle anew: only for what the person did, never for a stream, a heartbeat or a poll.
        """
        if not token or len(token) > limits.TOKEN:
            return None
        found = await self._sessions.by_id(digest(token))
        if found is None:
            return None
        session, user = found
        if not session.is_alive(now, idle_limit(user)) or not user.active:
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
        """Sets a new password, ends all of the person's other sessions and voids half sign-ins and known devices. Wrong
        old passwords are throttled by themselves.
        """
        user, address = signed_in.user, signed_in.session.address
        attempt = self._attempt(Proof.OLD_PASSWORD, user.email, None, Visit(address), now)
        if (until := await self._attempts.reserve(attempt)) is not None:
            return Refused(RefusedBecause.THROTTLED, until)
        if not await self._password_fits(user, old):
            return await self._refuse(attempt, RefusedBecause.WRONG)
        await self._attempts.give_back(attempt)
        if (why := await self.weakness(new, user.email, user.name)) is not None:
            return Refused(RefusedBecause.WEAK, detail=why)
        hashed = await asyncio.to_thread(self._hasher.hash, new)
        if not await self._users.set_password(user.id, hashed, instead_of=user.password_hash):
            return Refused(RefusedBecause.WRONG)
        await self._sessions.end_all(user.id, but=signed_in.session.id)
        await self._note(Act.PASSWORD_CHANGED, user, now, address)
        return replace(signed_in, user=replace(user, password_hash=hashed, sign_in_epoch=user.sign_in_epoch + 1))

    async def add_user(
        self,
        email: str,
        name: str,
        password: str,
        now: datetime,
        *,
        roles: Iterable[Role],
        clients: Iterable[ClientId] = (),
        by: Actor | None = None,
        **more: object,
    ) -> User:
        """Adds a person; `more` are further fields of User. Raises TooLong, WeakPassword or EmailTaken."""
        email = normal_email(email)
        TooLong.check("the e-mail address", email, limits.EMAIL)
        TooLong.check("the name", name, limits.NAME)
        if (why := await self.weakness(password, email, name)) is not None:
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
        await self._audit.add([(by or PLATFORM).did(Act.USER_ADDED, user, now, **described(user))])
        return user

    async def weakness(self, password: str, email: str, name: str) -> str | None:
        """Why `password` will not do for this person, or None: it must not be easy to guess for somebody who knows them
        and whom the provider works for.
        """
        return await asyncio.to_thread(weakness, password, email, name, await self._users.client_words())

    async def sweep(self, now: datetime) -> int:
        """Removes sessions nobody can use any more, half sign-ins that ended and attempts that count nowhere; returns
        how many rows that were.
        """
        swept = await self._attempts.sweep(now - KEEP) + await self._halves.sweep(now)
        return swept + await self._sessions.sweep(expired=now, unseen_since=now - IDLE)

    def _attempt(self, proof: Proof, email: str, user: User | None, visit: Visit, now: datetime) -> Attempt:
        device = self._devices.device_of(visit.device_cookie, user, now) if user is not None else ""
        return Attempt(new_id(now), proof, email[: limits.EMAIL], visit.address[: limits.ADDRESS], now, device)

    async def _half(self, token: str, visit: Visit, now: datetime) -> tuple[HalfSignIn, User] | tuple[None, None]:
        """The half sign-in and its person, if both are still what they were when the password was shown."""
        if not token or len(token) > limits.TOKEN:
            return None, None
        half = await self._halves.by_id(digest(token))
        if half is None or now >= half.expires_at or half.browser != digest(visit.binding):
            return None, None
        user = await self._users.by_id(half.user)
        if user is None or not user.active or not user.totp_secret or user.sign_in_epoch != half.epoch:
            return None, None
        return half, user

    async def _password_fits(self, user: User | None, password: str) -> bool:
        """Always hashes once, so that the time taken does not tell whether the address exists."""
        known = user.password_hash if user is not None and user.password_hash else await self._nobody()
        fits = await asyncio.to_thread(self._hasher.verify, password[: limits.PASSWORD + 1], known)
        return fits and user is not None and bool(user.password_hash)

    async def _nobody(self) -> str:
        return await asyncio.to_thread(lambda: self._nobody_hash)

    @cached_property
    def _nobody_hash(self) -> str:
        return self._hasher.hash("nobody has this password")

    async def _with_todays_hash(self, user: User, password: str) -> User:
        if not self._hasher.is_outdated(user.password_hash):
            return user
        hashed = await asyncio.to_thread(self._hasher.hash, password)
        renewed = await self._users.set_password(user.id, hashed, instead_of=user.password_hash)
        return replace(user, password_hash=hashed) if renewed else user

    async def _refuse(self, attempt: Attempt, reason: RefusedBecause) -> Refused:
        subject = f"email:{attempt.account}"
        told = entry(Act.SIGN_IN_REFUSED, attempt.at, subject=subject, address=attempt.address, why=reason)
        await self._audit.add([told])
        return Refused(reason)

    async def _let_in(self, user: User, attempt: Attempt, visit: Visit) -> SignedIn | Refused:
        """Unless the person was switched off, or signed out everywhere, while the password was judged."""
        now = attempt.at
        token, session = new_session(user.id, now, address=attempt.address, browser=visit.browser)
        if not await self._sessions.add(session, epoch=user.sign_in_epoch):
            return await self._refuse(attempt, RefusedBecause.WRONG)
        await self._attempts.forget(attempt)
        await self._note(Act.SIGNED_IN, user, now, attempt.address)
        return SignedIn(user, session, token, self._devices.remember(visit.device_cookie, user, now))

    async def _note(self, act: str, user: User, now: datetime, address: str) -> None:
        line = entry(act, now, actor=user.id, actor_name=user.name, subject=f"user:{user.id}", address=address)
        await self._audit.add([line])


def normal_email(email: str) -> str:
    """One spelling per mailbox, as it is kept and compared."""
    return email.strip().casefold()
