"""The engine that runs in our own process: intents by kernel ridge, confidence as a promise, entities, language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from conversation.understanding import FALLBACK_INTENT, RankedIntent, Understanding
from nlu.embedded.encoder import Encoder, shared_encoder
from nlu.embedded.model import EmbeddedModel, Judged
from nlu.embedded.training import train_model
from nlu.engine import RANKED
from nlu.language import LanguageDetector
from nlu.training_data import TrainingData

DEFAULT_TARGET = 0.03
_SCOPE_REFUSED = 0.02
_RANK_SHARPNESS = 8.0


@dataclass(frozen=True)
class EmbeddedEngine:
    """A model at work. `target` is the client's tolerated share of wrong automatic answers."""

    model: EmbeddedModel
    encoder: Encoder | None
    languages: LanguageDetector
    target: float = DEFAULT_TARGET
    name: str = "embedded"
    threshold: float = field(init=False)
    scope_threshold: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "threshold", self.model.threshold(self.target))
        object.__setattr__(self, "scope_threshold", self.model.scope_threshold(_SCOPE_REFUSED))

    @staticmethod
    def warm_up() -> None:
        """Load the shared encoder now instead of at the first message."""
        encoder = shared_encoder()
        if encoder is not None:
            encoder.encode(["hello"])

    @classmethod
    def train(
        cls, data: TrainingData, languages: Sequence[str] = ("en", "de"), target: float = DEFAULT_TARGET
    ) -> EmbeddedEngine:
        """Train on `data` with the process's shared encoder and stand ready."""
        encoder = shared_encoder()
        return cls(train_model(data, encoder), encoder, LanguageDetector(tuple(languages)), target)

    def parse(self, texts: Sequence[str], prior: Sequence[str | None] | None = None) -> list[Understanding]:
        """See nlu.engine.Engine; `extra` holds `scope`, the chance of being in scope, and the `threshold` in force."""
        if not texts:
            return []
        judged = self.model.judge(texts, self.encoder)
        languages = self.languages.detect_all(texts, prior)
        return [
            self._understood(place, text, language, judged)
            for place, (text, language) in enumerate(zip(texts, languages, strict=True))
        ]

    def _understood(self, place: int, text: str, language: str, judged: Judged) -> Understanding:
        confidence, scope = float(judged.confidence[place]), float(judged.scope[place])
        ranking = self._ranking(judged.scores[place], confidence)
        in_scope = scope >= self.scope_threshold
        answerable = in_scope and confidence >= self.threshold
        return Understanding(
            text=text,
            language=language,
            intent=ranking[0] if answerable else RankedIntent(FALLBACK_INTENT, min(self.threshold, 1.0)),
            ranking=ranking,
            answerable=answerable,
            in_scope=in_scope,
            engine=self.name,
            extra={"scope": scope, "threshold": self.threshold},
        )

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
