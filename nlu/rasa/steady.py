"""What a client's customers get while its Rasa server is down: the embedded engine's answer, or a person."""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from conversation.ids import ClientId
from conversation.understanding import Understanding
from nlu.engine import Engine, EngineUnavailable
from nlu.language import LanguageDetector
from nlu.rasa.engine import RasaEngine

log = logging.getLogger(__name__)


class Watch(Protocol):
    """Counts what an engine did. Called from threads; must not block."""

    def understood(self, client: ClientId, engine: str, texts: int, seconds: float) -> None:
        """So many texts were understood by this engine, together within so many seconds."""
        ...

    def missed(self, client: ClientId, engine: str, texts: int) -> None:
        """So many texts got no answer: the engine is down for them."""
        ...


class Unwatched:
    """Counts nothing."""

    def understood(self, client: ClientId, engine: str, texts: int, seconds: float) -> None:
        """See Watch."""

    def missed(self, client: ClientId, engine: str, texts: int) -> None:
        """See Watch."""


@dataclass
class SteadyEngine:
    """Implements nlu.engine.Engine and is never unavailable. Each text that Rasa leaves unanswered goes to `stand_in`
    (its understanding says `engine: embedded` and `stand_in` in `extra`); without one, `extra` says `down`, for which
    the dialogue calls a person. Going down and coming back are logged once each.
    """

    client: ClientId
    engine: RasaEngine
    stand_in: Engine | None = None
    watch: Watch = field(default_factory=Unwatched)
    name: str = "rasa"
    _down: bool = field(default=False, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def parse(self, texts: Sequence[str], prior: Sequence[str | None] | None = None) -> list[Understanding]:
        """See nlu.engine.Engine."""
        priors = list(prior) if prior is not None else [None] * len(texts)
        begun = time.perf_counter()
        found = self.engine.parse_each(texts, priors)
        lost = [place for place, one in enumerate(found) if isinstance(one, EngineUnavailable)]
        self._tell(found, time.perf_counter() - begun)
        made = {place: one for place, one in enumerate(found) if isinstance(one, Understanding)}
        if lost:
            helped = self._instead([texts[place] for place in lost], [priors[place] for place in lost])
            made.update(zip(lost, helped, strict=True))
        return [made[place] for place in range(len(texts))]

    def _instead(self, texts: Sequence[str], priors: Sequence[str | None]) -> list[Understanding]:
        if self.stand_in is None:
            languages = LanguageDetector(self.engine.languages).detect_all(texts, priors)
            return [
                replace(Understanding.nothing(text, language), extra={"down": True})
                for text, language in zip(texts, languages, strict=True)
            ]
        made = self.stand_in.parse(texts, priors)
        return [replace(one, extra={**one.extra, "stand_in": True}) for one in made]

    def _tell(self, found: Sequence[Understanding | EngineUnavailable], seconds: float) -> None:
        reasons = [one for one in found if isinstance(one, EngineUnavailable)]
        answered = len(found) - len(reasons)
        if answered:
            self.watch.understood(self.client, self.name, answered, seconds)
        if reasons:
            self.watch.missed(self.client, self.name, len(reasons))
        with self._lock:
            changed = bool(reasons) != self._down and bool(found)
            self._down = bool(reasons) if found else self._down
        if changed and reasons:
            who = "people take over" if self.stand_in is None else "the embedded engine stands in"
            log.warning("the engine of %s is down, %s: %s", self.client, who, reasons[0])
        elif changed:
            log.warning("the engine of %s is back", self.client)
