"""The engine that asks a Rasa server, and keeps the client's promise with thresholds from held-out examples."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from conversation.understanding import FALLBACK_INTENT, Entity, RankedIntent, Understanding
from nlu.courtesy import is_courtesy
from nlu.engine import EngineUnavailable
from nlu.entities import today_utc
from nlu.language import LanguageDetector
from nlu.rasa.answers import RasaAnswer, heard, read_answer, shared
from nlu.rasa.errors import RasaDown
from nlu.rasa.model import RasaModel
from nlu.rasa.server import RasaServer
from nlu.recognisers import recognise

PATIENCE_S = 5.0


@dataclass(frozen=True)
class RasaEngine:
    """Implements nlu.engine.Engine. `languages` are the client's (Rasa does not tell), `target` its tolerated share of
    wrong automatic answers, `patience` the seconds that a batch may take, waiting for its turn included.
    """

    server: RasaServer
    model: RasaModel
    languages: tuple[str, ...] = ("en", "de")
    target: float = 0.03
    patience: float = PATIENCE_S
    today: Callable[[], date] = today_utc
    clock: Callable[[], float] = time.monotonic
    name: str = "rasa"

    @cached_property
    def threshold(self) -> float:
        """The confidence from which the bot answers by itself. Without a calibration Rasa's own confidence is taken at
        its word: it must reach one minus the target.
        """
        return self.model.calibration.threshold(self.target) if self.model.calibration else 1 - self.target

    def parse(self, texts: Sequence[str], prior: Sequence[str | None] | None = None) -> list[Understanding]:
        """See nlu.engine.Engine; `extra` holds `scope`, the `threshold` in force and `rasa`, its own confidence."""
        made = self.parse_each(texts, prior)
        understood = [one for one in made if isinstance(one, Understanding)]
        if len(understood) < len(made):
            raise next(one for one in made if isinstance(one, EngineUnavailable))
        return understood

    def parse_each(
        self, texts: Sequence[str], prior: Sequence[str | None] | None = None
    ) -> list[Understanding | EngineUnavailable]:
        """Like parse, but a text that got no answer yields its reason, and the others stand."""
        until = self.clock() + self.patience
        languages = self._detector.detect_all(texts, prior)
        if any(map(_wordy, texts)) and self.model.file:
            try:
                self.server.require(self.model.file)
            except RasaDown as down:
                return [down] * len(texts)

        def one(item: tuple[str, str]) -> Understanding | EngineUnavailable:
            try:
                return self._parse(*item, until)
            except RasaDown as down:
                return down

        return self.server.in_turns(one, list(zip(texts, languages, strict=True)))

    def _parse(self, text: str, language: str, until: float) -> Understanding:
        sent = heard(text)
        if not _wordy(sent.words):
            return self._nothing(text, language)
        answer = read_answer(self.server.parse(sent.words, until), sent.offset)
        return self._understood(text, language, answer) if answer.ranking else self._nothing(text, language)

    def _understood(self, text: str, language: str, answer: RasaAnswer) -> Understanding:
        own = answer.ranking[0].confidence
        calibration = self.model.calibration
        if calibration is None:
            confidence, scope, in_scope, ranking = own, own, not answer.refused, answer.ranking
        else:
            confidence, scope = calibration.judge(answer.ranking)
            in_scope, ranking = scope >= self._scope_threshold, shared(answer.ranking, confidence)
        answerable = in_scope and confidence >= self.threshold
        return Understanding(
            text=text,
            language=language,
            intent=ranking[0] if answerable else RankedIntent(FALLBACK_INTENT, min(self.threshold, 1.0)),
            ranking=ranking,
            entities=self._with_shared(text, answer.entities),
            answerable=answerable,
            in_scope=in_scope,
            courtesy=is_courtesy(text),
            engine=self.name,
            extra={"scope": scope, "threshold": self.threshold, "rasa": own},
        )

    def _nothing(self, text: str, language: str) -> Understanding:
        extra = {"scope": 0.0, "threshold": self.threshold}
        return replace(Understanding.nothing(text, language), in_scope=False, engine=self.name, extra=extra)

    def _with_shared(self, text: str, own: tuple[Entity, ...]) -> tuple[Entity, ...]:
        """Rasa's entities, and where it found none, what all clients share: dates, money, e-mail, IBAN, phone."""
        found = [
            Entity(one.entity, one.value, one.start, one.end, "BuiltInRecogniser")
            for one in recognise(text, self.today())
            if not any(one.start < mine.end and mine.start < one.end for mine in own)
        ]
        return tuple(sorted((*own, *found), key=lambda entity: (entity.start, -entity.end, entity.entity)))

    @cached_property
    def _scope_threshold(self) -> float:
        return self.model.calibration.scope_threshold() if self.model.calibration else 0.0

    @cached_property
    def _detector(self) -> LanguageDetector:
        return LanguageDetector(self.languages)


def _wordy(text: str) -> bool:
    return any(map(str.isalnum, text))
