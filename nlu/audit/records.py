"""What is kept of the live audit: answers, draws, items to judge, alarms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from conversation.ids import ClientId, ConversationId, MessageId
from conversation.message import Message
from nlu.audit.findings import Verdict
from nlu.audit.interval import Interval
from nlu.audit.week import Week

OPEN_FOR = timedelta(days=7)
"""How long a sample is judged: until the next one is drawn."""

CLAIMED_FOR = timedelta(minutes=5)
"""How long an item is kept for the person who sees it."""

UNDO_WITHIN = timedelta(minutes=2)
"""How long a verdict can be taken back; an alarm waits as long after the last verdict."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A customer's message that the bot answered by itself: the place of its `understood` event, the thread's language,
    and the bot version that understood it ("" where that was not kept yet).
    """

    message: MessageId
    conversation: ConversationId
    seq: int
    at: datetime
    language: str
    version: str


@dataclass(frozen=True, slots=True)
class Draw:
    """A week's sample: how many automatic answers there were, of them by version, and how many were drawn."""

    client: ClientId
    week: Week
    seed: str
    population: int
    size: int
    versions: Mapping[str, int]
    drawn_at: datetime

    def is_open(self, now: datetime) -> bool:
        """Whether it is still being judged."""
        return now < self.drawn_at + OPEN_FOR


@dataclass(frozen=True, slots=True)
class Count:
    """Judgements of one version's answers in one sample; `last_at` is when the newest was given."""

    version: str
    size: int
    judged: int
    wrong: int
    handoff: int
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class Item:
    """An answer to judge, claimed by one person until `until`."""

    client: ClientId
    week: Week
    message: MessageId
    conversation: ConversationId
    seq: int
    at: datetime
    language: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Exchange:
    """A customer's message, a few public messages before it, and what the bot replied. `message` is None once it was
    erased.
    """

    before: Sequence[Message]
    message: Message | None
    replies: Sequence[Message]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the open samples of a client are: drawn, judged, waiting for this judge, passed over by them. `undoable`:
    their newest verdict can still be taken back.
    """

    size: int
    judged: int
    waiting: int
    passed: int
    undoable: bool


@dataclass(frozen=True, slots=True)
class Given:
    """A verdict, and how many answers of its week the judged one stands for."""

    verdict: Verdict
    weight: float


@dataclass(frozen=True, slots=True)
class Alarm:
    """A promise that a week's judgements contradict, once per week and version. `target` and `tightened` are the
    targets of wrong answers before and after, None if nothing was to be tightened; `outcome` says in a sentence what
    came of it, and `settled_at` when.
    """

    client: ClientId
    week: Week
    version: str
    promised: float
    found: Interval
    raised_at: datetime
    target: float | None = None
    tightened: float | None = None
    outcome: str = ""
    settled_at: datetime | None = None
