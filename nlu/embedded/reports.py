"""How likely a text reports a problem, or danger, in any trade: learned from the product's own sentences.

The sentences stand in troubles.txt and dangers.txt. What they teach is kept in .npz files beside them, so that a
process needs none of the time to encode them; `python -m nlu.embedded.reports` writes these anew, and a test tells
when that was forgotten. A text is compared by its meaning (the encoder's vector, which the engine has anyway) and by
its spelling: what is denied, over or only asked shows in small words that hardly change the meaning.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlu.embedded.calibration import Doubles, Logistic, sigmoid
from nlu.embedded.encoder import Encoder, shared_encoder
from nlu.embedded.gram import gram
from nlu.embedded.kernel import products, similarity_kernel, solve
from nlu.embedded.text import bare, calm, fold
from nlu.embedded.tfidf import TfIdf

Floats = NDArray[np.float32]

FOLDER = Path(__file__).parent
TOPICS = ("troubles", "dangers")
_SHARPNESS = 4.0
_RIDGE = 0.3
"""Set on held-out sentences, as is the even weight of meaning and spelling."""
_RARE = 2
"""Spelling that fewer sentences share teaches nothing."""
_LEVELS = 500
"""Steps a unit: no part of a sentence's vector is far from a twentieth, and none here beyond a quarter."""
_MOST = 127


@dataclass(frozen=True)
class Reports:
    """What the sentences taught: their vectors in 8 bits with a weight each, and a weight for each feature of their
    spelling. `line` turns a score into log-odds (steepness, shift), fitted on each sentence's score by the others.
    """

    encoder: str
    digest: str
    vectors: Floats
    weights: Floats
    spelling: TfIdf
    features: Floats
    line: tuple[float, float]

    @classmethod
    def learn(cls, texts: Sequence[str], reports: Sequence[bool], encoder: Encoder, digest: str = "") -> Reports:
        """From sentences that do or do not report it."""
        vectors = _rounded(encoder.encode([calm(bare(text), {}) for text in texts]))
        folded = [fold(bare(text)) for text in texts]
        spelling = _shared_spelling(folded)
        rows = spelling.transform(folded)
        outcomes = np.array(reports)
        kernel = similarity_kernel(vectors @ vectors.T, _SHARPNESS) + gram(rows, len(spelling.keys))
        fit = solve(kernel, np.where(outcomes, 1, -1).astype(np.float32)[:, None], _RIDGE)
        weights = np.ascontiguousarray(fit.weights[:, 0])
        features = np.bincount(rows.columns, rows.values * weights[rows.row_numbers()], minlength=len(spelling.keys))
        left_out = fit.without_each().astype(np.float64)
        trust = Logistic.fit(left_out, outcomes)
        steep = float(trust.weights[0] / trust.spread[0])
        line = steep, float(trust.bias - steep * trust.mean[0])
        return cls(encoder.name, digest, vectors, weights, spelling, features.astype(np.float32), line)

    @classmethod
    def read(cls, topic: str) -> Reports:
        """As written by `to_bytes`."""
        with np.load(FOLDER / f"{topic}.npz", allow_pickle=False) as kept:
            vectors = kept["vectors"].astype(np.float32) / np.float32(_LEVELS)
            spelling = TfIdf(kept["keys"], kept["idf"])
            steep, shift = kept["line"].tolist()
            names = str(kept["encoder"]), str(kept["digest"])
            return cls(*names, vectors, kept["weights"], spelling, kept["features"], (steep, shift))

    def chances(self, texts: Sequence[str], vectors: Floats) -> Doubles:
        """Of each text, with the encoder's vector of it, how likely it reports it."""
        if not len(vectors):
            return np.zeros(0)
        rows = self.spelling.transform([fold(bare(text)) for text in texts])
        scores = (similarity_kernel(products(vectors, self.vectors), _SHARPNESS) @ self.weights).astype(np.float64)
        scores += np.bincount(rows.row_numbers(), rows.values * self.features[rows.columns], minlength=len(texts))
        steep, shift = self.line
        return sigmoid(steep * scores + shift)

    def to_bytes(self) -> bytes:
        body = io.BytesIO()
        arrays: dict[str, Any] = {
            "encoder": np.array(self.encoder),
            "digest": np.array(self.digest),
            "vectors": _steps(self.vectors),
            "weights": self.weights,
            "keys": self.spelling.keys,
            "idf": self.spelling.idf,
            "features": self.features,
            "line": np.array(self.line),
        }
        np.savez_compressed(body, allow_pickle=False, **arrays)
        return body.getvalue()


@cache
def shared_reports(topic: str) -> Reports:
    """The product's own, read once a process."""
    return Reports.read(topic)


def sentences(topic: str) -> tuple[list[str], list[bool], str]:
    """The sentences, whether each reports it, and their digest."""
    text = (FOLDER / f"{topic}.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith(("! ", "- "))]
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    return [line[2:] for line in lines], [line.startswith("!") for line in lines], digest


def _shared_spelling(folded: Sequence[str]) -> TfIdf:
    """The features that at least two sentences share."""
    every = TfIdf.fit(folded)
    kept = every.idf < np.log((1 + len(folded)) / _RARE) + 1 - 1e-4
    return TfIdf(every.keys[kept], every.idf[kept])


def _rounded(vectors: Floats) -> Floats:
    """As they will be kept: learned and used alike."""
    rounded: Floats = _steps(vectors).astype(np.float32) / np.float32(_LEVELS)
    return rounded


def _steps(vectors: Floats) -> NDArray[np.int8]:
    return np.clip(np.rint(vectors * _LEVELS), -_MOST, _MOST).astype(np.int8)


def _main() -> None:
    encoder = shared_encoder()
    if encoder is None:
        raise SystemExit("the sentence encoder is not installed")
    for topic in TOPICS:
        texts, reports, digest = sentences(topic)
        (FOLDER / f"{topic}.npz").write_bytes(Reports.learn(texts, reports, encoder, digest).to_bytes())


if __name__ == "__main__":
    _main()
