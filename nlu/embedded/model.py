"""What training leaves behind: arrays and numbers only, so that a model file can be checked and not abused."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlu.embedded.calibration import Doubles, Logistic, threshold_for
from nlu.embedded.encoder import Encoder
from nlu.embedded.kernel import products, similarity_kernel
from nlu.embedded.scores import confidence_features, energy, scope_features
from nlu.embedded.shelf import Shelf
from nlu.embedded.spelling import Speller
from nlu.embedded.text import bare, calm, fold
from nlu.embedded.tfidf import Floats, Postings, TfIdf

_MAGIC = b"switchboard-nlu-1\n"
_BESIDE = "beside_"


class ModelBroken(Exception):
    """The bytes are not a model of this engine, or were changed since they were written."""


class ModelUnusable(Exception):
    """The model is sound but needs something that this process does not have."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The engine's constants.

    `share` is the encoder's part of the similarity, `sharpness` γ, `ridge` λ; `commonest` is the share of examples
    above which a spelling feature is dropped (beside an encoder it only costs time).
    """

    share: float = 0.75
    commonest: float = 0.3
    sharpness: float = 2.0
    ridge: float = 0.1


@dataclass(frozen=True)
class Judged:
    """Per text: each intent's score, the best intent, the chance that it is right, the chance of being in scope;
    whether it is most like an utterance that is nobody's business; for each heading by how much the text asks that (a
    cosine) if it does, else 0; and the encoder's vector (of no width without an encoder).
    """

    scores: Floats
    best: NDArray[np.int64]
    confidence: Doubles
    scope: Doubles
    foreign: NDArray[np.bool_]
    answers: Floats
    vectors: Floats


@dataclass(frozen=True)
class Headings:
    """Questions that articles answer, in the space of the examples. A text asks one of them if it is at least as like
    it as `likeness` (a cosine), and by `lead` more so than any training row.
    """

    vectors: Floats
    postings: Postings
    likeness: float
    lead: float

    @classmethod
    def none(cls) -> Headings:
        """Of a client without articles."""
        nothing = Postings(np.zeros(1, np.int64), np.empty(0, np.uint16), np.empty(0, np.float32), 0)
        return cls(np.empty((0, 0), np.float32), nothing, 1.0, 1.0)


@dataclass(frozen=True)
class EmbeddedModel:
    """One client's trained intents. `held_out_*` are the leave-one-out answers that thresholds are read from; the first
    `own` training rows are the client's, the others nobody's business (None: not known, in models of older versions).
    `extras` and `beside` are JSON and arrays of other parts, kept in the same file.
    """

    intents: tuple[str, ...]
    settings: Settings
    encoder: str | None
    umlauts: Mapping[str, str]
    words: tuple[str, ...]
    tfidf: TfIdf
    postings: Postings
    vectors: Floats
    weights: Floats
    trust: Logistic
    scope: Logistic
    held_out_confidence: Doubles
    held_out_right: NDArray[np.bool_]
    held_out_scope: Doubles
    extras: Mapping[str, Any]
    headings: Headings = field(default_factory=Headings.none)
    own: int | None = None
    beside: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    _speller: Speller | None = field(default=None, init=False, repr=False, compare=False)

    def judge(self, texts: Sequence[str], encoder: Encoder | None) -> Judged:
        """Scores and calibrated chances of `texts`; raises ModelUnusable without the encoder it was trained with."""
        texts = [self._mended(bare(text), encoder) for text in texts]
        vectors = self._encoded(texts, encoder)
        cosines, asked = self._cosines(texts, vectors)
        foreign = self._foreign(cosines)
        answers = np.where((asked >= self.headings.likeness) & (asked >= self._led(cosines)), asked, np.float32(0))
        scores = similarity_kernel(cosines, self.settings.sharpness) @ self.weights
        total = energy(scores)
        confidence = self.trust(confidence_features(scores, total))
        scope = self.scope(scope_features(scores, total))
        return Judged(scores, scores.argmax(axis=1), confidence, scope, foreign, answers, vectors)

    def _foreign(self, cosines: Floats) -> NDArray[np.bool_]:
        if self.own is None or self.own >= cosines.shape[1]:
            return np.zeros(len(cosines), dtype=np.bool_)
        nearer: NDArray[np.bool_] = cosines[:, : self.own].max(axis=1) < cosines[:, self.own :].max(axis=1)
        return nearer

    def _led(self, cosines: Floats) -> Floats:
        led: Floats = cosines.max(axis=1, keepdims=True) + np.float32(self.headings.lead)
        return led

    def similarities(self, texts: Sequence[str], encoder: Encoder | None) -> Floats:
        """The kernel of each text with each training row."""
        texts = [self._mended(bare(text), encoder) for text in texts]
        return similarity_kernel(self._cosines(texts, self._encoded(texts, encoder))[0], self.settings.sharpness)

    def _cosines(self, texts: Sequence[str], vectors: Floats) -> tuple[Floats, Floats]:
        """Of each text with each training row, and with each heading."""
        spelled = self.tfidf.transform([fold(text) for text in texts])
        rows, asked = self.postings.products(spelled), self.headings.postings.products(spelled)
        if self.encoder is not None:
            share = np.float32(self.settings.share)
            meant = share * vectors
            rows *= 1 - share
            rows += products(meant, self.vectors)
            if asked.shape[1]:
                asked *= 1 - share
                asked += products(meant, self.headings.vectors)
        return rows, asked

    def _mended(self, text: str, encoder: Encoder | None) -> str:
        if encoder is None or self.encoder is None:
            return text
        speller = self._speller
        if speller is None:
            speller = Speller(self.words, encoder.knows)
            object.__setattr__(self, "_speller", speller)
        return speller.mend(text)

    def _encoded(self, texts: Sequence[str], encoder: Encoder | None) -> Floats:
        if self.encoder is None:
            return np.empty((len(texts), 0), np.float32)
        return self.require(encoder).encode([calm(text, self.umlauts) for text in texts])

    def require(self, encoder: Encoder | None) -> Encoder:
        """`encoder`, if it is the one the model was trained with; raises ModelUnusable otherwise."""
        if encoder is None or encoder.name != self.encoder:
            here = encoder.name if encoder else "none"
            raise ModelUnusable(
                f"the model was trained with the encoder {self.encoder}, here is {here}: install it or train again"
            )
        return encoder

    def threshold(self, target: float) -> float:
        """The confidence above which at most the share `target` of held-out answers were wrong."""
        return threshold_for(target, self.held_out_confidence, self.held_out_right)

    def scope_threshold(self, refused: float) -> float:
        """The scope below which the share `refused` of held-out in-scope examples falls."""
        return float(np.quantile(self.held_out_scope, refused)) if len(self.held_out_scope) else 0.0

    @property
    def size(self) -> int:
        """Bytes of its arrays, in memory or mapped."""
        parts = (self.vectors, self.weights, self.tfidf.keys, self.tfidf.idf, *self.beside.values())
        return sum(part.nbytes for part in parts) + self.postings.size + self.headings.postings.size

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the model's bytes: equal for equal data, settings and library versions."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    def to_bytes(self) -> bytes:
        """A checked container: magic line, SHA-256, then an .npz with JSON inside and no pickles."""
        body = io.BytesIO()
        np.savez(body, allow_pickle=False, **self._arrays())
        return _MAGIC + hashlib.sha256(body.getvalue()).hexdigest().encode() + b"\n" + body.getvalue()

    def _arrays(self) -> dict[str, NDArray[Any]]:
        header = {
            "intents": self.intents,
            "settings": asdict(self.settings),
            "encoder": self.encoder,
            "umlauts": dict(self.umlauts),
            "words": self.words,
            "extras": dict(self.extras),
            "own": self.own,
            "likeness": self.headings.likeness,
            "lead": self.headings.lead,
        }
        return {
            "header": np.frombuffer(json.dumps(header, ensure_ascii=False, sort_keys=True).encode(), dtype=np.uint8),
            "keys": self.tfidf.keys,
            "idf": self.tfidf.idf,
            "posting_starts": self.postings.starts,
            "posting_rows": self.postings.rows,
            "posting_weights": self.postings.weights.astype(np.float16),
            "vectors": self.vectors.astype(np.float16),
            "heading_vectors": self.headings.vectors.astype(np.float16),
            "heading_starts": self.headings.postings.starts,
            "heading_rows": self.headings.postings.rows,
            "heading_weights": self.headings.postings.weights.astype(np.float16),
            "weights": self.weights,
            **_logistic_arrays("trust", self.trust),
            **_logistic_arrays("scope", self.scope),
            "held_out_confidence": self.held_out_confidence.astype(np.float32),
            "held_out_right": self.held_out_right,
            "held_out_scope": self.held_out_scope.astype(np.float32),
            **{f"{_BESIDE}{name}": array for name, array in self.beside.items()},
        }

    @classmethod
    def from_bytes(cls, data: bytes, shelf: Shelf | None = None) -> EmbeddedModel:
        """The model back, its larger arrays mapped from files if there is a `shelf`; raises ModelBroken when a byte was
        changed or it is not a model at all.
        """
        head, digest, body = data[: len(_MAGIC)], data[len(_MAGIC) : len(_MAGIC) + 64], data[len(_MAGIC) + 65 :]
        if head != _MAGIC:
            raise ModelBroken("these bytes are not a model of the embedded engine: train the client again")
        if hashlib.sha256(body).hexdigest().encode() != digest:
            raise ModelBroken("the model was changed after it was written, its hash differs: train it again")
        try:
            with np.load(io.BytesIO(body), allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            return cls._from_arrays(arrays, shelf, digest.decode())
        except (KeyError, ValueError, TypeError, zipfile.BadZipFile) as bad:
            raise ModelBroken(f"the model is of another version of the engine ({bad}): train the client again") from bad

    @classmethod
    def _from_arrays(cls, arrays: Mapping[str, NDArray[Any]], shelf: Shelf | None, name: str) -> EmbeddedModel:
        header = json.loads(arrays["header"].tobytes())
        large = {key: arrays[key] for key in ("weights", "keys", "idf", "posting_starts", "posting_rows")}
        large |= {key: arrays[key].astype(np.float32) for key in ("vectors", "posting_weights")}
        large = shelf.mapped(name, large) if shelf else large
        rows = len(large["weights"])
        return cls(
            intents=tuple(header["intents"]),
            settings=Settings(**header["settings"]),
            encoder=header["encoder"],
            umlauts=header["umlauts"],
            words=tuple(header["words"]),
            tfidf=TfIdf(large["keys"], large["idf"]),
            postings=Postings(large["posting_starts"], large["posting_rows"], large["posting_weights"], rows),
            vectors=large["vectors"],
            weights=large["weights"],
            trust=_logistic("trust", arrays),
            scope=_logistic("scope", arrays),
            held_out_confidence=arrays["held_out_confidence"].astype(np.float64),
            held_out_right=arrays["held_out_right"],
            held_out_scope=arrays["held_out_scope"].astype(np.float64),
            extras=header["extras"],
            headings=_headings(header, arrays),
            own=header.get("own"),
            beside={name.removeprefix(_BESIDE): held for name, held in arrays.items() if name.startswith(_BESIDE)},
        )


def _headings(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Headings:
    """A model of an older version knows of none."""
    if "heading_vectors" not in arrays:
        return Headings.none()
    vectors = arrays["heading_vectors"].astype(np.float32)
    starts, rows = arrays["heading_starts"], arrays["heading_rows"]
    postings = Postings(starts, rows, arrays["heading_weights"].astype(np.float32), len(vectors))
    return Headings(vectors, postings, header["likeness"], header["lead"])


def _logistic_arrays(name: str, fitted: Logistic) -> dict[str, NDArray[Any]]:
    return {
        f"{name}_curve": np.vstack((fitted.mean, fitted.spread, fitted.weights)),
        f"{name}_bias": np.array([fitted.bias]),
    }


def _logistic(name: str, arrays: Mapping[str, NDArray[Any]]) -> Logistic:
    mean, spread, weights = arrays[f"{name}_curve"]
    return Logistic(mean, spread, weights, float(arrays[f"{name}_bias"][0]))
