"""The TF-IDF half of the kernel matrix, for training sets from a dozen to ten thousand examples."""

from __future__ import annotations

import numpy as np

from nlu.embedded.tfidf import Floats, Postings, SparseRows

_DENSE_FEATURES = 1536
_BLOCK = 1024


def gram(matrix: SparseRows, features: int) -> Floats:
    """All dot products between rows. Frequent features go through dense products, the rare rest through postings."""
    spread = np.bincount(matrix.columns, minlength=features)
    frequent = np.argsort(-spread, kind="stable")[:_DENSE_FEATURES]
    frequent = frequent[spread[frequent] > matrix.count // 64]
    place = np.full(features, -1)
    place[frequent] = np.arange(len(frequent))
    dense = np.zeros((matrix.count, len(frequent)), dtype=np.float32)
    common = place[matrix.columns] >= 0
    dense[matrix.row_numbers()[common], place[matrix.columns[common]]] = matrix.values[common]
    products = _rare_products(matrix, ~common, features)
    for begin in range(0, matrix.count, _BLOCK):
        end = min(begin + _BLOCK, matrix.count)
        products[begin:end, :end] += dense[begin:end] @ dense[:end].T
        products[:begin, begin:end] = products[begin:end, :begin].T
    return products


def _rare_products(matrix: SparseRows, kept: np.ndarray[tuple[int], np.dtype[np.bool_]], features: int) -> Floats:
    counts = np.bincount(matrix.row_numbers()[kept], minlength=matrix.count)
    rare = SparseRows(np.concatenate(([0], np.cumsum(counts))), matrix.columns[kept], matrix.values[kept])
    return Postings.of(rare, features).products(rare)
