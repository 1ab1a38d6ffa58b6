"""Makes a failing variation smaller: what can be dropped or said as written while it still fails is not its reason."""

from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from dataclasses import replace

from nlu.variations.lines import Does, Line, Variation
from nlu.variations.outcome import Fault

Faults = Callable[[Variation], Awaitable[frozenset[Fault]]]
"""The faults that a variation shows when it is played."""

MOST_TRIES = 40


async def shrunk(variation: Variation, fault: Fault, faults: Faults) -> Variation:
    """The smallest variation found, within a number of tries, that still shows the fault."""
    tries = 0
    smaller = True
    while smaller and tries < MOST_TRIES:
        smaller = False
        for candidate in _smaller(variation):
            tries += 1
            if fault in await faults(candidate):
                variation, smaller = candidate, True
                break
            if tries >= MOST_TRIES:
                break
    return variation


def _smaller(variation: Variation) -> Iterator[Variation]:
    """Without the last messages as written; without the first ones; without a digression; with a message as written."""
    origins = sorted({line.origin for line in variation.basis})
    for origin in reversed(origins[1:]):
        yield _without(variation, {later for later in origins if later >= origin})
    for origin in reversed(origins[:-1]):
        yield _without(variation, {earlier for earlier in origins if earlier <= origin})
    for line in variation.basis:
        if line.does is Does.CHATS:
            yield _without(variation, {line.origin})
    for place, line in enumerate(variation.lines):
        if line.origin < 0 and line.does is Does.CHATS and len(variation.lines) > 1:
            yield replace(variation, lines=[*variation.lines[:place], *variation.lines[place + 1 :]])
        written = _written(variation.basis, line)
        if written is not None and written != line and written.states == line.states:
            lines = [*variation.lines[:place], written, *variation.lines[place + 1 :]]
            if lines != list(variation.basis):
                yield replace(variation, lines=lines)


def _without(variation: Variation, origins: Collection[int]) -> Variation:
    texts = {line.text for line in variation.lines if line.origin in origins}
    kept = [line for line in variation.lines if not (line.origin in origins or _repeats(line, texts))]
    return replace(variation, lines=kept, basis=[line for line in variation.basis if line.origin not in origins])


def _repeats(line: Line, texts: Collection[str]) -> bool:
    """Whether a message is the second one of those with these texts."""
    return line.origin < 0 and line.text in texts


def _written(basis: Sequence[Line], line: Line) -> Line | None:
    return next((one for one in basis if one.origin == line.origin), None) if line.origin >= 0 else None
