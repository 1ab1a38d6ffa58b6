"""The numbers for Prometheus, counted from committed events: what happened, never what was merely tried."""

from collections.abc import Sequence
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge

from conversation.change import Change
from conversation.events import Event, EventKind
from conversation.ids import ClientId


class Metrics:
    """A conversation.ports.Projection that counts; and an nlu.rasa.standing.Watch. A transaction that rolls back after
    this ran is counted all the same; that is rare, and counters are for rates.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self._events = Counter(
            "switchboard_events", "Committed events by client and kind.", ("client", "kind"), registry=registry
        )
        self._handoffs = Counter(
            "switchboard_handoffs", "Handoffs by client and reason.", ("client", "reason"), registry=registry
        )
        engine = ("client", "engine")
        self._understood = Counter(
            "switchboard_engine_texts", "Texts that an engine's server understood.", engine, registry=registry
        )
        self._seconds = Counter(
            "switchboard_engine_seconds", "Seconds that took, batch by batch.", engine, registry=registry
        )
        self._missed = Counter(
            "switchboard_engine_missed", "Texts it left to the stand-in or to people.", engine, registry=registry
        )
        self._up = Gauge(
            "switchboard_engine_up", "1 if its server answers with the right model, else 0.", engine, registry=registry
        )
        self._audited = Gauge(
            "switchboard_audit_wrong_share",
            "Share of the newest sample's judged automatic answers that were wrong, 0 to 1.",
            ("client",),
            registry=registry,
        )
        self._broken = Counter(
            "switchboard_promises_broken", "Promises of bot versions found broken.", ("client",), registry=registry
        )

    async def apply(self, transaction: Any, changes: Sequence[Change], events: Sequence[Event]) -> None:
        del transaction, changes
        for event in events:
            self._events.labels(event.client, event.kind).inc()
            if event.kind is EventKind.HANDOFF_REQUESTED:
                self._handoffs.labels(event.client, event.data["reason"]).inc()

    def understood(self, client: ClientId, engine: str, texts: int, seconds: float) -> None:
        """See nlu.rasa.standing.Watch."""
        self._understood.labels(client, engine).inc(texts)
        self._seconds.labels(client, engine).inc(seconds)

    def missed(self, client: ClientId, engine: str, texts: int) -> None:
        """See nlu.rasa.standing.Watch."""
        self._missed.labels(client, engine).inc(texts)

    def stands(self, client: ClientId, engine: str, *, up: bool) -> None:
        """See nlu.rasa.standing.Watch."""
        self._up.labels(client, engine).set(up)

    def audited(self, client: ClientId, share: float | None) -> None:
        """See app.live_audit.Watch."""
        if share is not None:
            self._audited.labels(client).set(share)

    def promise_broken(self, client: ClientId) -> None:
        """See app.live_audit.Watch."""
        self._broken.labels(client).inc()
