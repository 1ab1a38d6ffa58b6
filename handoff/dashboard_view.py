"""What the client dashboard and the wallboard show, as plain facts: storage counts them, web draws them.

Facts only: shares, budgets and money follow from them and the client's `Terms`, in one place (web/dashboard).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from conversation.ids import ChannelId, ClientId, ConversationId, QueueId
from conversation.message import ChannelKind


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` (inclusive) to `end` (exclusive), both UTC; days and hours inside it are those of `timezone`.
    A conversation belongs to the period it was opened in, a clock to the one it started in.
    """

    start: datetime
    end: datetime
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class ClockCount:
    """How clocks of one kind ended; `open` are still running. Cancelled ones are in none of them."""

    met: int = 0
    missed: int = 0
    open: int = 0


@dataclass(frozen=True, slots=True)
class DayCount:
    """One local day of the period: its clocks of the first response, and the conversations opened on it."""

    day: date
    first_response: ClockCount = field(default_factory=ClockCount)
    conversations: int = 0
    contained: int = 0


@dataclass(frozen=True, slots=True)
class Spread:
    """Percentiles (nearest rank) of `count` durations, in business seconds; None without any."""

    count: int = 0
    p50_s: float | None = None
    p90_s: float | None = None
    p95_s: float | None = None
    max_s: float | None = None


@dataclass(frozen=True, slots=True)
class ChannelTimes:
    """Times from handoff to first human answer on one channel kind."""

    channel_kind: ChannelKind
    first_response: Spread


@dataclass(frozen=True, slots=True)
class Volume:
    """Conversations opened in the period by how they ended. `contained`: resolved by the bot and not revoked since;
    `handled`: a person answered or resolved; `abandoned`: the customer fell silent; `revoked`: the bot had resolved it,
    but the customer came back for a person within 72 hours; `merged`: a duplicate that goes on in another conversation;
    `open`: none of these yet. The six add up to `opened`. `agent_minutes` run from claim to release or resolution, less
    snooze, within the period, split where an agent had several at once; `topics` counts conversations by what they were
    about. `used` counts by a statement's items (`automated_resolution`, `handled_conversation`) what was recorded in
    the period, whenever the conversation was opened: what a statement of the same days would charge.
    """

    opened: int = 0
    contained: int = 0
    handled: int = 0
    abandoned: int = 0
    revoked: int = 0
    open: int = 0
    customer_messages: int = 0
    agent_minutes: Decimal = Decimal(0)
    reasons: Mapping[str, int] = field(default_factory=dict)
    by_channel: Mapping[ChannelKind, int] = field(default_factory=dict)
    topics: Mapping[str, int] = field(default_factory=dict)
    merged: int = 0
    used: Mapping[str, int] = field(default_factory=dict)


class BreachCause(StrEnum):
    """Why a clock ran out, the most telling cause first."""

    DELIVERY_FAILED = "delivery_failed"
    NOBODY_ONLINE = "nobody_online"
    QUEUE_FULL = "queue_full"
    AGENT_IDLE = "agent_idle"
    REOPENED = "reopened"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Breach:
    """One missed clock. `late_s` are seconds from due to its stop, None while it still runs. `excluded`: how its
    entry in the ledger of exclusions stands, `proposed` or `approved`; empty where it has none that counts.
    """

    conversation: ConversationId
    customer_name: str
    channel_kind: ChannelKind
    clock: str
    started_at: datetime
    due_at: datetime
    stopped_at: datetime | None
    late_s: float | None
    cause: BreachCause = BreachCause.UNKNOWN
    agent_name: str = ""
    topic: str = ""
    clock_id: str = ""
    excluded: str = ""


@dataclass(frozen=True, slots=True)
class WrongAnswers:
    """What the live audit found of the bot's own answers in the period: the `share` (0..1) of `judged` ones that was
    wrong or should have gone to a person, and the bounds of its 95 % confidence interval.
    """

    share: float
    low: float
    high: float
    judged: int

    @property
    def half_width(self) -> float:
        return (self.high - self.low) / 2


@dataclass(frozen=True, slots=True)
class DashboardFigures:
    """All facts of one client in one period. `days` has every local day of the period up to now, oldest first;
    `arrivals` counts customer messages by (weekday 0=Monday, hour), missing cells are zero; `breaches` newest first,
    at most `breaches_limit` as asked; `previous` the volume of the period it is compared to.
    """

    client: ClientId
    period: Period
    first_response: ClockCount
    next_response: ClockCount
    days: Sequence[DayCount]
    times: Sequence[ChannelTimes]
    overall: Spread
    arrivals: Mapping[tuple[int, int], int]
    breaches: Sequence[Breach]
    volume: Volume
    previous: Volume
    as_of: datetime
    wrong_answers: WrongAnswers | None = None
    resolution: ClockCount = field(default_factory=ClockCount)


class Behind(StrEnum):
    """Which number a list of conversations stands behind."""

    OPENED = "opened"
    CONTAINED = "contained"
    HANDLED = "handled"
    ABANDONED = "abandoned"
    REVOKED = "revoked"
    MERGED = "merged"
    OPEN = "open"
    MET = "met"
    MISSED = "missed"
    RUNNING = "running"
    HANDED = "handed"
    BACKLOG = "backlog"
    RATED = "rated"


class Facet(StrEnum):
    """What a list of conversations can be narrowed by."""

    CHANNEL = "channel"
    QUEUE = "queue"
    LANGUAGE = "language"
    AGENT = "agent"
    REASON = "reason"
    TOPIC = "topic"
    DISPOSITION = "disposition"


@dataclass(frozen=True, slots=True)
class Prices:
    """What one of each costs; None where the contract does not charge it."""

    currency: str = "EUR"
    automated: Decimal | None = None
    handled: Decimal | None = None
    agent_minute: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What a client's contract promises, as its dashboard needs it. `objective` is a share (0..1) of first responses,
    `first_response_s` the usual target in business seconds, `open_hours` the (weekday, hour) cells at least half open.
    `objectives` are the shares promised of every kind of clock.
    """

    objective: float | None = None
    first_response_s: float | None = None
    open_hours: frozenset[tuple[int, int]] = frozenset()
    prices: Prices | None = None
    objectives: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class QueueLoad:
    """One queue now: waiting conversations, of these warned and breached, and the longest wait's start."""

    client: ClientId
    queue: QueueId | None
    waiting: int
    warned: int = 0
    breached: int = 0
    longest_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class WallboardFigures:
    """Now, over the given clients; `kept_today` and the bot's share count from the start of the day given."""

    waiting: int
    longest_since: datetime | None
    next_due_at: datetime | None
    kept_today: ClockCount
    resolved_today: int
    contained_today: int
    queues: Sequence[QueueLoad] = ()


class ChannelHealth(StrEnum):
    """Whether a channel works, as the admin page shows it."""

    CONNECTED = "connected"
    STARTING = "starting"
    FAILING = "failing"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class ChannelStatus:
    """One channel of a client; `problem` says what is wrong and how to mend it."""

    id: ChannelId
    client: ClientId
    kind: ChannelKind
    name: str
    health: ChannelHealth
    last_inbound_at: datetime | None = None
    last_delivered_at: datetime | None = None
    problem: str = ""
