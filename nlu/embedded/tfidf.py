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
_LONGEST_GRAM = 5
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
    """Spread over 64 bits (the finaliser of SplitMix64), so that sums of few characters do not collide."""
    mixed = codes + np.uint64(0x632BE59BD9B4E019)
    mixed ^= mixed >> np.uint64(30)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(27)
    mixed *= np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return mixed


_ASCII = _mixed(np.arange(128, dtype=np.uint64))
_UP, _DOWN = _powers(_BASE, 2048), _powers(_INVERSE, 2048)
_KINDS = _mixed(np.arange(1, 8, dtype=np.uint64))


def hashed_features(texts: Sequence[str]) -> tuple[Ints, Keys]:
    """Row numbers and 32-bit keys of every feature occurrence of `texts`, which are folded to words already.

    Two of a client's 100,000 features share a key about once: too rare to matter.
    """
    joined = "".join([f" {text} " for text in texts])
    mixed, spaces = _characters(joined)
    rows_of = np.repeat(np.arange(len(texts)), [len(text) + 2 for text in texts])
    positions, keys = _char_grams(mixed, spaces)
    starts, words, paired, pairs = _word_grams(mixed, spaces, rows_of)
    rows = rows_of[np.concatenate((positions, starts, starts[paired]))]
    kinds = np.repeat(_KINDS[4:6], (len(words), len(pairs)))
    worded = np.concatenate((words, pairs)) ^ kinds
    return rows, _mixed(np.concatenate((keys, worded))) >> np.uint64(32)


def _characters(joined: str) -> tuple[Keys, NDArray[np.bool_]]:
    """A 64-bit code for each character, and which are blanks."""
    if joined.isascii():
        narrow = np.frombuffer(joined.encode("ascii"), dtype=np.uint8)
        return _ASCII[narrow], narrow == _SPACE
    wide = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    return _mixed(wide.astype(np.uint64)), wide == _SPACE


def _char_grams(mixed: Keys, spaces: NDArray[np.bool_]) -> tuple[Ints, Keys]:
    """Hashes of all 2- to 5-grams with no blank inside; blanks may begin or end them, not both at once for pairs."""
    length = len(mixed)
    blanks = np.flatnonzero(spaces)
    positions = np.arange(length)
    following = np.append(blanks, length)[np.searchsorted(blanks, positions, side="right")]
    room = np.minimum(following - positions + 1, length - positions)
    room[:-1][spaces[:-1] & spaces[1:]] = 0
    hashed, found, keys = mixed, [], []
    for size in range(2, _LONGEST_GRAM + 1):
        hashed = hashed[:-1] + mixed[size - 1 :] * _UP[size - 1]
        at = np.flatnonzero(room[: len(hashed)] >= size)
        found.append(at)
        keys.append(hashed[at] ^ _KINDS[size - 2])
        if not len(at):
            break
    return np.concatenate(found), np.concatenate(keys)


def _word_grams(mixed: Keys, spaces: NDArray[np.bool_], rows_of: Ints) -> tuple[Ints, Keys, Ints, Keys]:
    """Word starts and hashes; which words have a neighbour in their row, and the pairs' hashes.

    Σ c_i Bⁱ over a word, times B⁻ˢᵗᵃʳᵗ, does not depend on where the word stands (B is odd, so it has an inverse).
    """
    edges = np.flatnonzero(spaces[1:] != spaces[:-1]) + 1
    first, last = edges[::2], edges[1::2]
    ups = _UP if len(mixed) < len(_UP) else _powers(_BASE, len(mixed))
    downs = _DOWN if len(mixed) < len(_DOWN) else _powers(_INVERSE, len(mixed))
    running = np.zeros(len(mixed) + 1, dtype=np.uint64)
    np.cumsum(mixed * ups[: len(mixed)], out=running[1:])
    words = _mixed((running[last] - running[first]) * downs[first])
    paired = np.flatnonzero(rows_of[first[:-1]] == rows_of[first[1:]])
    return first, words, paired, words[paired] * np.uint64(_BASE) + words[paired + 1]


@dataclass(frozen=True, slots=True)
class TfIdf:
    """The vocabulary of one client: sorted feature keys and their inverse document frequencies."""

    keys: NDArray[np.uint32]
    idf: Floats

    @classmethod
    def fit(cls, texts: Sequence[str], commonest: float = 1.0) -> TfIdf:
        """Learn keys and idf from `texts`, without features that more than the share `commonest` of them have."""
        rows, keys = hashed_features(texts)
        seen = np.unique(keys << np.uint64(32) | rows.astype(np.uint64)) >> np.uint64(32)
        vocabulary, documents = np.unique(seen, return_counts=True)
        kept = documents <= max(commonest * len(texts), 1)
        vocabulary, documents = vocabulary[kept], documents[kept]
        idf = np.log((1 + len(texts)) / (1 + documents)) + 1
        return cls(vocabulary.astype(np.uint32), idf.astype(np.float32))

    def transform(self, texts: Sequence[str]) -> SparseRows:
        """Rows of length one (or empty where nothing is known), columns ascending."""
        rows, keys = hashed_features(texts)
        size = len(self.keys)
        if not size or not len(keys):
            return SparseRows(np.zeros(len(texts) + 1, dtype=np.int64), np.empty(0, np.int64), np.empty(0, np.float32))
        cells = np.sort(keys.astype(np.int64) + (rows << 32))
        fresh = np.flatnonzero(np.concatenate(([True], cells[1:] != cells[:-1])))
        times = np.diff(np.append(fresh, len(cells)))
        row_numbers, narrow = cells[fresh] >> 32, (cells[fresh] & 0xFFFFFFFF).astype(np.uint32)
        columns = np.minimum(np.searchsorted(self.keys, narrow), size - 1)
        known = self.keys[columns] == narrow
        row_numbers, columns, times = row_numbers[known], columns[known], times[known]
        values = (1 + np.log(times)).astype(np.float32) * self.idf[columns]
        norms = np.sqrt(np.bincount(row_numbers, weights=values * values, minlength=len(texts)))
        values /= np.maximum(norms, 1e-12).astype(np.float32)[row_numbers]
        starts = np.zeros(len(texts) + 1, dtype=np.int64)
        np.cumsum(np.bincount(row_numbers, minlength=len(texts)), out=starts[1:])
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
        rows = matrix.row_numbers()[order]
        narrow = rows.astype(np.uint16) if matrix.count < 1 << 16 else rows.astype(np.uint32)
        return cls(starts, narrow, matrix.values[order], matrix.count)

    def products(self, queries: SparseRows) -> Floats:
        """Dot products of each query with each training row."""
        out = np.empty((queries.count, self.count), dtype=np.float32)
        if not self.count:
            return out
        for number in range(queries.count if self.count else 0):  # without rows there are no postings to look into
            begin, end = queries.starts[number], queries.starts[number + 1]
            out[number] = self._product(queries.columns[begin:end], queries.values[begin:end])
        return out

    def _product(self, columns: Ints, values: Floats) -> NDArray[np.float64]:
        begins, ends = self.starts[columns].tolist(), self.starts[columns + 1].tolist()
        spans = list(map(slice, begins, ends))
        if not spans:
            return np.zeros(self.count)
        weights = np.concatenate([self.weights[span] for span in spans])
        weights *= np.repeat(values, self.starts[columns + 1] - self.starts[columns])
        rows = np.concatenate([self.rows[span] for span in spans])
        return np.asarray(np.bincount(rows, weights, self.count), dtype=np.float64)
