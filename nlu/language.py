"""Which of a client's languages a text is in; the thread's language decides where the words do not."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

_WORD = re.compile(r"[^\W\d_]+")
_PRIOR_WEIGHT = 3.0


@dataclass(frozen=True, slots=True)
class LanguageDetector:
    """Detects among `languages` (ISO 639-1, the first is the client's default)."""

    languages: tuple[str, ...]
    _identifier: Any = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.languages:
            raise ValueError("a client needs at least one language, such as ('en',)")
        if len(self.languages) > 1:
            object.__setattr__(self, "_identifier", _restricted(self.languages))

    def detect(self, text: str, prior: str | None = None) -> str:
        """The likeliest language; `prior`, the thread's language, outweighs a word or two but not a clear sentence."""
        default = prior if prior in self.languages else self.languages[0]
        words = _WORD.findall(text)
        if self._identifier is None or not words:
            return default
        ranked = self._identifier.rank(" ".join(words))
        scores = {language: score - ranked[0][1] for language, score in ranked}
        if prior in scores:
            scores[prior] += _PRIOR_WEIGHT * max(1.0, 4.0 / len(words))
        elif len(words) == 1 and np.ptp(list(scores.values())) < _PRIOR_WEIGHT:
            return default
        return max(self.languages, key=lambda language: scores.get(language, -np.inf))

    def detect_all(self, texts: Sequence[str], prior: Sequence[str | None] | None = None) -> list[str]:
        """detect() for a batch."""
        priors = prior if prior is not None else [None] * len(texts)
        return [self.detect(text, before) for text, before in zip(texts, priors, strict=True)]


def _restricted(languages: tuple[str, ...]) -> Any:
    identifier = copy.copy(_identifier())
    try:
        identifier.set_languages(list(languages))
    except ValueError as unknown:
        raise ValueError(f"{unknown}: use ISO 639-1 codes such as en, de, fr") from unknown
    return identifier


@cache
def _identifier() -> Any:
    """The model of this process, all languages; 4.5 MB, loaded when a client first has two languages."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 - only clients with two languages need it

    return LanguageIdentifier.from_model_file(MODEL_FILE)
