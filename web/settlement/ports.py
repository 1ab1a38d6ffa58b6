"""What the money pages ask of the rooms behind them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from conversation.ids import ClientId
from sla.attainment import Standing
from sla.exclusion import Decision, Exclusion
from sla.policy import ClockKind, Policy
from sla.prices import Item
from sla.settling import About, Account, ClockEntry, DayShares, MissedClocks, MonthRow, Proposal, Share, Waiting
from sla.statement import Statement
from sla.whatif import Replaying, WhatIf

Span = tuple[datetime, datetime]


class Settling(Protocol):
    """Acts and figures between one client and the provider. Months are named `2026-10`; `by` is the e-mail address of
    who acts, whose rights are checked again. Whatever cannot be done raises sla.errors.NotSettled.
    """

    async def months(self, client: ClientId) -> Sequence[MonthRow]: ...

    async def month_names(self, client: ClientId) -> Sequence[str]:
        """The same months, the newest first, without counting anything."""
        ...

    async def account(self, client: ClientId, month: str, *, whole: bool = False) -> Account: ...

    async def shares(
        self, client: ClientId, account: Account, line: int, first: int = 0, limit: int | None = None
    ) -> Sequence[Share]: ...

    async def item_of(self, client: ClientId, month: str, line: int) -> Item:
        """What a line of an open month charges, the line given by its place from 0."""
        ...

    async def day_shares(
        self, client: ClientId, month: str, item: Item, day: date, first: int = 0, limit: int | None = None
    ) -> DayShares: ...

    async def missed(
        self, client: ClientId, month: str, kind: ClockKind, first: int = 0, limit: int | None = None
    ) -> MissedClocks: ...

    async def today(self, client: ClientId, account: Account) -> Statement: ...

    async def close(self, client: ClientId, month: str, *, by: str) -> Statement: ...

    async def standings(self, client: ClientId, month: str) -> Sequence[Standing]: ...

    async def entries(self, client: ClientId) -> Sequence[ClockEntry]: ...

    async def entry_counts(self, client: ClientId) -> Mapping[Decision, int]:
        """How many entries of the ledger stand at each decision."""
        ...

    async def entry_page(
        self, client: ClientId, state: Decision | None, first: int, limit: int
    ) -> Sequence[ClockEntry]:
        """So many of them, from the `first` on: what waits, then the newest."""
        ...

    async def clock_entry(self, client: ClientId, clock: str) -> ClockEntry | None: ...

    async def in_ledger(self, client: ClientId, conversation: str) -> Mapping[str, str]: ...

    async def exclude(self, client: ClientId, clock: str, reason: str, evidence: str, *, by: str) -> Exclusion: ...

    async def decide_exclusion(self, client: ClientId, exclusion: str, *, approve: bool, by: str) -> Exclusion: ...

    async def proposals(self, client: ClientId) -> Sequence[Proposal]: ...

    async def decide_terms(self, client: ClientId, version: int, *, approve: bool, by: str) -> None: ...

    async def waiting(self, client: ClientId) -> Waiting: ...

    async def about(self, client: ClientId, conversations: Sequence[str]) -> Mapping[str, About]:
        """What lists show of those of these conversations that are still kept."""
        ...

    async def people(self) -> Mapping[str, str]:
        """Names by e-mail address."""
        ...

    async def span(self, client: ClientId, month: str) -> Span: ...

    def currency(self, client: ClientId) -> str:
        """The currency of the prices in force; empty where there are none."""
        ...

    def terms(self, client: ClientId) -> Policy | None:
        """The terms in force; None where the contract promises nothing."""
        ...


class WhatIfs(Protocol):
    """Replays a period under other terms."""

    async def what_if(self, client: ClientId, period: Span, other: Policy) -> WhatIf:
        """The answer, however long it takes."""
        ...

    async def begin(
        self, client: ClientId, period: Span, other: Policy, *, patience_s: float | None
    ) -> WhatIf | Replaying:
        """The answer if it is there within `patience_s` seconds, else how far it has come."""
        ...
