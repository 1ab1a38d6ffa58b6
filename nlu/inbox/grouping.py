"""Groups messages that mean much the same, so that a person names them together."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nlu.embedded.encoder import Encoder
from nlu.embedded.text import fold
from nlu.inbox.missed import Group, Missed

ALIKE = 0.6
"""The cosine of sentence vectors from which two messages are put together."""
ALIKE_SPELLED = 0.35
"""The same for letter groups, where no encoder is installed."""
SUGGESTED = 3
_GRAM = 3


def grouped(missed: Sequence[Missed], encoder: Encoder | None) -> list[Group]:
    """All messages in groups, the largest first. The message with the most likes begins a group and takes them all;
    then the next. Quadratic in the number of messages: meant for some hundreds. CPU-bound.
    """
    if not missed:
        return []
    texts = [one.text for one in missed]
    vectors = encoder.encode(texts) if encoder is not None else _spelled(texts)
    cosines = vectors @ vectors.T
    alike = cosines >= (ALIKE if encoder is not None else ALIKE_SPELLED)
    np.fill_diagonal(alike, val=True)
    left = np.ones(len(missed), dtype=np.bool_)
    groups: list[Group] = []
    while left.any():
        likes = np.where(left, (alike & left).sum(axis=1), 0)
        leader = int(likes.argmax())
        members = np.flatnonzero(alike[leader] & left)
        nearest = members[np.argsort(-cosines[leader, members], kind="stable")]
        chosen = [missed[leader], *(missed[place] for place in nearest if place != leader)]
        groups.append(Group(chosen, suggestions(chosen)))
        left[members] = False
    return groups


def suggestions(messages: Sequence[Missed]) -> list[str]:
    """The likeliest intents of all messages together, by their added confidences."""
    added: Counter[str] = Counter()
    for one in messages:
        for intent, confidence in one.guesses.items():
            added[intent] += confidence  # type: ignore[assignment]  # a Counter adds any numbers
    return [intent for intent, _ in sorted(added.items(), key=lambda item: (-item[1], item[0]))[:SUGGESTED]]


def _spelled(texts: Sequence[str]) -> NDArray[np.float32]:
    """Unit vectors of the texts' letter groups."""
    grams = [Counter(_grams(f" {fold(text)} ")) for text in texts]
    columns = {gram: place for place, gram in enumerate(sorted({gram for found in grams for gram in found}))}
    vectors = np.zeros((len(texts), max(len(columns), 1)), dtype=np.float32)
    for row, found in enumerate(grams):
        for gram, count in found.items():
            vectors[row, columns[gram]] = count
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: NDArray[np.float32] = vectors / np.maximum(lengths, np.float32(1e-9))
    return unit


def _grams(text: str) -> list[str]:
    return [text[place : place + _GRAM] for place in range(len(text) - _GRAM + 1)]
