"""Linear-chain arithmetic over many short sequences at once: sums over all labellings, and what share each label has.

Everything is kept as probabilities with a scale per place (Rabiner 1989, "A Tutorial on Hidden Markov Models",
section V.A), so that a step is one matrix product. Sequences stand in order of falling length: those still running at
a place are then the first rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]

_TINY = 1e-300


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the tokens of many sequences go in a (sequences × places) grid, longest sequence first.

    `rows` and `places` say it for each token in its given order; `running[t]` counts sequences longer than t.
    """

    rows: Ints
    places: Ints
    running: tuple[int, ...]

    @classmethod
    def of(cls, lengths: Sequence[int]) -> Layout:
        """For sequences of these lengths, one after another."""
        sizes = np.asarray(lengths, dtype=np.int64)
        rank = np.empty(len(sizes), dtype=np.int64)
        rank[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes))
        total = int(sizes.sum())
        places = np.arange(total) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        running = tuple(int((sizes > at).sum()) for at in range(int(sizes.max(initial=0))))
        return cls(np.repeat(rank, sizes), places, running)

    def spread(self, per_token: Doubles) -> Doubles:
        """Token values in the grid, one at free places."""
        grid = np.ones((self.running[0], len(self.running), per_token.shape[1]))
        grid[self.rows, self.places] = per_token
        return grid

    def gathered(self, grid: Doubles) -> Doubles:
        """The values of the tokens, in their given order."""
        found: Doubles = grid[self.rows, self.places]
        return found


@dataclass(frozen=True, slots=True)
class Chain:
    """Weights of a chain: `start[label]` and `follow[label, next]`, as factors (exponentials), 0 where forbidden."""

    start: Doubles
    follow: Doubles

    def marginals(self, layout: Layout, emissions: Doubles) -> tuple[Doubles, Doubles, float]:
        """Per token each label's probability; the expected number of each transition; the log of the sum over all
        labellings. `emissions` are token × label scores (logs).
        """
        tops = emissions.max(axis=1)
        factors = layout.spread(np.exp(emissions - tops[:, None]))
        forward, scales = self._forward(layout, factors)
        marginal = np.empty_like(forward)
        counts = np.zeros_like(self.follow)
        last = len(layout.running) - 1
        backward = np.ones_like(forward[:, last])
        marginal[:, last] = forward[:, last]
        for at in range(last - 1, -1, -1):
            count = layout.running[at + 1]
            ahead = factors[:count, at + 1] * backward[:count] / scales[:count, at + 1, None]
            counts += forward[:count, at].T @ ahead
            backward[:count] = ahead @ self.follow.T
            marginal[:, at] = forward[:, at] * backward
        total = float(np.log(layout.gathered(scales[:, :, None])).sum() + tops.sum())
        return layout.gathered(marginal), counts * self.follow, total

    def _forward(self, layout: Layout, factors: Doubles) -> tuple[Doubles, Doubles]:
        forward, scales = np.zeros_like(factors), np.ones(factors.shape[:2])
        for at, count in enumerate(layout.running):
            reached = self.start if not at else forward[:count, at - 1] @ self.follow
            now = reached * factors[:count, at]
            scales[:count, at] = np.maximum(now.sum(axis=1), _TINY)
            forward[:count, at] = now / scales[:count, at, None]
        return forward, scales

    def chances(self, emissions: Doubles, surely: float = 1.0) -> Doubles | None:
        """marginals() of one sequence alone, or None if it has label 0 throughout with a chance of `surely` or more."""
        tops = emissions.max(axis=1)
        factors = np.exp(emissions - tops[:, None])
        forward: Doubles = np.empty_like(factors)
        ones, scales = np.ones(len(self.start)), []
        reached = self.start
        for at, factor in enumerate(factors):
            reached = (reached @ self.follow if at else reached) * factor
            scales.append(max(float(reached @ ones), _TINY))
            reached /= scales[-1]
            forward[at] = reached
        plain = float((emissions[:, 0] - tops).sum()) - sum(map(math.log, scales))
        plain += math.log(self.start[0]) + (len(factors) - 1) * math.log(self.follow[0, 0])
        if math.exp(min(plain, 0.0)) >= surely:
            return None
        backward = ones
        for at in range(len(factors) - 2, -1, -1):
            backward = self.follow @ (backward * factors[at + 1] / scales[at + 1])
            forward[at] *= backward
        return forward
