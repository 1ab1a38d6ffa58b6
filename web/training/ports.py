"""What the trainer's pages ask of the rooms around them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from conversation.ids import ClientId, UserId
from nlu.audit.findings import Verdict
from nlu.audit.records import Alarm, Exchange, Item, Progress
from nlu.audit.reports import WeekReport
from nlu.audit.week import Week
from nlu.inbox.missed import Group
from nlu.versions.compare import Comparison
from nlu.versions.drift import Drift
from nlu.versions.version import Activated, Active, BotVersion, Disagreements, NeedsApproval, Refused


@dataclass(frozen=True, slots=True)
class Task:
    """An answer to judge, with what was said."""

    item: Item
    exchange: Exchange


class Judging(Protocol):
    """Hands out automatic answers to people, blind: nothing here tells what the bot was thinking."""

    async def progress(self, client: ClientId, judge: UserId) -> Progress:
        """How far the client's open samples are."""
        ...

    async def take(self, client: ClientId, judge: UserId) -> Task | None:
        """The next answer for this judge, theirs alone for a few minutes; None if nothing waits for them."""
        ...

    async def judge(
        self, client: ClientId, week: Week, message: str, verdict: Verdict, *, by: UserId, by_name: str
    ) -> bool:
        """False if the judge no longer has the answer."""
        ...

    async def pass_over(self, client: ClientId, week: Week, message: str, *, by: UserId) -> bool:
        """Leaves the answer to others."""
        ...

    async def take_up_passed(self, client: ClientId, judge: UserId) -> None:
        """What they passed over waits for them again."""
        ...

    async def undo(self, client: ClientId, judge: UserId) -> bool:
        """Takes back the judge's newest verdict while that is possible."""
        ...


class Audits(Protocol):
    """What the audits found."""

    async def reports(self, client: ClientId, limit: int = 8) -> Sequence[WeekReport]:
        """The audited weeks, newest first."""
        ...

    async def alarms(self, client: ClientId, limit: int = 8) -> Sequence[Alarm]:
        """The broken promises, newest first."""
        ...


class CannotBeDone(Exception):
    """An act on versions cannot be done at all; the text says why in one clear line."""


class Bots(Protocol):
    """The versions of the clients' bots. Acts raise CannotBeDone."""

    async def versions(self, client: ClientId) -> Sequence[BotVersion]:
        """Newest first."""
        ...

    async def active(self, client: ClientId) -> Active | None:
        """The one that runs."""
        ...

    async def drift(self, client: ClientId) -> Drift:
        """The last seven days' traffic against what the running version learned."""
        ...

    async def activate(
        self, client: ClientId, number: int, *, reason: str, force: bool, by: UserId, by_name: str
    ) -> Activated | Refused | NeedsApproval:
        """Makes a version the one that runs, unless it is worse and not forced."""
        ...

    async def rollback(self, client: ClientId, *, reason: str, by: UserId, by_name: str) -> Activated:
        """Goes back to the version that ran before."""
        ...

    async def shadow(self, client: ClientId, number: int | None, *, by: UserId, by_name: str) -> None:
        """Lets a version listen beside the running one; None ends that."""
        ...

    async def disagreements(self, client: ClientId) -> Disagreements:
        """What the newest candidate would have done otherwise."""
        ...

    async def compare(self, client: ClientId, a: int, b: int) -> Comparison:
        """Both on the same held-out examples. Raises CannotBeDone if one of them does not exist."""
        ...


class Inbox(Protocol):
    """What the bot missed, and what people say it meant."""

    async def groups(self, client: ClientId) -> Sequence[Group]:
        """Messages nobody has named yet, the largest group first."""
        ...

    def intents(self, client: ClientId) -> Sequence[str]:
        """What they may be named."""
        ...

    async def label(self, client: ClientId, messages: Collection[str], intent: str | None, *, by: UserId) -> int:
        """Names messages (None: nobody's business); returns how many. Raises CannotBeDone for an unknown intent."""
        ...

    async def undo(self, client: ClientId, by: UserId) -> int:
        """Takes back what this person named last."""
        ...

    async def named(self, client: ClientId) -> int:
        """How many messages have been named lately."""
        ...

    async def export(self, client: ClientId) -> str:
        """Those as training data in Rasa's format."""
        ...


@dataclass(frozen=True, slots=True)
class Training:
    """Everything the trainer's pages are given."""

    bots: Bots
    audits: Audits
    judging: Judging
    inbox: Inbox
