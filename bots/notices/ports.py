"""What senders of notices ask of the rooms around them, and what they answer."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sla.notice import Notice


@dataclass(frozen=True, slots=True)
class Accepted:
    """The other side has it."""


@dataclass(frozen=True, slots=True)
class NotNow:
    """It did not arrive, and may another time. `maybe_sent`: the other side may have it all the same. `wait`: what it
    asked us to wait at least.
    """

    error: str
    maybe_sent: bool = False
    wait: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Never:
    """It can never arrive. `for_good`: the recipient wants nothing of us any more."""

    error: str
    for_good: bool = False


Told = Accepted | NotNow | Never


class NoticeSender(Protocol):
    """Tells one kind of recipient. Errors never tell a token, a secret or a whole address."""

    async def send(self, notice: Notice) -> Told: ...

    async def check(self) -> str:
        """What it would send with, and whether that answers, in one sentence; begins with `problem:` if it does not."""
        ...


class Notices(Protocol):
    """The durable line of what is to be told."""

    async def take(self, now: datetime, *, hold: timedelta) -> list[Notice]: ...

    async def sent(self, notice: Notice, now: datetime) -> None: ...

    async def failed(
        self, notice: Notice, error: str, now: datetime, *, retry_at: datetime, maybe_sent: bool
    ) -> None: ...

    async def refused(self, notice: Notice, error: str, now: datetime, *, for_good: bool = False) -> None: ...

    async def next_due(self) -> datetime | None: ...
