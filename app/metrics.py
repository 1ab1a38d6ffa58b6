"""The numbers for Prometheus, counted from committed events: what happened, never what was merely tried."""

from collections.abc import Sequence
from typing import Any

from prometheus_client import CollectorRegistry, Counter

from conversation.change import Change
from conversation.events import Event, EventKind


class Metrics:
    """A conversation.ports.Projection that counts. A transaction that rolls back after this ran is counted all the
    same; that is rare, and counters are for rates.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self._events = Counter(
            "switchboard_events", "Committed events by client and kind.", ("client", "kind"), registry=registry
        )
        self._handoffs = Counter(
            "switchboard_handoffs", "Handoffs by client and reason.", ("client", "reason"), registry=registry
        )

    async def apply(self, transaction: Any, changes: Sequence[Change], events: Sequence[Event]) -> None:
        del transaction, changes
        for event in events:
            self._events.labels(event.client, event.kind).inc()
            if event.kind is EventKind.HANDOFF_REQUESTED:
                self._handoffs.labels(event.client, event.data["reason"]).inc()
