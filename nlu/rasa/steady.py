"""What a client's customers get while its Rasa server is down: the embedded engine's answer, or a person."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from conversation.ids import ClientId
from conversation.understanding import Understanding
from nlu.engine import Engine, EngineUnavailable
from nlu.language import LanguageDetector
from nlu.rasa.engine import RasaEngine
from nlu.rasa.errors import RasaDown
from nlu.rasa.keeper import Keeper
from nlu.rasa.standing import Standing, Unwatched, Watch


@dataclass
class SteadyEngine:
    """Implements nlu.engine.Engine and is never unavailable. Each text that Rasa leaves unanswered goes to `stand_in`
    (its understanding says `engine: embedded` and `stand_in` in `extra`); without one, `extra` says `down`, for which
    the dialogue calls a person.
    """

    client: ClientId
    engine: RasaEngine
    stand_in: Engine | None = None
    watch: Watch = field(default_factory=Unwatched)
    name: str = "rasa"
    standing: Standing = field(init=False)
    _keeper: Keeper = field(init=False, repr=False)

    def __post_init__(self) -> None:
        fallback = "handoff" if self.stand_in is None else "embedded"
        self.standing = Standing(self.client, fallback, self.engine.model.file, self.name, self.watch)
        self._keeper = Keeper(self.engine.server, self.engine.model.file, self.engine.clock)

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

    def look(self, *, keep: bool) -> None:
        """Asks the server how it is, and remembers that in `standing`. With `keep` it is given the model it should run,
        if it runs none or another one: only for the client's active bot, and by one process at a time. Blocks: seconds,
        with a model to load up to two minutes.
        """
        try:
            self._keeper.look(keep=keep)
        except RasaDown as down:
            self.standing.down(str(down))
        else:
            self.standing.up()

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
        answered = sum(isinstance(one, Understanding) and "rasa" in one.extra for one in found)
        if reasons:
            self.standing.missed(len(reasons), str(reasons[0]))
        if answered:
            self.standing.answered(answered, seconds)
        elif reasons and (self.engine.server.breaker.is_open or not all(map(_choked, reasons))):
            self.standing.down(str(reasons[0]))


def _choked(reason: EngineUnavailable) -> bool:
    """Whether the server is there, and only this text was too much for it."""
    return isinstance(reason, RasaDown) and reason.status is not None and reason.status >= 500
