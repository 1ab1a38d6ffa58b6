"""How a client's engine is doing, as pages, metrics and doctor tell it."""

from dataclasses import dataclass
from datetime import datetime

from conversation.ids import ClientId

EMBEDDED = "embedded"


@dataclass(frozen=True, slots=True)
class EngineState:
    """`kind` is embedded or rasa; an embedded engine runs in our own process and is always up. `up` is None where
    nobody has looked lately. `since`: when it came to be so. `fallback` is what happens while it is down: `embedded`
    (that engine answers) or `handoff` (people do). `error` is why it was down last, at `error_at`, kept when it is
    back; it names servers and is for the provider's people alone. `answered` and `missed` count texts since `seen_by`
    started.
    """

    client: ClientId
    kind: str = EMBEDDED
    up: bool | None = True
    since: datetime | None = None
    fallback: str = ""
    model: str = ""
    error: str = ""
    error_at: datetime | None = None
    answered: int = 0
    missed: int = 0
    seen_by: str = ""
    seen_at: datetime | None = None

    @property
    def stands_in(self) -> str:
        """Who answers in the engine's place now: `embedded`, `handoff`, or nobody because it is up."""
        return self.fallback if self.up is False else ""
