"""How likely a text reports a problem, in any trade: learned from the product's own sentences, beside the word lists.

The sentences stand in troubles.txt. Their vectors and weights are kept in troubles.npz, so that a process needs none
of the time to encode them; `python -m nlu.embedded.troubles` writes it anew, and a test tells when that was forgotten.
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

from nlu.embedded.calibration import Doubles, sigmoid
from nlu.embedded.encoder import Encoder, shared_encoder
from nlu.embedded.kernel import products, similarity_kernel, solve
from nlu.embedded.text import bare, calm

Floats = NDArray[np.float32]

SENTENCES = Path(__file__).with_name("troubles.txt")
FILE = Path(__file__).with_name("troubles.npz")
_SHARPNESS = 2.0
_RIDGE = 0.3
_STEEP = 5.0
"""What a score of ±1 (surely one, surely none) counts in log-odds: set on held-out sentences."""
_LEVELS = 500
"""Steps a unit: no part of a sentence's vector is far from a twentieth, and none here beyond a quarter."""
_MOST = 127


@dataclass(frozen=True)
class Troubles:
    """What the sentences taught: their vectors in 8 bits, a weight each. `digest` is of the sentences."""

    encoder: str
    digest: str
    vectors: Floats
    weights: Floats

    @classmethod
    def learn(cls, texts: Sequence[str], reports: Sequence[bool], encoder: Encoder, digest: str = "") -> Troubles:
        """From sentences that do or do not report a problem."""
        vectors = _rounded(encoder.encode([calm(bare(text), {}) for text in texts]))
        targets = np.where(np.array(reports), 1, -1).astype(np.float32)[:, None]
        fit = solve(similarity_kernel(vectors @ vectors.T, _SHARPNESS), targets, _RIDGE)
        return cls(encoder.name, digest, vectors, np.ascontiguousarray(fit.weights[:, 0]))

    @classmethod
    def read(cls, file: Path = FILE) -> Troubles:
        """As written by `to_bytes`."""
        with np.load(file, allow_pickle=False) as kept:
            vectors = kept["vectors"].astype(np.float32) / np.float32(_LEVELS)
            return cls(str(kept["encoder"]), str(kept["digest"]), vectors, kept["weights"])

    def chances(self, vectors: Floats) -> Doubles:
        """Of each of the encoder's vectors, how likely its text reports a problem."""
        if not len(vectors):
            return np.zeros(0)
        scores = similarity_kernel(products(vectors, self.vectors), _SHARPNESS) @ self.weights
        return sigmoid(_STEEP * scores.astype(np.float64))

    def to_bytes(self) -> bytes:
        body = io.BytesIO()
        arrays: dict[str, Any] = {
            "encoder": np.array(self.encoder),
            "digest": np.array(self.digest),
            "vectors": _steps(self.vectors),
            "weights": self.weights,
        }
        np.savez_compressed(body, allow_pickle=False, **arrays)
        return body.getvalue()


@cache
def shared_troubles() -> Troubles:
    """The product's own, read once a process."""
    return Troubles.read()


def sentences() -> tuple[list[str], list[bool], str]:
    """The sentences, whether each reports a problem, and their digest."""
    text = SENTENCES.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith(("! ", "- "))]
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    return [line[2:] for line in lines], [line.startswith("!") for line in lines], digest


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
    FILE.write_bytes(Troubles.learn(*sentences()[:2], encoder, sentences()[2]).to_bytes())


if __name__ == "__main__":
    _main()
