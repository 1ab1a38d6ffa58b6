"""Trains a client's model in one solve, and reads its calibration and thresholds from closed-form held-out scores."""

from __future__ import annotations

import os
from collections.abc import Hashable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from conversation.understanding import FALLBACK_INTENT
from nlu.embedded.calibration import Doubles, Logistic
from nlu.embedded.encoder import Encoder, UniversalEncoder
from nlu.embedded.generic import generic_utterances
from nlu.embedded.gram import gram
from nlu.embedded.held_out import Folds
from nlu.embedded.kernel import Fit, similarity_kernel, solve
from nlu.embedded.model import EmbeddedModel, Headings, Settings
from nlu.embedded.scores import confidence_features, scope_features
from nlu.embedded.spelling import vocabulary
from nlu.embedded.text import bare, calm, fold, usual_spellings
from nlu.embedded.tfidf import Floats, Postings, SparseRows, TfIdf
from nlu.embedded.threads import all_cores
from nlu.training_data import TrainingData

_MANY = 2_500  # rows from which a second core saves more than it costs
_BLOCK = 1024
_MOST = 16_000  # examples; their kernel takes 1 GB and half as much again while it is solved
_TAKEN = 0.01  # the share of other texts that a heading may be mistaken for


class NothingToLearn(ValueError):
    """The training data holds too little for a model."""


@dataclass(frozen=True, slots=True)
class _Rows:
    """Training rows: the client's examples, the intents' names, then what is out of scope (label -1).

    The latter are the client's own examples under `nlu_fallback` and the generic utterances; each number counts the
    rows up to the end of its part.
    """

    texts: list[str]
    labels: NDArray[np.int64]
    examples: int
    named: int
    given: int


def train_model(
    data: TrainingData,
    encoder: Encoder | None,
    settings: Settings | None = None,
    extras: Mapping[str, Any] | None = None,
    questions: Sequence[str] = (),
    beside: Mapping[str, NDArray[Any]] | None = None,
    folds: Folds | None = None,
) -> EmbeddedModel:
    """The model of `data`; the same data, encoder and libraries give the same bytes. `extras` is JSON and `beside` are
    arrays kept with it; `questions` are what the client's articles answer; `folds` watches, to judge the model on what
    it would say without each of them.

    Raises NothingToLearn below two intents.
    """
    settings = settings or Settings()
    intents = tuple(sorted(set(data.intents) - {FALLBACK_INTENT}))
    if len(intents) < 2:
        raise NothingToLearn(
            f"a model needs examples of at least 2 intents, here are {len(intents)}: add `- intent: …` items"
        )
    rows = _rows(affordable(data), intents)
    umlauts = usual_spellings(rows.texts[: rows.examples])
    vectors = _vectors(rows.texts[: rows.given], umlauts, encoder)
    folded = [fold(text) for text in rows.texts]
    tfidf = TfIdf.fit(folded[: rows.named], settings.commonest if encoder else 1.0)
    matrix = _halved(tfidf.transform(folded))
    kept = _distinct(rows, vectors, matrix, len(tfidf.keys))
    rows, vectors, matrix = _only(rows, vectors, matrix, kept)
    with all_cores() if len(rows.labels) > _MANY else nullcontext():
        cosines = _mixed(gram(matrix, len(tfidf.keys)), vectors, vectors, settings)
        headings = _headings(questions, _Space(rows, vectors, matrix, tfidf, umlauts), cosines, encoder, settings)
        if folds is not None:
            folds.before(rows, cosines)
        fit = _solved(rows, cosines, len(intents), settings)
        strangers = _without_intent(fit, rows)
        if folds is not None:
            folds.after(fit, rows, strangers)
    trust, scope, confidence, right, in_scope = _calibrate(fit, rows, strangers)
    return EmbeddedModel(
        intents=intents,
        settings=settings,
        encoder=encoder.name if encoder else None,
        umlauts=umlauts,
        words=tuple(vocabulary(rows.texts[: rows.named])) if encoder else (),
        tfidf=tfidf,
        postings=Postings.of(matrix, len(tfidf.keys)),
        vectors=vectors,
        weights=np.ascontiguousarray(fit.weights),
        trust=trust,
        scope=scope,
        held_out_confidence=confidence,
        held_out_right=right,
        held_out_scope=in_scope,
        extras=dict(extras or {}),
        headings=headings,
        own=rows.named,
        beside=dict(beside or {}),
    )


def affordable(data: TrainingData, most: int = _MOST) -> TrainingData:
    """`data` with at most `most` examples, as the memory of an exact solve allows: intents keep all of theirs up to a
    common number, and of more an even choice. Crowds of examples of one intent say much the same.
    """
    if len(data.examples) <= most:
        return data
    places: dict[str, list[int]] = {}
    for place, example in enumerate(data.examples):
        places.setdefault(example.intent, []).append(place)
    left, kept = most, []
    for number, own in enumerate(sorted(places.values(), key=len)):
        share = min(len(own), left // (len(places) - number))
        kept += [own[at] for at in np.linspace(0, len(own) - 1, share).astype(np.int64)] if share else []
        left -= share
    return replace(data, examples=tuple(data.examples[place] for place in sorted(kept)))


@dataclass(frozen=True, slots=True)
class _Space:
    """The training rows as both views see them."""

    rows: _Rows
    vectors: Floats
    matrix: SparseRows
    tfidf: TfIdf
    umlauts: Mapping[str, str]


def _mixed(spelled: Floats, left: Floats, right: Floats, settings: Settings) -> Floats:
    """Both views' cosines as one, in place; an empty view of meaning leaves the spelling's."""
    if right.shape[1]:
        spelled *= 1 - settings.share
        for begin in range(0, len(left), _BLOCK):
            spelled[begin : begin + _BLOCK] += (settings.share * left[begin : begin + _BLOCK]) @ right.T
    return spelled


def _headings(
    questions: Sequence[str], space: _Space, cosines: Floats, encoder: Encoder | None, settings: Settings
) -> Headings:
    """The articles' questions, with what keeps them from taking other texts: at most 1 % of the nobody's business is as
    like one of them, and at most 1 % of the client's examples are as much more like one than like any other row.
    """
    if not questions:
        return Headings.none()
    features = len(space.tfidf.keys)
    matrix = _halved(space.tfidf.transform([fold(text) for text in questions]))
    vectors = np.empty((len(questions), 0), dtype=np.float32)
    if encoder is not None:
        own = _unread(encoder).encode([calm(text, space.umlauts) for text in questions])
        vectors = own.astype(np.float16).astype(np.float32)
    postings = Postings.of(matrix, features)
    asked = _mixed(postings.products(space.matrix), space.vectors, vectors, settings).max(axis=1)
    examples, named = space.rows.examples, space.rows.named
    diagonal = cosines.diagonal().copy()
    np.fill_diagonal(cosines, -1)
    leads = asked[:examples] - cosines[:examples].max(axis=1)
    np.fill_diagonal(cosines, diagonal)
    foreign = asked[named:]
    likeness = float(np.quantile(foreign, 1 - _TAKEN)) if len(foreign) else 0.5
    return Headings(vectors, postings, likeness, max(0.0, float(np.quantile(leads, 1 - _TAKEN))))


def _solved(rows: _Rows, cosines: Floats, intents: int, settings: Settings) -> Fit:
    targets = np.zeros((len(rows.labels), intents), dtype=np.float32)
    labelled = np.flatnonzero(rows.labels >= 0)
    targets[labelled, rows.labels[labelled]] = 1
    return solve(similarity_kernel(cosines, settings.sharpness), targets, settings.ridge)


def _rows(data: TrainingData, intents: Sequence[str]) -> _Rows:
    number = {name: place for place, name in enumerate(intents)}
    pairs = list(dict.fromkeys((bare(example.text), number.get(example.intent, -1)) for example in data.examples))
    examples, foreign = [pair for pair in pairs if pair[1] >= 0], [pair for pair in pairs if pair[1] < 0]
    names = [(spoken_name(name), place) for name, place in number.items()]
    generic = [(text, -1) for text in generic_utterances()]
    texts, labels = zip(*(*examples, *names, *foreign, *generic), strict=True)
    named = len(examples) + len(names)
    return _Rows(list(texts), np.array(labels), len(examples), named, named + len(foreign))


def spoken_name(intent: str) -> str:
    """`faq/opening_hours` → `faq opening hours`: a name is an example of its intent, a good one when there are few."""
    return " ".join(intent.replace("_", " ").replace("/", " ").replace("-", " ").split())


def _vectors(texts: Sequence[str], umlauts: dict[str, str], encoder: Encoder | None) -> Floats:
    """The encoder's rows for `texts` and the generic utterances, rounded as they will be stored and seen."""
    if encoder is None:
        return np.empty((len(texts) + len(generic_utterances()), 0), dtype=np.float32)
    own = _encoded([calm(text, umlauts) for text in texts], encoder)
    vectors = np.vstack((own, _generic_vectors(cast(Hashable, encoder))))
    return vectors.astype(np.float16).astype(np.float32)


def _encoded(texts: Sequence[str], encoder: Encoder) -> Floats:
    """Many texts on all cores: blocks side by side, always cut alike, so that any machine gets the same vectors."""
    if len(texts) <= _MANY:
        return _unread(encoder).encode(texts)
    blocks = [texts[begin : begin + _BLOCK] for begin in range(0, len(texts), _BLOCK)]
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        return np.vstack(list(pool.map(lambda block: _unread(encoder).encode(block), blocks)))


def _unread(encoder: Encoder) -> Encoder:
    """The encoder as one that has read nothing: a model must not depend on what else its process has read."""
    return encoder.fresh() if isinstance(encoder, UniversalEncoder) else encoder


@lru_cache(maxsize=2)
def _generic_vectors(encoder: Hashable) -> Floats:
    """The same for every client of a process."""
    return _unread(cast(Encoder, encoder)).encode([calm(text, {}) for text in generic_utterances()])


def _halved(matrix: SparseRows) -> SparseRows:
    return SparseRows(matrix.starts, matrix.columns, matrix.values.astype(np.float16).astype(np.float32))


def _distinct(rows: _Rows, vectors: Floats, matrix: SparseRows, features: int) -> NDArray[np.int64]:
    """All rows but the generic utterances that sound like this client's own business: those are in scope here."""
    own, generic = np.arange(rows.given), np.arange(rows.given, len(rows.labels))
    if vectors.shape[1]:
        near = vectors[rows.given :] @ vectors[: rows.examples].T
    else:
        near = Postings.of(_take(matrix, own), features).products(_take(matrix, generic))[:, : rows.examples]
    limit = 0.6 if vectors.shape[1] else 0.4
    return np.concatenate((own, generic[near.max(axis=1) < limit]))


def _take(matrix: SparseRows, kept: NDArray[np.int64]) -> SparseRows:
    lengths = np.diff(matrix.starts)[kept]
    starts = np.concatenate(([0], np.cumsum(lengths)))
    cells = np.arange(starts[-1]) + np.repeat(matrix.starts[kept] - starts[:-1], lengths)
    return SparseRows(starts, matrix.columns[cells], matrix.values[cells])


def _only(
    rows: _Rows, vectors: Floats, matrix: SparseRows, kept: NDArray[np.int64]
) -> tuple[_Rows, Floats, SparseRows]:
    texts = [rows.texts[place] for place in kept]
    return _Rows(texts, rows.labels[kept], rows.examples, rows.named, rows.given), vectors[kept], _take(matrix, kept)


def _calibrate(
    fit: Fit, rows: _Rows, strangers: Floats
) -> tuple[Logistic, Logistic, Doubles, NDArray[np.bool_], Doubles]:
    held_out = fit.without_each()
    known = held_out[: rows.examples]
    right = known.argmax(axis=1) == rows.labels[: rows.examples]
    features = confidence_features(known)
    trust = Logistic.fit(features, right)
    foreign = np.vstack((strangers, held_out[rows.named :]))
    inside, outside = scope_features(known), scope_features(foreign)
    answers = np.repeat([True, False], [len(inside), len(outside)])
    scope = Logistic.fit(np.vstack((inside, outside)), answers)
    return trust, scope, trust(features), right, scope(inside)


def _without_intent(fit: Fit, rows: _Rows) -> Floats:
    """Each example's scores by the model that knows nothing of its intent: what a near miss looks like."""
    out = np.zeros((rows.examples, fit.targets.shape[1]), dtype=np.float32)
    order = np.argsort(rows.labels[: rows.named], kind="stable")
    borders = np.flatnonzero(np.diff(rows.labels[order])) + 1
    for members in np.split(order, borders):
        scores = fit.without(np.sort(members))
        scores[:, rows.labels[members[0]]] = np.delete(scores, rows.labels[members[0]], axis=1).min(axis=1)
        mine = np.sort(members) < rows.examples
        out[np.sort(members)[mine]] = scores[mine]
    return out
