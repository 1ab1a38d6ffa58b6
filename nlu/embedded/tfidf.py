"""Spelling-level similarity: TF-IDF over words and character n-grams, hashed so that a client's share stays small.

Words, word pairs and character 2-5-grams inside word borders (scikit-learn's `char_wb`) are hashed with a
polynomial modulo 2^64, vectorised over a whole batch; tf is sublinear (1 + ln tf), idf = ln((1+n)/(1+df)) + 1
(Manning, Raghavan, Schütze: Introduction to Information Retrieval, ch. 6), rows have length one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]

_BASE = 0x9E3779B97F4A7C15
_INVERSE = pow(_BASE, -1, 1 << 64)
_LONGEST_GRAM = 5
_SPACE = 32
_REMEMBERED = 1024


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


def _word_features(words: Sequence[str]) -> tuple[Ints, Keys, Keys]:
    """Row numbers and keys of all features of single words, and each word's own code, of which pairs are made."""
    joined = "".join([f" {word} " for word in words])
    mixed, spaces = _characters(joined)
    rows_of = np.repeat(np.arange(len(words)), [len(word) + 2 for word in words])
    positions, keys = _char_grams(mixed, spaces)
    starts, codes, _, _ = _word_grams(mixed, spaces, rows_of)
    rows = rows_of[np.concatenate((positions, starts))]
    return rows, _mixed(np.concatenate((keys, codes ^ _KINDS[4]))) >> np.uint64(32), codes


def _pair_keys(first: Keys, second: Keys) -> Keys:
    """The keys of word pairs, from the words' codes."""
    return _mixed((first * np.uint64(_BASE) + second) ^ _KINDS[5]) >> np.uint64(32)


@dataclass(frozen=True, slots=True)
class TfIdf:
    """The vocabulary of one client: sorted feature keys and their inverse document frequencies."""

    keys: NDArray[np.uint32]
    idf: Floats
    _words: dict[str, tuple[Ints, int]] = field(default_factory=dict, init=False, repr=False, compare=False)

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
        """Rows of length one (or empty where nothing is known), columns ascending. Texts are folded words."""
        split = [text.split() for text in texts]
        flat = list(chain.from_iterable(split))
        if not len(self.keys) or not flat:
            return SparseRows(np.zeros(len(texts) + 1, dtype=np.int64), np.empty(0, np.int64), np.empty(0, np.float32))
        known = self._entries(flat)
        entries = [known[word] for word in flat]
        rows_of = np.repeat(np.arange(len(texts)), list(map(len, split)))
        columns = [columns for columns, _ in entries]
        pair_rows, pair_columns = self._pairs(rows_of, np.array([code for _, code in entries], dtype=np.uint64))
        rows = np.concatenate((np.repeat(rows_of, list(map(len, columns))), pair_rows))
        return self._weighed(rows, np.concatenate((*columns, pair_columns)), len(texts))

    def _entries(self, words: Sequence[str]) -> dict[str, tuple[Ints, int]]:
        """Each word's columns and code. All but the pairs depends on the word alone, and chats repeat their words."""
        known = self._words
        missing = [word for word in dict.fromkeys(words) if word not in known]
        if len(known) + len(missing) > _REMEMBERED:
            # a call beside this one may still read the old store, so it is left behind rather than emptied
            object.__setattr__(self, "_words", {})
            known, missing = self._words, list(dict.fromkeys(words))
        if missing:
            fresh = self._looked_up(missing)
            if len(fresh) > _REMEMBERED:
                return fresh
            known.update(fresh)
        return known

    def _looked_up(self, words: Sequence[str]) -> dict[str, tuple[Ints, int]]:
        rows, keys, codes = _word_features(words)
        order = np.argsort(rows, kind="stable")
        found, columns = self._columns(keys[order])
        ends = np.cumsum(np.bincount(rows[order][found], minlength=len(words)))
        parts = np.split(columns, ends[:-1])
        return {word: (part.copy(), code) for word, part, code in zip(words, parts, codes.tolist(), strict=True)}

    def _columns(self, keys: Keys) -> tuple[NDArray[np.bool_], Ints]:
        """Which keys are in the vocabulary, and where."""
        narrow = keys.astype(np.uint32)
        columns = np.minimum(np.searchsorted(self.keys, narrow), len(self.keys) - 1)
        found = self.keys[columns] == narrow
        return found, columns[found]

    def _pairs(self, rows_of: Ints, codes: Keys) -> tuple[Ints, Ints]:
        paired = np.flatnonzero(rows_of[:-1] == rows_of[1:])
        found, columns = self._columns(_pair_keys(codes[paired], codes[paired + 1]))
        return rows_of[paired[found]], columns

    def _weighed(self, rows: Ints, columns: Ints, count: int) -> SparseRows:
        cells = np.sort(columns + (rows << 32))
        fresh = np.flatnonzero(np.concatenate(([len(cells) > 0], cells[1:] != cells[:-1])))
        times = np.diff(np.append(fresh, len(cells)))
        row_numbers, columns = cells[fresh] >> 32, cells[fresh] & 0xFFFFFFFF
        values = (1 + np.log(times)).astype(np.float32) * self.idf[columns]
        norms = np.sqrt(np.bincount(row_numbers, weights=values * values, minlength=count))
        values /= np.maximum(norms, 1e-12).astype(np.float32)[row_numbers]
        starts = np.zeros(count + 1, dtype=np.int64)
        np.cumsum(np.bincount(row_numbers, minlength=count), out=starts[1:])
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

    @property
    def size(self) -> int:
        """Bytes of its arrays."""
        return self.starts.nbytes + self.rows.nbytes + self.weights.nbytes

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
        begins = self.starts[columns]
        lengths = self.starts[columns + 1] - begins
        ends = np.cumsum(lengths)
        if not len(ends) or not ends[-1]:
            return np.zeros(self.count)
        cells = np.arange(ends[-1])
        cells += np.repeat(begins - ends + lengths, lengths)
        weights = self.weights[cells]
        weights *= np.repeat(values, lengths)
        return np.asarray(np.bincount(self.rows[cells], weights, self.count), dtype=np.float64)
