"""Makes a failing variation smaller: what can be dropped or said as written while it still fails is not its reason."""

from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from dataclasses import replace

from nlu.variations.lines import Does, Line, Variation
from nlu.variations.outcome import Fault

Faults = Callable[[Variation], Awaitable[frozenset[Fault]]]
"""The faults that a variation shows when it is played."""


async def shrunk(variation: Variation, fault: Fault, faults: Faults) -> Variation:
    """The variation without what the fault does not need: what was put in beside the conversation, messages that can be
    said as written, the last messages, the matters before. Each is tried once.
    """
    for ways in (_without_added, _as_written, _without_last, _without_first, _without_digressions):
        variation = await _tried(variation, ways, fault, faults)
    return variation


async def _tried(variation: Variation, ways: "Ways", fault: Fault, faults: Faults) -> Variation:
    """With every smaller form that still shows the fault, one after the other; each place is tried once."""
    done = 0
    while True:
        candidates = list(ways(variation))
        left = candidates[: len(candidates) - done]
        if not left:
            return variation
        candidate = left[-1]
        done += 1
        if candidate is not None and fault in await faults(candidate):
            variation = candidate


Ways = Callable[[Variation], Iterator[Variation | None]]
"""The smaller forms of a variation by place; None where there is none. Taken from the last to the first."""


def _without_added(variation: Variation) -> Iterator[Variation | None]:
    for place, line in enumerate(variation.lines):
        rest = [*variation.lines[:place], *variation.lines[place + 1 :]]
        yield replace(variation, lines=rest) if line.origin < 0 and line.does is Does.CHATS else None


def _as_written(variation: Variation) -> Iterator[Variation | None]:
    for place, line in enumerate(variation.lines):
        written = next((one for one in variation.basis if one.origin == line.origin), line)
        lines = [*variation.lines[:place], written, *variation.lines[place + 1 :]]
        yield replace(variation, lines=lines) if written != line and written.states == line.states else None


def _without_last(variation: Variation) -> Iterator[Variation | None]:
    for origin in _origins(variation)[1:]:
        yield _without(variation, {later for later in _origins(variation) if later >= origin})


def _without_first(variation: Variation) -> Iterator[Variation | None]:
    begins = [line.origin for line in variation.basis if not line.answers and line.does is not Does.CHATS]
    for origin in reversed([one for one in begins if one > min(_origins(variation))]):
        yield _without(variation, {earlier for earlier in _origins(variation) if earlier < origin})


def _without_digressions(variation: Variation) -> Iterator[Variation | None]:
    for line in variation.basis:
        yield _without(variation, {line.origin}) if line.does is Does.CHATS else None


def _origins(variation: Variation) -> Sequence[int]:
    return sorted({line.origin for line in variation.basis})


def _without(variation: Variation, origins: Collection[int]) -> Variation:
    texts = {line.text for line in variation.lines if line.origin in origins}
    kept = [line for line in variation.lines if not (line.origin in origins or _repeats(line, texts))]
    return replace(variation, lines=kept, basis=[line for line in variation.basis if line.origin not in origins])


def _repeats(line: Line, texts: Collection[str]) -> bool:
    """Whether a message is the second one of those with these texts."""
    return line.origin < 0 and line.text in texts
