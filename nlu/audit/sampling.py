"""Draws a week's sample so that whoever doubts it can draw it again."""

import hashlib
import heapq
import math
from collections.abc import Callable, Iterable
from statistics import NormalDist
from typing import TypeVar

from conversation.ids import ClientId
from nlu.audit.week import Week

SAMPLE_SIZE = 100
"""Answers judged a week unless asked otherwise: half an hour of work. If 3 % are wrong it leaves 95 % confidence
between 0.6 % and 8.5 %; four such weeks together, between 1.7 % and 5.2 %."""

Answer = TypeVar("Answer")


def seed_of(client: ClientId, week: Week) -> str:
    """The seed of a client's week: nobody chooses it."""
    return f"{client}:{week}"


def place(seed: str, message: str) -> str:
    """Where a message stands in the order of the draw: the SHA-256 of seed, newline, message id, as hex digits."""
    return hashlib.sha256(f"{seed}\n{message}".encode()).hexdigest()


def draw(seed: str, answers: Iterable[Answer], size: int, message: Callable[[Answer], str]) -> list[Answer]:
    """The `size` answers whose messages stand first, in that order; all, if there are fewer.

    Every set of that size is as likely as any other: a simple random sample without replacement. The order in which
    `answers` come does not matter.
    """
    return heapq.nsmallest(size, answers, key=lambda answer: place(seed, message(answer)))


def size_for(half_width: float, population: int, expected: float = 0.03, confidence: float = 0.95) -> int:
    """How many to judge so that the interval around a wrong rate of about `expected` reaches `half_width` to each side:
    n = z² p (1 - p) / h² (Cochran, Sampling Techniques, 3rd ed. 1977, section 4.4), at most all. Shares are 0..1.
    """
    if not 0 < half_width < 1:
        raise ValueError(f"the half-width must lie between 0 and 1, {half_width} does not: 0.02 means 2 points")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    return min(population, math.ceil(z * z * expected * (1 - expected) / (half_width * half_width)))
