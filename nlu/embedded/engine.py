"""The engine that runs in our own process: intents by kernel ridge, confidence as a promise, entities, language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conversation.understanding import FALLBACK_INTENT, RankedIntent, Understanding
from nlu.courtesy import is_courtesy
from nlu.embedded.encoder import Encoder, shared_encoder
from nlu.embedded.held_out import Folds
from nlu.embedded.model import EmbeddedModel, Judged
from nlu.embedded.repeats import Key, Repeats
from nlu.embedded.reports import shared_reports
from nlu.embedded.shelf import Shelf
from nlu.embedded.text import bare, calm
from nlu.embedded.threads import serve_on_one_core
from nlu.embedded.training import train_model
from nlu.engine import RANKED
from nlu.entities import EntityExtractor, today_utc
from nlu.knowledge import Question
from nlu.language import LanguageDetector
from nlu.training_data import TrainingData

DEFAULT_TARGET = 0.03
SCOPE_REFUSED = 0.05
_RANK_SHARPNESS = 8.0
_SOME = 12
"""So many examples tell how dangerous what an intent means is."""


@dataclass(frozen=True, slots=True)
class Promise:
    """At `threshold`: the share of held-out examples that is answered, and the share of those answered wrongly."""

    threshold: float
    coverage: float
    wrong: float


@dataclass(frozen=True)
class EmbeddedEngine:
    """A model at work. `target` is the client's tolerated share of wrong automatic answers."""

    model: EmbeddedModel
    encoder: Encoder | None
    target: float = DEFAULT_TARGET
    today: Callable[[], date] = today_utc
    name: str = "embedded"

    @classmethod
    def train(
        cls,
        data: TrainingData,
        languages: Sequence[str] = ("en", "de"),
        target: float = DEFAULT_TARGET,
        entities: Iterable[str] | None = None,
        questions: Sequence[Question] = (),
        folds: Folds | None = None,
    ) -> EmbeddedEngine:
        """Train on `data` with the process's shared encoder and stand ready.

        `languages` are ISO 639-1 codes, the client's default first; `entities` are the domain's entity names (None: all
        that the data names); `questions` are what the client's articles answer; `folds` sees what each held-out fold
        would have been taken for.

        Raises NothingToLearn, a ValueError, when there are fewer than two intents.
        """
        serve_on_one_core()
        extractor = EntityExtractor.learn(data, entities)
        extras = {
            "languages": list(languages),
            "entities": extractor.to_json(),
            "questions": [[one.file, one.language, one.heading] for one in questions],
        }
        encoder, headings = shared_encoder(), [one.heading for one in questions]
        if encoder is not None:
            extras["dangerous"] = _dangerous(data, encoder)
        model = train_model(data, encoder, extras=extras, questions=headings, beside=extractor.arrays(), folds=folds)
        return cls(model, encoder, target)

    @classmethod
    def load(
        cls,
        model: bytes,
        target: float = DEFAULT_TARGET,
        today: Callable[[], date] = today_utc,
        shelf: Shelf | None = None,
    ) -> EmbeddedEngine:
        """The engine of a stored model, mapped from the `shelf`, if any. Raises ModelBroken or ModelUnusable."""
        serve_on_one_core()
        loaded, encoder = EmbeddedModel.from_bytes(model, shelf), shared_encoder()
        if loaded.encoder is not None:
            loaded.require(encoder)
        return cls(loaded, encoder, target, today)

    @staticmethod
    def warm_up() -> None:
        """Load the shared encoder now instead of at the first message."""
        encoder = shared_encoder()
        if encoder is not None:
            encoder.encode(["hello"])

    @property
    def size(self) -> int:
        """Bytes that this client's model takes, beside the encoder that all share."""
        return self.model.size

    @cached_property
    def threshold(self) -> float:
        """The confidence from which the bot answers by itself."""
        return self.model.threshold(self.target)

    @cached_property
    def scope_threshold(self) -> float:
        """The chance of being in scope below which a text is refused, whatever its confidence."""
        return self.model.scope_threshold(SCOPE_REFUSED)

    @cached_property
    def promise(self) -> Promise:
        """What held-out examples say about answering at this target."""
        answered = (self.model.held_out_confidence >= self.threshold) & (
            self.model.held_out_scope >= self.scope_threshold
        )
        wrong = ~self.model.held_out_right[answered]
        return Promise(self.threshold, float(answered.mean()), float(wrong.mean()) if answered.any() else 0.0)

    def knows(self, word: str) -> bool:
        """Whether any language has the word as it stands, as far as the encoder tells; without one all words are."""
        return self.encoder is None or self.encoder.knows(word)

    def parse(self, texts: Sequence[str], prior: Sequence[str | None] | None = None) -> list[Understanding]:
        """See nlu.engine.Engine; `extra` holds `scope`, the chance of being in scope, the `threshold` in force, the
        chances that it reports a `problem` and a `danger`, how `dangerous` the ranked intents' examples are (with the
        encoder), and `article` (`file`, `heading`) if the text asks what
        an article answers rather than anything else.

        A text without a letter or digit is understood as nothing.
        """
        if not texts:
            return []
        day = self.today()
        languages = self._languages.detect_all([text.lstrip("/") for text in texts], prior)
        keys = [(text, language, day) for text, language in zip(texts, languages, strict=True)]
        return self._repeats.understood(keys, self._fresh)

    def _fresh(self, keys: Sequence[Key]) -> list[Understanding]:
        texts = [text.lstrip("/") for text, _, _ in keys]
        judged = self.model.judge(texts, self.encoder)
        reported = self._reported(texts, judged)
        return [self._understood(place, key, judged, reported[place]) for place, key in enumerate(keys)]

    def _reported(self, texts: Sequence[str], judged: Judged) -> list[dict[str, float]]:
        """What the product's own sentences tell of each text, in any trade."""
        troubles, dangers = shared_reports("troubles"), shared_reports("dangers")
        if self.model.encoder != troubles.encoder:
            return [{} for _ in texts]
        chances = zip(troubles.chances(texts, judged.vectors), dangers.chances(texts, judged.vectors), strict=True)
        return [{"problem": float(problem), "danger": float(danger)} for problem, danger in chances]

    def _dangerous(self, ranking: Sequence[RankedIntent]) -> dict[str, dict[str, float]]:
        """How dangerous the examples of the ranked intents are, where that was kept."""
        kept = self.model.extras.get("dangerous")
        return {"dangerous": {one.name: kept.get(one.name, 0.0) for one in ranking}} if kept else {}

    def _understood(self, place: int, key: Key, judged: Judged, reported: dict[str, float]) -> Understanding:
        text, language, day = key
        entities = self._extractor.extract(text, lambda: day)
        if not any(map(str.isalnum, text)):
            nothing = Understanding.nothing(text, language)
            return replace(nothing, in_scope=False, engine=self.name, extra={"scope": 0.0, "threshold": self.threshold})
        confidence, scope = float(judged.confidence[place]), float(judged.scope[place])
        ranking = self._ranking(judged.scores[place], confidence)
        in_scope = scope >= self.scope_threshold and not judged.foreign[place]
        answerable = in_scope and confidence >= self.threshold
        return Understanding(
            text=text,
            language=language,
            intent=ranking[0] if answerable else RankedIntent(FALLBACK_INTENT, min(self.threshold, 1.0)),
            ranking=ranking,
            entities=entities,
            answerable=answerable,
            in_scope=in_scope,
            courtesy=is_courtesy(text),
            engine=self.name,
            extra={
                "scope": scope,
                "threshold": self.threshold,
                **reported,
                **self._dangerous(ranking),
                **self._article(judged.answers[place], language),
            },
        )

    def _article(self, answers: NDArray[np.float32], language: str) -> dict[str, Any]:
        """The heading in that language which the text asks most."""
        if not answers.any():
            return {}
        spoken = np.array([one.language == language for one in self._questions])
        best = int(np.where(spoken, answers, 0).argmax())
        if not (spoken[best] and answers[best]):
            return {}
        found = self._questions[best]
        return {"article": {"file": found.file, "heading": found.heading, "likeness": float(answers[best])}}

    @cached_property
    def _questions(self) -> tuple[Question, ...]:
        return tuple(Question(*kept) for kept in self.model.extras.get("questions", ()))

    @cached_property
    def _repeats(self) -> Repeats:
        return Repeats()

    @cached_property
    def _languages(self) -> LanguageDetector:
        return LanguageDetector(tuple(self.model.extras.get("languages", ("en",))))

    @cached_property
    def _extractor(self) -> EntityExtractor:
        return EntityExtractor.from_json(self.model.extras.get("entities", {}), self.model.beside)

    def _ranking(self, scores: NDArray[np.float32], confidence: float) -> tuple[RankedIntent, ...]:
        """The best gets the calibrated chance; the rest share what is left by their scores, none above the best."""
        order = np.argsort(-scores, kind="stable")[:RANKED]
        rest = np.exp(_RANK_SHARPNESS * (scores - scores[order[0]]))
        rest[order[0]] = 0
        shares = rest[order] * (1 - confidence) / max(float(rest.sum()), 1e-12)
        shares = np.minimum(shares, confidence)
        shares[0] = confidence
        names = self.model.intents
        return tuple(RankedIntent(names[place], float(share)) for place, share in zip(order, shares, strict=True))


def _dangerous(data: TrainingData, encoder: Encoder) -> dict[str, float]:
    """Of each intent the mean chance of danger in some of its examples, spread over all of them."""
    found: dict[str, list[str]] = {}
    for example in data.examples:
        found.setdefault(example.intent, []).append(example.text)
    some = {name: texts[:: -(-len(texts) // _SOME)] for name, texts in sorted(found.items())}
    flat = list(chain.from_iterable(some.values()))
    chances = iter(shared_reports("dangers").chances(flat, encoder.encode([calm(bare(text), {}) for text in flat])))
    return {name: round(float(np.mean([next(chances) for _ in texts])), 4) for name, texts in some.items()}
