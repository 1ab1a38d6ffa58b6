"""What the pages ask of the rooms around them; the wiring injects implementations, tests inject memory."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from accounts.user import User
from conversation.conversation import Conversation
from conversation.ids import ClientId
from conversation.ports import Changed
from handoff.dashboard_view import (
    Behind,
    Breach,
    ChannelStatus,
    DashboardFigures,
    Facet,
    Period,
    Terms,
    WallboardFigures,
)
from handoff.views import ClientView, Page
from nlu.engine_state import EngineState


class ClientDirectory(Protocol):
    """What pages may show of clients."""

    async def of(self, clients: Collection[ClientId]) -> Mapping[ClientId, ClientView]:
        """The views of those of `clients` that exist."""
        ...

    async def terms(self, client: ClientId, period: Period) -> Terms:
        """What the contract promised in the period."""
        ...


class DashboardReads(Protocol):
    """The dashboard's and the wallboard's questions to the database."""

    async def figures(
        self, client: ClientId, period: Period, *, now: datetime, breaches: int = 50, before: Period | None = None
    ) -> DashboardFigures:
        """Everything the dashboard shows, beside the volume of the period `before`, which is as many local days right
        before unless it is given; `breaches` limits the list of them.
        """
        ...

    async def behind(
        self, client: ClientId, period: Period, which: Behind, *, limit: int, where: Mapping[Facet, str] | None = None
    ) -> Page:
        """The conversations behind a number, newest first (`counts` may be empty); `where` narrows them."""
        ...

    async def breaches(
        self, client: ClientId, period: Period, *, now: datetime, limit: int, clock: str = ""
    ) -> Sequence[Breach]:
        """Missed clocks that started in the period, of one kind or of all, the latest due first, with their causes."""
        ...

    async def wallboard(self, clients: Collection[ClientId], *, now: datetime, since: datetime) -> WallboardFigures:
        """The state now, and today's figures counted from `since`."""
        ...


class EngineReads(Protocol):
    """How the clients' engines are doing."""

    async def states(self, clients: Collection[ClientId]) -> Mapping[ClientId, EngineState]:
        """One for each of `clients` that has a bot."""
        ...


class NoEngines:
    """An EngineReads that knows of none."""

    async def states(self, clients: Collection[ClientId]) -> Mapping[ClientId, EngineState]:
        """See EngineReads."""
        del clients
        return {}


class AdminReads(Protocol):
    """What the provider's admin page lists."""

    async def channels(self, clients: Collection[ClientId]) -> Sequence[ChannelStatus]: ...

    async def users(self) -> Sequence[User]: ...


@dataclass(frozen=True, slots=True)
class AlarmRecipient:
    """Somebody who is told of alarms outside the house: `kind` is slack, webhook or email; `address` a mailbox or the
    host of a webhook. `clients` are those whose address it is, none for the provider's own. `state` is ready, failing,
    off (switched off after failing) or gone (no setting names it any more); `since` is when failing began or it was
    switched off. Counts are of the last days' alarms; `unsure` ones may have come twice.
    """

    key: str
    kind: str
    address: str
    clients: Sequence[ClientId]
    state: str
    since: datetime | None
    sent: int
    waiting: int
    failed: int
    unsure: int
    sent_at: datetime | None
    error: str


class AlarmReads(Protocol):
    """Who is told of alarms outside the house."""

    async def recipients(self, clients: Collection[ClientId]) -> Sequence[AlarmRecipient]:
        """The provider's own and those of `clients`; who is switched off first, then who fails."""
        ...

    async def dangers(self, clients: Collection[ClientId]) -> Sequence[Conversation]:
        """The conversations of the last days in which danger was reported, the newest first."""
        ...

    async def enable(self, key: str, clients: Collection[ClientId], *, by: User | None) -> bool:
        """Tries one that was switched off again; False if there is no such one among these. The act is audited."""
        ...


class Live(Protocol):
    """Changes as they are committed."""

    def subscribe(self, clients: Collection[ClientId]) -> AsyncIterator[Changed]:
        """Yields changes of `clients` from now on. It may lose some when its connection breaks, and ends then: the
        page connects again and takes a snapshot.
        """
        ...


class Blobs(Protocol):
    """Files of conversations, by client and reference."""

    async def read(self, client: ClientId, reference: str) -> bytes | None:
        """The client's file, None when it is gone or another client's."""
        ...

    async def write(self, client: ClientId, data: bytes) -> str:
        """Keeps `data`; returns its reference."""
        ...


@dataclass(frozen=True, slots=True)
class WebhookReply:
    """What a platform hears back."""

    status: int
    body: bytes = b""
    media_type: str = "text/plain"


@dataclass(frozen=True, slots=True)
class WebhookCall:
    """One call of a platform: the path's parameters, lower-case headers, the raw body."""

    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


Webhook = Callable[[WebhookCall], Awaitable[WebhookReply]]
"""Handles one platform call and verifies it itself."""

Check = Callable[[], Awaitable[str]]
"""A readiness check: empty when all is well, else what is wrong in one sentence."""
