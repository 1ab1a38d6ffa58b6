"""Trains the entity tagger on annotated examples, and tells by values it has not seen how far to believe it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from nlu.embedded.calibration import threshold_for
from nlu.embedded.chain import Chain, Doubles, Ints, Layout
from nlu.embedded.descent import minimised
from nlu.embedded.tagger import NEVER, Label, Span, Tagger, features
from nlu.embedded.threads import serve_on_one_core
from nlu.embedded.tokens import Hint, Token, tokens
from nlu.training_data import Example

WRONG_SPANS = 0.1
_FOLDS = 3
_ROUNDS, _FOLD_ROUNDS = 40, 15
_RIDGE = 0.5
_PLAIN_PER_MARKED = 3
_FEWEST_PLAIN = 200
_WORK = 60_000  # words times states that one step of the descent may weigh
_WORK_PER_EXAMPLE = 10
_FEWEST_FOUND = 8
_FAINT = 1e-3


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words with the spans that are marked in them."""

    words: tuple[Token, ...]
    spans: tuple[Span, ...]


def train_tagger(
    examples: Sequence[Example], wanted: Callable[[str], bool], hints: Callable[[str], Sequence[Hint]]
) -> Tagger | None:
    """The tagger of the annotated examples whose entity is `wanted`, None if there are none. `hints` knows what lists
    and patterns find in a text. Deterministic.
    """
    sentences = _chosen([_sentence(example, wanted, hints) for example in examples])
    labels = tuple(dict.fromkeys(span.label for sentence in sentences for span in sentence.spans))
    if not labels:
        return None
    serve_on_one_core()
    sentences = _affordable(sentences, 1 + 2 * len(labels), _WORK + _WORK_PER_EXAMPLE * len(examples))
    return replace(_fitted(sentences, labels, _ROUNDS), thresholds=_thresholds(sentences, labels))


def _sentence(example: Example, wanted: Callable[[str], bool], hints: Callable[[str], Sequence[Hint]]) -> Sentence:
    notes = [note for note in example.entities if wanted(note.entity)]
    words = tuple(tokens(example.text, hints(example.text)))
    spans: list[Span] = []
    for note in notes:
        inside = [at for at, word in enumerate(words) if word.start < note.end and note.start < word.end]
        if inside and (not spans or inside[0] > spans[-1].last):
            spans.append(Span(Label(note.entity, note.role, note.group), inside[0], inside[-1], 1.0))
    return Sentence(words, tuple(spans))


def _chosen(sentences: Sequence[Sentence]) -> list[Sentence]:
    """The marked ones, and of the others an even part: what is not an entity must be learned too."""
    marked = [sentence for sentence in sentences if sentence.spans]
    plain = [sentence for sentence in sentences if sentence.words and not sentence.spans]
    return marked + _evenly(plain, max(_PLAIN_PER_MARKED * len(marked), _FEWEST_PLAIN)) if marked else []


def _evenly(items: Sequence[Sentence], count: int) -> list[Sentence]:
    if len(items) <= count:
        return list(items)
    return [items[int(place)] for place in np.linspace(0, len(items) - 1, count)]


def _affordable(sentences: list[Sentence], states: int, work: int) -> list[Sentence]:
    size = sum(len(sentence.words) for sentence in sentences) * states
    return sentences if size <= work else _evenly(sentences, max(len(sentences) * work // size, 50))


def _veiled(sentences: Sequence[Sentence]) -> list[Sentence]:
    """The marked sentences once more, with the letters of values and of rare words hidden, every other in lower case:
    what is left to learn from is the context, which is all that a new value has.
    """
    seen = Counter(word.word.lower() for sentence in sentences for word in sentence.words)
    out = []
    for number, sentence in enumerate(sentences):
        if not sentence.spans:
            continue
        inside = {at for span in sentence.spans for at in range(span.first, span.last + 1)}
        words = [
            replace(word, veiled=at in inside or seen[word.word.lower()] == 1, hints=() if at in inside else word.hints)
            for at, word in enumerate(sentence.words)
        ]
        if number % 2:
            words = [replace(word, word=word.word.lower()) for word in words]
        out.append(Sentence(tuple(words), sentence.spans))
    return out


@dataclass(frozen=True, slots=True)
class _Design:
    """All words as rows of feature columns, column 0 standing for none; `turned` lists the cells by feature."""

    keys: NDArray[np.uint32]
    cells: NDArray[np.int64]
    states: Ints
    firsts: Ints
    layout: Layout

    @classmethod
    def of(cls, sentences: Sequence[Sentence], labels: Mapping[Label, int]) -> _Design:
        known: dict[tuple[str, int, bool], list[int]] = {}
        rows = [row for sentence in sentences for row in features(sentence.words, known)]
        width = max(map(len, rows))
        flat = np.full((len(rows), width), -1, dtype=np.int64)
        for at, row in enumerate(rows):
            flat[at, : len(row)] = row
        keys, cells = np.unique(np.append(flat, -1), return_inverse=True)
        lengths = [len(sentence.words) for sentence in sentences]
        states = np.concatenate([_states(sentence, labels) for sentence in sentences])
        firsts: Ints = np.cumsum(lengths, dtype=np.int64) - np.array(lengths, dtype=np.int64)
        return cls(keys[1:].astype(np.uint32), cells[:-1].reshape(flat.shape), states, firsts, Layout.of(lengths))


def _states(sentence: Sentence, labels: Mapping[Label, int]) -> Ints:
    out = np.zeros(len(sentence.words), dtype=np.int64)
    for span in sentence.spans:
        out[span.first : span.last + 1] = 2 + 2 * labels[span.label]
        out[span.first] -= 1
    return out


def _fitted(sentences: Sequence[Sentence], labels: Sequence[Label], rounds: int) -> Tagger:
    numbers = {label: place for place, label in enumerate(labels)}
    design = _Design.of([*sentences, *_veiled(sentences)], numbers)
    size, count = 1 + 2 * len(labels), len(design.keys) + 1
    allowed = _allowed(size)
    order = np.argsort(design.cells, axis=None, kind="stable")
    owners = order // design.cells.shape[1]
    borders = np.flatnonzero(np.diff(design.cells.ravel()[order], prepend=-1))
    present = design.cells.ravel()[order][borders]
    truth = np.zeros((len(design.states), size))
    truth[np.arange(len(truth)), design.states] = 1
    inner = np.setdiff1d(np.arange(len(truth)), design.firsts)
    met = np.zeros((size, size))
    np.add.at(met, (design.states[inner - 1], design.states[inner]), 1)

    def cost(point: Doubles) -> tuple[float, Doubles]:
        weights, start, follow = _parts(point, count, size)
        emissions = weights[design.cells].sum(axis=1)
        chain = Chain(np.where(allowed[0], np.exp(start), 0), np.where(allowed, np.exp(follow), 0))
        chances, counts, total = chain.marginals(design.layout, emissions)
        path = (emissions * truth).sum() + (follow * met).sum() + start[design.states[design.firsts]].sum()
        value = total - path + 0.5 * _RIDGE * float(point @ point)
        surplus = chances - truth
        slope = np.zeros((count, size))
        slope[present] = np.add.reduceat(surplus[owners], borders, axis=0)
        slope[0] = 0
        begun = surplus[design.firsts].sum(axis=0)
        return float(value), np.concatenate((slope.ravel(), begun, (counts - met).ravel())) + _RIDGE * point

    point = minimised(cost, np.zeros((count + 1 + size) * size), rounds)
    weights, start, follow = _parts(point, count, size)
    kept = np.abs(weights[1:]).max(axis=1) > _FAINT
    rounded = weights[1:][kept].astype(np.float16).astype(np.float32)
    forbidden = np.where(allowed, follow, -np.inf).astype(np.float32).astype(np.float64)
    opened = np.where(allowed[0], start, -np.inf).astype(np.float32).astype(np.float64)
    return Tagger(tuple(labels), design.keys[kept], rounded, opened, forbidden, {})


def _parts(point: Doubles, count: int, size: int) -> tuple[Doubles, Doubles, Doubles]:
    begin = count * size
    return (
        point[:begin].reshape(count, size),
        point[begin : begin + size],
        point[begin + size :].reshape(size, size),
    )


def _allowed(size: int) -> NDArray[np.bool_]:
    """Which state may follow which: I only after B or I of its own label. The row of "none" serves as the start's."""
    allowed = np.ones((size, size), dtype=np.bool_)
    for inside in range(2, size, 2):
        allowed[:, inside] = False
        allowed[inside - 1 : inside + 1, inside] = True
    return allowed


def _thresholds(sentences: Sequence[Sentence], labels: Sequence[Label]) -> dict[str, float]:
    """Per entity the confidence from which at most a tenth of the spans found in held-out sentences was wrong. Folds
    keep all sentences of one value together, so that these values are new; entities rarely found share one threshold.
    """
    found: defaultdict[str, list[tuple[float, bool]]] = defaultdict(list)
    folds = [_fold(number, sentence) for number, sentence in enumerate(sentences)]
    for fold in range(_FOLDS):
        kept = [sentence for sentence, own in zip(sentences, folds, strict=True) if own != fold]
        asked = [sentence for sentence, own in zip(sentences, folds, strict=True) if own == fold]
        if not asked or not any(sentence.spans for sentence in kept):
            continue
        tagged = _fitted(kept, labels, _FOLD_ROUNDS).tag([sentence.words for sentence in asked])
        for sentence, made in zip(asked, tagged, strict=True):
            true = {(span.label, span.first, span.last) for span in sentence.spans}
            for span in made.spans:
                right = (span.label, span.first, span.last) in true
                found[span.label.entity].append((span.confidence, right))
    together = [one for some in found.values() for one in some]
    shared = _threshold(together)
    entities = dict.fromkeys(label.entity for label in labels)
    return {name: _threshold(found[name]) if len(found[name]) >= _FEWEST_FOUND else shared for name in entities}


def _threshold(found: Sequence[tuple[float, bool]]) -> float:
    """Never, unless something was rightly found."""
    if not any(right for _, right in found):
        return NEVER
    confidence, right = zip(*found, strict=True)
    return max(threshold_for(WRONG_SPANS, np.array(confidence), np.array(right)), 0.5)


def _fold(number: int, sentence: Sentence) -> int:
    if not sentence.spans:
        return number % _FOLDS
    span = sentence.spans[0]
    value = " ".join(word.word.lower() for word in sentence.words[span.first : span.last + 1])
    return crc32(value.encode("utf-8", "surrogatepass")) % _FOLDS
