"""How long a sign-in must wait after failures: enough to make guessing useless, too little to lock people out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=15)
KEEP_FAILURES = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Failure:
    """A sign-in that was refused for a wrong password or code."""

    email: str
    address: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Rule:
    """`free` failures within WINDOW cost nothing; each further one doubles the wait, from one second to `longest`."""

    free: int
    longest: timedelta

    def wait(self, count: int) -> timedelta:
        over = count - self.free
        if over < 0:
            return timedelta(0)
        return min(timedelta(seconds=2 ** min(over, 20)), self.longest)


# The pair is guarded hardest. An account attacked from everywhere is slowed, never locked, so that nobody can keep
# its owner out; an address that tries many accounts is slowed whatever accounts they are.
PAIR = Rule(free=5, longest=timedelta(minutes=15))
ACCOUNT = Rule(free=25, longest=timedelta(seconds=30))
ADDRESS = Rule(free=50, longest=timedelta(minutes=5))


def retry_at(failures: Iterable[Failure], email: str, address: str, now: datetime) -> datetime | None:
    """When `email` may be tried again from `address`, None if at once. `failures` may hold others; they are ignored."""
    recent = [f for f in failures if timedelta(0) <= now - f.at < WINDOW]
    groups = (
        (PAIR, [f.at for f in recent if f.email == email and f.address == address]),
        (ACCOUNT, [f.at for f in recent if f.email == email]),
        (ADDRESS, [f.at for f in recent if f.address == address]),
    )
    free_again = max((max(times) + rule.wait(len(times)) for rule, times in groups if times), default=now)
    return free_again if free_again > now else None
