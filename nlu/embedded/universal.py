"""The Universal Sentence Encoder's forward pass for one short message at a time: per-token work is remembered.

The network (Yang et al. 2020, "Multilingual Universal Sentence Encoder for Semantic Retrieval") adds n-gram
convolutions of orders 2, 3 and 5 over token embeddings and a small residual network over their sum. What it does to
a token before tokens meet (projection, layer norm, its share of each first convolution) depends on the token alone,
and chats repeat their words: a bounded store of it saves half the arithmetic. Weights and tokenizer are those of the
package.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

_ORDERS = ((2, 0), (3, 1), (5, 2))  # n-gram order and how many of its tokens stand to the left
_MARGIN = 2
_WIDTH = 256
_EMBEDDING = 512
_CHUNKS = 17
_REMEMBERED = 2048
_WORDS = 16_384
_TOKEN_BUDGET = 384
_BEGIN, _END = 1, 2
_EIGHT = 8  # matrix products run about a third faster when their height is a multiple of it


class UniversalNetwork:
    """`weights` is the package's loaded backend; the store of 2,048 tokens takes 27 MB more."""

    def __init__(self, weights: Any) -> None:
        self._net = weights
        self._pieces: dict[str, list[int]] = {}
        self._slots = [_per_slot(w1, order) for w1, (order, _) in zip(weights.w1, _ORDERS, strict=True)]
        self._lock = threading.Lock()
        self._places: dict[int, int] = {}
        self._projected = np.empty((_REMEMBERED, len(_ORDERS) * _WIDTH), dtype=np.float32)
        self._shares = np.empty((_REMEMBERED, sum(order for order, _ in _ORDERS) * _WIDTH), dtype=np.float32)

    def encode(self, texts: Sequence[str]) -> Floats:
        """Unit vectors, each text on its own; the package's results but for the order of float additions."""
        out = np.empty((len(texts), _EMBEDDING), dtype=np.float32)
        group: list[list[int]] = []
        size = first = 0
        for place, text in enumerate(texts):
            tokens = self._tokens(text)
            if group and size + len(tokens) > _TOKEN_BUDGET:
                out[first:place] = self._vectors(group)
                group, size, first = [], 0, place
            group.append(tokens)
            size += len(tokens)
        if group:
            out[first:] = self._vectors(group)
        return out

    def is_one_piece(self, word: str) -> bool:
        """Whether the vocabulary of 128,000 pieces holds `word` whole."""
        return len(self._net.sp.encode(word, out_type=int, add_bos=False, add_eos=False)) == 1

    def _tokens(self, text: str) -> list[int]:
        """SentencePiece ids. No piece of this vocabulary spans a blank, so each word is cut up once and remembered."""
        known, tokens = self._pieces, [_BEGIN]
        for word in text.split():
            ids = known.get(word)
            if ids is None:
                ids = self._net.sp.encode(word, out_type=int, add_bos=False, add_eos=False)
                if len(known) >= _WORDS:
                    known.clear()
                known[word] = ids
            tokens += ids
        if len(tokens) == 1:
            tokens += self._net.sp.encode("", out_type=int, add_bos=False, add_eos=False)
        tokens.append(_END)
        return tokens

    def _vectors(self, group: list[list[int]]) -> Floats:
        lengths = np.fromiter(map(len, group), dtype=np.int64, count=len(group))
        tokens = np.fromiter(chain.from_iterable(group), dtype=np.int64, count=int(lengths.sum()))
        firsts = np.cumsum(lengths) - lengths
        # each text has a margin of zero rows on both sides, so that no window reaches into its neighbour
        rows = np.arange(len(tokens)) + _MARGIN * np.repeat(np.arange(1, len(group) + 1), lengths)
        features = np.empty((len(tokens), _EMBEDDING + len(_ORDERS) * _WIDTH), dtype=np.float32)
        features[:, :_EMBEDDING] = self._embedded(tokens)
        self._convolve(tokens, rows, len(tokens) + _MARGIN * (len(group) + 1), features)
        net = self._net
        _layer_norm(features, net.ln_g, net.ln_b, net.eps)
        return self._residual(np.add.reduceat(features, firsts, axis=0), lengths.astype(np.float32)[:, None])

    def _embedded(self, tokens: Ints) -> Floats:
        chunk = tokens % _CHUNKS
        vectors: Floats = self._net.table[tokens].astype(np.float32)
        vectors *= self._net.scale[chunk, None]
        vectors += self._net.lo[chunk, None]
        return vectors

    def _convolve(self, tokens: Ints, rows: Ints, height: int, features: Floats) -> None:
        net, slot = self._net, 0
        projected, shares = self._remembered(tokens)
        padded = np.zeros((height, shares.shape[1]), dtype=np.float32)
        padded[rows] = shares
        for branch, (order, left) in enumerate(_ORDERS):
            mine = projected[:, branch * _WIDTH : (branch + 1) * _WIDTH]
            first = padded[rows - left, slot * _WIDTH : (slot + 1) * _WIDTH]
            for step in range(1, order):
                begin = (slot + step) * _WIDTH
                first += padded[rows - left + step, begin : begin + _WIDTH]
            slot += order
            first += net.b1[branch]
            np.maximum(first, 0, out=first)
            first += mine
            begin = _EMBEDDING + branch * _WIDTH
            features[:, begin : begin + _WIDTH] = self._second(first, rows, height, branch)

    def _second(self, first: Floats, rows: Ints, height: int, branch: int) -> Floats:
        order, left = _ORDERS[branch]
        padded = np.zeros((height, _WIDTH), dtype=np.float32)
        padded[rows] = first
        windows = np.lib.stride_tricks.as_strided(
            padded, (height - order + 1, order * _WIDTH), (padded.strides[0], padded.strides[1]), writeable=False
        )
        places = np.zeros(-(-len(rows) // _EIGHT) * _EIGHT, dtype=np.int64)
        places[: len(rows)] = rows - left
        result: Floats = (windows[places] @ self._net.w2[branch])[: len(rows)]
        result += self._net.b2[branch]
        np.maximum(result, 0, out=result)
        result += first
        return result

    def _remembered(self, tokens: Ints) -> tuple[Floats, Floats]:
        wanted = tokens.tolist()
        with self._lock:
            places = self._places
            missing = [token for token in dict.fromkeys(wanted) if token not in places]
            if len(missing) > _REMEMBERED:
                return self._alone(tokens)
            if len(places) + len(missing) > _REMEMBERED:
                places.clear()
                missing = list(dict.fromkeys(wanted))
            if missing:
                fresh = np.arange(len(places), len(places) + len(missing))
                self._projected[fresh], self._shares[fresh] = self._alone(np.array(missing))
                places.update(zip(missing, fresh.tolist(), strict=True))
            at = np.fromiter(map(places.__getitem__, wanted), dtype=np.int64, count=len(wanted))
            return self._projected[at], self._shares[at]

    def _alone(self, tokens: Ints) -> tuple[Floats, Floats]:
        net = self._net
        projected = self._embedded(tokens) @ net.proj_W
        projected += net.proj_b
        _layer_norm(projected, net.ln_g_all, net.ln_b_all, net.eps)
        parts = [
            projected[:, branch * _WIDTH : (branch + 1) * _WIDTH] @ slots for branch, slots in enumerate(self._slots)
        ]
        return projected, np.concatenate(parts, axis=1)

    def _residual(self, total: Floats, lengths: Floats) -> Floats:
        net = self._net
        mean = total @ net.cnn_W
        mean += lengths * net.cnn_b
        mean /= np.sqrt(lengths)
        hidden = np.maximum(mean @ net.d0, 0)
        upper = mean @ net.p1
        upper += hidden @ net.d1
        np.maximum(upper, 0, out=upper)
        result: Floats = upper @ net.p3
        result += np.maximum(upper @ net.d2, 0) @ net.d3
        np.tanh(result, out=result)
        squares = np.einsum("ij,ij->i", result, result)
        result /= np.sqrt(np.maximum(squares, net.eps))[:, None]
        return result


def _per_slot(kernel: Floats, order: int) -> Floats:
    """(order · 256, 256) → (256, order · 256): one product gives a token's share at every place of the window."""
    return np.ascontiguousarray(
        kernel.reshape(order, _WIDTH, _WIDTH).transpose(1, 0, 2).reshape(_WIDTH, order * _WIDTH)
    )


def _layer_norm(rows: Floats, scale: Floats, shift: Floats, eps: float) -> None:
    rows -= rows.mean(axis=1, keepdims=True)
    variance = np.einsum("ij,ij->i", rows, rows) / rows.shape[1]
    rows *= (1 / np.sqrt(variance + eps))[:, None]
    rows *= scale
    rows += shift
