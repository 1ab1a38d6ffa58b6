"""Spelling-level similarity: TF-IDF over words and character n-grams, hashed so that a client's share stays small.

Words, word pairs and character 2-5-grams inside word borders (scikit-learn's `char_wb`) are hashed with a
polynomial modulo 2^64, vectorised over a whole batch; tf is sublinear (1 + ln tf), idf = ln((1+n)/(1+df)) + 1
(Manning, Raghavan, Schütze: Introduction to Information Retrieval, ch. 6), rows have length one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]

_BASE = 0x9E3779B97F4A7C15
_INVERSE = pow(_BASE, -1, 1 << 64)
_CHAR_SIZES = (2, 3, 4, 5)
_SPACE = 32


@dataclass(frozen=True, slots=True)
class SparseRows:
    """A sparse matrix by rows: row i holds `columns[starts[i]:starts[i+1]]` with `values` beside them."""

    starts: Ints
    columns: Ints
    values: Floats

    @property
    def count(self) -> int:
        return len(self.starts) - 1

    def row_numbers(self) -> Ints:
        return np.repeat(np.arange(self.count), np.diff(self.starts))


def _powers(base: int, count: int) -> Keys:
    steps = np.full(count, base, dtype=np.uint64)
    steps[0] = 1
    return np.multiply.accumulate(steps)


def _mixed(codes: Keys) -> Keys:
    """Spread code points over 64 bits (the finaliser of SplitMix64), so that sums of few characters do not collide."""
    mixed = codes + np.uint64(0x632BE59BD9B4E019)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def _folded(keys: Keys, kind: int) -> Keys:
    """32-bit keys, apart by kind of feature: two of 100,000 features share one about once in a client."""
    return _mixed(keys ^ np.uint64(kind * 0xD6E8FEB86659FD93 & 0xFFFFFFFFFFFFFFFF)) >> np.uint64(32)


def hashed_features(texts: Sequence[str]) -> tuple[Ints, Keys]:
    """Row numbers and 32-bit keys of every feature occurrence of `texts` (already folded to plain words)."""
    joined = "".join(f" {text} " for text in texts)
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    lengths = np.fromiter((len(text) + 2 for text in texts), dtype=np.int64, count=len(texts))
    rows_of = np.repeat(np.arange(len(texts)), lengths)
    spaces = codes == _SPACE
    mixed = _mixed(codes)
    parts = [_char_grams(mixed, spaces, size) for size in _CHAR_SIZES]
    parts.extend(_word_grams(mixed, spaces, rows_of))
    rows = np.concatenate([rows_of[position] for position, _ in parts])
    return rows, np.concatenate([keys for _, keys in parts])


def _char_grams(mixed: Keys, spaces: NDArray[np.bool_], size: int) -> tuple[Ints, Keys]:
    count = len(mixed) - size + 1
    if count <= 0:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.uint64)
    before = np.concatenate(([0], np.cumsum(spaces)))
    inner = before[size - 1 : size - 1 + count] - before[1 : 1 + count] if size > 2 else np.zeros(count, dtype=np.int64)
    both_blank = spaces[:count] & spaces[size - 1 :]
    inside = inner == 0
    if size == 2:
        inside &= ~both_blank
    positions = np.flatnonzero(inside)
    hashed = np.zeros(len(positions), dtype=np.uint64)
    for offset, power in enumerate(_powers(_BASE, size)):
        hashed += mixed[positions + offset] * power
    return positions, _folded(hashed, size)


def _word_grams(mixed: Keys, spaces: NDArray[np.bool_], rows_of: Ints) -> list[tuple[Ints, Keys]]:
    edges = np.diff(np.concatenate(([0], (~spaces).astype(np.int8), [0])))
    first, last = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    if not len(first):
        return []
    ups, downs = _powers(_BASE, len(mixed) + 1), _powers(_INVERSE, len(mixed) + 1)
    running = np.concatenate((np.zeros(1, dtype=np.uint64), np.cumsum(mixed * ups[:-1], dtype=np.uint64)))
    words = (running[last] - running[first]) * downs[first]
    paired = np.flatnonzero(rows_of[first[:-1]] == rows_of[first[1:]])
    pairs = words[paired] * np.uint64(_BASE) + _mixed(words[paired + 1])
    return [(first, _folded(words, 1)), (first[paired], _folded(pairs, 17))]


@dataclass(frozen=True, slots=True)
class TfIdf:
    """The vocabulary of one client: sorted feature keys and their inverse document frequencies."""

    keys: NDArray[np.uint32]
    idf: Floats

    @classmethod
    def fit(cls, texts: Sequence[str]) -> TfIdf:
        """Learn keys and idf from `texts`; every feature counts, also those seen once."""
        rows, keys = hashed_features(texts)
        seen = np.unique(keys << np.uint64(32) | rows.astype(np.uint64)) >> np.uint64(32)
        vocabulary, documents = np.unique(seen, return_counts=True)
        idf = np.log((1 + len(texts)) / (1 + documents)) + 1
        return cls(vocabulary.astype(np.uint32), idf.astype(np.float32))

    def transform(self, texts: Sequence[str]) -> SparseRows:
        """Rows of length one (or empty where nothing is known), columns ascending."""
        rows, keys = hashed_features(texts)
        if not len(self.keys) or not len(keys):
            return SparseRows(np.zeros(len(texts) + 1, dtype=np.int64), np.empty(0, np.int64), np.empty(0, np.float32))
        narrow = keys.astype(np.uint32)
        places = np.minimum(np.searchsorted(self.keys, narrow), len(self.keys) - 1)
        known = self.keys[places] == narrow
        cells, times = np.unique(rows[known] * np.int64(len(self.keys)) + places[known], return_counts=True)
        row_numbers, columns = np.divmod(cells, len(self.keys))
        values = (1 + np.log(times)).astype(np.float32) * self.idf[columns]
        norms = np.sqrt(np.bincount(row_numbers, weights=values * values, minlength=len(texts)))
        values /= np.maximum(norms, 1e-12).astype(np.float32)[row_numbers]
        starts = np.concatenate(([0], np.cumsum(np.bincount(row_numbers, minlength=len(texts)))))
        return SparseRows(starts, columns, values)


@dataclass(frozen=True, slots=True)
class Postings:
    """The training rows turned on their side: for each feature, the rows that have it and their weights."""

    starts: Ints
    rows: NDArray[np.uint16] | NDArray[np.uint32]
    weights: Floats
    count: int

    @classmethod
    def of(cls, matrix: SparseRows, features: int) -> Postings:
        order = np.argsort(matrix.columns, kind="stable")
        starts = np.concatenate(([0], np.cumsum(np.bincount(matrix.columns, minlength=features))))
        kind = np.uint16 if matrix.count < 1 << 16 else np.uint32
        return cls(starts, matrix.row_numbers()[order].astype(kind), matrix.values[order], matrix.count)

    def products(self, queries: SparseRows) -> Floats:
        """Dot products of each query with each training row."""
        out = np.empty((queries.count, self.count), dtype=np.float32)
        for number in range(queries.count):
            begin, end = queries.starts[number], queries.starts[number + 1]
            out[number] = self._product(queries.columns[begin:end], queries.values[begin:end])
        return out

    def _product(self, columns: Ints, values: Floats) -> NDArray[np.float64]:
        begins = self.starts[columns]
        lengths = self.starts[columns + 1] - begins
        ends = np.cumsum(lengths)
        total = int(ends[-1]) if len(ends) else 0
        cells = np.arange(total) + np.repeat(begins - (ends - lengths), lengths)
        weights = self.weights[cells] * np.repeat(values, lengths)
        return np.bincount(self.rows[cells], weights=weights, minlength=self.count)
