"""How long a sign-in must wait after failures: enough to make guessing useless, too little to lock people out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

WINDOW = timedelta(minutes=15)
DAY = timedelta(days=1)
KEEP = DAY
"""The longest window of a rule: older attempts count nowhere."""
FIRST_WAIT = timedelta(seconds=5)


class Proof(StrEnum):
    """What somebody shows to be let in. OLD_PASSWORD is asked of a person who is signed in and wants another one."""

    PASSWORD = "password"  # noqa: S105  a name, not a secret
    CODE = "code"
    OLD_PASSWORD = "old_password"  # noqa: S105  the same


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try. It is reserved before anything is compared and counts as a failure until it is given back, so that
    tries made at once see each other, and one whose process died weighs as much as a wrong one. `device` is the known
    device it came from, if any.
    """

    id: str
    proof: Proof
    account: str
    address: str
    at: datetime
    device: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """`free` failures within `window` cost nothing; each further one doubles the wait, from FIRST_WAIT to `longest`."""

    free: int
    longest: timedelta
    window: timedelta = WINDOW

    def wait(self, count: int) -> timedelta:
        over = count - self.free
        if over < 0:
            return timedelta(0)
        return min(FIRST_WAIT * (1 << min(over, 20)), self.longest)

    @property
    def enough(self) -> int:
        """More failures than these lengthen no wait."""
        return next(count for count in range(self.free, self.free + 21) if self.wait(count) == self.longest)


# The pair is guarded hardest. An account attacked from everywhere is slowed, never locked, so that nobody can keep
# its owner out; an address that tries many accounts is slowed whatever accounts they are. Who guesses codes knows the
# password, and a code has only a million values: for codes a day counts.
PAIR = Rule(free=5, longest=timedelta(minutes=15))
ACCOUNT = Rule(free=25, longest=timedelta(seconds=30))
ADDRESS = Rule(free=50, longest=timedelta(minutes=5))
CODES = Rule(free=10, longest=timedelta(minutes=15), window=DAY)
DEVICE = Rule(free=5, longest=timedelta(minutes=15), window=DAY)
DEVICE_LIMIT = 10
"""So many failures within DEVICE's window make a known device one like any other."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """What is counted together: the attempts that agree with every field that is set."""

    rule: Rule
    proof: Proof | None = None
    account: str | None = None
    address: str | None = None
    device: str | None = None

    def holds(self, attempt: Attempt) -> bool:
        return all(
            wanted is None or wanted == found
            for wanted, found in (
                (self.proof, attempt.proof),
                (self.account, attempt.account),
                (self.address, attempt.address),
                (self.device, attempt.device),
            )
        )


def buckets_of(attempt: Attempt) -> tuple[Bucket, ...]:
    """Where the attempt is counted; that of its known device, if it has one, comes first."""
    proof, account, address = attempt.proof, attempt.account, attempt.address
    if proof is Proof.OLD_PASSWORD:
        # only who holds a session gets here: strangers' failures must not keep a person from changing the password
        return (Bucket(PAIR, proof, account),)
    strangers = (
        Bucket(PAIR, proof, account, address),
        Bucket(CODES if proof is Proof.CODE else ACCOUNT, proof, account),
        Bucket(ADDRESS, address=address),
    )
    return (Bucket(DEVICE, device=attempt.device), *strangers) if attempt.device else strangers


def retry_at(attempt: Attempt, newest: Mapping[Bucket, Sequence[datetime]]) -> datetime | None:
    """When `attempt` may be made, None if at once. `newest` has for each of its buckets the times of the failures in
    the rule's window, the newest first, at least `rule.enough` of them if there are so many.

    A known device is judged by its own failures alone, until they are too many.
    """
    buckets = buckets_of(attempt)
    if attempt.device:
        trusted = len(newest[buckets[0]]) < DEVICE_LIMIT
        buckets = buckets[:1] if trusted else buckets[1:]
    waits = [newest[b][0] + b.rule.wait(len(newest[b])) for b in buckets if newest[b]]
    free_again = max(waits, default=attempt.at)
    return free_again if free_again > attempt.at else None
