"""Whether work on a text grows with its length, or faster: measured as CPU time on texts that double."""

import gc
import heapq
import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tests.security.hostile_texts import Shape, shapes

LENGTH = 40_000
MOST_SECONDS = 1.0
_GROWTH = 8  # fourfold text: linear work takes 4 times as long, quadratic 16 times
_NOISE_S = 0.05
_EARLY = (20, 28, 36, 100, 400)  # exponential work shows here, while it still ends
_SHORT = 2_500
_HARDEST = 4


@dataclass(frozen=True)
class TooSlow:
    """What took too long, and on what."""

    text: str
    seconds: float

    def __str__(self) -> str:
        return f"{self.seconds:.2f} s for {len(self.text)} letters like {self.text[:12]!r}…{self.text[-6:]!r}"


def too_slow(work: Callable[[str], object], texts: Iterable[Shape]) -> TooSlow | None:
    """The first text on which `work` takes more than a second for 40,000 letters, or grows like their square; None if
    there is none. Every shape is tried short, the hardest of them long.
    """
    gc.disable()  # the collector's own pause in a large process is not the work's
    try:
        return _too_slow(work, tuple(texts))
    finally:
        gc.enable()


def _too_slow(work: Callable[[str], object], hard: Sequence[Shape]) -> TooSlow | None:
    for length in _EARLY:
        for shape in hard:
            if slow := _over(work, shape.of(length), _NOISE_S):
                return slow
    costs: list[tuple[float, int]] = []
    for number, shape in enumerate(hard):
        text = shape.of(_SHORT)
        took = _seconds(work, text)
        if took > 4 * _NOISE_S and (slow := _over(work, text, 4 * _NOISE_S)):
            return slow
        costs.append((took, number))
    for _, number in heapq.nlargest(_HARDEST, costs):
        if slow := _grows(work, hard[number]):
            return slow
    return None


def _grows(work: Callable[[str], object], shape: Shape) -> TooSlow | None:
    times = []
    for length in (LENGTH // 4, LENGTH):
        text = shape.of(length)
        if slow := _over(work, text, MOST_SECONDS * length / LENGTH):
            return slow
        times.append(min(_seconds(work, text) for _ in range(2)))
    quarter, whole = times
    return TooSlow(text, whole) if whole > _NOISE_S and whole > _GROWTH * quarter else None


def _over(work: Callable[[str], object], text: str, limit: float) -> TooSlow | None:
    """Another program may have been in the way: what took too long is measured twice again."""
    took = _seconds(work, text)
    for _ in range(2):
        if took <= limit:
            return None
        if took > 10 * limit:
            break
        took = min(took, _seconds(work, text))
    return TooSlow(text, took) if took > limit else None


def _seconds(work: Callable[[str], object], text: str) -> float:
    begun = time.process_time()
    work(text)
    return time.process_time() - begun


def method_of(pattern: re.Pattern[str], name: str) -> Callable[[str], object]:
    """The pattern's method as work on a text, its results fetched."""
    if name in ("sub", "subn"):
        return lambda text: pattern.sub("", text)
    if name == "finditer":
        return lambda text: sum(1 for _ in pattern.finditer(text))
    method: Callable[[str], object] = getattr(pattern, name)
    return method


def slow_method(pattern: re.Pattern[str], methods: Iterable[str]) -> str:
    """What is wrong with a pattern that is used in these ways, empty if nothing is."""
    hard = shapes(pattern)
    for name in sorted(methods):
        if slow := too_slow(method_of(pattern, name), hard):
            return f"{name}: {slow}"
    return ""
