"""The Universal Sentence Encoder's forward pass for one short message at a time: per-token work is remembered.

The network (Yang et al. 2020, "Multilingual Universal Sentence Encoder for Semantic Retrieval") adds n-gram
convolutions of orders 2, 3 and 5 over token embeddings and a small residual network over their sum. What it does to
a token before tokens meet (projection, layer norm, its share of each first convolution) depends on the token alone,
and chats repeat their words: a bounded store of it saves half the arithmetic. Weights and tokenizer are those of the
package.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Sequence
from dataclasses import dataclass
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
_SHORTEST_NOUN = 4
_UNRANKED = 1 << 30
_TOKEN_BUDGET = 384
_BEGIN, _END = 1, 2
_EIGHT = 8  # matrix products run about a third faster when their height is a multiple of it


class UniversalNetwork:
    """`weights` is the package's loaded backend; the store of 2,048 tokens takes 31 MB more."""

    def __init__(self, weights: Any) -> None:
        self._net = weights
        self._pieces: dict[str, list[int]] = {}
        self._cases: dict[str, str] = {}
        self._wholes: dict[str, bool] = {}
        self._slots = [_per_slot(w1, order) for w1, (order, _) in zip(weights.w1, _ORDERS, strict=True)]
        self._tail = _Tail.of(weights)
        self.forget()

    def fresh(self) -> UniversalNetwork:
        """The same network with an empty store. Matrix products of another height add in another order, so what is
        remembered of a token depends in its last bits on the company it first came in: not here, for the same texts.
        """
        other = copy.copy(self)
        other.forget()
        return other

    def forget(self) -> None:
        """Begins an empty store."""
        self._lock = threading.Lock()
        self._places: dict[int, int] = {}
        # place 0 stays zero: it stands for the margin between two texts
        self._own = np.zeros((_REMEMBERED + 1, _EMBEDDING + len(_ORDERS) * _WIDTH), dtype=np.float32)
        self._shares = np.zeros((_REMEMBERED + 1, sum(order for order, _ in _ORDERS) * _WIDTH), dtype=np.float32)

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
        whole = self._wholes.get(word)
        if whole is None:
            if len(self._wholes) >= _WORDS:
                self._wholes.clear()
            whole = len(self._net.sp.encode(word, out_type=int, add_bos=False, add_eos=False)) == 1
            self._wholes[word] = whole
        return whole

    def cased(self, text: str) -> str:
        """A text without capitals as it is usually written: German nouns get theirs, by which form of a word the
        vocabulary has as the more frequent.
        """
        if text != text.lower():
            return text
        return " ".join([self._usual(word) for word in text.split()])

    def _usual(self, word: str) -> str:
        usual = self._cases.get(word)
        if usual is None:
            if len(self._cases) >= _WORDS:
                self._cases.clear()
            grand = word.capitalize()
            noun = len(word) >= _SHORTEST_NOUN and self._rank(grand) < self._rank(word)
            usual = self._cases[word] = grand if noun else word
        return usual

    def _rank(self, word: str) -> int:
        """The place of a word that is one piece in the vocabulary, which begins with the most frequent; else beyond."""
        ids = self._net.sp.encode(word, out_type=int, add_bos=False, add_eos=False)
        return int(ids[0]) if len(ids) == 1 else _UNRANKED

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
        # each text has a margin of zero rows on both sides, so that no window reaches into its neighbour
        rows = np.arange(len(tokens)) + _MARGIN * np.repeat(np.arange(1, len(group) + 1), lengths)
        features, shares = self._remembered(tokens, rows, len(tokens) + _MARGIN * (len(group) + 1))
        self._convolve(shares, rows, features)
        return self._tail.vectors(features, np.cumsum(lengths) - lengths, lengths.astype(np.float32)[:, None])

    def _embedded(self, tokens: Ints) -> Floats:
        chunk = tokens % _CHUNKS
        vectors: Floats = self._net.table[tokens].astype(np.float32)
        vectors *= self._net.scale[chunk, None]
        vectors += self._net.lo[chunk, None]
        return vectors

    def _convolve(self, shares: Floats, rows: Ints, features: Floats) -> None:
        """Adds to the features of each token (embedding, three projections) what the convolutions make of its windows;
        `shares` has the tokens at `rows` and zeros between the texts.
        """
        slot, body = 0, slice(_MARGIN, len(shares) - _MARGIN)
        first = np.zeros((len(shares), _WIDTH), dtype=np.float32)
        margins = np.ones(len(shares), dtype=np.bool_)
        margins[rows] = False
        for branch, (order, left) in enumerate(_ORDERS):
            within = first[body]
            within[:] = self._net.b1[branch]
            for step in range(order):
                begin = body.start - left + step
                within += shares[begin : begin + len(within), (slot + step) * _WIDTH : (slot + step + 1) * _WIDTH]
            slot += order
            np.maximum(within, 0, out=within)
            begin = _EMBEDDING + branch * _WIDTH
            mine = features[:, begin : begin + _WIDTH]
            first[rows] += mine
            first[margins] = 0
            mine[:] = first[rows]
            mine += self._second(first, rows, branch)

    def _second(self, first: Floats, rows: Ints, branch: int) -> Floats:
        order, left = _ORDERS[branch]
        windows = np.lib.stride_tricks.as_strided(
            first, (len(first) - order + 1, order * _WIDTH), (first.strides[0], first.strides[1]), writeable=False
        )
        places = np.zeros(-(-len(rows) // _EIGHT) * _EIGHT, dtype=np.int64)
        places[: len(rows)] = rows - left
        result: Floats = (windows[places] @ self._net.w2[branch])[: len(rows)]
        result += self._net.b2[branch]
        np.maximum(result, 0, out=result)
        return result

    def _remembered(self, tokens: Ints, rows: Ints, height: int) -> tuple[Floats, Floats]:
        """Per token embedding and projections; and its shares of the first convolutions, at its row of the height."""
        wanted = tokens.tolist()
        at = np.zeros(height, dtype=np.int64)
        with self._lock:
            places = self._places
            missing = [token for token in dict.fromkeys(wanted) if token not in places]
            if len(places) + len(missing) > _REMEMBERED:
                places.clear()
                missing = list(dict.fromkeys(wanted))
            if len(missing) > _REMEMBERED:
                own, spread = self._alone(tokens)
                shares = np.zeros((height, spread.shape[1]), dtype=np.float32)
                shares[rows] = spread
                return own, shares
            if missing:
                fresh = np.arange(len(places) + 1, len(places) + 1 + len(missing))
                self._own[fresh], self._shares[fresh] = self._alone(np.array(missing))
                places.update(zip(missing, fresh.tolist(), strict=True))
            at[rows] = np.fromiter(map(places.__getitem__, wanted), dtype=np.int64, count=len(wanted))
            return self._own[at[rows]], self._shares[at]

    def _alone(self, tokens: Ints) -> tuple[Floats, Floats]:
        net = self._net
        embedded = self._embedded(tokens)
        projected = embedded @ net.proj_W
        projected += net.proj_b
        _layer_norm(projected, net.ln_g_all, net.ln_b_all, net.eps)
        parts = [
            projected[:, branch * _WIDTH : (branch + 1) * _WIDTH] @ slots for branch, slots in enumerate(self._slots)
        ]
        return np.concatenate((embedded, projected), axis=1), np.concatenate(parts, axis=1)


@dataclass(frozen=True, slots=True)
class _Tail:
    """From the features of tokens to the vector of their text: layer norm and sum, then the small residual network.

    What is linear in a row is multiplied out beforehand: the sum's projection with what follows it, and the norm's
    scale and shift with the sum.
    """

    scale: Floats
    shift: Floats
    eps: float
    inner: Floats
    inner_bias: Floats
    hidden: Floats
    outer: Floats
    last: Floats

    @classmethod
    def of(cls, net: Any) -> _Tail:
        wide = np.concatenate((net.d0, net.p1), axis=1, dtype=np.float64)
        inner, bias = net.cnn_W.astype(np.float64) @ wide, net.cnn_b.astype(np.float64) @ wide
        outer = np.concatenate((net.p3, net.d2), axis=1)
        narrow = inner.astype(np.float32), bias.astype(np.float32)
        return cls(net.ln_g, net.ln_b, net.eps, *narrow, net.d1, outer, net.d3)

    def vectors(self, features: Floats, firsts: Ints, lengths: Floats) -> Floats:
        """Unit vectors of the texts whose tokens begin at `firsts`."""
        size = np.float32(features.shape[1])
        features -= (features @ np.ones(features.shape[1], dtype=np.float32) / size)[:, None]
        spread = 1 / np.sqrt(np.einsum("ij,ij->i", features, features) / size + self.eps)
        if len(firsts) == 1:
            total = (spread @ features)[None]
        else:
            features *= spread[:, None]
            total = np.add.reduceat(features, firsts, axis=0)
        total *= self.scale
        total += lengths * self.shift
        both = total @ self.inner
        both += lengths * self.inner_bias
        both /= np.sqrt(lengths)
        middle = self.hidden.shape[0]
        upper = both[:, middle:] + np.maximum(both[:, :middle], 0) @ self.hidden
        np.maximum(upper, 0, out=upper)
        ends = upper @ self.outer
        width = self.last.shape[1]
        result: Floats = ends[:, :width] + np.maximum(ends[:, width:], 0) @ self.last
        np.tanh(result, out=result)
        squares = np.einsum("ij,ij->i", result, result)
        result /= np.sqrt(np.maximum(squares, self.eps))[:, None]
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
