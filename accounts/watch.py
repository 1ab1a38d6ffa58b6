"""Whether those who look at live pages may still see them: any number of pages costs one look every two seconds."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from accounts.ports import LiveSessions
from accounts.session import Session, idle_limit
from accounts.user import User

FRESH_S = 2.0
FORGET_AFTER_S = 60.0


class EndedBecause(StrEnum):
    """Why somebody may not see a live page any more."""

    SIGNED_OUT = "signed_out"
    EXPIRED = "expired"
    DISABLED = "disabled"
    RIGHTS_CHANGED = "rights_changed"
    REVOKED = "revoked"
    CLOSED = "closed"


@dataclass(slots=True)
class _Watched:
    """What the last look found of one session."""

    session: Session
    asked_at: float
    looked_at: float = field(default=float("-inf"))
    is_there: bool = True
    user: User | None = None

    def verdict(self, now: datetime) -> User | EndedBecause:
        if self.user is None or not self.user.active:
            return EndedBecause.DISABLED
        if not self.session.is_alive(now, idle_limit(self.user)):
            return EndedBecause.EXPIRED
        return self.user if self.is_there else EndedBecause.SIGNED_OUT


class SessionWatch:
    """Judges sessions by the database's state of at most `fresh_s` seconds ago. It never prolongs one."""

    def __init__(self, sessions: LiveSessions, *, fresh_s: float = FRESH_S) -> None:
        self._sessions = sessions
        self._fresh_s = fresh_s
        self._watched: dict[str, _Watched] = {}
        self._one_look = asyncio.Lock()

    async def check(self, session: Session, now: datetime) -> User | EndedBecause:
        """The person as they are now, or why their session is over."""
        watched = self._watched.setdefault(session.id, _Watched(session, _seconds()))
        watched.asked_at = _seconds()
        if not self._is_fresh(watched):
            async with self._one_look:  # whoever waited here finds what the one before looked up for all
                if not self._is_fresh(watched):
                    await self._look()
        return watched.verdict(now)

    def _is_fresh(self, watched: _Watched) -> bool:
        return _seconds() - watched.looked_at < self._fresh_s

    async def _look(self) -> None:
        began = _seconds()
        left = [id_ for id_, one in self._watched.items() if began - one.asked_at > FORGET_AFTER_S]
        for id_ in left:
            del self._watched[id_]
        watched = dict(self._watched)
        living, people = await self._sessions.find(list(watched), {one.session.user for one in watched.values()})
        for id_, one in watched.items():
            one.looked_at = began
            one.session = living.get(id_, one.session)
            one.is_there = id_ in living
            one.user = people.get(one.session.user)


def _seconds() -> float:
    return asyncio.get_running_loop().time()
