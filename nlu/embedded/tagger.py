"""Finds entities by how sentences speak of them, so that a value nobody listed is found too.

A linear-chain conditional random field (Lafferty, McCallum, Pereira 2001) over words: every label of a place is
weighed by features of the word and its neighbours and by the label before it; the span's confidence is the
chance of its least certain word. Labels are B (begin) and I (inside) of an entity with its role and group, or none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlu.embedded.chain import Chain, Doubles
from nlu.embedded.tokens import EDGE, REACH, Keys, Token, hint_key, word_keys

OUTSIDE = 0
NEVER = 1.01
_WORDS = 2048
_SURELY_NOTHING = 0.97
_OFFSETS = range(-REACH, REACH + 1)


@dataclass(frozen=True, slots=True)
class Label:
    """What a span is: an entity, and the part it plays there."""

    entity: str
    role: str | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """Words [first, last] of a text under a label, and the chance that the least certain of them belongs there."""

    label: Label
    first: int
    last: int
    confidence: float


@dataclass(frozen=True)
class Tagged:
    """What the tagger made of one text: the spans, sure or not, and each word's chances by label number."""

    spans: tuple[Span, ...]
    chances: Doubles


@dataclass(frozen=True)
class Tagger:
    """Trained weights: `weights[row]` belongs to feature `keys[row]` (ascending); label k begins as state 1 + 2k and
    goes on as 2 + 2k. `thresholds` say per entity from which confidence a span is believed.
    """

    labels: tuple[Label, ...]
    keys: Keys
    weights: NDArray[np.float32]
    start: Doubles
    follow: Doubles
    thresholds: Mapping[str, float]
    _words: dict[str, NDArray[np.float32]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def tag(self, texts: Sequence[Sequence[Token]]) -> list[Tagged]:
        """For each text its spans, in order, and its words' chances."""
        return [self._tagged(text) for text in texts]

    def _tagged(self, text: Sequence[Token]) -> Tagged:
        chances = self._chain.chances(self._emissions(text), _SURELY_NOTHING) if text else None
        if chances is None:
            return Tagged((), np.zeros((len(text), self._states)))
        return Tagged(self._spans(chances), chances)

    def believed(self, tagged: Tagged) -> list[Span]:
        """The spans that are as sure as their entity needs."""
        return [span for span in tagged.spans if span.confidence >= self.thresholds.get(span.label.entity, NEVER)]

    def part(self, tagged: Tagged, entity: str, first: int) -> tuple[Label | None, float]:
        """The likeliest label of that entity for a span that begins at word `first`, and the chance of any of them."""
        own = [place for place, label in enumerate(self.labels) if label.entity == entity]
        if not own or first >= len(tagged.chances):
            return None, 0.0
        begun = tagged.chances[first, [1 + 2 * place for place in own]]
        inside = tagged.chances[first, [2 + 2 * place for place in own]]
        return self.labels[own[int(begun.argmax())]], float(begun.sum() + inside.sum())

    def trusts(self, entity: str) -> bool:
        """Whether any span of that entity would be believed: held-out sentences spoke for it."""
        return self.thresholds.get(entity, NEVER) < NEVER

    @cached_property
    def _states(self) -> int:
        return 1 + 2 * len(self.labels)

    @cached_property
    def _chain(self) -> Chain:
        return Chain(np.exp(self.start), np.exp(self.follow))

    def _emissions(self, text: Sequence[Token]) -> Doubles:
        padded = [EDGE] * REACH + list(text) + [EDGE] * REACH
        known = np.stack([self._word(token.word) for token in padded])
        size, count = self._states, len(text)
        out = np.zeros((count, size))
        for place, offset in enumerate(_OFFSETS):
            begin = REACH + offset
            out += known[begin : begin + count, place * size : (place + 1) * size]
        for at, token in enumerate(text):
            if token.hints:
                out[at] += self._rows([hint_key(hint) for hint in token.hints])
        return out

    def _word(self, word: str) -> NDArray[np.float32]:
        """What a word adds to its own place and its neighbours', by offset; remembered."""
        known = self._words.get(word)
        if known is None:
            if len(self._words) >= _WORDS:
                self._words.clear()
            known = self._words[word] = self._sums([word_keys(word, offset) for offset in _OFFSETS])
        return known

    def _sums(self, wanted: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """The summed weights of several groups of features, one behind the other."""
        keys = np.array([key for group in wanted for key in group], dtype=np.uint32)
        places = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        found = self.keys[places] == keys
        out = np.zeros((len(wanted), self._states), dtype=np.float32)
        groups = np.repeat(np.arange(len(wanted)), list(map(len, wanted)))[found]
        np.add.at(out, groups, self.weights[places[found]])
        return out.ravel()

    def _rows(self, wanted: Sequence[int]) -> NDArray[np.float32]:
        keys = np.array(wanted, dtype=np.uint32)
        places = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        found: NDArray[np.float32] = self.weights[places[self.keys[places] == keys]].sum(axis=0, dtype=np.float32)
        return found

    def _spans(self, chances: Doubles) -> tuple[Span, ...]:
        """Each word takes its likeliest state: where that is likelier than all others together, no other labelling of
        the whole could be better.
        """
        spans: list[Span] = []
        named, sure = chances.argmax(axis=1).tolist(), chances.max(axis=1).tolist()
        place = 0
        while place < len(named):
            last = place
            if named[place] != OUTSIDE:
                label = (named[place] - 1) // 2
                while last + 1 < len(named) and named[last + 1] == 2 + 2 * label:
                    last += 1
                spans.append(Span(self.labels[label], place, last, min(1.0, *sure[place : last + 1])))
            place = last + 1
        return tuple(spans)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What a model file keeps beside to_json()."""
        return {
            "tagger_keys": self.keys,
            "tagger_weights": self.weights.astype(np.float16),
            "tagger_follow": np.vstack((self.start, self.follow)).astype(np.float32),
        }

    def to_json(self) -> dict[str, Any]:
        """Plain values for a model's header."""
        labels = [[label.entity, label.role, label.group] for label in self.labels]
        return {"labels": labels, "thresholds": dict(self.thresholds)}

    @classmethod
    def restored(cls, kept: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Tagger:
        """The tagger back from to_json() and arrays()."""
        chained = arrays["tagger_follow"].astype(np.float64)
        labels = tuple(Label(*label) for label in kept["labels"])
        weights = arrays["tagger_weights"].astype(np.float32)
        return cls(labels, arrays["tagger_keys"], weights, chained[0], chained[1:], dict(kept["thresholds"]))


def features(text: Sequence[Token], known: dict[tuple[str, int, bool], list[int]]) -> list[list[int]]:
    """Per word of a text all its feature numbers, for training; `known` remembers those of words."""
    padded = [EDGE] * REACH + list(text) + [EDGE] * REACH
    out = []
    for at, token in enumerate(text):
        row = [hint_key(hint) for hint in token.hints]
        for offset in _OFFSETS:
            near = padded[at + REACH + offset]
            view = (near.word, offset, near.veiled)
            if view not in known:
                known[view] = word_keys(*view)
            row += known[view]
        out.append(row)
    return out
