"""Whether an engine on a server is up or down, since when and why: one account of it, for log, metrics and pages."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Protocol

from conversation.ids import ClientId
from nlu.engine_state import EngineState

log = logging.getLogger(__name__)

_TOLD = {"embedded": "the embedded engine stands in", "": "nobody answers", "handoff": "people take over"}


class Watch(Protocol):
    """Counts what an engine did. Called from threads; must not block."""

    def understood(self, client: ClientId, engine: str, texts: int, seconds: float) -> None:
        """So many texts were understood by this engine, together within so many seconds."""
        ...

    def missed(self, client: ClientId, engine: str, texts: int) -> None:
        """So many texts got no answer from it."""
        ...

    def stands(self, client: ClientId, engine: str, *, up: bool) -> None:
        """It was found up, or down."""
        ...


class Unwatched:
    """Counts nothing."""

    def understood(self, client: ClientId, engine: str, texts: int, seconds: float) -> None:
        """See Watch."""

    def missed(self, client: ClientId, engine: str, texts: int) -> None:
        """See Watch."""

    def stands(self, client: ClientId, engine: str, *, up: bool) -> None:
        """See Watch."""


def utc_now() -> datetime:
    """The machine's time."""
    return datetime.now(UTC)


@dataclass
class Standing:
    """Thread-safe. Going down and coming back are logged once each."""

    client: ClientId
    fallback: str
    model: str = ""
    engine: str = "rasa"
    watch: Watch = field(default_factory=Unwatched)
    now: Callable[[], datetime] = utc_now
    _state: EngineState = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def __post_init__(self) -> None:
        self._state = EngineState(self.client, self.engine, None, fallback=self.fallback, model=self.model)

    def state(self) -> EngineState:
        """As it stands; `up` is None as long as nobody has asked the server anything."""
        return self._state

    def answered(self, texts: int, seconds: float) -> None:
        """So many texts got an answer: it is up."""
        self.watch.understood(self.client, self.engine, texts, seconds)
        with self._lock:
            self._state = replace(self._state, answered=self._state.answered + texts)
        self.up()

    def missed(self, texts: int, reason: str) -> None:
        """So many texts got none. That alone does not make it down: Rasa chokes on some texts."""
        self.watch.missed(self.client, self.engine, texts)
        with self._lock:
            self._state = replace(self._state, missed=self._state.missed + texts, error=reason, error_at=self.now())

    def up(self) -> None:
        """It answers."""
        if self._turned(up=True):
            log.warning("the engine of %s is back", self.client)
        self.watch.stands(self.client, self.engine, up=True)

    def down(self, reason: str) -> None:
        """It does not, for this reason."""
        with self._lock:
            self._state = replace(self._state, error=reason, error_at=self.now())
        if self._turned(up=False):
            log.warning("the engine of %s is down, %s: %s", self.client, _TOLD[self.fallback], reason)
        self.watch.stands(self.client, self.engine, up=False)

    def _turned(self, *, up: bool) -> bool:
        """Whether that is news that somebody should read."""
        with self._lock:
            before = self._state.up
            if before is not up:
                self._state = replace(self._state, up=up, since=self.now())
        return before is not up and (before is not None or not up)
