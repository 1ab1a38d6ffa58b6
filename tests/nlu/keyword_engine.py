"""A tiny honest engine for dialogue tests: a text means the intent whose keyword it holds, and nothing else."""

import re
from collections.abc import Mapping, Sequence

from conversation.understanding import FALLBACK_INTENT, Entity, RankedIntent, Understanding
from nlu.courtesy import is_courtesy


class KeywordEngine:
    """`keywords`: intent → pattern; the first that is found wins. A text with `?!` is unsure between all intents, one
    with `zzz` is out of scope. Six digits are an order number.
    """

    name = "keywords"

    def __init__(self, keywords: Mapping[str, str], languages: Sequence[str] = ("de", "en")) -> None:
        self.keywords = dict(keywords)
        self.languages = languages
        self.batches: list[list[str]] = []

    def parse(self, texts: Sequence[str], prior: Sequence[str | None] | None = None) -> list[Understanding]:
        self.batches.append(list(texts))
        priors = prior or [None] * len(texts)
        return [self._understand(text, before) for text, before in zip(texts, priors, strict=True)]

    def _understand(self, text: str, prior: str | None) -> Understanding:
        german = re.search(r"\b(ich|wo|ist|meine|nein|ja|danke|hallo|und|die|nicht|bitte)\b", text.casefold())
        english = re.search(r"\b(i|where|is|my|no|yes|thanks|hello|and|the|not|please)\b", text.casefold())
        language = "de" if german and not english else "en" if english else prior or self.languages[0]
        entities = tuple(
            Entity("order_number", m[0], m.start(), m.end(), "regex") for m in re.finditer(r"\b\d{6}\b", text)
        )
        names = [n for n, pattern in self.keywords.items() if re.search(pattern, text, re.IGNORECASE)]
        unsure = not names or "?!" in text
        ranked = [*names, *(n for n in self.keywords if n not in names)]
        ranking = tuple(RankedIntent(n, 0.4 / (i + 1) if unsure else 0.99 / (i * 50 + 1)) for i, n in enumerate(ranked))
        intent = RankedIntent(FALLBACK_INTENT, 0.7) if unsure else ranking[0]
        return Understanding(
            text,
            language,
            intent,
            ranking,
            entities,
            answerable=not unsure,
            in_scope="zzz" not in text,
            courtesy=is_courtesy(text),
            engine=self.name,
        )
