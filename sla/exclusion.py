"""The ledger of clocks that a client agreed not to count: it never changes a clock, only which count is shown."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sla.clock import Clock


class Reason(StrEnum):
    """What may be proposed. Our own errors (token, rate limit, crash) are not among them, on purpose."""

    SPAM = "spam"
    PLATFORM_OUTAGE = "platform_outage"
    CUSTOMER_BLOCKED = "customer_blocked"
    CANCELLED_BEFORE_DUE = "cancelled_before_due"


class Decision(StrEnum):
    """Where an entry stands. A rejected one stays in the ledger, and its clock may be proposed again."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Exclusion:
    """One entry. It counts once the client approved it; `evidence` is what a third person could check. `id` is the
    ledger's own; `rejected_by` and `rejected_at` are set where the client refused.
    """

    clock: str
    reason: Reason
    evidence: str
    proposed_by: str
    proposed_at: datetime
    approved_by: str | None = None
    approved_at: datetime | None = None
    rejected_by: str | None = None
    rejected_at: datetime | None = None
    id: str = ""

    @property
    def decision(self) -> Decision:
        """Where it stands."""
        if self.rejected_at is not None:
            return Decision.REJECTED
        return Decision.APPROVED if self.counts else Decision.PROPOSED

    @property
    def counts(self) -> bool:
        """Whether the client has approved it."""
        return self.approved_by is not None and self.approved_at is not None


def adjusted(clocks: Iterable[Clock], ledger: Iterable[Exclusion]) -> list[Clock]:
    """The clocks without those whose exclusion the client approved: what adjusted attainment counts."""
    left_out = {entry.clock for entry in ledger if entry.counts}
    return [clock for clock in clocks if clock.id not in left_out]
